/// @file
/// AORs, with what is published for them and who watches them.
#pragma once

#include "core/base/fixed_text.hpp"
#include "core/base/shard.hpp"
#include "core/base/slot_table.hpp"
#include "core/base/time.hpp"
#include "core/base/timer_queue.hpp"
#include "core/event/persistence/open_states.hpp"
#include "core/event/persistence/resting_state.hpp"
#include "core/event/records/request_queue.hpp"
#include "core/event/records/subscription.hpp"

#include <cstdint>
#include <string_view>
#include <utility>

namespace reginfo {

/// An AOR that is published, watched or both.
class Aor {
public:
    /// @param serial_  that no other AOR of this process has
    Aor(std::string_view name_, std::uint64_t serial_, OpenStates& states)
        : name(name_), serial(serial_), state_(states) {}

    const FixedText name;  ///< canonical (sip::canonical_aor)
    const std::uint64_t serial;

    const StateSummary& summary() const { return state_.summary(); }
    Revision revision() const { return summary().revision; }
    StateReader state() const { return state_.read(name); }
    void set_state(AorState state) { state_.set(name, std::move(state)); }
    const RestingState& resting_state() const { return state_; }

    WatcherList watchers;
    WatcherList::iterator next_notified;  ///< whose turn it is in the fan-out
    TimePoint news_at = kNoNews;          ///< when the PUBLISH came that made the newest revision
    Timer timer;
    [[no_unique_address]] RequestQueue requests;  // whose tail has room for the flags
    Shard shard = 0;
    bool is_in_fan_out = false;  ///< a change is on its way to the watchers
    bool is_stored = false;      ///< the store has a record of it
    bool is_unsettled = false;   ///< the store has that (Unsettled)
    bool is_settling = false;    ///< and it is to be taken out
    bool notifies_all = false;   ///< the fan-out is also for those who have the newest revision
    std::uint32_t watcher_count = 0;
    std::uint32_t to_notify = 0;  ///< steps from next_notified on, round the list, that are left
    std::uint32_t arriving = 0;   ///< new subscriptions that are being stored
    Slot slot = 0;

    /// Watchers that have not answered the newest revision with 2xx.
    std::uint32_t lagging() const { return lagging_; }
    /// The newest revision is one that no watcher has.
    void all_lag() { lagging_ = watcher_count; }
    /// A watcher that has `acked` begins, or ends, to watch.
    void joined(const Subscription& subscription) { lagging_ += is_behind(subscription) ? 1U : 0U; }
    void left(const Subscription& subscription);
    /// The watcher has that revision, unless it has a newer one. Returns whether it lags no more.
    bool acknowledge(Subscription& subscription, Revision revision);

    /// As if nothing had ever been published, and nobody knew anything.
    void forget();

    /// Nobody publishes, watches or waits for it.
    bool is_unused() const {
        return watcher_count == 0 && arriving == 0 && summary().publications == 0 &&
               !requests.is_locked && !requests.waiting && !is_in_fan_out;
    }

private:
    bool is_behind(const Subscription& subscription) const {
        return subscription.acked < revision();
    }
    bool is_lagging_right() const;

    std::uint32_t lagging_ = 0;
    RestingState state_;
};

}  // namespace reginfo
