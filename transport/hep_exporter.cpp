#include "transport/hep_exporter.hpp"

#include "transport/hep3.hpp"
#include "transport/socket_address.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <chrono>
#include <utility>

namespace reginfo {
namespace {

using boost::asio::ip::udp;

iovec part(std::string_view bytes) { return {const_cast<char*>(bytes.data()), bytes.size()}; }

}  // namespace

HepExporter::HepExporter(
    boost::asio::io_context& io,
    const HepOptions& options,
    std::vector<Endpoint> listeners,
    TransportStats& stats
)
    : socket_(io),
      capture_id_(options.capture_id),
      password_(options.password),
      listeners_(std::move(listeners)),
      stats_(stats) {
    socket_.connect(udp::endpoint(to_asio(options.server->address), options.server->port));
    socket_.non_blocking(true);
    const IpAddress local = to_core(socket_.local_endpoint().address());
    for (Endpoint& listener : listeners_) {
        if (listener.address.is_unspecified() && listener.address.is_v4() == local.is_v4()) {
            listener.address = local;
        }
    }
}

Endpoint HepExporter::own(const Flow& flow) const {
    return flow.listener < listeners_.size() ? listeners_[flow.listener] : Endpoint{};
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
    HepPacket packet;
    packet.transport = transport;
    packet.from = from;
    packet.to = to;
    packet.since_epoch = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now().time_since_epoch()
    );
    packet.capture_id = capture_id_;
    packet.password = password_;
    packet.payload_bytes = payload_.size() + more_.size();
    if (!write_hep_head(packet, head_)) {
        ++stats_.hep_dropped;
        return;
    }
    std::array<iovec, 3> parts{part(head_), part(payload_), part(more_)};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    const bool taken =
        ::sendmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
    ++(taken ? stats_.hep_sent : stats_.hep_dropped);
}

}  // namespace reginfo
