#include "transport/receive_batch.hpp"

#include "transport/socket_address.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

namespace reginfo {
namespace {

constexpr std::size_t kDatagramMax = 65'535;
/// A little over 64 KiB, so that the heads of a batch do not compete for the same cache lines.
constexpr std::size_t kStride = 65'536 + 17 * 64;

/// 0 if the kernel sent none: it does once it has dropped something.
std::uint32_t drops_in(msghdr& header) {
    for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_RXQ_OVFL) continue;
        std::uint32_t drops = 0;
        std::memcpy(&drops, CMSG_DATA(c), sizeof drops);
        return drops;
    }
    return 0;
}

}  // namespace

struct ReceiveBatch::Room {
    struct Control {
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(std::uint32_t))> bytes;
    };

    std::array<Datagram, kSize> datagrams;
    std::array<mmsghdr, kSize> headers;
    std::array<iovec, kSize> vectors;
    std::array<SocketAddress, kSize> peers;
    std::array<Control, kSize> controls;
    std::array<char, kSize * kStride> bytes;
};

ReceiveBatch::ReceiveBatch() : room_(std::make_unique_for_overwrite<Room>()) {
    for (std::size_t i = 0; i < kSize; ++i) {
        room_->vectors[i] = {room_->bytes.data() + i * kStride, kDatagramMax};
        msghdr& header = room_->headers[i].msg_hdr;
        header = {};
        header.msg_name = &room_->peers[i];
        header.msg_iov = &room_->vectors[i];
        header.msg_iovlen = 1;
        header.msg_control = room_->controls[i].bytes.data();
    }
}

ReceiveBatch::~ReceiveBatch() = default;

std::span<const Datagram> ReceiveBatch::receive(int socket) {
    Room& room = *room_;
    for (std::size_t i = 0; i < kSize; ++i) {
        room.headers[i].msg_hdr.msg_namelen = sizeof(SocketAddress);
        room.headers[i].msg_hdr.msg_controllen = sizeof(Room::Control);
    }
    const int count = ::recvmmsg(socket, room.headers.data(), kSize, MSG_DONTWAIT, nullptr);
    const std::size_t received = count > 0 ? static_cast<std::size_t>(count) : 0;
    for (std::size_t i = 0; i < received; ++i) {
        const std::string_view bytes(room.bytes.data() + i * kStride, room.headers[i].msg_len);
        room.datagrams[i] = {to_endpoint(room.peers[i]), bytes};
    }
    dropped_ = received > 0 ? drops_in(room.headers[received - 1].msg_hdr) : 0;
    return {room.datagrams.data(), received};
}

}  // namespace reginfo
