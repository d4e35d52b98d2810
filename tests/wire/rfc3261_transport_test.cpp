/// @file
/// RFC 3261 §18 and RFC 3581: the destination of responses, the Via, and the end of a message.

#include "tests/wire/wire_fixture.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace reginfo::test {
namespace {

class Transport18 : public WireTest {
protected:
    Transport18() { flow = udp_flow("198.51.100.9", 40000); }

    Sent ask_from(const std::string& sent_by_and_params) {
        RequestText request = options();
        const std::string transport(name_of(flow.transport));
        request.via =
            "SIP/2.0/" + transport + " " + sent_by_and_params + ";branch=" + request.call_id;
        return ask(request);
    }
};

using Rfc3261Section18_1_1 = Transport18;
using Rfc3261Section18_1_2 = Transport18;
using Rfc3261Section18_2_1 = Transport18;
using Rfc3261Section18_2_2 = Transport18;
using Rfc3261Section18_3 = Transport18;
using Rfc3581Section4 = Transport18;

TEST_F(Rfc3261Section18_2_1, ReceivedIsAddedWhereSentByIsNotTheSource) {
    for (const char* sent_by : {"client.invalid", "10.0.0.1:40000", "[2001:db8::9]:40000"}) {
        for (const Flow& from : {flow, tcp_flow("198.51.100.9", 40000, 3)}) {
            flow = from;
            EXPECT_EQ(param_of(ask_from(sent_by).header("Via"), "received"), "198.51.100.9");
        }
    }
}

TEST_F(Rfc3261Section18_2_1, ReceivedIsNotAddedWhereSentByIsTheSource) {
    EXPECT_EQ(param_of(ask_from("198.51.100.9:40000").header("Via"), "received"), "-");
    flow = udp_flow("2001:db8::9", 40000, 2);
    EXPECT_EQ(param_of(ask_from("[2001:DB8:0::9]:40000").header("Via"), "received"), "-");
}

TEST_F(Rfc3261Section18_2_1, AReceivedThatTheClientWroteDoesNotCount) {
    EXPECT_EQ(
        param_of(ask_from("10.0.0.1;received=203.0.113.99").header("Via"), "received"),
        "198.51.100.9"
    );
    EXPECT_EQ(
        param_of(ask_from("198.51.100.9;received=203.0.113.99").header("Via"), "received"), "-"
    );
}

TEST_F(Rfc3261Section18_2_2, OverUdpAResponseGoesToTheSourceAddressAndThePortOfSentBy) {
    EXPECT_EQ(ask_from("10.0.0.1:5070").flow.peer, endpoint("198.51.100.9", 5070));
    EXPECT_EQ(ask_from("10.0.0.1").flow.peer, endpoint("198.51.100.9", 5060));
}

TEST_F(Rfc3261Section18_2_2, OverUdpAResponseGoesToMaddr) {
    EXPECT_EQ(ask_from("10.0.0.1:5070;maddr=203.0.113.7").flow.peer, endpoint("203.0.113.7", 5070));
    EXPECT_EQ(
        ask_from("10.0.0.1;maddr=203.0.113.7;rport").flow.peer, endpoint("203.0.113.7", 5060)
    );
    flow = udp_flow("2001:db8::9", 40000, 2);
    EXPECT_EQ(ask_from("h;maddr=[2001:db8::7]").flow.peer, endpoint("2001:db8::7", 5060));
}

// Otherwise any client could direct responses to any address.
TEST_F(Rfc3261Section18_2_2, AMaddrOutsideOfTheTrustedNetworksCountsAsAbsent) {
    for (const char* maddr : {"8.8.8.8", "224.0.1.75", "host.example", "2001:db8::7"}) {
        EXPECT_EQ(
            ask_from(std::string("10.0.0.1:5070;maddr=") + maddr).flow.peer,
            endpoint("198.51.100.9", 5070)
        ) << maddr;
    }
}

TEST_F(Rfc3261Section18_2_2, OverTcpAResponseGoesBackOnTheConnection) {
    flow = tcp_flow("198.51.100.9", 40000, 3);
    EXPECT_EQ(ask_from("10.0.0.1:5070").flow, flow);
    EXPECT_EQ(ask_from("10.0.0.1:5070;maddr=203.0.113.7;rport").flow, flow);
}

TEST_F(Rfc3261Section18_2_2, OverTcpAResponseNamesThePortForAnotherConnection) {
    flow = tcp_flow("198.51.100.9", 40000, 3);
    EXPECT_EQ(ask_from("10.0.0.1:5070").reconnect_port, 5070);
    EXPECT_EQ(ask_from("10.0.0.1").reconnect_port, 5060);
    flow = udp_flow("198.51.100.9", 40000);
    EXPECT_EQ(ask_from("10.0.0.1:5070").reconnect_port, 0);
}

TEST_F(Rfc3581Section4, WithRportAResponseGoesToTheSourceAndNamesIt) {
    const Sent response = ask_from("10.0.0.1:5070;rport");
    EXPECT_EQ(response.flow, flow);
    EXPECT_EQ(param_of(response.header("Via"), "rport"), "40000");
    EXPECT_EQ(param_of(response.header("Via"), "received"), "198.51.100.9");
}

TEST_F(Rfc3581Section4, WithRportReceivedIsThereEvenIfSentByIsTheSource) {
    for (const Flow& from : {flow, tcp_flow("198.51.100.9", 40000, 3)}) {
        flow = from;
        const Sent response = ask_from("198.51.100.9:40000;rport");
        EXPECT_EQ(param_of(response.header("Via"), "rport"), "40000");
        EXPECT_EQ(param_of(response.header("Via"), "received"), "198.51.100.9");
    }
}

TEST_F(Rfc3581Section4, AnIpv6SourceIsWrittenWithoutBrackets) {
    flow = udp_flow("2001:db8::9", 40000, 2);
    EXPECT_EQ(param_of(ask_from("h;rport").header("Via"), "received"), "2001:db8::9");
}

TEST_F(Rfc3581Section4, OtherParametersOfTheViaStay) {
    const Sent response = ask_from("h:5070;x;rport;y=\"a;b\"");
    EXPECT_EQ(param_of(response.header("Via"), "x"), "");
    EXPECT_EQ(param_of(response.header("Via"), "y"), "\"a;b\"");
}

/// A state whose document is too large for UDP.
void publish_much(World& world) {
    std::vector<ContactText> contacts;
    for (int i = 0; i < 10; ++i) {
        contacts.push_back({.uri = "sip:c" + std::to_string(i) + "@192.0.2.10"});
    }
    Publisher().publish(world, contacts);
}

TEST_F(Rfc3261Section18_1_1, ANotifyOver1300BytesGoesByTcpFirst) {
    Watcher watcher("w1");
    watcher.subscribe(world);
    world.take();
    publish_much(world);
    const auto told = world.take_notifies();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].flow.transport, Transport::tcp);
    EXPECT_EQ(told[0].header("Via").substr(0, 11), "SIP/2.0/TCP");
    EXPECT_EQ(world.stats().windows, 0U) << "answered, and none is left of the way not taken";
}

