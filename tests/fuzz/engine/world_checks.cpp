/// @file
/// What must be true of the engine between two calls.

#include "core/event/records/aor.hpp"
#include "core/event/records/dialog.hpp"
#include "core/event/records/subscription.hpp"
#include "tests/fuzz/engine/world.hpp"
#include "tests/fuzz/support/require.hpp"

#include <algorithm>
#include <limits>
#include <set>

namespace reginfo::fuzz {
namespace {

constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();
constexpr Inspection::Step kEverything{kAll, kAll, kAll};

void require_equal(std::uint64_t gauge, std::uint64_t counted, std::string_view name) {
    require(gauge == counted, name, std::to_string(gauge) + " for " + std::to_string(counted));
}

}  // namespace

void Witness::registration_changed(TimePoint now, const Aor& aor) {
    require(!view_of(aor).aor.empty(), "an AOR has a name");
    const StateReader state = aor.state();
    for (const ContactState& contact : state->contacts) view_of(now, contact);
}

void Witness::subscription_changed(
    TimePoint,
    const Subscription& subscription,
    SubscriptionEvent event
) {
    require(!subscription.dialog.state.call_id().empty(), "a subscription has a dialog");
    if (event == SubscriptionEvent::created || event == SubscriptionEvent::fetched) ++living;
    if (event == SubscriptionEvent::ended) --living;
}

void World::check_gauges() {
    const Stats& stats = engine_->stats();
    const Inspection& inspection = engine_->inspection();

    std::vector<RegistrationView> registrations;
    inspection.list(now_, 0, kEverything, {}, registrations);
    std::uint64_t active = 0;
    std::uint64_t ended = 0;
    std::uint64_t published = 0;
    std::uint64_t watchers = 0;
    for (const RegistrationView& view : registrations) {
        active += view.contacts_active;
        ended += view.contacts_ended;
        published += view.publications;
        watchers += view.watchers;
        require(view.watchers_behind <= view.watchers, "watchers_behind", view.aor);
    }
    require_equal(stats.aors, registrations.size(), "aors");
    require_equal(stats.contacts_active, active, "contacts_active");
    require_equal(stats.contacts_ended, ended, "contacts_ended");
    require_equal(stats.publications, published, "publications");
    require_equal(stats.subscriptions, watchers, "subscriptions by AOR");

    std::vector<SubscriptionView> subscriptions;
    inspection.list(now_, 0, kEverything, {}, subscriptions);
    std::set<std::pair<std::string_view, std::string_view>> dialogs;
    std::uint64_t in_flight = 0;
    for (const SubscriptionView& view : subscriptions) {
        dialogs.emplace(view.call_id, view.local_tag);
        if (view.in_flight) ++in_flight;
        require(inspection.subscription(now_, view.id).has_value(), "an id finds it", view.id);
    }
    require_equal(stats.subscriptions, subscriptions.size(), "subscriptions");
    require_equal(stats.dialogs, dialogs.size(), "dialogs");
    require_equal(stats.notifies_in_flight, in_flight, "notifies_in_flight");
    require_equal(stats.subscriptions, static_cast<std::uint64_t>(witness_.living), "observed");
    std::uint64_t by_profile = 0;
    for (const std::uint64_t of_one : stats.subscriptions_by_profile) by_profile += of_one;
    require_equal(stats.subscriptions, by_profile, "subscriptions_by_profile");

    const Settings::Limits& limits = settings_.limits;
    require(stats.server_transactions <= limits.transactions, "limit of transactions");
    require(stats.commits_pending <= commits_.size(), "commits_pending");
    require(stats.notifies_queued <= stats.subscriptions, "notifies_queued");
    require(stats.windows == 0 || stats.window_limit_sum >= stats.windows, "window_limit_sum");
    require(stats.aors > 0 || inspection.memory().publications == 0, "memory");
}

/// Whatever is due is awaited: an answer, the store, the resolver or a deadline.
void World::check_no_stall() {
    std::vector<SubscriptionView> subscriptions;
    engine_->inspection().list(now_, 0, kEverything, {}, subscriptions);
    const bool due = std::any_of(subscriptions.begin(), subscriptions.end(), [](const auto& view) {
        return view.due;
    });
    const bool awaited = engine_->next_deadline().has_value() || !commits_.empty() ||
                         !questions_.empty() || engine_->stats().notifies_in_flight > 0;
    require(!due || awaited, "something is due and nothing is awaited");
    if (engine_->stats().subscriptions + engine_->stats().publications > 0) {
        require(awaited, "soft state lives and nothing is awaited");
    }
}

void World::check_empty() {
    const Stats& stats = engine_->stats();
    const std::pair<std::string_view, std::uint64_t> gauges[] = {
        {"aors", stats.aors},
        {"publications", stats.publications},
        {"contacts_active", stats.contacts_active},
        {"contacts_ended", stats.contacts_ended},
        {"subscriptions", stats.subscriptions},
        {"dialogs", stats.dialogs},
        {"server_transactions", stats.server_transactions},
        {"notifies_in_flight", stats.notifies_in_flight},
        {"notifies_queued", stats.notifies_queued},
        {"windows", stats.windows},
        {"window_limit_sum", stats.window_limit_sum},
        {"commits_pending", stats.commits_pending},
    };
    for (const auto& [name, left] : gauges) require(left == 0, name, "is left at the end");
    if (lost_writes_) return;
    for (const auto& [key, kept] : kept_) {
        require(key.first == Bucket::transaction, "the store forgets", key.second);
    }
}

}  // namespace reginfo::fuzz
