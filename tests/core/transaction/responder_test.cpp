/// @file
/// Responses: where they go and what they hold (RFC 3261 §8.2.6, §17.2.2, §18.2; RFC 3581).

#include "core/transaction/responder.hpp"

#include "tests/support/engine_fixture.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace reginfo::test {
namespace {

using namespace std::chrono_literals;

class ResponderTest : public ::testing::Test {
protected:
    Sent ask(const RequestText& request) { return world.ask(flow, request.text()); }

    static RequestText from(std::string via) {
        RequestText request;
        request.via = std::move(via);
        return request;
    }

    World world;
    Flow flow = udp_flow("198.51.100.9", 40000);
};

TEST_F(ResponderTest, WithRportAResponseGoesToWhereTheRequestCameFrom) {
    const Sent response = ask(from("SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bKa;rport"));
    EXPECT_EQ(response.flow, flow);
    const std::string via = response.header("Via");
    EXPECT_NE(via.find("received=198.51.100.9"), std::string::npos) << via;
    EXPECT_NE(via.find("rport=40000"), std::string::npos) << via;
}

TEST_F(ResponderTest, WithoutRportAResponseGoesToThePortOfTheVia) {
    EXPECT_EQ(
        ask(from("SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bKa")).flow.peer,
        endpoint("198.51.100.9", 5070)
    );
    EXPECT_EQ(
        ask(from("SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKb")).flow.peer, endpoint("198.51.100.9", 5060)
    );
}

TEST_F(ResponderTest, OverTcpAResponseGoesBackOnTheConnection) {
    flow = tcp_flow("198.51.100.9", 40000, 3);
    EXPECT_EQ(ask(from("SIP/2.0/TCP 10.0.0.1:5070;branch=z9hG4bKa")).flow, flow);
}

TEST_F(ResponderTest, AResponseRepeatsWhatTiesItToItsRequest) {
    RequestText request;
    request.more = {"Via: SIP/2.0/UDP second;branch=z9hG4bKz", "Timestamp: 54"};
    request.method = "OPTIONS";
    const Sent response = ask(request);
    EXPECT_EQ(response.status(), 200);
    EXPECT_EQ(response.message.count(sip::HeaderName::via), 2U);
    EXPECT_EQ(response.header("From"), request.from);
    EXPECT_EQ(response.header("Call-ID"), request.call_id);
    EXPECT_EQ(response.header("CSeq"), "1 OPTIONS");
    EXPECT_EQ(response.header("Timestamp"), "54");
    EXPECT_EQ(response.header("To").find(request.to + ";tag="), 0U);
    EXPECT_EQ(response.header("Server"), "reginfod");
}

TEST_F(ResponderTest, ARetransmissionGetsTheSameResponseAndChangesNothing) {
    Publisher publisher;
    const std::string request =
        publisher.request(3600, BodyText{.contacts = {{.uri = "sip:x@192.0.2.10"}}}.text()).text();
    const Sent first = world.ask(publisher.flow, request);
    world.pass(31s);
    const Sent again = world.ask(publisher.flow, request);
    EXPECT_EQ(*first.bytes, *again.bytes);
    EXPECT_EQ(world.stats().publications, 1U);
    EXPECT_EQ(world.stats().retransmissions_received, 1U);

    world.pass(1s);
    world.ask(publisher.flow, request);
    EXPECT_EQ(world.stats().publications, 2U) << "timer J has fired: it is another request";
}

TEST_F(ResponderTest, ARetransmissionOfARefusalGetsTheSameRefusal) {
    RequestText request;
    request.method = "PUBLISH";
    const Sent first = ask(request);
    EXPECT_EQ(first.status(), 489);
    EXPECT_EQ(*first.bytes, *ask(request).bytes);
}

// RFC 3261 §8.2.2.2.
TEST_F(ResponderTest, TheSameRequestByAnotherWayIsALoop) {
    EXPECT_EQ(ask(from("SIP/2.0/UDP a;branch=z9hG4bKa")).status(), 200);
    EXPECT_EQ(ask(from("SIP/2.0/UDP b;branch=z9hG4bKb")).status(), 482);
}

TEST_F(ResponderTest, OptionsSaysWhatIsServed) {
    const Sent response = ask({});
    EXPECT_EQ(response.header("Allow"), "OPTIONS, PUBLISH, SUBSCRIBE");
    EXPECT_EQ(response.header("Accept"), "application/reginfo+xml");
    EXPECT_EQ(response.header("Allow-Events"), "reg");
}

TEST_F(ResponderTest, ARefusalSaysHowToDoBetter) {
    RequestText request;
    request.method = "MESSAGE";
    const Sent not_allowed = ask(request);
    EXPECT_EQ(not_allowed.status(), 405);
    EXPECT_EQ(not_allowed.header("Allow"), "OPTIONS, PUBLISH, SUBSCRIBE");

    request.method = "PUBLISH";
    request.event = "presence";
    const Sent bad_event = ask(request);
    EXPECT_EQ(bad_event.status(), 489);
    EXPECT_EQ(bad_event.header("Allow-Events"), "reg");

    request.cseq = "2";
    request.via = "SIP/2.0/UDP h;branch=z9hG4bKn";
    request.event = "reg";
    request.content_type = "text/plain";
    request.body = "x";
    const Sent bad_type = ask(request);
    EXPECT_EQ(bad_type.status(), 415);
    EXPECT_EQ(bad_type.header("Accept"), "application/reginfo+xml");
}

TEST_F(ResponderTest, ACancelIsAnsweredAndCancelsNothing) {
    RequestText request;
    request.method = "SUBSCRIBE";
    ask(request);
    request.method = "CANCEL";
    EXPECT_EQ(ask(request).status(), 200);
    EXPECT_EQ(ask(from("SIP/2.0/UDP h;branch=z9hG4bKother")).status(), 200);
    request.via = "SIP/2.0/UDP h;branch=z9hG4bKunknown";
    request.cseq = "9";
    EXPECT_EQ(ask(request).status(), 481);
}

TEST_F(ResponderTest, AnAckIsNeverAnswered) {
    RequestText request;
    request.method = "ACK";
    world.receive(flow, request.text());
    EXPECT_TRUE(world.take().empty());
}

}  // namespace
}  // namespace reginfo::test