TEST_F(Rfc3261Section18_1_1, WhereTcpIsRefusedTheSameNotifyGoesByUdp) {
    world.answers = nullptr;
    publish_much(world);
    Watcher watcher("w1");
    watcher.subscribe(world);
    const Sent by_tcp = world.take_notifies().at(0);
    world.close({Transport::tcp, by_tcp.flow.listener, by_tcp.flow.peer, 0});
    const auto by_udp = world.take_notifies();
    ASSERT_EQ(by_udp.size(), 1U);
    EXPECT_EQ(by_udp[0].flow.transport, Transport::udp);
    EXPECT_EQ(by_udp[0].header("Via").substr(0, 11), "SIP/2.0/UDP");
    EXPECT_EQ(by_udp[0].cseq(), by_tcp.cseq());
}

TEST_F(Rfc3261Section18_1_1, WhatIsAnotherNotifyByThenHasTheNextCSeq) {
    world.answers = nullptr;
    publish_much(world);
    Watcher watcher("w1");
    watcher.user_agent = "kamailio";  // which is given some time to answer the first
    watcher.subscribe(world);
    const Sent by_tcp = world.take_notifies().at(0);
    watcher.subscribe(world, 0);
    world.close({Transport::tcp, by_tcp.flow.listener, by_tcp.flow.peer, 0});
    const auto last = world.take_notifies();
    ASSERT_EQ(last.size(), 1U);
    EXPECT_EQ(last[0].header("Subscription-State"), "terminated;reason=timeout");
    EXPECT_EQ(last[0].cseq(), by_tcp.cseq() + 1);
}

