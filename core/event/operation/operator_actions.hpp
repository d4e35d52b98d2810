/// @file
/// Carries out what operators ask for.
#pragma once

#include "core/base/time.hpp"
#include "core/event/notify/notify_scheduler.hpp"
#include "core/event/operation/operator_action.hpp"
#include "core/event/publish/compositor.hpp"
#include "core/event/records/aor_table.hpp"
#include "core/event/records/open_shards.hpp"
#include "core/event/records/subscription_store.hpp"
#include "core/event/records/tracer.hpp"
#include "core/event/subscribe/fan_out.hpp"
#include "core/outbox.hpp"
#include "core/stats.hpp"

namespace reginfo {

/// Each action takes the way that the same change takes when SIP brings it: through the store, to
/// the watchers. All that are carried out are logged and counted.
class OperatorActions {
public:
    /// All of it must outlive this.
    struct Parts {
        Stats& stats;
        const OpenShards& shards;
        AorTable& aors;
        SubscriptionStore& subscriptions;
        NotifyScheduler& scheduler;
        FanOut& fan_out;
        Compositor& compositor;
        Tracer& tracer;
    };

    explicit OperatorActions(const Parts& parts)
        : stats_(parts.stats),
          shards_(parts.shards),
          aors_(parts.aors),
          subscriptions_(parts.subscriptions),
          scheduler_(parts.scheduler),
          fan_out_(parts.fan_out),
          compositor_(parts.compositor),
          tracer_(parts.tracer) {}

    ActionOutcome carry_out(TimePoint now, const OperatorAction& action, Outbox& outbox);

private:
    ActionOutcome carry_out(TimePoint now, const NotifyAgain& action, Outbox& outbox);
    ActionOutcome carry_out(TimePoint now, const EndSubscription& action, Outbox& outbox);
    ActionOutcome carry_out(TimePoint now, const DropPublication& action, Outbox& outbox);
    ActionOutcome carry_out(TimePoint now, const EndContact& action, Outbox& outbox);
    ActionOutcome carry_out(TimePoint now, const TraceAor& action, Outbox& outbox);

    Stats& stats_;
    const OpenShards& shards_;
    AorTable& aors_;
    SubscriptionStore& subscriptions_;
    NotifyScheduler& scheduler_;
    FanOut& fan_out_;
    Compositor& compositor_;
    Tracer& tracer_;
};

}  // namespace reginfo
