#include "core/event/notify/notify_answers.hpp"

#include "core/base/ascii.hpp"
#include "core/event/notify/forbidden_place.hpp"
#include "core/event/records/dialog_storage.hpp"
#include "core/event/records/grants.hpp"
#include "core/sip/uri.hpp"
#include "core/sip/value_list.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

namespace reginfo {
namespace {

/// What is believed of a Retry-After.
constexpr Seconds kRetryAfterMin{1};
constexpr Seconds kRetryAfterMax{86'400};

/// A watcher that was away is tried again after this, then after twice as long, up to 64 times.
constexpr Duration kRetryFirst = std::chrono::seconds{30};

bool is_worn_out(const Subscription& subscription) {
    const std::uint8_t most = traits_of(subscription.profile).failures_max;
    return most != 0 && subscription.failures >= most;
}

bool is_lasting(const Subscription& subscription) {
    return traits_of(subscription.profile).survives_timeout && subscription.dialog.has_accepted;
}

/// Failures within kRetryFirst count as one: news is sent without waiting, and a burst of it must
/// not wear out a subscription while its proxy is being restarted.
void count_failure(TimePoint now, Subscription& subscription) {
    constexpr std::uint8_t kMost = 7;
    Subscription::Extras& extras = subscription.set_extras();
    if (subscription.failures > 0 && now - extras.failed_at < kRetryFirst) return;
    extras.failed_at = now;
    if (subscription.failures < kMost) ++subscription.failures;
}

}  // namespace

NotifyOutcome NotifyAnswers::answered(
    TimePoint now,
    Dialog& dialog,
    const sip::Message& response,
    Outbox& outbox
) {
    InFlight& in_flight = *dialog.in_flight;
    Subscription& subscription = *in_flight.subscription;
    const auto text = response.first(sip::HeaderName::retry_after);
    const auto wait = text ? sip::parse_retry_after(*text) : std::nullopt;
    subscription.last_status = static_cast<std::uint16_t>(response.status);
    dialog.reconnected = false;
    dialog.silent_since.reset();
    const bool has_no_way = response.status == 500 || response.status == 503;
    if (has_no_way) count_failure(now, subscription);
    in_flight.meaning = meaning_of(
        {.status = response.status,
         .has_retry_after = wait.has_value(),
         .is_lasting = is_lasting(subscription),
         .is_worn_out = is_worn_out(subscription)}
    );
    dialog.standing =
        in_flight.meaning == AnswerMeaning::unanswered ? Standing::suspect : Standing::proven;
    switch (in_flight.meaning) {
        case AnswerMeaning::accepted:
            accepted(now, dialog, response, outbox);
            return NotifyOutcome::accepted;
        case AnswerMeaning::refused:
            subscription.failures = 0;
            return NotifyOutcome::rejected;
        case AnswerMeaning::retry:
            try_later(now, subscription);
            return NotifyOutcome::rejected;
        case AnswerMeaning::retry_after:
            if (!has_no_way) subscription.failures = 0;
            subscription.set_extras().not_before =
                now + std::clamp(*wait, kRetryAfterMin, kRetryAfterMax);
            subscriptions_.measure(dialog);
            subscription.set_due();
            return NotifyOutcome::rejected;
        case AnswerMeaning::unanswered:
            try_later(now, subscription);
            return NotifyOutcome::timed_out;
        case AnswerMeaning::ends_subscription:
        case AnswerMeaning::ends_dialog:
            return NotifyOutcome::ended_subscription;
    }
    return NotifyOutcome::rejected;
}

void NotifyAnswers::accepted(
    TimePoint now,
    Dialog& dialog,
    const sip::Message& response,
    Outbox& outbox
) {
    InFlight& in_flight = *dialog.in_flight;
    Subscription& subscription = *in_flight.subscription;
    subscription.failures = 0;
    if (in_flight.full && !subscription.is_urgent()) subscription.full_next = false;
    if (in_flight.news_at != kNoNews) {
        stats_.publish_to_answer.observe(now - in_flight.news_at);
    }
    acknowledgements_.take(now, subscription, in_flight.carried);
    const bool rest_follows = subscription.abridgement.accepted();
    if (rest_follows) subscription.set_urgent();
    extend_by_delay(now, in_flight);

    const bool has_other_target = take_target(dialog, response);
    const bool has_other_rates = take_rates(now, subscription, response);
    const bool is_lasting_now =
        !dialog.has_accepted && traits_of(subscription.profile).survives_timeout;
    dialog.has_accepted = true;
    const bool stored = settings_.durable && dialog.is_stored && !dialog.requests.is_locked;
    const bool is_other = has_other_target || has_other_rates || is_lasting_now || rest_follows;
    if (!stored || !is_other) return;
    std::vector<Write> writes{
        {Bucket::dialog, dialog_key(dialog.state), encode(record_of(dialog), now)}
    };
    if (rest_follows && !std::exchange(dialog.is_unsettled, true)) {
        writes.push_back(unsettled_.entry_of(dialog.state));
    }
    changes_.write(dialog.shard, std::move(writes), outbox);
}

/// A 2xx to a NOTIFY refreshes the target (RFC 3261 §12.2.1.2, RFC 6665 §4.4.1), unless its Contact
/// is none, or a refresh is being stored, which has a Contact of its own. One without the `alias`
/// that a proxy gave the Contact of the SUBSCRIBE is of a phone behind NAT whose responses that
/// proxy leaves alone. Returns whether the target is another one now.
bool NotifyAnswers::take_target(Dialog& dialog, const sip::Message& response) {
    sip::ValueList contacts(response, sip::HeaderName::contact);
    const auto contact = contacts.next();
    if (!contact || contacts.next() || dialog.requests.is_locked) return false;
    const auto address = sip::parse_name_addr(*contact);
    const auto uri = address ? sip::parse_uri(address->uri) : std::nullopt;
    if (!uri || !uri->is_sip() || address->uri == dialog.state.remote_target()) return false;
    if (is_forbidden_target(settings_, dialog.state, *uri, stats_)) return false;
    const auto before = sip::parse_uri(dialog.state.remote_target());
    const auto has_alias = [](const sip::Uri& one) { return sip::find_param(one.params, "alias"); };
    if (before && has_alias(*before) && !has_alias(*uri)) return false;
    const std::size_t bytes = dialog.state.bytes() + address->uri.size();
    if (bytes > settings_.limits.dialog_state_bytes) return false;
    if (!refresh_target(dialog.state, address->uri)) return false;
    reroute(dialog);
    subscriptions_.measure(dialog);
    return true;
}

/// The subscriber may change its rates here as well as in a SUBSCRIBE (RFC 6446 §4.1). Returns
/// whether it does.
bool NotifyAnswers::take_rates(
    TimePoint now,
    Subscription& subscription,
    const sip::Message& response
) const {
    const auto text = response.first(sip::HeaderName::event);
    const auto event = text ? sip::parse_event(*text) : std::nullopt;
    if (!event || event->package != "reg") return false;
    const auto rates = [&] {
        return subscription.rates() ? subscription.rates()->rates() : Rates{};
    };
    const Rates before = rates();
    set_rates(settings_, now, subscription, rates_of(event->params));
    return before != rates();
}

/// The watcher counts the time left from when the NOTIFY arrived, which may be long after it was
/// written: a copy of it was answered, or its connection was long in the making.
void NotifyAnswers::extend_by_delay(TimePoint now, const InFlight& in_flight) {
    constexpr Duration kPrompt = std::chrono::milliseconds{500};
    const Duration delay = now - in_flight.sent_at;
    Subscription& subscription = *in_flight.subscription;
    const bool is_active = subscription.state == Subscription::State::active;
    if (delay < kPrompt || !is_active || in_flight.terminates) return;
    subscriptions_.expiries.set(subscription, lives_until(settings_, subscription) + delay);
}

AnswerMeaning NotifyAnswers::failed(
    TimePoint now,
    Subscription& subscription,
    int status,
    int cause
) const {
    subscription.last_status = static_cast<std::uint16_t>(status);
    const AnswerMeaning meaning = meaning_of({cause, false, is_lasting(subscription)});
    try_later(now, subscription);
    return meaning;
}

/// The same is sent again after some time, which grows with each failure in a row.
void NotifyAnswers::try_later(TimePoint now, Subscription& subscription) const {
    count_failure(now, subscription);
    const TimePoint failed_at = subscription.extras().failed_at;
    subscription.set_again(failed_at + kRetryFirst * (1U << (subscription.failures - 1U)));
    subscriptions_.measure(subscription.dialog);
}

void NotifyAnswers::reroute(Dialog& dialog) {
    windows_.leave(dialog);
    const bool had_route = dialog.route != nullptr;
    next_hops_.forget(dialog);
    if (had_route) subscriptions_.measure(dialog);
}

}  // namespace reginfo
