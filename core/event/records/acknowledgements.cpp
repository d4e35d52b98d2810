#include "core/event/records/acknowledgements.hpp"

#include "core/event/state/merge.hpp"

#include <cstddef>
#include <limits>
#include <utility>

namespace reginfo {

void Acknowledgements::take(TimePoint now, Subscription& subscription, Revision revision) {
    Aor& aor = subscription.aor();
    if (!aor.acknowledge(subscription, revision)) return;
    unsettled_.look_whether_settled(now, aor);
    if (aor.lagging() > 0 || aor.requests.is_locked) return;
    const StateSummary before = aor.summary();
    if (before.contacts_ended == 0 && !before.others_ended) return;
    AorState state = aor.state().release();
    Merge(aor.name, state, Duration{0})
        .forget_ended(aor.revision(), std::numeric_limits<std::size_t>::max());
    aor.set_state(std::move(state));
    stats_.contacts_ended -= before.contacts_ended - aor.summary().contacts_ended;
}

}  // namespace reginfo
