/// @file
/// RFC 3261 §17: transactions, ours and those of others.

#include "tests/wire/wire_fixture.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace reginfo::test {
namespace {

using Rfc3261Section17_2_1 = WireTest;
using Rfc3261Section17_2_2 = WireTest;
using Rfc3261Section17_2_3 = WireTest;

/// When messages were sent, as milliseconds since the first one.
std::vector<long> times_of(const std::vector<Sent>& all) {
    std::vector<long> times;
    for (const Sent& sent : all) {
        times.push_back(static_cast<long>((sent.at - all.front().at) / 1ms));
    }
    return times;
}

const std::vector<long>
    kElevenTimes{0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500};

RequestText invite() {
    RequestText request;
    request.method = "INVITE";
    request.via = "SIP/2.0/UDP 198.51.100.1:5060;branch=" + next_branch();
    request.call_id = next_branch();
    request.contact = "<sip:w@198.51.100.1>";
    return request;
}

/// The ACK to a final response (§17.1.1.3).
RequestText ack_of(RequestText request, const Sent& response) {
    request.method = "ACK";
    request.to = response.header("To");
    return request;
}

TEST_F(Rfc3261Section17_2_1, TheRefusalOfAnInviteIsRepeatedUntilTimerH) {
    world.receive(flow, invite().text());
    world.pass(100s);
    const std::vector<Sent> sent = world.take();
    EXPECT_EQ(times_of(sent), kElevenTimes);
    for (const Sent& response : sent) EXPECT_EQ(*response.bytes, *sent[0].bytes);
    EXPECT_EQ(sent[0].status(), 405);
    EXPECT_EQ(world.next_deadline(), std::nullopt);
}

TEST_F(Rfc3261Section17_2_1, TheAckEndsThat) {
    const RequestText request = invite();
    const Sent response = ask(request);
    world.pass(600ms);
    EXPECT_EQ(world.take().size(), 1U);
    EXPECT_TRUE(hear(ack_of(request, response)).empty());
    EXPECT_TRUE(hear(ack_of(request, response)).empty()) << "nor is a second one answered";
    world.pass(100s);
    EXPECT_TRUE(world.take().empty());
}

TEST_F(Rfc3261Section17_2_1, TheAckOfARfc2543ClientEndsItToo) {
    RequestText request = invite();
    request.via = "SIP/2.0/UDP 198.51.100.1:5060";
    const Sent response = ask(request);
    EXPECT_TRUE(hear(ack_of(request, response)).empty());
    world.pass(100s);
    EXPECT_TRUE(world.take().empty());
}

TEST_F(Rfc3261Section17_2_1, AnAckOfAnotherInviteDoesNot) {
    const Sent response = ask(invite());
    EXPECT_TRUE(hear(ack_of(invite(), response)).empty());
    world.pass(600ms);
    EXPECT_EQ(world.take().size(), 1U);
}

TEST_F(Rfc3261Section17_2_1, ARetransmittedInviteGetsTheSameRefusal) {
    const RequestText request = invite();
    const Sent first = ask(request);
    EXPECT_EQ(*ask(request).bytes, *first.bytes);
    world.pass(600ms);
    EXPECT_EQ(world.take().size(), 1U) << "one timer G";
}

TEST_F(Rfc3261Section17_2_1, OverTcpTimerGIsNotSet) {
    flow = tcp_flow("198.51.100.1", 40000, 3);
    EXPECT_EQ(ask(invite()).status(), 405);
    world.pass(100s);
    EXPECT_TRUE(world.take().empty());
}

TEST_F(Rfc3261Section17_2_1, WhateverRefusesAnInviteIsRepeated) {
    RequestText request = invite();
    request.from.clear();
    EXPECT_EQ(ask(request).status(), 400);
    world.pass(600ms);
    EXPECT_EQ(world.take().size(), 1U);
}

TEST_F(Rfc3261Section17_2_2, ARetransmissionGetsTheSameResponseForTimerJAndChangesNothing) {
    for (const RequestText& request : {publish(), subscribe(), options()}) {
        const Sent first = ask(request);
        world.pass(31s);
        EXPECT_EQ(*ask(request).bytes, *first.bytes);
    }
    EXPECT_EQ(world.stats().publications, 1U);
    EXPECT_EQ(world.stats().subscriptions, 1U);
    EXPECT_EQ(world.stats().retransmissions_received, 3U);
}

TEST_F(Rfc3261Section17_2_2, AfterTimerJItIsAnotherRequest) {
    const RequestText request = publish();
    ask(request);
    world.pass(32s);
    ask(request);
    EXPECT_EQ(world.stats().publications, 2U);
}

TEST_F(Rfc3261Section17_2_2, ARetransmittedRefusalIsTheSame) {
    RequestText request = publish();
    request.event = "presence";
    const Sent first = ask(request);
    EXPECT_EQ(*ask(request).bytes, *first.bytes);
}

// RFC 4320 §4.1.
TEST_F(Rfc3261Section17_2_2, ThereIsNoProvisionalResponse) {
    for (const RequestText& request : {publish(), subscribe(), options()}) {
        for (const Sent& sent : hear(request))
            EXPECT_TRUE(sent.is_notify() || sent.status() >= 200);
    }
}

TEST_F(Rfc3261Section17_2_3, BranchSentByAndMethodMakeATransaction) {
    const RequestText request = options();
    ask(request);
    RequestText other = request;
    other.via = with(request.via, "198.51.100.1:5060", "198.51.100.2:5060");
    ask(other);
    EXPECT_EQ(world.stats().retransmissions_received, 0U);
    EXPECT_EQ(world.stats().repeats_received, 1U) << "it has come by another way";
    other = request;
    other.method = "FOO";
    EXPECT_EQ(ask(other).status(), 405);
}

TEST_F(Rfc3261Section17_2_3, WithoutTheMagicCookieTheRulesOfRfc2543Hold) {
    for (const char* via :
         {"SIP/2.0/UDP 198.51.100.1:5060;branch=",
          "SIP/2.0/UDP 198.51.100.1:5060",
          "SIP/2.0/UDP 198.51.100.1:5060;branch=1"}) {
        RequestText request = publish();
        request.via = via;
        const Sent first = ask(request);
        EXPECT_EQ(first.status(), 200);
        EXPECT_EQ(*ask(request).bytes, *first.bytes);
        request.cseq = "2";
        EXPECT_NE(*ask(request).bytes, *first.bytes);
    }
    EXPECT_EQ(world.stats().publications, 6U);
}

class Notified : public WireTest {
protected:
    void SetUp() override {
        world.answers = nullptr;
        watcher.subscribe(world);
        notify = world.take_notifies().at(0);
    }

