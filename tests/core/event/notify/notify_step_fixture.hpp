/// @file
/// What a NOTIFY is made of and leaves through, without an engine: each class of core/event/notify
/// is stepped by itself.
#pragma once

#include "core/event/notify/notify_dispatch.hpp"
#include "core/event/records/notify_queue.hpp"
#include "core/sip/message.hpp"
#include "tests/support/engine_fixture.hpp"

#include <boost/smart_ptr/make_local_shared.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace reginfo::test {

using namespace std::chrono_literals;

class NotifyStepTest : public ::testing::Test {
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

    Aor& aor() { return records.find_or_create("sip:alice@example.org"); }

    /// Its watchers have news.
    void change() {
        AorState state = aor().state().release();
        ++state.revision;
        aor().set_state(std::move(state));
        aor().all_lag();
    }

    /// A NOTIFY of the subscription is on its way, and left now by that flow.
    InFlight& put_in_flight(Subscription& subscription, const Flow& by) {
        Dialog& dialog = subscription.dialog;
        dialog.in_flight = std::make_unique<InFlight>();
        InFlight& notify = *dialog.in_flight;
        notify.subscription = &subscription;
        notify.flow = by;
        notify.window = windows.with_room(now, by, dialog.standing);
        EXPECT_TRUE(notify.window);
        notify.standing = dialog.standing;
        notify.cseq = ++dialog.state.local_cseq;
        ++subscription.version;
        subscription.set_sent();
        notify.tail = boost::make_local_shared<const std::string>("document");
        notify.carried = subscription.aor().revision();
        notify.full = true;
        notify.terminates = subscription.state == Subscription::State::terminated;
        notify.sent_at = notify.last_sent_at = now;
        if (!dialog.silent_since) dialog.silent_since = now;
        windows.sent(now, notify);
        return notify;
    }
    InFlight& put_in_flight(Subscription& subscription) {
        return put_in_flight(subscription, flow);
    }

    /// It is over, and so the next one may leave.
    void end_in_flight(Dialog& dialog) {
        windows.done(*dialog.in_flight);
        dialog.in_flight.reset();
    }

    static sip::Message response(
        int status,
        std::initializer_list<std::pair<sip::HeaderName, std::string_view>> fields = {}
    ) {
        sip::Message message;
        message.is_request = false;
        message.status = status;
        for (const auto& [name, value] : fields) message.add({name, text_of(name), value});
        return message;
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

    /// The heads of the NOTIFYs that left since the last call.
    std::vector<std::string> sent() {
        std::vector<std::string> heads;
        for (Send& send : take<Send>()) heads.push_back(std::move(send.head));
        return heads;
    }

    NotifyParts parts() {
        return {records, documents, transactions, next_hops, windows, spare_texts, tracer};
    }

    Settings settings = test_settings();
    Stats stats;
    TokenSource tokens{1};
    SpareTexts spare_texts;
    Tracer tracer{tokens};
    PendingChanges changes{settings, stats};
    Records records{settings, stats, changes, {1, 2, 3}};
    Documents documents{stats};
    NotifyQueue queue{stats};
    ClientTransactions transactions{settings, tokens, spare_texts, stats};
    SendWindows windows{settings, queue, stats, 4, 5};
    NextHops next_hops{settings, stats, 4};
    Outbox outbox;
    TimePoint now{100s};
};

}  // namespace reginfo::test
