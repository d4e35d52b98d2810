/// @file
/// Records come back from the store.
#pragma once

#include "core/event/persistence/dialog_record.hpp"
#include "core/event/records/aor_table.hpp"
#include "core/event/records/missed.hpp"
#include "core/event/records/open_shards.hpp"
#include "core/event/records/subscription_store.hpp"
#include "core/event/records/unsettled.hpp"
#include "core/outbox.hpp"
#include "core/settings.hpp"
#include "core/stats.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <optional>
#include <string_view>

namespace reginfo {

/// Brings back what the store had (Engine::restore): the unsettled, then AORs, then dialogs. What
/// is of a shard that is not open stands still until open().
class Restorer {
public:
    /// All of it must outlive this.
    struct Parts {
        const Settings& settings;
        Stats& stats;
        const OpenShards& shards;
        AorTable& aors;
        SubscriptionStore& subscriptions;
        Unsettled& unsettled;
        MissedList& missed;  ///< gets what should have happened since
    };

    explicit Restorer(const Parts& parts)
        : settings_(parts.settings),
          stats_(parts.stats),
          shards_(parts.shards),
          aors_(parts.aors),
          subscriptions_(parts.subscriptions),
          unsettled_(parts.unsettled),
          missed_(parts.missed) {}

    bool restore_aor(std::string_view key, std::string_view value, const RecordTime& time);
    /// @param shard  under which it was stored, where the store is shared
    bool restore_dialog(
        std::string_view key,
        std::string_view value,
        const RecordTime& time,
        std::optional<Shard> shard
    );

    /// The records of the shard are back, and it is open: their times begin to count.
    void open(TimePoint now, Shard shard);
    /// They are not wanted after all.
    void drop(Shard shard) { still_.erase(shard); }

private:
    void arm(TimePoint now, Shard shard, const Missed& one);
    void arm(TimePoint now, const Missed& one);
    void tell_watchers_elsewhere(TimePoint now, Aor& aor);
    std::optional<ListenerId> listener_like(const Flow& flow) const;

    const Settings& settings_;
    Stats& stats_;
    const OpenShards& shards_;
    AorTable& aors_;
    SubscriptionStore& subscriptions_;
    Unsettled& unsettled_;
    MissedList& missed_;
    boost::unordered_flat_map<Shard, MissedList> still_;  ///< of shards that are not open
};

}  // namespace reginfo
