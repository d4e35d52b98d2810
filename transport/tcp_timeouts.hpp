/// @file
/// Which connection has waited too long: one list for each kind of waiting, one alarm for all.
#pragma once

#include "core/base/time.hpp"
#include "core/outbox.hpp"
#include "transport/alarm.hpp"
#include "transport/transport_options.hpp"

#include <boost/intrusive/list.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace reginfo {

/// All connections that wait for one kind of thing may wait equally long, so a list in the order in
/// which they began is in the order of their deadlines: O(1) for each change, no timer for each.
class TcpTimeouts {
public:
    enum class Awaited : std::uint8_t { connect, message, anything, close };

    /// What a connection is here. It leaves by being destroyed.
    class Waiter : public boost::intrusive::list_base_hook<
                       boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
    public:
        /// @param id  of the connection
        explicit Waiter(ConnectionId id) : id_(id) {}

        /// What it was last touched for.
        Awaited awaited() const { return awaited_; }

    private:
        friend class TcpTimeouts;

        ConnectionId id_;
        TimePoint since_;
        Awaited awaited_ = Awaited::anything;
    };

    /// @param ring  called when expire() has something to do
    TcpTimeouts(
        const TransportOptions& options,
        std::unique_ptr<Alarm> alarm,
        std::function<void()> ring
    );

    /// From now on the connection waits for this.
    void touch(Waiter& waiter, Awaited awaited);

    /// Calls on_expiry for connections whose time is up; for so many that the sockets are not
    /// starved, the rest follow with the next ring.
    /// @param on_expiry  touches or destroys the connection
    void expire(const std::function<void(ConnectionId, Awaited)>& on_expiry);

    /// Does not ring any more.
    void stop();

private:
    using List = boost::intrusive::list<Waiter, boost::intrusive::constant_time_size<false>>;
    static constexpr std::size_t kKinds = static_cast<std::size_t>(Awaited::close) + 1;

    std::optional<TimePoint> next() const;
    const Waiter* due(TimePoint now) const;
    void arm();

    std::array<Duration, kKinds> limits_;
    std::array<List, kKinds> lists_;
    std::unique_ptr<Alarm> alarm_;
    std::optional<TimePoint> armed_for_;
};

}  // namespace reginfo
