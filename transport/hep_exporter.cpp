#include "transport/hep_exporter.hpp"

#include "transport/hep3.hpp"
#include "transport/socket_address.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

namespace reginfo {
namespace {

using boost::asio::ip::udp;
using boost::system::error_code;

/// Of connecting or sending: it may be another way in a moment, when the network is there (again).
bool is_of_the_network(const error_code& error) {
    return error == boost::asio::error::network_unreachable ||
           error == boost::asio::error::host_unreachable ||
           error == boost::asio::error::network_down ||
           error == boost::system::errc::address_not_available;
}

iovec part(std::string_view bytes) { return {const_cast<char*>(bytes.data()), bytes.size()}; }

}  // namespace

HepExporter::HepExporter(
    boost::asio::io_context& io,
    const HepOptions& options,
    std::vector<Endpoint> listeners,
    TransportStats& stats
)
    : socket_(io),
      server_(to_asio(options.server->address), options.server->port),
      capture_id_(options.capture_id),
      password_(options.password),
      listeners_(std::move(listeners)),
      stats_(stats) {
    const error_code error = reach();
    if (error && !is_of_the_network(error)) {
        throw boost::system::system_error(error, options.server->to_string());
    }
}

/// Opens the socket. It is connected so that a collector that is not there is noticed.
error_code HepExporter::reach() {
    error_code error;
    socket_.open(server_.protocol(), error);
    if (!error) socket_.connect(server_, error);
    const udp::endpoint local = error ? udp::endpoint() : socket_.local_endpoint(error);
    if (error) {
        error_code ignored;
        socket_.close(ignored);
    } else {
        local_ = to_core(local.address());
    }
    return error;
}

Endpoint HepExporter::own(const Flow& flow) const {
    return flow.listener < listeners_.size() ? listeners_[flow.listener] : Endpoint{};
}

Endpoint HepExporter::told(Endpoint endpoint) const {
    const bool same_family = endpoint.address.is_v4() == local_.is_v4();
    if (endpoint.address.is_unspecified() && same_family) endpoint.address = local_;
    return endpoint;
}

void HepExporter::received(const Flow& flow, std::string_view bytes) {
    payload_ = bytes;
    more_ = {};
    send(flow.transport, flow.peer, own(flow));
}

void HepExporter::sent(const Flow& flow, std::string_view head, std::string_view tail) {
    payload_ = head;
    more_ = tail;
    send(flow.transport, own(flow), flow.peer);
}

void HepExporter::send(Transport transport, const Endpoint& from, const Endpoint& to) {
    if (!socket_.is_open() && reach()) {
        ++stats_.hep_dropped;
        return;
    }
    HepPacket packet;
    packet.transport = transport;
    packet.from = told(from);
    packet.to = told(to);
    packet.since_epoch = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now().time_since_epoch()
    );
    packet.capture_id = capture_id_;
    packet.password = password_;
    packet.payload_bytes = payload_.size() + more_.size();
    const bool taken = write_hep_head(packet, head_) && send_parts();
    ++(taken ? stats_.hep_sent : stats_.hep_dropped);
}

/// Returns whether the kernel took it. A socket whose way is gone would keep the address of that
/// way, so the next packet gets a new one.
bool HepExporter::send_parts() {
    std::array<iovec, 3> parts{part(head_), part(payload_), part(more_)};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    if (::sendmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return true;
    const error_code error(errno, boost::system::system_category());
    if (error == boost::asio::error::invalid_argument || is_of_the_network(error)) {
        error_code ignored;
        socket_.close(ignored);
    }
    return false;
}

}  // namespace reginfo
