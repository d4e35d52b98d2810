/// @file
/// Who may not have been told the newest state, as the store knows it (RULES.md, "After a crash").
#pragma once

#include "core/base/time.hpp"
#include "core/event/persistence/unsettled_key.hpp"
#include "core/event/records/aor_table.hpp"
#include "core/event/records/open_shards.hpp"
#include "core/event/records/pending_changes.hpp"
#include "core/event/records/subscription_store.hpp"
#include "core/outbox.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo {

/// The bucket of the unsettled: an entry for each AOR and each dialog whose watchers may not have
/// been told. After a crash only those are told.
///
/// An AOR is unsettled from the commit of a change that its watchers see, until all have answered
/// with 2xx. A dialog is from the commit of a SUBSCRIBE until the NOTIFY due to it is answered.
/// What has settled is taken out up to a second later, many at once, by a write that nobody waits
/// for. If that write is lost, watchers are told twice.
class Unsettled {
public:
    /// All of it must outlive this.
    /// @param seed  Settings::hash_seed: of the keys in the store
    Unsettled(
        AorTable& aors,
        SubscriptionStore& subscriptions,
        PendingChanges& changes,
        const OpenShards& shards,
        std::uint64_t seed
    )
        : aors_(aors),
          subscriptions_(subscriptions),
          changes_(changes),
          shards_(shards),
          seed_(seed) {}

    /// The write with which it is unsettled once that is durable.
    Write entry_of(const Aor& aor) const { return write_of(UnsettledKind::aor, aor.name, true); }
    Write entry_of(const DialogState& dialog) const;
    /// The write that takes it out.
    Write removal_of(const Aor& aor) const { return write_of(UnsettledKind::aor, aor.name, false); }
    Write removal_of(const DialogState& dialog) const;

    /// All watchers of the AOR have the newest state. Does nothing if it is not unsettled.
    void told(TimePoint now, Aor& aor);
    /// A watcher of the AOR ends, or has answered: perhaps it was the last one that lagged.
    void look_whether_settled(TimePoint now, Aor& aor) {
        if (aor.lagging() == 0) told(now, aor);
    }
    /// A NOTIFY of the dialog was answered 2xx.
    void told(TimePoint now, Dialog& dialog);

    /// Takes out what has settled, at most so many.
    void run(TimePoint now, std::size_t count, Outbox& outbox);
    /// The same without waiting, for a clean stop.
    void run_all(Outbox& outbox);
    std::optional<TimePoint> next_deadline() const;

    /// An entry from the store. They come before AORs and dialogs. The empty key stands for all: of
    /// a store that was written before there were entries. Returns false for what is no key.
    bool restore(Shard shard, std::string_view key);
    /// Whether the store has an entry of it. Asked once of each that is restored.
    bool was_unsettled(const Aor& aor);
    bool was_unsettled(const Dialog& dialog);
    /// All records are back, of all shards or of one: takes out what is left over, or settled.
    void restored(TimePoint now, Outbox& outbox);
    void restored(TimePoint now, Shard shard, Outbox& outbox);

    /// Nothing of the shard is to be taken out. @pre its records are forgotten
    void drop(Shard shard);

private:
    /// In the order of `due`. A slot may be another's by then.
    struct Settling {
        TimePoint due;
        UnsettledKind kind = UnsettledKind::aor;
        Slot slot = 0;
    };

    /// What was restored of a shard, and not asked for yet.
    struct Restored {
        boost::unordered_flat_set<std::string> keys;
        bool are_all = false;
    };
    /// Writes that are gathered. Those of different shards are different commits, where they may be
    /// different processes' soon.
    class Gathered {
    public:
        Gathered(Unsettled& owner, Outbox& outbox) : owner_(owner), outbox_(outbox) {}
        void add(Shard shard, Write write);
        void flush();

    private:
        Unsettled& owner_;
        Outbox& outbox_;
        boost::unordered_flat_map<Shard, std::vector<Write>> writes_;
    };

    /// Where the store is not shared, all is in one.
    Shard place_of(Shard shard) const { return shards_.are_shared() ? shard : Shard{0}; }
    std::string key_of(UnsettledKind kind, std::string_view name) const {
        return unsettled_key(seed_, kind, name);
    }
    Write write_of(UnsettledKind kind, std::string_view name, bool is_there) const;
    bool was_unsettled(Shard shard, const std::string& key);
    void settle(const Settling& one, TimePoint now, Gathered& writes);
    void settle_aor(Aor& aor, TimePoint now, Gathered& writes);
    void settle_dialog(Dialog& dialog, TimePoint now, Gathered& writes);
    template <class EachAor, class EachDialog>
    void restored(
        TimePoint now,
        Shard shard,
        const EachAor& each_aor,
        const EachDialog& each_dialog,
        Outbox& outbox
    );

    AorTable& aors_;
    SubscriptionStore& subscriptions_;
    PendingChanges& changes_;
    const OpenShards& shards_;
    std::uint64_t seed_;
    std::deque<Settling> settling_;
    boost::unordered_flat_map<Shard, Restored> restored_;
};

}  // namespace reginfo
