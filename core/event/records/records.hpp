/// @file
/// What the server remembers of AORs and their watchers: its parts, and who works with whom.
#pragma once

#include "core/event/records/acknowledgements.hpp"
#include "core/event/records/aor_table.hpp"
#include "core/event/records/observer_link.hpp"
#include "core/event/records/open_shards.hpp"
#include "core/event/records/pending_changes.hpp"
#include "core/event/records/strays.hpp"
#include "core/event/records/subscription_ends.hpp"
#include "core/event/records/subscription_store.hpp"
#include "core/event/records/unsettled.hpp"
#include "core/event/records/unused_aors.hpp"
#include "core/settings.hpp"
#include "core/stats.hpp"

#include <cstdint>

namespace reginfo {

/// Owns the parts. Each class that works on them is given the ones that it uses, and none is given
/// all of them.
struct Records {
    /// Keys of the hash tables.
    struct Keys {
        std::uint64_t aors = 0;
        std::uint64_t dialogs = 0;
        std::uint64_t identities = 0;
    };

    /// All of it must outlive this.
    Records(const Settings& settings, Stats& stats, PendingChanges& changes, const Keys& keys);

    ObserverLink observer;
    OpenShards shards;
    AorTable aors;
    SubscriptionStore subscriptions;
    Strays strays;
    Unsettled unsettled;
    Acknowledgements acknowledgements;
    UnusedAors unused_aors;
    SubscriptionEnds ends;
};

}  // namespace reginfo
