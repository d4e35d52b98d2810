/// @file
/// Forgets a shard that another process serves.
#pragma once

#include "core/base/shard.hpp"
#include "core/base/time.hpp"
#include "core/event/notify/documents.hpp"
#include "core/event/notify/notify_scheduler.hpp"
#include "core/event/notify/send_windows.hpp"
#include "core/event/operation/recovery.hpp"
#include "core/event/records/aor_table.hpp"
#include "core/event/records/open_shards.hpp"
#include "core/event/records/pending_changes.hpp"
#include "core/event/records/restorer.hpp"
#include "core/event/records/subscription_ends.hpp"
#include "core/event/records/subscription_store.hpp"
#include "core/event/records/unsettled.hpp"
#include "core/event/records/waiting_requests.hpp"
#include "core/event/subscribe/fan_out.hpp"
#include "core/stats.hpp"
#include "core/transaction/responder.hpp"
#include "core/transaction/server_transactions.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <vector>

namespace reginfo {

/// Takes everything of a shard out of memory, in pieces. None of the ordinary ways of removal is
/// taken: those write, tell watchers and tell the observer.
///
/// All tables are of all shards, so that one process that serves them all has the same few large
/// tables as ever. A byte beside each slot tells the shard (SlotTable::next_of).
class ShardDrop {
public:
    /// What it forgets from; all of it must outlive this.
    struct Parts {
        Stats& stats;
        OpenShards& shards;
        PendingChanges& changes;
        AorTable& aors;
        SubscriptionStore& subscriptions;
        Unsettled& unsettled;
        SubscriptionEnds& ends;
        Documents& documents;
        Restorer& restorer;
        WaitingRequests& waiting;
        ServerTransactions& transactions;
        Responder& responder;
        NotifyScheduler& scheduler;
        SendWindows& windows;
        FanOut& fan_out;
        Recovery& recovery;
    };

    explicit ShardDrop(const Parts& parts) : parts_(parts) {}

    /// Closes the shard, and forgets a piece of it. Returns whether there is more.
    bool run(TimePoint now, Shard shard);

private:
    void close(TimePoint now, Shard shard);
    void drop(TimePoint now, Dialog& dialog);
    void drop(Aor& aor);
    void abandon(const std::vector<WaitingRequest>& requests);

    Parts parts_;
    boost::unordered_flat_map<Shard, std::size_t> next_aors_;  ///< slots, of those that have begun
};

}  // namespace reginfo
