/// @file
/// The system's resolver (getaddrinfo), with a small cache and bounds.
#pragma once

#include "transport/resolver.hpp"
#include "transport/transport_options.hpp"
#include "transport/transport_stats.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo {

/// Asks for address records only (A, AAAA), in the order that the system prefers; a port that is
/// not named is 5060. Questions for one host share one look-up. The look-ups run in a thread of
/// Asio's, one after the other; stop() cannot break off the one that is under way.
class SystemResolver final : public Resolver {
public:
    /// @param stats  must outlive the resolver
    SystemResolver(
        boost::asio::io_context& io,
        const TransportOptions& options,
        TransportStats& stats
    );

    void on_done(Done done) override { done_ = std::move(done); }
    void resolve(const Resolve& question) override;
    void stop() override;

private:
    using Addresses = std::vector<IpAddress>;
    struct Question {
        ResolveId id;
        std::uint16_t port;
    };
    struct Remembered {
        Addresses addresses;
        TimePoint until;
    };

    const Addresses* recall(const std::string& host);
    void remember(const std::string& host, Addresses addresses);
    void look_up(const std::string& host);
    void on_found(const std::string& host, Addresses addresses);
    void answer(const Question& question, const Addresses& addresses);

    const TransportOptions& options_;
    TransportStats& stats_;
    boost::asio::ip::udp::resolver resolver_;
    Done done_;
    boost::unordered_flat_map<std::string, std::vector<Question>> asked_;  ///< by host
    std::size_t questions_ = 0;                                            ///< in asked_
    boost::unordered_flat_map<std::string, Remembered> cache_;
    bool stopped_ = false;
};

}  // namespace reginfo
