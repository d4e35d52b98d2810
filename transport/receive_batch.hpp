/// @file
/// Datagrams of one listener, as many as one system call takes.
#pragma once

#include "core/outbox.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace reginfo {

struct Datagram {
    Endpoint peer;
    std::string_view bytes;
};

/// Room for the datagrams of one recvmmsg: one for all the sockets of a reactor.
class ReceiveBatch {
public:
    static constexpr std::size_t kSize = 64;

    ReceiveBatch();
    ~ReceiveBatch();
    ReceiveBatch(const ReceiveBatch&) = delete;
    ReceiveBatch& operator=(const ReceiveBatch&) = delete;

    /// What is there now, without waiting; fewer than kSize if that was all. Valid until the next
    /// call.
    std::span<const Datagram> receive(int socket);

    /// What the socket had dropped since it was opened when it queued the last of the batch; 0 if
    /// the kernel gave no number.
    std::uint32_t dropped_by_kernel() const { return dropped_; }

private:
    struct Room;

    std::unique_ptr<Room> room_;
    std::uint32_t dropped_ = 0;
};

}  // namespace reginfo
