/// @file
/// RFC 3261 §12 and §19.1: dialogs, and where requests within them go.

#include "core/dialog/dialog_state.hpp"
#include "core/sip/value_list.hpp"
#include "tests/wire/wire_fixture.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace reginfo::test {
namespace {

using Rfc3261Section12_1_1 = DialogTest;
using Rfc3261Section12_2_1_1 = DialogTest;
using Rfc3261Section12_2_2 = DialogTest;
using Rfc3261Section19_1_1 = DialogTest;

TEST_F(Rfc3261Section12_2_1_1, WithoutRoutesTheRemoteTargetIsTheNextHop) {
    watcher.contact = "sip:w1@203.0.113.5:5070;x=y";
    const Sent sent = notify();
    EXPECT_EQ(sent.message.request_uri, "sip:w1@203.0.113.5:5070;x=y");
    EXPECT_EQ(sent.flow, udp_flow("203.0.113.5", 5070));
    EXPECT_FALSE(sent.has("Route"));
}

TEST_F(Rfc3261Section12_2_1_1, TheFirstLooseRouteIsTheNextHopAndTheTargetStays) {
    watcher.more = {"Record-Route: <sip:203.0.113.7;lr>, <sip:203.0.113.8:5080;lr;x>"};
    const Sent sent = notify();
    EXPECT_EQ(sent.flow, udp_flow("203.0.113.7"));
    EXPECT_EQ(sent.message.request_uri, watcher.contact);
    EXPECT_EQ(sent.header("Route"), "<sip:203.0.113.7;lr>");
    EXPECT_NE(sent.bytes->find("Route: <sip:203.0.113.8:5080;lr;x>\r\n"), std::string::npos);
}

TEST_F(Rfc3261Section12_2_1_1, AStrictRouteIsTheRequestUriAndTheTargetTheLastRoute) {
    watcher.more = {"Record-Route: <sip:203.0.113.7>", "Record-Route: <sip:203.0.113.8;lr>"};
    const Sent sent = notify();
    EXPECT_EQ(sent.message.request_uri, "sip:203.0.113.7");
    EXPECT_EQ(sent.header("Route"), "<sip:203.0.113.8;lr>");
    EXPECT_NE(sent.bytes->find("Route: <" + watcher.contact + ">\r\n"), std::string::npos);
}

TEST_F(Rfc3261Section12_1_1, A2xxRepeatsRecordRouteAndNamesOurContact) {
    watcher.more = {"Record-Route: <sip:203.0.113.7;lr>, <sip:203.0.113.8;lr>"};
    const Sent response = watcher.subscribe(world);
    EXPECT_EQ(response.header("Record-Route"), "<sip:203.0.113.7;lr>, <sip:203.0.113.8;lr>");
    EXPECT_EQ(response.header("Contact"), "<sip:192.0.2.1:5060>");
}

TEST_F(Rfc3261Section12_2_2, ARefreshChangesTheTargetAndNotTheRoutes) {
    watcher.more = {"Record-Route: <sip:203.0.113.7;lr>"};
    notify();
    watcher.contact = "sip:w1@198.51.100.77";
    watcher.more = {"Record-Route: <sip:203.0.113.99;lr>"};
    const Sent sent = notify();
    EXPECT_EQ(sent.message.request_uri, "sip:w1@198.51.100.77");
    EXPECT_EQ(sent.header("Route"), "<sip:203.0.113.7;lr>");
}

TEST_F(Rfc3261Section12_2_2, ARefreshWithoutContactKeepsTheTarget) {
    notify();
    RequestText refresh = watcher.subscribe(3600);
    refresh.contact.clear();
    EXPECT_EQ(world.ask(watcher.flow, refresh.text()).status(), 200);
    EXPECT_EQ(world.take_notifies().at(0).message.request_uri, watcher.contact);
}

TEST(Branch, ReadsBack) {
    std::string text;
    append_branch(text, 0x0123456789abcdefU);
    EXPECT_EQ(text, "z9hG4bK0123456789abcdef");
    EXPECT_EQ(branch_of(text), 0x0123456789abcdefU);
    for (const char* other :
         {"", "z9hG4bK", "z9hG4bK0123456789abcdeg", "z9hG4bK0123456789abcdef0"}) {
        EXPECT_EQ(branch_of(other), std::nullopt) << other;
    }
}

TEST_F(Rfc3261Section12_1_1, A2xxHasAToTagAndOneContactThatReachesUs) {
    const Sent response = watcher.subscribe(world);
    EXPECT_EQ(param_of(response.header("To"), "tag"), watcher.to_tag);
    EXPECT_EQ(response.message.count(sip::HeaderName::contact), 1U);
    EXPECT_EQ(response.header("Contact"), "<sip:192.0.2.1:5060>");
}

TEST_F(Rfc3261Section12_1_1, AnEarlierForkOfTheSameSubscribeIsAnotherDialog) {
    watcher.subscribe(world);
    const std::string first = std::exchange(watcher.to_tag, "");
    EXPECT_EQ(watcher.subscribe(world).status(), 200);
    EXPECT_NE(watcher.to_tag, first);
    EXPECT_EQ(world.stats().dialogs, 2U);
}

TEST_F(Rfc3261Section12_1_1, ASipsRequestUriContactOrFirstRouteMakesOurContactSips) {
    struct Case {
        const char* aor;
        const char* contact;
        const char* route;
        const char* ours;
    };
    for (const Case& c : {
             Case{"sips:alice@example.org", "sip:w@198.51.100.1", "", "<sips:192.0.2.1:5060>"},
             Case{"sip:alice@example.org", "sips:w@198.51.100.1", "", "<sips:192.0.2.1:5060>"},
             Case{
                 "sip:alice@example.org",
                 "sip:w@198.51.100.1",
                 "<sips:203.0.113.7;lr>",
                 "<sips:192.0.2.1:5060>"
             },
             Case{
                 "sip:alice@example.org",
                 "sips:w@198.51.100.1",
                 "<sip:203.0.113.7;lr>",
                 "<sip:192.0.2.1:5060>"
             },
         }) {
        Watcher own("w" + next_branch());
        own.aor = c.aor;
        own.contact = c.contact;
        if (*c.route != 0) own.more = {std::string("Record-Route: ") + c.route};
        EXPECT_EQ(own.subscribe(world).header("Contact"), c.ours);
        EXPECT_EQ(world.take_notifies().at(0).header("Contact"), c.ours);
    }
}

TEST_F(Rfc3261Section12_1_1, RoutesInOneFieldOrInSeveralAreOneRouteSet) {
    watcher.more = {
        "Record-Route: <sip:203.0.113.7;lr> , \"A, b\" <sip:203.0.113.8;lr>;x=\"y,z\"",
        "Record-Route: <sip:203.0.113.9;lr>"
    };
    const Sent sent = notify();
    sip::ValueList routes(sent.message, sip::HeaderName::route);
    EXPECT_EQ(routes.next(), "<sip:203.0.113.7;lr>");
    EXPECT_EQ(routes.next(), "\"A, b\" <sip:203.0.113.8;lr>;x=\"y,z\"");
    EXPECT_EQ(routes.next(), "<sip:203.0.113.9;lr>");
    EXPECT_EQ(sent.message.request_uri, watcher.contact);
}

TEST_F(Rfc3261Section12_1_1, AContactThatIsNoneIsRefused) {
    for (const char* contact :
         {"*", "<sip:>", "<sip:a@b>, <sip:c@d>", "<tel:+1>", "<mailto:a@b>", "sip:a@b?x=y", "\"a"
         }) {
        RequestText request = WireTest::subscribe();
        request.contact = contact;
        EXPECT_EQ(ask(request).status(), 400) << contact;
    }
    RequestText request = WireTest::subscribe();
    request.contact.clear();
    EXPECT_EQ(ask(request).message.reason, "Missing Contact header");
    EXPECT_EQ(world.stats().dialogs, 0U);
}

TEST_F(Rfc3261Section12_2_1_1, ANotifyHasTheTagsCallIdAndUrisOfTheDialogTheRightWayRound) {
    RequestText request = WireTest::subscribe();
    request.from = "\"The; watcher\" <sip:w@example.org;u=1>;tag=remote;x=y";
    request.to = "Alice <sip:alice@example.org>;z";
    const Sent response = ask(request);
    const Sent sent = world.take_notifies().at(0);
    EXPECT_EQ(sent.header("To"), request.from);
    EXPECT_EQ(
        sent.header("From"),
        "Alice <sip:alice@example.org>;tag=" + param_of(response.header("To"), "tag")
    );
    EXPECT_EQ(sent.header("Call-ID"), request.call_id);
    EXPECT_EQ(sent.message.request_uri, "sip:w@198.51.100.1:5060");
    EXPECT_EQ(sent.header("Max-Forwards"), "70");
    EXPECT_EQ(param_of(sent.header("Via"), "branch").substr(0, 7), "z9hG4bK");
    EXPECT_EQ(sent.header("Contact"), response.header("Contact"));
}

TEST_F(Rfc3261Section12_2_1_1, EachNotifyHasTheNextCSeq) {
    const std::uint32_t first = notify().cseq();
    EXPECT_EQ(notify().cseq(), first + 1);
}

// Where SUBSCRIBE came by is not where NOTIFY goes.
TEST_F(Rfc3261Section12_2_1_1, ASubscribeByTcpWithAContactOfUdpIsNotifiedByUdp) {
    watcher.flow = tcp_flow("198.51.100.1", 40000, 7);
    watcher.contact = "sip:w1@198.51.100.1:5070;transport=udp";
    const Sent sent = notify();
    EXPECT_EQ(sent.flow, udp_flow("198.51.100.1", 5070));
    EXPECT_EQ(sent.header("Via").substr(0, 11), "SIP/2.0/UDP");
}

TEST_F(Rfc3261Section12_2_2, ACSeqThatDoesNotGrowIs500AndTheSubscriptionIsUnharmed) {
    watcher.cseq = 100;
    watcher.subscribe(world);
    for (const unsigned before : {0U, 99U, 100U}) {
        watcher.cseq = before;
        EXPECT_EQ(watcher.subscribe(world).status(), 500);
    }
    watcher.cseq = 5000;
    EXPECT_EQ(watcher.subscribe(world).status(), 200) << "a gap is none";
}

TEST_F(Rfc3261Section12_2_2, ACSeqThatWasRefusedCountsAsWell) {
    watcher.subscribe(world);
    watcher.more = {"Accept: text/plain"};
    watcher.cseq = 9;
    EXPECT_EQ(watcher.subscribe(world).status(), 406);
    watcher.more.clear();
    watcher.cseq = 8;
    EXPECT_EQ(watcher.subscribe(world).status(), 500);
}

TEST_F(Rfc3261Section12_2_2, ADialogOfWhichNothingIsKnownIs481) {
    RequestText request = WireTest::subscribe();
    request.to += ";tag=unknown";
    EXPECT_EQ(ask(request).status(), 481);
    watcher.subscribe(world);
    world.take();
    for (const auto& change : std::vector<std::function<void(RequestText&)>>{
             [](RequestText& r) { r.call_id += "x"; },
             [](RequestText& r) { r.from += "x"; },
             [](RequestText& r) { r.to += "x"; }
         }) {
        RequestText refresh = watcher.subscribe(600);
        change(refresh);
        EXPECT_EQ(ask(refresh).status(), 481);
    }
    EXPECT_TRUE(world.take_notifies().empty());
}

TEST_F(Rfc3261Section12_2_2, APublishIsNeverWithinADialog) {
    RequestText request = publish();
    request.to += ";tag=unknown";
    EXPECT_EQ(ask(request).status(), 200);
}

TEST_F(Rfc3261Section19_1_1, WhatARequestUriMustNotHaveIsLeftOut) {
    for (const auto& [contact, request_uri] : std::vector<std::pair<const char*, const char*>>{
             {"sip:w@198.51.100.1?Subject=x&To=y", "sip:w@198.51.100.1"},
             {"sip:w@198.51.100.1;method=INVITE", "sip:w@198.51.100.1"},
             {"sip:w@198.51.100.1;a=b;Method=INVITE;lr?x=y", "sip:w@198.51.100.1;a=b;lr"},
             {"sip:w;x=%20y@198.51.100.1;a;method", "sip:w;x=%20y@198.51.100.1;a;method"}
         }) {
        watcher = Watcher("w" + next_branch());
        watcher.contact = contact;
        EXPECT_EQ(notify().message.request_uri, request_uri);
    }
}

TEST_F(Rfc3261Section19_1_1, Ipv6LiteralsAndMaddrAreNextHops) {
    for (const auto& [contact, hop] : std::vector<std::pair<const char*, Endpoint>>{
             {"sip:w@[2001:db8::7]:5070", endpoint("2001:db8::7", 5070)},
             {"sip:[2001:db8::7]", endpoint("2001:db8::7", 5060)},
             {"sip:w@host.example;maddr=203.0.113.7", endpoint("203.0.113.7", 5060)}
         }) {
        watcher = Watcher("w" + next_branch());
        watcher.contact = contact;
        const Sent sent = notify();
        EXPECT_EQ(sent.flow.peer, hop) << contact;
        EXPECT_EQ(sent.message.request_uri, contact);
    }
}

using Rfc3261Section12_2_1_2 = DialogTest;

TEST_F(Rfc3261Section12_2_1_2, A2xxToANotifyRefreshesTheTarget) {
    watcher.contact = "sip:w@198.51.100.1";
    world.answers = nullptr;
    const Sent first = notify();
    world.answer(first, 200, {"Contact: <sip:new@198.51.100.9:5070>"});

    Publisher publisher;
    publisher.publish(world, {{.uri = "sip:x@192.0.2.10"}});
    const auto notifies = world.take_notifies();
    ASSERT_EQ(notifies.size(), 1U);
    EXPECT_EQ(notifies[0].message.request_uri, "sip:new@198.51.100.9:5070");
    EXPECT_EQ(notifies[0].flow.peer, endpoint("198.51.100.9", 5070));
}

TEST_F(Rfc3261Section12_2_1_2, AContactThatIsNoneOrNotTheWatchersOwnRefreshesNothing) {
    for (const char* contact :
         {"<tel:+1>", "*", "<sip:a@198.51.100.9>, <sip:b@198.51.100.9>", "<sip:w@203.0.113.2>"}) {
        SCOPED_TRACE(contact);
        watcher = Watcher("w" + next_branch());
        watcher.contact = "sip:w@203.0.113.2;alias=198.51.100.1~5060~1";
        world.answers = nullptr;
        const Sent first = notify();
        world.answer(first, 200, {std::string("Contact: ") + contact});
        world.answers = [](const Sent&) { return 200; };
        Publisher publisher;
        publisher.publish(world, {{.uri = "sip:x@192.0.2.10"}});
        const auto notifies = world.take_notifies();
        ASSERT_EQ(notifies.size(), 1U);
        EXPECT_EQ(notifies[0].message.request_uri, watcher.contact);
        watcher.subscribe(world, 0);
        publisher.remove(world);
        world.take();
    }
}

TEST_F(Rfc3261Section12_2_1_2, ATargetThatA2xxBroughtOutlivesACrash) {
    Settings settings = test_settings();
    settings.durable = true;
    settings.hash_seed = 7;
    World kept(settings);
    kept.answers = nullptr;
    ASSERT_EQ(watcher.subscribe(kept).status(), 200);
    kept.answer(kept.take_notifies().at(0), 200, {"Contact: <sip:new@198.51.100.9:5070>"});
    kept.crash();
    Publisher publisher;
    publisher.publish(kept, {{.uri = "sip:x@192.0.2.10"}});
    EXPECT_EQ(kept.take_notifies().at(0).message.request_uri, "sip:new@198.51.100.9:5070");
}

TEST_F(Rfc3261Section12_2_1_2, ARecordRouteWithoutBracketsIsRefused) {
    RequestText request = subscribe();
    request.more.push_back("Record-Route: sip:192.0.2.7;lr");
    EXPECT_EQ(ask(request).status(), 400);
}

}  // namespace
}  // namespace reginfo::test
