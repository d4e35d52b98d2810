/// @file
/// Copies of every SIP message to Homer, in HEP3 over UDP.
#pragma once

#include "core/base/address.hpp"
#include "core/outbox.hpp"
#include "transport/transport_options.hpp"
#include "transport/transport_stats.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo {

/// Sends what the kernel takes at once, and drops and counts the rest: a slow collector holds
/// nobody up, and neither does a network that is not there, be it at the start or later.
class HepExporter {
public:
    /// @param listeners  our own addresses, by ListenerId; one that is a wildcard is told as that
    ///                   by which the collector is reached
    /// @param stats      must outlive this
    /// @throw boost::system::system_error  the server is no address that can be sent to
    HepExporter(
        boost::asio::io_context& io,
        const HepOptions& options,
        std::vector<Endpoint> listeners,
        TransportStats& stats
    );

    void received(const Flow& flow, std::string_view bytes);
    /// Handed to the socket, whatever becomes of it there.
    void sent(const Flow& flow, std::string_view head, std::string_view tail);

private:
    boost::system::error_code reach();
    void send(Transport transport, const Endpoint& from, const Endpoint& to);
    bool send_parts();
    Endpoint own(const Flow& flow) const;
    Endpoint told(Endpoint endpoint) const;

    boost::asio::ip::udp::socket socket_;  ///< closed while the server cannot be reached
    boost::asio::ip::udp::endpoint server_;
    IpAddress local_;  ///< by which the server is reached
    std::uint32_t capture_id_;
    std::string password_;
    std::vector<Endpoint> listeners_;
    TransportStats& stats_;
    std::string head_;          ///< scratch: all chunks before the payload's bytes
    std::string_view payload_;  ///< of the message being sent
    std::string_view more_;
};

}  // namespace reginfo
