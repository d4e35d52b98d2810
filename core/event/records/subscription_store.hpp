/// @file
/// All dialogs and subscriptions, and how they are found.
#pragma once

#include "core/base/gradual_table.hpp"
#include "core/base/hash.hpp"
#include "core/base/slot_table.hpp"
#include "core/base/timer_queue.hpp"
#include "core/event/records/aor.hpp"
#include "core/event/records/dialog.hpp"
#include "core/stats.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace reginfo {

/// Dialogs by id, with their subscriptions. Owns both; an AOR's list of watchers only refers.
class SubscriptionStore {
public:
    SubscriptionStore(std::uint64_t seed, Stats& stats)
        : dialogs_(ByKey{seed}, SameKey{seed}), seed_(seed), stats_(stats) {}
    ~SubscriptionStore();
    SubscriptionStore(const SubscriptionStore&) = delete;
    SubscriptionStore& operator=(const SubscriptionStore&) = delete;

    Dialog* find(const DialogId& id) { return find(key_of(id)); }
    Dialog* find(const Hash128& key);
    Hash128 key_of(const DialogId& id) const;
    Dialog& add(DialogState state);

    /// Adds a subscription to a dialog and to the AOR's watchers.
    Subscription& add(Dialog& dialog, Aor& aor, std::uint64_t watcher);

    void set_profile(Subscription& subscription, Profile profile);

    /// It watches another AOR from now on, under the same name.
    void move(Subscription& subscription, Aor& to);

    /// The one with that Event id (RFC 6665 §4.5.2); nullptr if there is none.
    static Subscription* find(Dialog& dialog, const std::optional<std::string_view>& event_id);

    /// Removes the subscription, and its dialog if that was the last one (then the reference to
    /// the dialog is dead). @pre no NOTIFY of it is in flight
    void remove(Subscription& subscription);

    /// The dialog or a subscription of it has changed: keeps `bytes` true.
    void measure(Dialog& dialog);
    std::size_t bytes() const { return bytes_; }  ///< of all dialogs with their subscriptions
    std::size_t index_bytes() const;

    template <class Visitor>
    void for_each_dialog(Visitor visit) {
        dialogs_.for_each([&](Dialog* dialog) { visit(*dialog); });
    }

    /// Of one shard.
    template <class Visitor>
    void for_each_dialog_in(Shard shard, Visitor visit) {
        for (std::size_t slot = slots_.next_of(shard, 0); slot < slots_.end();
             slot = slots_.next_of(shard, slot + 1)) {
            const Subscription* const subscription = slots_.at(slot);
            Dialog& dialog = subscription->dialog;
            if (dialog.subscriptions.front().get() == subscription) visit(dialog);  // each once
        }
    }

    /// A subscription of that watcher is being stored: for bounds, it counts as if it were there.
    void reserve(std::uint64_t watcher);
    /// It is there now, or will not be.
    void give_back(std::uint64_t watcher);

    std::size_t subscriptions_of(std::uint64_t watcher) const;  ///< with reserved ones
    std::size_t size() const { return size_; }
    std::size_t size_with_reserved() const { return size_ + reserved_; }
    const SlotTable<Subscription>& slots() const { return slots_; }
    std::uint64_t watcher_of(std::string_view identity) const;

    /// Deadlines of subscriptions, and of dialogs for what they have in flight.
    TimerQueue<Subscription, &Subscription::timer> expiries;
    TimerQueue<Dialog, &Dialog::timer> dialog_timers;

private:
    struct Key {
        std::uint64_t seed = 0;
        Hash128 of(const DialogId& id) const {
            return Hasher(seed, 1).add(id.call_id).add(id.local_tag).add(id.remote_tag).finish();
        }
        Hash128 of(const Dialog* dialog) const { return of(dialog->state.id()); }
    };
    struct ByKey : Key {
        using is_transparent = void;
        std::size_t operator()(const Hash128& key) const {
            return static_cast<std::size_t>(key.low);
        }
        std::size_t operator()(const Dialog* dialog) const { return (*this)(of(dialog)); }
    };
    struct SameKey : Key {
        using is_transparent = void;
        bool operator()(const Dialog* a, const Dialog* b) const { return a == b; }
        bool operator()(const Dialog* a, const Hash128& b) const { return of(a) == b; }
        bool operator()(const Hash128& a, const Dialog* b) const { return of(b) == a; }
    };

    GradualTable<boost::unordered_flat_set<Dialog*, ByKey, SameKey>> dialogs_;  ///< owned
    GradualTable<boost::unordered_flat_map<std::uint64_t, std::size_t>> per_watcher_;
    SlotTable<Subscription> slots_;
    static void join(Subscription& subscription, Aor& aor);
    static void leave(Subscription& subscription);
    void count(std::uint64_t watcher);
    void uncount(std::uint64_t watcher);

    std::size_t size_ = 0;
    std::size_t reserved_ = 0;
    std::size_t bytes_ = 0;
    std::uint64_t seed_;
    Stats& stats_;
};

}  // namespace reginfo
