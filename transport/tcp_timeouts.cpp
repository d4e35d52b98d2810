/// @file
/// Which connection has waited too long: one list for each kind of waiting.

#include "transport/tcp_timeouts.hpp"

#include <algorithm>

namespace reginfo {

TcpTimeouts::TcpTimeouts(const TransportOptions& options)
    : limits_{
          options.connect_timeout,
          options.message_timeout,
          options.idle_timeout,
          options.linger_timeout
      } {}

void TcpTimeouts::touch(TcpConnection& connection, Awaited awaited, TimePoint now) {
    connection.unlink();
    connection.touched = now;
    lists_[static_cast<std::size_t>(awaited)].push_back(connection);
}

std::optional<TimePoint> TcpTimeouts::next() const {
    std::optional<TimePoint> next;
    for (std::size_t kind = 0; kind < kKinds; ++kind) {
        if (lists_[kind].empty()) continue;
        const TimePoint deadline = lists_[kind].front().touched + limits_[kind];
        next = next ? std::min(*next, deadline) : deadline;
    }
    return next;
}

std::optional<TcpTimeouts::Due> TcpTimeouts::due(TimePoint now) {
    for (std::size_t kind = 0; kind < kKinds; ++kind) {
        if (lists_[kind].empty()) continue;
        TcpConnection& first = lists_[kind].front();
        if (first.touched + limits_[kind] <= now) return Due{&first, static_cast<Awaited>(kind)};
    }
    return std::nullopt;
}

}  // namespace reginfo