    std::vector<Sent> after(Duration time) {
        world.pass(time);
        return world.take();
    }

    Watcher watcher{"w1"};
    Sent notify;
};

using Rfc3261Section8_1_3_3 = Notified;
using Rfc3261Section17_1_2_2 = Notified;
using Rfc3261Section17_1_3 = Notified;

TEST_F(Rfc3261Section17_1_2_2, TimerERepeatsANotifyUntilTimerF) {
    std::vector<Sent> sent = after(40s);
    sent.insert(sent.begin(), notify);
    EXPECT_EQ(times_of(sent), kElevenTimes);
    for (const Sent& copy : sent) EXPECT_EQ(*copy.bytes, *notify.bytes);
}

TEST_F(Rfc3261Section17_1_2_2, AFinalResponseEndsThat) {
    world.pass(600ms);
    EXPECT_EQ(world.take().size(), 1U);
    world.answer(notify, 200);
    EXPECT_TRUE(after(100s).empty());
}

TEST_F(Rfc3261Section17_1_2_2, AfterAProvisionalResponseTimerEIsT2) {
    world.answer(notify, 100);
    const auto sent = after(20s);
    EXPECT_EQ(times_of(sent).at(1), 4000);
}

TEST_F(Rfc3261Section17_1_3, AResponseIsMatchedByBranchAndCSeqMethod) {
    for (const auto& [part, other] : std::vector<std::pair<std::string, std::string>>{
             {"NOTIFY\r\n", "SUBSCRIBE\r\n"},
             {param_of(notify.header("Via"), "branch"), "z9hG4bK0000000000000000"}
         }) {
        world.receive(notify.flow, with(response_text(notify.message, 481), part, other));
        EXPECT_EQ(world.stats().subscriptions, 1U);
    }
    EXPECT_EQ(world.stats().stray_responses, 2U);
}

TEST_F(Rfc3261Section8_1_3_3, AResponseWithASecondViaIsNotForUs) {
    world.answer(notify, 481, {"Via: SIP/2.0/UDP other;branch=z9hG4bK2"});
    EXPECT_EQ(world.stats().subscriptions, 1U);
    EXPECT_EQ(world.stats().stray_responses, 1U);
}

// RFC 3261 18.1.2.
TEST_F(Rfc3261Section17_1_3, AResponseWithAnotherSentByIsNotForUs) {
    for (const char* sent_by : {"10.9.9.9:5060", "192.0.2.1:5099"}) {
        const std::string response =
            with(response_text(notify.message, 481), "192.0.2.1:5060", sent_by);
        world.receive(notify.flow, response);
    }
    EXPECT_EQ(world.stats().subscriptions, 1U);
    EXPECT_EQ(world.stats().stray_responses, 2U);
}

TEST_F(Rfc3261Section17_1_3, AResponseFromAnywhereCounts) {
    world.receive(udp_flow("198.51.100.200", 9), response_text(notify.message, 200));
    EXPECT_TRUE(after(100s).empty());
    EXPECT_EQ(world.stats().subscriptions, 1U);
}

}  // namespace
}  // namespace reginfo::test
