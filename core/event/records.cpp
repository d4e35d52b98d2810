/// @file

#include "core/event/records.hpp"

#include "core/bounds.hpp"
#include "core/event/durability.hpp"
#include "core/event/implicit_sets.hpp"
#include "core/event/merge.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <limits>
#include <memory>

namespace reginfo {

Records::Records(const Settings& settings_, Stats& stats_, const Seed& seed)
    : settings(settings_),
      stats(stats_),
      tokens(seed),
      hash_seeds(settings_.hash_seed != 0 ? settings_.hash_seed : tokens.derive()),
      commits(settings_.durable, stats_),
      aors(hash_seeds.next(), settings_.limits.open_states),
      subscriptions(hash_seeds.next(), stats_),
      identities(tokens.derive()),
      documents(stats_),
      tracer(tokens) {}

void Records::remove(TimePoint now, Subscription& subscription, Outbox& outbox) {
    Aor& aor = subscription.aor();
    if (static_cast<QueueHook&>(subscription).is_linked()) unqueued(subscription);
    set_stray(subscription, false);
    observe(now, subscription, SubscriptionEvent::ended);
    Dialog& dialog = subscription.dialog;
    const bool last = dialog.subscriptions.size() == 1;
    if (last) release(dialog);
    const bool stored = settings.durable && dialog.is_stored;
    std::vector<Write> writes;
    if (stored && last) writes.push_back({Bucket::dialog, dialog_key(dialog.state), {}});
    subscriptions.remove(subscription);
    if (stored && !last && dialog.turnstile.locked) {
        dialog.record_lags = true;  // a record from now would undo what is being stored
    } else if (stored && !last) {
        writes.push_back({Bucket::dialog, dialog_key(dialog.state), encode(record_of(dialog), now)}
        );
    }
    if (!writes.empty()) commits.begin(std::move(writes), outbox);
    drop_if_unused(aor, outbox);
}

void Records::acknowledge(Subscription& subscription, Revision revision) {
    Aor& aor = subscription.aor();
    if (revision <= subscription.acked) return;
    const bool lagged = subscription.acked < aor.revision();
    subscription.acked = revision;
    if (!lagged || revision < aor.revision()) return;
    if (--aor.lagging > 0 || aor.turnstile.locked) return;
    const StateSummary before = aor.summary();
    if (before.contacts_ended == 0 && !before.others_ended) return;
    AorState state = aor.state().take(false);
    Merge(aor.name, state, Duration{})
        .forget_ended(revision, std::numeric_limits<std::size_t>::max());
    aor.set_state(std::move(state));
    stats.contacts_ended -= before.contacts_ended - aor.summary().contacts_ended;
}

void Records::set_rates(TimePoint now, Subscription& subscription, const Rates& wanted) const {
    const Rates rates = granted(
        wanted,
        {
            .max_rate_interval = settings.notify.max_rate_interval,
            .min_rate_interval =
                std::max(settings.notify.min_rate_interval, settings.notify.min_interval),
            .expires =
                std::max(std::chrono::floor<Seconds>(subscription.deadline - now), Seconds{1}),
        }
    );
    const RateControl* const before = subscription.rates();
    if ((before ? before->rates() : Rates{}) == rates) return;
    const TimePoint last = before ? before->last_sent() : now;
    subscription.set_extras().rates =
        rates.any() ? std::make_unique<RateControl>(rates, last) : nullptr;
}

void Records::queued(TimePoint now, Subscription& subscription) {
    ++stats.notifies_queued;
    subscription.queued_at = queue_ages.entered(now);
}

void Records::unqueued(Subscription& subscription) {
    --stats.notifies_queued;
    queue_ages.left(subscription.queued_at);
}

bool Records::store_is_behind(const Flow& flow, Outbox& outbox) {
    if (commits.pending() < settings.limits.pending_commits) return false;
    note_refusal(Bound::pending_commits, {}, flow, stats, outbox);
    return true;
}

bool Records::hold(
    Turnstile& turnstile,
    const TransactionKey& key,
    const Flow& flow,
    std::string_view bytes,
    Outbox& outbox
) {
    const bool fits = waiting < settings.limits.waiting_requests &&
                      waiting_bytes + bytes.size() <= settings.limits.waiting_bytes;
    if (!fits) {
        note_refusal(Bound::waiting_requests, {}, flow, stats, outbox);
        return false;
    }
    ++waiting;
    waiting_bytes += bytes.size();
    if (!turnstile.waiting) turnstile.waiting = std::make_unique<std::deque<WaitingRequest>>();
    turnstile.waiting->push_back({key, flow, std::string(bytes)});
    return true;
}

bool Records::hold_early(std::string_view identity, WaitingRequest request, Outbox& outbox) {
    const std::uint64_t key = identities.key_of(identity);
    if (!early.has_room_for(key)) return false;
    // Half of the room is for those behind a commit.
    const Settings::Limits& limits = settings.limits;
    const std::size_t bytes = request.bytes.size();
    const bool fits = waiting < limits.waiting_requests &&
                      early.size() * 2 < limits.waiting_requests &&
                      waiting_bytes + bytes <= limits.waiting_bytes &&
                      (early.message_bytes() + bytes) * 2 <= limits.waiting_bytes;
    if (!fits) {
        note_refusal(Bound::waiting_requests, identity, request.flow, stats, outbox);
        return false;
    }
    ++waiting;
    waiting_bytes += bytes;
    early.hold(key, std::move(request));
    return true;
}

void Records::let_in(WaitingRequests requests) {
    if (!requests) return;
    released.push_back({std::move(requests), []() -> Turnstile* { return nullptr; }});
}

void Records::end_early(TimePoint now) {
    WaitingRequests all = early.take_all();
    if (!all) return;
    for (WaitingRequest& request : *all) request.wait_until = now;
    let_in(std::move(all));
}

void Records::set_stray(Subscription& subscription, bool is_stray) {
    if (subscription.is_stray == is_stray) return;
    subscription.is_stray = is_stray;
    const std::uint64_t identity = identities.key_of(identity_of(subscription));
    is_stray ? strays.add(identity, subscription.slot) : strays.remove(identity, subscription.slot);
}

void Records::release(Aor& aor) {
    aor.turnstile.locked = false;
    if (!aor.turnstile.waiting) return;
    const auto turnstile = [this, name = aor.name.string()] {
        Aor* const found = aors.find(name);
        return found ? &found->turnstile : nullptr;
    };
    released.push_back({std::move(aor.turnstile.waiting), turnstile});
}

void Records::release(Dialog& dialog) {
    dialog.turnstile.locked = false;
    if (!dialog.turnstile.waiting) return;
    const auto turnstile = [this,
                            call_id = std::string(dialog.state.call_id()),
                            local_tag = std::string(dialog.state.local_tag()),
                            remote_tag = std::string(dialog.state.remote_tag())] {
        Dialog* const found = subscriptions.find({call_id, local_tag, remote_tag});
        return found ? &found->turnstile : nullptr;
    };
    released.push_back({std::move(dialog.turnstile.waiting), turnstile});
}

std::optional<WaitingRequest> Records::next_released() {
    while (!released.empty()) {
        Line& line = released.front();
        Turnstile* const turnstile = line.turnstile();
        const bool is_closed = turnstile && turnstile->locked;
        if (is_closed && turnstile->waiting) {
            std::move(
                line.waiting->begin(), line.waiting->end(), std::back_inserter(*turnstile->waiting)
            );
        } else if (is_closed && !line.waiting->empty()) {
            turnstile->waiting = std::move(line.waiting);
        } else if (!line.waiting->empty()) {
            WaitingRequest next = std::move(line.waiting->front());
            line.waiting->pop_front();
            --waiting;
            waiting_bytes -= next.bytes.size();
            return next;
        }
        released.pop_front();
    }
    return std::nullopt;
}

void Records::drop_if_unused(Aor& aor, Outbox& outbox) {
    if (!aor.is_unused()) return;
    if (settings.durable && aor.is_stored) {
        commits.begin({Write{Bucket::aor, aor.name.string(), std::nullopt}}, outbox);
    }
    documents.forget(aor);
    if (aor.summary().has_members) identities.forget(aor.slot);
    stats.contacts_active -= aor.summary().contacts_active;
    stats.contacts_ended -= aor.summary().contacts_ended;
    aors.erase(aor);
    count_aors();
}

}  // namespace reginfo
