/// @file
/// All AORs, dialogs and subscriptions, and how they are found.
#pragma once

#include "core/event/footprint.hpp"
#include "core/event/subscription.hpp"
#include "core/gradual_table.hpp"
#include "core/hash.hpp"
#include "core/settings.hpp"
#include "core/slot_table.hpp"
#include "core/stats.hpp"
#include "core/timer_queue.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace reginfo {

/// AORs by canonical name. An AOR stays as long as something is known of it.
class AorTable {
public:
    /// @param open_states  see OpenStates
    AorTable(std::uint64_t seed, std::size_t open_states)
        : states_(open_states, seed), aors_(ByName{seed}) {}
    ~AorTable();
    AorTable(const AorTable&) = delete;
    AorTable& operator=(const AorTable&) = delete;

    Aor* find(std::string_view name);
    Aor& find_or_create(std::string_view name);

    void erase(Aor& aor);

    std::size_t bytes() const {
        return bytes_ + states_.bytes();
    }  ///< of all AORs with what is published
    std::size_t index_bytes() const {
        return aors_.bytes() + slots_.bytes() + states_.shared_bytes();
    }

    template <class Visitor>
    void for_each(Visitor visit) {
        aors_.for_each([&](Aor* aor) { visit(*aor); });
    }

    std::size_t size() const { return aors_.size(); }
    const SlotTable<Aor>& slots() const { return slots_; }

private:
    /// Seeded, as peers choose the names.
    struct ByName {
        using is_transparent = void;
        std::uint64_t seed = 0;
        std::size_t operator()(std::string_view name) const {
            return static_cast<std::size_t>(Hasher(seed, 0).add(name).finish().low);
        }
        std::size_t operator()(const Aor* aor) const { return (*this)(aor->name); }
    };
    struct SameName {
        using is_transparent = void;
        bool operator()(const Aor* a, const Aor* b) const { return a == b; }
        bool operator()(const Aor* a, std::string_view b) const { return a->name == b; }
        bool operator()(std::string_view a, const Aor* b) const { return b->name == a; }
    };

    OpenStates states_;
    /// Owned. Names are not repeated here, nor keys of dialogs below: what finds a record is the
    /// smallest part of it, and hashed anew when the table grows.
    GradualTable<boost::unordered_flat_set<Aor*, ByName, SameName>> aors_;
    SlotTable<Aor> slots_;
    std::size_t bytes_ = 0;  ///< without the states
};

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

    /// Adds a subscription to a dialog and to the AOR's watchers, told of nothing yet.
    Subscription& add(Dialog& dialog, Aor& aor, std::uint64_t watcher);

    void set_profile(Subscription& subscription, Profile profile);

    /// It watches another AOR from now on, told of nothing of it yet, under the same name.
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
