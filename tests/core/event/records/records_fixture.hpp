/// @file
/// AORs, dialogs and subscriptions in memory, without an engine: each class of core/event/records
/// is stepped by itself.
#pragma once

#include "core/event/records/records.hpp"
#include "tests/support/engine_fixture.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace reginfo::test {

using namespace std::chrono_literals;

class RecordsTest : public ::testing::Test {
protected:
    static constexpr std::string_view kContact = "sip:w@198.51.100.7";
    const Flow flow = udp_flow("198.51.100.7");  ///< leads there

    /// A subscription to the AOR in a dialog of its own, for one hour.
    Subscription& subscribe(const std::string& name, std::string_view contact = kContact) {
        DialogState state({
            .call_id = name,
            .local_tag = "local",
            .local_party = "<sip:alice@example.org>",
            .remote_party = "<sip:watcher@example.org>;tag=remote",
            .remote_target = contact,
            .route_set = {},
        });
        state.flow = flow;
        return subscribe_in(records.subscriptions.add(std::move(state)));
    }

    Subscription& subscribe_in(Dialog& dialog) {
        Subscription& subscription = records.subscriptions.add(dialog, aor(), 1);
        subscription.deadline = now + 1h;
        return subscription;
    }

    /// Keeps what is observed of subscriptions.
    class Events : public Observer {
    public:
        void registration_changed(TimePoint, const Aor&) override {}
        void subscription_changed(TimePoint, const Subscription&, SubscriptionEvent one) override {
            seen.push_back(one);
        }

        std::vector<SubscriptionEvent> seen;
    };

    Aor& aor() { return records.aors.find_or_create("sip:alice@example.org"); }

    /// Its watchers have news.
    void change() {
        AorState state = aor().state().release();
        ++state.revision;
        aor().set_state(std::move(state));
        aor().all_lag();
    }

    /// The effects of one kind since the last call; the others are dropped.
    template <class Kind>
    std::vector<Kind> take() {
        std::vector<Kind> taken;
        for (Effect& effect : outbox.effects()) {
            if (auto* one = std::get_if<Kind>(&effect)) taken.push_back(std::move(*one));
        }
        outbox.clear();
        return taken;
    }

    Settings settings = test_settings();
    Stats stats;
    PendingChanges changes{settings, stats};
    Records records{settings, stats, changes, {1, 2, 3}};
    Outbox outbox;
    TimePoint now{100s};
};

}  // namespace reginfo::test
