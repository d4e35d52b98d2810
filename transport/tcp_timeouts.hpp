/// @file
/// Which connection has waited too long: one list for each kind of waiting.
#pragma once

#include "core/base/time.hpp"
#include "transport/tcp_connection.hpp"
#include "transport/transport_options.hpp"

#include <boost/intrusive/list.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace reginfo {

/// All connections that wait for one kind of thing may wait equally long, so a list in the order in
/// which they began is in the order of their deadlines: O(1) for each change, no timer for each.
class TcpTimeouts {
public:
    enum class Awaited : std::uint8_t { connect, message, anything, close };

    explicit TcpTimeouts(const TransportOptions& options);

    /// From now on the connection waits for this. It leaves by being destroyed.
    void touch(TcpConnection& connection, Awaited awaited, TimePoint now);

    /// The earliest deadline; nothing if there is no connection.
    std::optional<TimePoint> next() const;

    struct Due {
        TcpConnection* connection;
        Awaited awaited;
    };
    /// One whose deadline is not after `now`. It stays until it is touched or destroyed.
    std::optional<Due> due(TimePoint now);

private:
    using List = boost::intrusive::list<TcpConnection, boost::intrusive::constant_time_size<false>>;
    static constexpr std::size_t kKinds = static_cast<std::size_t>(Awaited::close) + 1;

    std::array<Duration, kKinds> limits_;
    std::array<List, kKinds> lists_;
};

}  // namespace reginfo