/// It may have come: the same CSeq in a second transaction would be refused as an old one.
TEST_F(Rfc3261Section18_1_1, WhatLeftOnAConnectionThatThenBreaksIsFollowedByTheNextCSeq) {
    world.answers = nullptr;
    publish_much(world);
    Watcher watcher("w1");
    watcher.subscribe(world);
    std::uint32_t last = 0;
    for (const Transport transport : {Transport::tcp, Transport::tcp, Transport::udp}) {
        const auto told = world.take_notifies();
        ASSERT_EQ(told.size(), 1U);
        EXPECT_EQ(told[0].flow.transport, transport) << "tried once more, and then by UDP";
        EXPECT_EQ(told[0].cseq(), ++last);
        for (const ConnectionId connection : {ConnectionId{9}, ConnectionId{0}}) {
            world.close({Transport::tcp, told[0].flow.listener, told[0].flow.peer, 0, connection});
        }
    }
}

TEST_F(Rfc3261Section18_1_2, AResponseToNothingOfOursIsDropped) {
    for (const int status : {100, 200, 481, 503}) {
        EXPECT_TRUE(
            hear(
                "SIP/2.0 " + std::to_string(status) +
                " X\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n"
                "To: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 1 NOTIFY\r\n\r\n"
            )
                .empty()
        );
    }
    EXPECT_EQ(world.stats().stray_responses, 4U);
}

class Forbidding : public WireTest {
protected:
    Forbidding() : WireTest(forbidding()) {}

    static Settings forbidding() {
        Settings settings = test_settings();
        settings.refuse_untrusted_with_403 = true;
        return settings;
    }
};

using Rfc3261Section21_4_4 = Forbidding;

/// Who is not trusted gets it where it asked, at no other port, and then the connection ends.
TEST_F(Rfc3261Section21_4_4, A403OverTcpIsTheLastOnItsConnection) {
    flow = tcp_flow("8.8.8.8", 40000, 3);
    const auto answers = hear(options());

    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].status(), 403);
    EXPECT_EQ(answers[0].flow, flow);
    EXPECT_EQ(answers[0].reconnect_port, 0);
    EXPECT_EQ(world.closes, std::vector{flow});
}

TEST_F(Rfc3261Section18_3, OverUdpBytesBehindTheBodyAreDropped) {
    EXPECT_EQ(ask(publish().text() + "OPTIONS sip:x SIP/2.0\r\n\r\n").status(), 200);
}

TEST_F(Rfc3261Section18_3, OverUdpWithoutContentLengthTheBodyIsAllThatFollows) {
    const RequestText request = publish();
    const std::string length = "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
    EXPECT_EQ(ask(with(request.text(), length, "")).status(), 200);
    EXPECT_EQ(world.stats().publications, 1U);
}

TEST_F(Rfc3261Section18_3, OverUdpABodyShorterThanItsLengthIs400) {
    std::string text = publish().text();
    text.pop_back();
    EXPECT_EQ(ask(text).status(), 400);
    EXPECT_EQ(world.stats().publications, 0U);
}

// RFC 3261 18.3.
TEST_F(DialogTest, AResponseShorterThanItsContentLengthIsDiscarded) {
    world.answers = nullptr;
    const Sent sent = notify();
    std::string answer = response_text(sent.message, 481);
    answer = with(answer, "Content-Length: 0", "Content-Length: 10");
    ASSERT_NE(answer.find("Content-Length: 10"), std::string::npos);
    world.receive(watcher.flow, answer);
    EXPECT_EQ(world.stats().subscriptions, 1U);
    EXPECT_EQ(world.stats().stray_responses, 1U);
    world.pass(600ms);
    EXPECT_EQ(world.take_notifies().size(), 1U) << "it is sent again";
}

}  // namespace
}  // namespace reginfo::test
