#include "core/event/operation/drain.hpp"

namespace reginfo {
namespace {

/// Slots looked at in one go.
constexpr std::size_t kSlots = 4'096;

bool comes_back(const Subscription& subscription) {
    return subscription.state == Subscription::State::active &&
           subscription.profile != Profile::kamailio;
}

}  // namespace

void Drain::start(TimePoint now) {
    if (has_started()) return;
    stats_.drain_phase = settings_.durable ? kOnlyAnswersLeft : 1;
    if (!settings_.durable) next_at_ = now;
}

void Drain::run(TimePoint now, std::size_t count, Outbox& outbox) {
    for (; count > 0 && next_at_ && *next_at_ <= now; --count) {
        if (Subscription* const subscription = next()) {
            ++stats_.subscriptions_drained;
            scheduler_.terminate(now, *subscription, TerminationReason::deactivated, outbox);
            *next_at_ += pause();
        } else if (cursor_ >= subscriptions_.slots().end()) {
            next_at_.reset();
            stats_.drain_phase = kOnlyAnswersLeft;
        }
    }
}

/// Nothing if there is none among the slots looked at.
Subscription* Drain::next() {
    const auto& slots = subscriptions_.slots();
    for (std::size_t left = kSlots; left > 0 && cursor_ < slots.end(); --left) {
        Subscription* const subscription = slots.at(cursor_++);
        if (!subscription || !shards_.has(subscription->dialog.shard)) continue;
        if (comes_back(*subscription)) return subscription;
    }
    return nullptr;
}

/// Between nothing and twice the mean.
Duration Drain::pause() {
    const Duration mean = Duration{Seconds{1}} / settings_.drain.rate;
    const auto parts = static_cast<Duration::rep>(tokens_.next() % 1'001);
    return mean * 2 * parts / 1'000;
}

}  // namespace reginfo
