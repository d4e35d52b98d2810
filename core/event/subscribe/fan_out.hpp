/// @file
/// A change of an AOR becomes NOTIFYs to its watchers.
#pragma once

#include "core/base/time.hpp"
#include "core/event/notify/notify_scheduler.hpp"
#include "core/event/records/acknowledgements.hpp"
#include "core/event/records/open_shards.hpp"
#include "core/event/records/unused_aors.hpp"
#include "core/event/subscribe/identity_moves.hpp"
#include "core/outbox.hpp"

#include <cstddef>
#include <deque>

namespace reginfo {

/// Makes the watchers of changed AORs due, some at a time.
class FanOut {
public:
    /// All of it must outlive this.
    FanOut(
        const OpenShards& shards,
        Acknowledgements& acknowledgements,
        UnusedAors& unused_aors,
        IdentityMoves& moves,
        NotifyScheduler& scheduler
    )
        : shards_(shards),
          acknowledgements_(acknowledgements),
          unused_aors_(unused_aors),
          moves_(moves),
          scheduler_(scheduler) {}

    /// The AOR has a new revision: all its watchers get it, by run().
    void aor_changed(Aor& aor);

    /// All its watchers get the newest revision, also those who have it.
    void notify_all_again(Aor& aor);

    /// The AOR is forgotten, or its state is.
    void forget(Aor& aor);

    /// Goes on with at most `count` watchers. Returns whether there are more.
    bool run(TimePoint now, std::size_t count, Outbox& outbox);

    /// Sends the subscription what its watcher is not known to have. Returns whether there is
    /// something.
    bool notify_if_behind(TimePoint now, Subscription& subscription, Outbox& outbox);

    /// The AOR has news for the subscription, which may be the last.
    void notify_change(TimePoint now, Subscription& subscription, Outbox& outbox);

private:
    bool has_newest(TimePoint now, Subscription& subscription);

    const OpenShards& shards_;
    Acknowledgements& acknowledgements_;
    UnusedAors& unused_aors_;
    IdentityMoves& moves_;
    NotifyScheduler& scheduler_;
    std::deque<Aor*> changed_;
};

}  // namespace reginfo
