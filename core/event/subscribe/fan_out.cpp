/// @file
/// A change of an AOR, or of who watches it, becomes NOTIFYs.

#include "core/event/records/implicit_sets.hpp"
#include "core/event/subscribe/notifier.hpp"

#include <algorithm>

namespace reginfo {
namespace {

/// How many watchers of an AOR are compared with a new one.
constexpr std::size_t kSameContact = 64;

}  // namespace

/// A change that finds the AOR's fan-out on its way goes on from there, once round all watchers: if
/// it began at the first one, those at the end would not be told as long as changes come.
void Notifier::aor_changed(Aor& aor) {
    if (aor.watcher_count == 0) return;
    if (!aor.is_telling) {
        fan_outs_.push_back(&aor);
        aor.next_told = aor.watchers.begin();
    }
    aor.is_telling = true;
    aor.to_tell = aor.watcher_count;
}

void Notifier::tell_again(Aor& aor) {
    if (aor.watcher_count == 0) return;
    aor.tell_all = true;
    aor_changed(aor);
}

/// Whether the watcher has, or is being told, all that the newest revision shows it. If that is an
/// older revision, it has the newest without a NOTIFY.
bool Notifier::knows_news(Subscription& subscription) {
    const StateSummary& state = subscription.aor().summary();
    const Revision news = newest_of(state, traits_of(subscription.profile).documents);
    auto& in_flight = subscription.dialog.in_flight;
    if (in_flight && in_flight->subscription == &subscription && in_flight->carried >= news) {
        in_flight->carried = state.revision;
        return true;
    }
    if (subscription.acked < news) return false;
    records_.acknowledge(subscription, state.revision);
    return true;
}

/// Whether the subscription ends because nothing that it is about is registered any more.
bool Notifier::is_over(const Subscription& subscription) {
    const Aor& aor = subscription.aor();
    if (!traits_of(subscription.profile).needs_contact || aor.summary().contacts_active > 0) {
        return false;
    }
    if (!aor.summary().has_members) return true;
    const StateReader state = aor.state();
    return std::none_of(state->members.begin(), state->members.end(), [](const SetMember& member) {
        return member.state.has_active_contact();
    });
}

/// The AOR has news, which may be the last, or for whom it is none any more.
void Notifier::tell_change(TimePoint now, Subscription& subscription, Outbox& outbox) {
    if (follow(now, subscription, outbox)) return;
    if (is_over(subscription) && !subscription.dialog.requests.is_locked) {
        scheduler_.terminate(now, subscription, TerminationReason::deactivated, outbox);
    } else {
        scheduler_.notify(now, subscription, false, outbox);
    }
}

bool Notifier::tell_if_untold(TimePoint now, Subscription& subscription, Outbox& outbox) {
    if (follow(now, subscription, outbox)) return true;
    if (!subscription.is_due() && knows_news(subscription)) return false;
    tell_change(now, subscription, outbox);
    return true;
}

/// A phone that starts again subscribes anew with the Contact that it had; a proxy has the same one
/// for all the identities that it watches. Looks at the newest
/// watchers only, so that many of them do not make this slow.
void Notifier::end_same_contact(TimePoint now, const Subscription& fresh, Outbox& outbox) {
    const std::string identity = identity_of(fresh);
    const auto is_older = [&](const Subscription& other) {
        return &other.dialog != &fresh.dialog && other.profile == fresh.profile &&
               other.state == Subscription::State::active && other.event_id() == fresh.event_id() &&
               !other.dialog.requests.is_locked &&
               other.dialog.state.remote_target() == fresh.dialog.state.remote_target() &&
               identity_of(other) == identity;
    };
    // One at a time: the end of one may be the end of others.
    for (bool any = true; any;) {
        any = false;
        std::size_t looked_at = 0;
        auto& watchers = fresh.aor().watchers;
        for (auto it = watchers.rbegin(); it != watchers.rend(); ++it) {
            if (++looked_at > kSameContact) break;
            if (!is_older(*it)) continue;
            scheduler_.terminate(now, *it, TerminationReason::timeout, outbox);
            any = true;
            break;
        }
    }
}

bool Notifier::run(TimePoint now, std::size_t count, Outbox& outbox) {
    while (count > 0 && !fan_outs_.empty()) {
        Aor& aor = *fan_outs_.front();
        WatcherList::iterator& at = aor.next_told;
        for (; count > 0 && aor.to_tell > 0 && aor.watcher_count > 0; --count) {
            if (at == aor.watchers.end()) at = aor.watchers.begin();
            --aor.to_tell;
            Subscription& subscription = *at++;
            if (subscription.state == Subscription::State::terminated) continue;
            if (knows_news(subscription) && !aor.tell_all && !subscription.is_due()) continue;
            subscription.full_next = subscription.full_next || aor.tell_all;
            tell_change(now, subscription, outbox);
        }
        fan_outs_.pop_front();
        if (aor.to_tell > 0 && aor.watcher_count > 0) {  // the others go first next time
            fan_outs_.push_back(&aor);
            break;
        }
        aor.is_telling = false;
        aor.to_tell = 0;
        aor.tell_all = false;
        records_.drop_if_unused(aor, outbox);
    }
    follow_suspects(now, count, outbox);
    return !fan_outs_.empty() || !suspects_.empty();
}

}  // namespace reginfo
