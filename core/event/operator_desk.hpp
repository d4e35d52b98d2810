/// @file
/// Carries out what operators ask for.
#pragma once

#include "core/event/compositor.hpp"
#include "core/event/notifier.hpp"
#include "core/event/notify_sender.hpp"
#include "core/event/operator_action.hpp"
#include "core/event/records.hpp"
#include "core/outbox.hpp"
#include "core/time.hpp"

namespace reginfo {

/// Each action takes the way that the same change takes when SIP brings it: through the store, to
/// the watchers. All that are carried out are logged and counted.
class OperatorDesk {
public:
    OperatorDesk(Records& records, NotifySender& sender, Notifier& notifier, Compositor& compositor)
        : records_(records), sender_(sender), notifier_(notifier), compositor_(compositor) {}

    ActionOutcome carry_out(TimePoint now, const OperatorAction& action, Outbox& outbox);

private:
    ActionOutcome carry_out(TimePoint now, const NotifyAgain& action, Outbox& outbox);
    ActionOutcome carry_out(TimePoint now, const EndSubscription& action, Outbox& outbox);
    ActionOutcome carry_out(TimePoint now, const DropPublication& action, Outbox& outbox);
    ActionOutcome carry_out(TimePoint now, const EndContact& action, Outbox& outbox);
    ActionOutcome carry_out(TimePoint now, const TraceAor& action, Outbox& outbox);

    Records& records_;
    NotifySender& sender_;
    Notifier& notifier_;
    Compositor& compositor_;
};

}  // namespace reginfo
