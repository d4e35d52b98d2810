#include "core/event/notify/send_windows.hpp"

#include "core/bounds.hpp"

#include <utility>

namespace reginfo {
namespace {

/// Windows that are idle and whose memory is kept for others.
constexpr std::size_t kSpareWindows = 256;

}  // namespace

SendWindows::SendWindows(
    const Settings& settings,
    NotifyQueue& queue,
    Stats& stats,
    std::uint64_t hops_key,
    std::uint64_t trust_key
)
    : settings_(settings),
      queue_(queue),
      stats_(stats),
      windows_(0, HopHash{hops_key}),
      gauges_(stats),
      trust_(trust_key) {}

SendWindow& SendWindows::of(const Flow& flow) {
    const Flow hop = hop_of(flow);
    auto& window = windows_[hop];
    if (!window) {
        window = unused_window();
        window->hop = hop;
        if (trust_.has_answered(hop)) window->set_hop_known();
        gauges_.added(*window);
        maybe_idle_.push_back(hop);  // if what asks for it takes another way
    }
    return *window;
}

std::unique_ptr<SendWindow> SendWindows::unused_window() {
    if (spare_.empty()) return std::make_unique<SendWindow>(settings_);
    std::unique_ptr<SendWindow> window = std::move(spare_.back());
    spare_.pop_back();
    window->restart();  // the settings may be others now
    return window;
}

SendWindow* SendWindows::with_room(TimePoint now, const Flow& flow, Standing standing) {
    SendWindow& window = of(flow);
    if (window.has_room(now, standing)) return &window;
    gauges_.change(window, [&](SendWindow& full) { full.release_late(now); });
    return window.has_room(now, standing) ? &window : nullptr;
}

bool SendWindows::wait(TimePoint now, Subscription& subscription, const Flow& flow) {
    SendWindow& window = of(flow);
    const bool is_new = !subscription.is_queued();
    if (is_new) queue_.entered(now, subscription);
    window.enqueue(subscription);
    arm(now, window);
    return is_new;
}

void SendWindows::leave(Dialog& dialog) {
    for (const auto& subscription : dialog.subscriptions) queue_.leave(*subscription);
}

std::optional<TimePoint> SendWindows::wait_for_trust(
    TimePoint now,
    const SendWindow& window,
    std::size_t bytes,
    Outbox& outbox
) {
    if (window.is_hop_known()) return std::nullopt;
    const std::optional<TimePoint> until = trust_.wait_for(now, window.hop, bytes);
    if (until) note_refusal(Bound::unanswered_hop, {}, window.hop, stats_, outbox);
    return until;
}

bool SendWindows::may_go_to_stranger(
    TimePoint now,
    SendWindow& window,
    std::size_t bytes,
    Outbox& outbox
) {
    const auto until = wait_for_trust(now, window, bytes, outbox);
    if (until) window.block(*until);
    return !until;
}

bool SendWindows::may_repeat(TimePoint now, const InFlight& notify, Outbox& outbox) {
    return !wait_for_trust(now, *notify.window, notify.bytes(), outbox);
}

/// A 503 shows nothing of the next hop's load. A 408 is a proxy's, after a timer of its own, and a
/// provisional response may be.
bool SendWindows::answered(TimePoint now, InFlight& notify, int status) {
    SendWindow& window = *notify.window;
    const bool is_first = !window.is_hop_known();
    if (is_first) {
        window.set_hop_known();
        trust_.answered(window.hop);
    }
    if (status == 503) return is_first;
    if (status < 200 || status == 408) {
        window.heard();
    } else {
        gauges_.change(window, [&](SendWindow& changed) { changed.answered(now, notify); });
    }
    return is_first;
}

void SendWindows::late(TimePoint now, InFlight& notify) {
    gauges_.change(*notify.window, [&](SendWindow& window) { window.late(now, notify); });
}

void SendWindows::done(InFlight& notify) {
    notify.window->done(notify);
    note_if_idle(*notify.window);
}

bool SendWindows::may_copy(TimePoint now, InFlight& notify) {
    if (notify.window->may_copy(now, notify)) return true;
    arm(now, *notify.window);
    return false;
}

Subscription* SendWindows::next_waiting(TimePoint now, SendWindow& window) {
    Subscription* const next = window.pop(now);
    if (next) queue_.left(*next);
    return next;
}

SendWindow* SendWindows::pop_expired(TimePoint now) {
    SendWindow* const window = timers_.pop_expired(now);
    if (!window) return nullptr;
    gauges_.change(*window, [&](SendWindow& awaited) { awaited.release_late(now); });
    maybe_idle_.push_back(window->hop);
    return window;
}

void SendWindows::forget_idle() {
    for (const Flow& hop : maybe_idle_) {
        const auto at = windows_.find(hop);
        if (at == windows_.end() || !at->second->is_idle()) continue;
        gauges_.removed(*at->second);
        if (spare_.size() < kSpareWindows) {
            at->second->restart();
            spare_.push_back(std::move(at->second));
        }
        windows_.erase(at);
    }
    maybe_idle_.clear();
}

}  // namespace reginfo
