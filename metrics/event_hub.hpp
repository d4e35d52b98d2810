/// @file
/// What happens in the core, kept for a while and handed to whoever reads along.
#pragma once

#include "core/base/time.hpp"
#include "core/event/records/observer.hpp"
#include "metrics/body_stream.hpp"
#include "metrics/core_access.hpp"
#include "metrics/router.hpp"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo::metrics {

struct EventLimits {
    std::size_t events = 10'000;  ///< kept for those who resume
    std::size_t bytes = 8'388'608;
    std::size_t readers = 64;
    std::size_t readers_per_peer = 32;
    Duration kept_for = std::chrono::minutes{5};  ///< after the last reader has left
};

struct EventFilter {
    std::string aor;     ///< canonical; empty: any
    std::string domain;  ///< empty: any
};

/// A ring of the newest events, written by the engine, read by streams at their own pace.
///
/// It observes the engine only while somebody reads, or may come back to resume; nobody listening
/// costs the core one comparison an event. A reader holds no queue of its own, only its place in
/// the ring: one that is overtaken by the ring is dropped.
class EventHub final : public Observer, public prometheus::Collectable {
public:
    /// @param epoch  tells the ids of this process from those of another
    EventHub(CoreAccess core, std::string epoch, const EventLimits& limits = {});
    ~EventHub() override;
    EventHub(const EventHub&) = delete;
    EventHub& operator=(const EventHub&) = delete;

    void registration_changed(TimePoint now, const Aor& aor) override;
    void subscription_changed(
        TimePoint now,
        const Subscription& subscription,
        SubscriptionEvent event
    ) override;

    /// A stream of server-sent events from after `last_event_id` on, or from now on if it is empty.
    /// If events have been missed, it begins with an event `reset`.
    /// Returns nullptr if there are too many readers already, in all or of this peer. The hub must
    /// outlive the stream.
    /// @param peer  where the reader is: an address
    std::shared_ptr<BodyStream> open(
        EventFilter filter,
        std::string_view last_event_id,
        std::string_view peer = {}
    );

    /// What it counts of itself.
    std::vector<prometheus::MetricFamily> Collect() const override;

    std::size_t readers() const { return readers_.size(); }
    std::size_t bytes() const { return bytes_; }
    std::uint64_t dropped_readers() const { return dropped_readers_; }

private:
    class Reader;

    struct Event {
        std::string aor;
        std::string text;  ///< from "event:" to the empty line
    };

    void listen(bool on);
    void push(TimePoint now, std::string_view aor, std::string text);
    std::uint64_t end() const { return first_ + events_.size(); }
    std::optional<std::uint64_t> place_after(std::string_view last_event_id) const;

    CoreAccess core_;
    std::string epoch_;
    EventLimits limits_;
    bool listening_ = false;
    std::uint64_t first_ = 1;  ///< the number of the oldest event kept
    std::deque<Event> events_;
    std::size_t bytes_ = 0;
    std::set<Reader*> readers_;
    TimePoint left_at_;  ///< when the last reader did
    std::uint64_t dropped_readers_ = 0;
    std::uint64_t events_told_ = 0;
};

/// GET /api/v1/events.
void add_event_route(Router& router, EventHub& hub);

}  // namespace reginfo::metrics
