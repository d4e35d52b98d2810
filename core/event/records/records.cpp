#include "core/event/records/records.hpp"

namespace reginfo {

Records::Records(const Settings& settings, Stats& stats, PendingChanges& changes, const Keys& keys)
    : aors({keys.aors, keys.identities, settings.hash_seed}, settings.limits.open_states, stats),
      subscriptions(keys.dialogs, stats),
      strays(aors.identities),
      unsettled(aors, subscriptions, changes, shards, settings.hash_seed),
      acknowledgements(unsettled, stats),
      unused_aors(settings, shards, changes, aors, unsettled),
      ends({settings, observer, changes, subscriptions, strays, unsettled, unused_aors}) {}

}  // namespace reginfo
