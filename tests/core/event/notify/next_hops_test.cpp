/// @file
/// Where requests within dialogs go (RFC 3261 §8.1.2, RFC 3263 §4), stepped by hand.

#include "core/event/notify/next_hops.hpp"

#include "tests/support/engine_fixture.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace reginfo::test {
namespace {

using namespace std::chrono_literals;

class NextHopsTest : public ::testing::Test {
protected:
    RoutedDialog dialog_to(std::string_view contact, Flow flow = udp_flow("198.51.100.1")) {
        RoutedDialog dialog;
        dialog.state = DialogState({
            .call_id = "call",
            .local_tag = "local",
            .local_party = "<sip:alice@example.org>",
            .remote_party = "<sip:watcher@example.org>;tag=remote",
            .remote_target = contact,
            .route_set = {},
        });
        dialog.state.flow = flow;
        return dialog;
    }

    NextHopAnswer ask(RoutedDialog& dialog) { return hops.next_hop(now, dialog, 1, outbox); }

    /// Its address and port; "" where there is none.
    std::string hop(RoutedDialog& dialog) {
        const NextHopAnswer answer = ask(dialog);
        const Flow* const flow = std::get_if<Flow>(&answer);
        return flow ? flow->peer.to_string() : "";
    }

    /// Of the last look-up that was asked for.
    ResolveId asked() {
        std::optional<ResolveId> id;
        for (const Effect& effect : outbox.effects()) {
            if (const auto* resolve = std::get_if<Resolve>(&effect)) id = resolve->id;
        }
        EXPECT_TRUE(id) << "nothing was asked";
        outbox.clear();
        return id.value_or(0);
    }

    std::optional<Resolution> resolve(const std::vector<Target>& targets) {
        return hops.resolved(now, asked(), targets, outbox);
    }

    static Target udp(std::string_view address) { return {Transport::udp, endpoint(address)}; }

