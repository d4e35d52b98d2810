/// @file
/// Queries by c-ares, on the reactor: its sockets are waited for with Asio, and nothing blocks.
#pragma once

#include "transport/dns_client.hpp"
#include "transport/transport_options.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <memory>

struct ares_channeldata;

namespace reginfo {

/// Addresses are looked up as the system does: the file of hosts, `localhost`, the search domains
/// of resolv.conf. Services are asked for by their whole names. An answer too long for a datagram
/// is asked for again by TCP.
class AresClient final : public DnsClient {
public:
    /// @throw std::runtime_error  c-ares cannot begin
    AresClient(boost::asio::io_context& io, const TransportOptions& options);
    ~AresClient() override;
    AresClient(const AresClient&) = delete;
    AresClient& operator=(const AresClient&) = delete;

    void on_done(Done done) override { done_ = std::move(done); }
    void ask(const DnsQuery& query) override;
    void stop() override;

private:
    struct Pending;
    struct Socket {
        Socket(boost::asio::io_context& io, std::uint64_t number_)
            : descriptor(io), number(number_) {}

        boost::asio::posix::stream_descriptor descriptor;  ///< belongs to c-ares
        std::uint64_t number;  ///< descriptors are used again, this is not
        bool wants_read = false;
        bool wants_write = false;
        bool awaits_read = false;
        bool awaits_write = false;
    };

    void done(const DnsQuery& query, DnsAnswer answer);
    void watch(int fd, bool read, bool write);
    void wait_readable(int fd, Socket& socket);
    void wait_writable(int fd, Socket& socket);
    Socket* find(int fd, std::uint64_t number);
    void process(int readable, int writable);
    void arm();

    boost::asio::io_context& io_;
    boost::asio::steady_timer timer_;
    ares_channeldata* channel_ = nullptr;
    Done done_;
    boost::unordered_flat_map<int, std::unique_ptr<Socket>> sockets_;
    std::uint64_t last_number_ = 0;
    bool stopped_ = false;
};

}  // namespace reginfo
