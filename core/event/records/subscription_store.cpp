/// @file

#include "core/event/records/subscription_store.hpp"

#include "core/base/heap_bytes.hpp"
#include "core/base/local_tag.hpp"

#include <algorithm>
#include <cassert>
#include <limits>

namespace reginfo {
namespace {

/// The allocator's step: every footprint is a multiple of it.
constexpr std::size_t kFootprintUnit = 16;

}  // namespace

SubscriptionStore::~SubscriptionStore() {
    for_each_dialog([](Dialog& dialog) { delete &dialog; });
}

Hash128 SubscriptionStore::key_of(const DialogId& id) const { return Key{seed_}.of(id); }

Dialog* SubscriptionStore::find(const Hash128& key) {
    const auto* const at = dialogs_.find(key);
    return at ? *at : nullptr;
}

Dialog& SubscriptionStore::add(DialogState state) {
    auto dialog = std::make_unique<Dialog>();
    dialog->state = std::move(state);
    dialog->shard = shard_in(dialog->state.local_tag()).value_or(0);
    Dialog& added = *dialog;
    dialogs_.emplace(dialog.get());
    static_cast<void>(dialog.release());
    stats_.dialogs = dialogs_.size();
    return added;
}

Subscription& SubscriptionStore::add(Dialog& dialog, Aor& aor, std::uint64_t watcher) {
    Subscription& added =
        *dialog.subscriptions.emplace_back(std::make_unique<Subscription>(dialog, aor));
    added.watcher = watcher;
    added.slot = slots_.add(added, dialog.shard);
    ++stats_.subscriptions_by_profile[index_of(added.profile)];
    join(added, aor);
    count(watcher);
    stats_.subscriptions = ++size_;
    return added;
}

void SubscriptionStore::join(Subscription& subscription, Aor& aor) {
    subscription.acked = aor.revision();
    aor.watchers.push_back(subscription);
    ++aor.watcher_count;
    if (aor.is_in_fan_out) ++aor.to_notify;
}

void SubscriptionStore::leave(Subscription& subscription) {
    Aor& aor = subscription.aor();
    aor.left(subscription);
    if (aor.is_in_fan_out && aor.next_notified != aor.watchers.end() &&
        &*aor.next_notified == &subscription) {
        ++aor.next_notified;
    }
    --aor.watcher_count;
    static_cast<WatcherHook&>(subscription).unlink();
}

void SubscriptionStore::move(Subscription& subscription, Aor& to) {
    const std::string aor_text(subscription.aor_text());
    const std::optional<std::string> event_id(subscription.event_id());
    leave(subscription);
    subscription.aor_ = &to;
    subscription.name(event_id, aor_text);
    join(subscription, to);
}

void SubscriptionStore::count(std::uint64_t watcher) {
    if (auto* const known = per_watcher_.find(watcher)) {
        ++known->second;
    } else {
        per_watcher_.emplace(watcher, std::size_t{1});
    }
}

void SubscriptionStore::uncount(std::uint64_t watcher) {
    if (--per_watcher_.find(watcher)->second == 0) per_watcher_.erase(watcher);
}

void SubscriptionStore::reserve(std::uint64_t watcher) {
    ++reserved_;
    count(watcher);
}

void SubscriptionStore::give_back(std::uint64_t watcher) {
    assert(reserved_ > 0);
    --reserved_;
    uncount(watcher);
}

void SubscriptionStore::set_profile(Subscription& subscription, Profile profile) {
    --stats_.subscriptions_by_profile[index_of(subscription.profile)];
    subscription.profile = profile;
    ++stats_.subscriptions_by_profile[index_of(profile)];
}

Subscription* SubscriptionStore::find(
    Dialog& dialog,
    const std::optional<std::string_view>& event_id
) {
    for (const auto& subscription : dialog.subscriptions) {
        if (subscription->event_id() == event_id) return subscription.get();
    }
    return nullptr;
}

void SubscriptionStore::remove(Subscription& subscription) {
    Dialog& dialog = subscription.dialog;
    assert(!dialog.in_flight || dialog.in_flight->subscription != &subscription);

    slots_.remove(subscription.slot);
    --stats_.subscriptions_by_profile[index_of(subscription.profile)];
    leave(subscription);
    uncount(subscription.watcher);
    stats_.subscriptions = --size_;

    const auto is_it = [&](const auto& usage) { return usage.get() == &subscription; };
    auto& usages = dialog.subscriptions;
    usages.erase(std::find_if(usages.begin(), usages.end(), is_it));
    if (!dialog.subscriptions.empty()) return measure(dialog);
    bytes_ -= dialog.footprint * kFootprintUnit;
    dialogs_.erase(&dialog);
    delete &dialog;
    stats_.dialogs = dialogs_.size();
}

void SubscriptionStore::measure(Dialog& dialog) {
    constexpr std::size_t most = std::numeric_limits<std::uint16_t>::max();
    bytes_ -= dialog.footprint * kFootprintUnit;
    dialog.footprint = static_cast<std::uint16_t>(std::min(dialog.bytes() / kFootprintUnit, most));
    bytes_ += dialog.footprint * kFootprintUnit;
}

std::size_t SubscriptionStore::index_bytes() const {
    return dialogs_.bytes() + per_watcher_.bytes() + slots_.bytes();
}

std::size_t SubscriptionStore::subscriptions_of(std::uint64_t watcher) const {
    const auto* const at = per_watcher_.find(watcher);
    return at ? at->second : 0;
}

std::uint64_t SubscriptionStore::watcher_of(std::string_view identity) const {
    return Hasher(seed_, 2).add(identity).finish_low();
}

}  // namespace reginfo