    Settings settings = test_settings();
    Stats stats;
    NextHops hops{settings, stats, 1};
    Outbox outbox;
    TimePoint now{100s};
};

TEST_F(NextHopsTest, AnAddressIsTheNextHopItself) {
    RoutedDialog dialog = dialog_to("sip:w@198.51.100.7:5070");
    EXPECT_EQ(hop(dialog), "198.51.100.7:5070");
    EXPECT_TRUE(outbox.empty());
}

TEST_F(NextHopsTest, ANameIsLookedUpOnceAndThenKnown) {
    RoutedDialog dialog = dialog_to("sip:w@edge.example.org");
    EXPECT_TRUE(std::holds_alternative<Resolving>(ask(dialog)));
    const auto resolution = resolve({udp("198.51.100.8"), udp("198.51.100.9")});
    ASSERT_TRUE(resolution);
    EXPECT_EQ(resolution->dialog, &dialog);
    EXPECT_EQ(resolution->kind, Resolution::Kind::found);
    EXPECT_EQ(hop(dialog), "198.51.100.8:5060");
    EXPECT_TRUE(outbox.empty());
}

TEST_F(NextHopsTest, TheAddressesOfANameAreLookedUpAgainAfterFiveMinutes) {
    RoutedDialog dialog = dialog_to("sip:w@edge.example.org");
    ask(dialog);
    resolve({udp("198.51.100.8")});
    now += 5min - 1s;
    EXPECT_EQ(hop(dialog), "198.51.100.8:5060");
    now += 1s;
    EXPECT_TRUE(std::holds_alternative<Resolving>(ask(dialog)));
}

TEST_F(NextHopsTest, WhereACandidateFailsTheNextOneTakesItsTurn) {
    RoutedDialog dialog = dialog_to("sip:w@edge.example.org");
    ask(dialog);
    resolve({udp("198.51.100.8"), udp("198.51.100.9")});
    const Flow first = std::get<Flow>(ask(dialog));
    EXPECT_TRUE(hops.fail_over(now, dialog, &first, outbox));
    EXPECT_EQ(hop(dialog), "198.51.100.9:5060");
    const Flow second = std::get<Flow>(ask(dialog));
    EXPECT_FALSE(hops.fail_over(now, dialog, &second, outbox));
    EXPECT_TRUE(std::holds_alternative<Resolving>(ask(dialog)));
}

TEST_F(NextHopsTest, ANotifySentElsewhereDoesNotAffectTheCandidate) {
    RoutedDialog dialog = dialog_to("sip:w@edge.example.org");
    ask(dialog);
    resolve({udp("198.51.100.8"), udp("198.51.100.9")});
    const Flow elsewhere = udp_flow("198.51.100.77");
    EXPECT_FALSE(NextHops::is_candidate(dialog, &elsewhere));
    EXPECT_FALSE(hops.fail_over(now, dialog, &elsewhere, outbox));
    EXPECT_EQ(hop(dialog), "198.51.100.8:5060");
}

TEST_F(NextHopsTest, OtherDialogsPassOverWhatFailedUntilItAnswersOrForFiveMinutes) {
    RoutedDialog one = dialog_to("sip:w@edge.example.org");
    ask(one);
    resolve({udp("198.51.100.8"), udp("198.51.100.9")});
    const Flow first = std::get<Flow>(ask(one));
    hops.fail_over(now, one, &first, outbox);
    const auto fresh = [&] {
        RoutedDialog other = dialog_to("sip:x@edge.example.org");
        ask(other);
        resolve({udp("198.51.100.8"), udp("198.51.100.9")});
        const std::string found = hop(other);
        hops.forget(other);
        return found;
    };
    EXPECT_EQ(fresh(), "198.51.100.9:5060");
    now += 5min;
    EXPECT_EQ(fresh(), "198.51.100.8:5060");
    now -= 5min;
    hops.answered(one, first);
    EXPECT_EQ(fresh(), "198.51.100.8:5060");
}

TEST_F(NextHopsTest, WithoutAListenerOfItsKindThereIsNoRoute) {
    RoutedDialog dialog = dialog_to("sip:w@[2001:db8::7];transport=tcp");
    EXPECT_TRUE(std::holds_alternative<NoRoute>(ask(dialog)));
}

TEST_F(NextHopsTest, AContactThatIsNoSipUriHasNoRoute) {
    RoutedDialog dialog = dialog_to("tel:+4930123");
    EXPECT_TRUE(std::holds_alternative<NoRoute>(ask(dialog)));
}

TEST_F(NextHopsTest, ALookUpDistinguishesNoAddressFromNoUsableAddress) {
    RoutedDialog dialog = dialog_to("sip:w@edge.example.org");
    ask(dialog);
    EXPECT_EQ(resolve({})->kind, Resolution::Kind::no_address);
    ask(dialog);
    const Target unreachable{Transport::tcp, endpoint("2001:db8::7")};
    EXPECT_EQ(resolve({unreachable})->kind, Resolution::Kind::no_route);
}

TEST_F(NextHopsTest, AForgottenDialogWaitsForNoLookUp) {
    RoutedDialog dialog = dialog_to("sip:w@edge.example.org");
    ask(dialog);
    EXPECT_TRUE(hops.is_resolving());
    hops.forget(dialog);
    EXPECT_FALSE(hops.is_resolving());
    EXPECT_FALSE(resolve({udp("198.51.100.8")}));
}

TEST_F(NextHopsTest, AContactThatCannotBeReachedGivesWayToTheConnectionOfTheSubscribe) {
    RoutedDialog dialog =
        dialog_to("sip:w@198.51.100.7;transport=tcp", tcp_flow("198.51.100.1", 40'000, 9));
    EXPECT_EQ(hop(dialog), "198.51.100.7:5060");
    ASSERT_TRUE(NextHops::go_back(dialog, outbox));
    EXPECT_EQ(std::get<Flow>(ask(dialog)).connection, 9U);
    EXPECT_FALSE(NextHops::go_back(dialog, outbox)) << "there is one way back";
    EXPECT_TRUE(NextHops::try_contact_again(dialog));
    EXPECT_EQ(hop(dialog), "198.51.100.7:5060");
}

TEST_F(NextHopsTest, ASubscribeOverUdpLeavesNoWayBack) {
    RoutedDialog dialog = dialog_to("sip:w@198.51.100.7");
    EXPECT_FALSE(NextHops::can_go_back(dialog));
    EXPECT_FALSE(NextHops::go_back(dialog, outbox));
}

TEST_F(NextHopsTest, WhatIsTooLargeForUdpGoesByTcpUntilThePeerRefusesThat) {
    RoutedDialog dialog = dialog_to("sip:w@198.51.100.7");
    const Flow flow = std::get<Flow>(ask(dialog));
    const std::size_t most = settings.notify.udp_bytes_max;
    EXPECT_FALSE(hops.by_tcp(now, dialog, flow, most));
    const auto by_tcp = hops.by_tcp(now, dialog, flow, most + 1);
    ASSERT_TRUE(by_tcp);
    EXPECT_EQ(by_tcp->transport, Transport::tcp);
    EXPECT_EQ(by_tcp->peer, flow.peer);
    hops.refuses_tcp(now, flow.peer);
    EXPECT_FALSE(hops.by_tcp(now, dialog, flow, most + 1));
    now += 10min;
    EXPECT_TRUE(hops.by_tcp(now, dialog, flow, most + 1));
}

TEST_F(NextHopsTest, ADialogIsSilentWhereNothingCameBackForAsLongAsTimerF) {
    RoutedDialog dialog = dialog_to("sip:w@198.51.100.7");
    EXPECT_FALSE(hops.is_silent(now, dialog));
    dialog.silent_since = now;
    now += 32s - 1us;
    EXPECT_FALSE(hops.is_silent(now, dialog));
    now += 1us;
    EXPECT_TRUE(hops.is_silent(now, dialog));
    hops.answered(dialog, udp_flow("198.51.100.7"));
    EXPECT_FALSE(hops.is_silent(now, dialog));
}

TEST_F(NextHopsTest, AFlowWithoutAConnectionNeverHadOneUnlessItEndsTwice) {
    const Flow connected = tcp_flow("198.51.100.7", 5060, 4);
    const Flow by_address = tcp_flow("198.51.100.7", 5060, 0);
    EXPECT_FALSE(hops.was_connected(by_address));
    EXPECT_TRUE(hops.was_connected(connected));
    EXPECT_TRUE(hops.was_connected(by_address)) << "the same one, by its address";
    EXPECT_FALSE(hops.was_connected(by_address));
}

}  // namespace
}  // namespace reginfo::test
