/// @file
/// What a NOTIFY is made of and leaves through, without an engine: each class of core/event/notify
/// is stepped by itself.
#pragma once

#include "core/event/notify/notify_answers.hpp"
#include "core/event/notify/notify_dispatch.hpp"
#include "core/event/records/notify_queue.hpp"
#include "core/sip/message.hpp"
#include "tests/core/event/records/records_fixture.hpp"

#include <boost/smart_ptr/make_local_shared.hpp>

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reginfo::test {

class NotifyStepTest : public RecordsTest {
protected:
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

    /// The heads of the NOTIFYs that left since the last call.
    std::vector<std::string> sent() {
        std::vector<std::string> heads;
        for (Send& send : take<Send>()) heads.push_back(std::move(send.head));
        return heads;
    }

    NotifyParts parts() {
        return {
            settings,
            stats,
            records.observer,
            records.subscriptions,
            documents,
            transactions,
            next_hops,
            windows,
            spare_texts,
            tracer,
        };
    }

    NotifyAnswers::Parts parts_of_answers() {
        return {
            settings,
            stats,
            changes,
            records.subscriptions,
            records.unsettled,
            records.acknowledgements,
            next_hops,
            windows,
        };
    }

    TokenSource tokens{1};
    SpareTexts spare_texts;
    Tracer tracer{tokens};
    Documents documents{stats};
    NotifyQueue queue{stats};
    ClientTransactions transactions{settings, tokens, spare_texts, stats};
    SendWindows windows{settings, queue, stats, 4, 5};
    NextHops next_hops{settings, stats, 4};
};

}  // namespace reginfo::test
