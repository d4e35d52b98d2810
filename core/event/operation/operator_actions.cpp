#include "core/event/operation/operator_actions.hpp"

#include "core/event/records/lookup.hpp"
#include "core/event/state/stable_id.hpp"
#include "core/sip/writer.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <variant>

namespace reginfo {
namespace {

void log(Outbox& outbox, std::string detail) {
    outbox.note(Note{
        .severity = Note::Severity::info,
        .what = "operator action",
        .detail = std::move(detail),
        .limited = false,
    });
}

}  // namespace

ActionOutcome OperatorActions::carry_out(
    TimePoint now,
    const OperatorAction& action,
    Outbox& outbox
) {
    const ActionOutcome outcome =
        std::visit([&](const auto& known) { return carry_out(now, known, outbox); }, action);
    if (outcome == ActionOutcome::done) ++stats_.operator_actions;
    return outcome;
}

ActionOutcome OperatorActions::carry_out(TimePoint, const NotifyAgain& action, Outbox& outbox) {
    Aor* aor = find_aor(aors_, shards_, action.aor);
    if (!aor) return ActionOutcome::not_found;
    log(outbox, "notify the watchers of " + aor->name.string() + " again");
    fan_out_.notify_all_again(*aor);
    return ActionOutcome::done;
}

ActionOutcome OperatorActions::carry_out(
    TimePoint now,
    const EndSubscription& action,
    Outbox& outbox
) {
    Subscription* subscription = find_subscription(subscriptions_, shards_, action.id);
    if (!subscription || subscription->state == Subscription::State::terminated) {
        return ActionOutcome::not_found;
    }
    if (subscription->dialog.requests.is_locked) return ActionOutcome::busy;
    log(outbox,
        "end subscription " + action.id + " to " + subscription->aor().name.string() + ", " +
            std::string(text_of(action.reason)));
    if (action.reason == TerminationReason::probation) {
        subscription->deadline = now + action.retry_after;
    }
    scheduler_.terminate(now, *subscription, action.reason, outbox);
    return ActionOutcome::done;
}

ActionOutcome OperatorActions::carry_out(
    TimePoint now,
    const DropPublication& action,
    Outbox& outbox
) {
    Aor* aor = find_aor(aors_, shards_, action.aor);
    if (!aor) return ActionOutcome::not_found;
    const StateReader state = aor->state();
    const auto& publications = state->publications;
    const auto at = std::find_if(publications.begin(), publications.end(), [&](const auto& p) {
        return std::string_view(tag_text(p.etag)) == action.entity_tag;
    });
    if (at == publications.end()) return ActionOutcome::not_found;
    if (aor->requests.is_locked) return ActionOutcome::busy;
    log(outbox, "drop publication " + action.entity_tag + " of " + aor->name.string());
    compositor_.drop_publication(now, *aor, at->etag, outbox);
    return ActionOutcome::done;
}

ActionOutcome OperatorActions::carry_out(TimePoint now, const EndContact& action, Outbox& outbox) {
    Aor* aor = find_aor(aors_, shards_, action.aor);
    if (!aor) return ActionOutcome::not_found;
    const StateReader state = aor->state();
    const auto& contacts = state->contacts;
    const auto at = std::find_if(contacts.begin(), contacts.end(), [&](const auto& contact) {
        return contact.active &&
               std::string_view(StableIdText('c', contact.details->id)) == action.id;
    });
    if (at == contacts.end()) return ActionOutcome::not_found;
    if (aor->requests.is_locked) return ActionOutcome::busy;
    log(outbox,
        "end contact " + action.id + " of " + aor->name.string() + ", " +
            std::string(text_of(action.event)));
    compositor_.end_contact(now, *aor, at->details->id, action.event, outbox);
    return ActionOutcome::done;
}

ActionOutcome OperatorActions::carry_out(TimePoint now, const TraceAor& action, Outbox& outbox) {
    const auto aor = canonical_aor(action.aor);
    if (!aor) return ActionOutcome::not_found;
    if (action.time.count() == 0) {
        if (!tracer_.stop(*aor, outbox)) return ActionOutcome::not_found;
        log(outbox, "trace " + *aor + " no more");
        return ActionOutcome::done;
    }
    if (!tracer_.start(now + action.time, *aor, outbox)) return ActionOutcome::too_many;
    log(outbox, "trace " + *aor + " for " + std::to_string(action.time.count()) + " s");
    return ActionOutcome::done;
}

}  // namespace reginfo
