/// @file
/// The same request by another way: with another branch, over another transport, or after a crash.
/// RFC 3261 §8.2.2.2 allows 482 for it; an edge proxy that hears nothing and tries a second way
/// would then take what was done for refused.

#include "tests/core/late_store.hpp"

namespace reginfo::test {
namespace {

class Repeat : public LateStore {
protected:
    static RequestText by_another_way(RequestText request) {
        request.via = "SIP/2.0/UDP 198.51.100.9:5060;branch=" + next_branch() + ";rport";
        return request;
    }

    RequestText publish() const { return publisher.request(3600, body({contact(kX)})); }

    Flow other_flow = udp_flow("198.51.100.9");
    Flow tcp = tcp_flow("198.51.100.9", 5060, 7);
};

TEST_F(Repeat, OfAPublishGetsTheSameEntityTag) {
    world.store_answers_late = false;
    const RequestText request = publish();
    const Sent first = world.ask(publisher.flow, request.text());

    const Sent again = world.ask(other_flow, by_another_way(request).text());

    EXPECT_EQ(again.status(), 200);
    EXPECT_EQ(again.header("SIP-ETag"), first.header("SIP-ETag"));
    EXPECT_EQ(again.header("Expires"), first.header("Expires"));
    EXPECT_EQ(again.header("To"), first.header("To"));
    EXPECT_EQ(again.flow.peer, other_flow.peer);
    EXPECT_EQ(world.stats().publications, 1U);
    EXPECT_EQ(world.stats().repeats_received, 1U);
}

TEST_F(Repeat, OverTcpOfWhatCameOverUdpAndTheOtherWayRound) {
    world.store_answers_late = false;
    for (const auto& [one, other] : {std::pair{other_flow, tcp}, std::pair{tcp, other_flow}}) {
        RequestText request = publish();
        request.call_id = is_reliable(one.transport) ? "by-tcp" : "by-udp";
        const Sent first = world.ask(one, request.text());
        const Sent again = world.ask(other, by_another_way(request).text());
        EXPECT_EQ(again.header("SIP-ETag"), first.header("SIP-ETag"));
    }
    EXPECT_EQ(world.stats().publications, 2U);
}

TEST_F(Repeat, OfWhatIsInProgressIsAnsweredTogetherWithIt) {
    const RequestText request = publish();
    world.receive(publisher.flow, request.text());
    const std::string second = by_another_way(request).text();
    world.receive(other_flow, second);
    world.receive(other_flow, second);  // a copy is absorbed
    world.receive(tcp, by_another_way(request).text());
    EXPECT_TRUE(world.take().empty());

    world.commit();

    const std::vector<Sent> answers = world.take();
    ASSERT_EQ(answers.size(), 3U);
    for (const Sent& answer : answers) {
        EXPECT_EQ(answer.status(), 200);
        EXPECT_EQ(answer.header("SIP-ETag"), answers[0].header("SIP-ETag"));
        EXPECT_EQ(answer.header("To"), answers[0].header("To"));
    }
    EXPECT_EQ(answers[0].flow.peer, publisher.flow.peer);
    EXPECT_EQ(answers[1].flow.peer, other_flow.peer);
    EXPECT_EQ(answers[2].flow, tcp);
    EXPECT_EQ(world.commits_waiting(), 0U);
}

/// Over UDP what could not be stored comes again by itself; over TCP nothing would.
TEST_F(Repeat, OfWhatCannotBeStoredIsRefusedOverTcpAlone) {
    const RequestText request = publish();
    world.receive(publisher.flow, request.text());
    world.receive(other_flow, by_another_way(request).text());
    world.receive(tcp, by_another_way(request).text());

    world.commit(false);

    const Sent only = world.take_one();
    EXPECT_EQ(only.status(), 503);
    EXPECT_EQ(only.flow, tcp);
    world.receive(other_flow, by_another_way(request).text());
    world.commit();
    EXPECT_EQ(world.take_one().status(), 200) << "it begins anew";
}

TEST_F(Repeat, OfASubscribeGetsTheSameToTagAndMakesNoSecondDialog) {
    world.store_answers_late = false;
    const RequestText request = watcher.subscribe();
    const Sent first = world.ask(watcher.flow, request.text());
    world.take();

    const Sent again = world.ask(other_flow, by_another_way(request).text());

    EXPECT_EQ(again.status(), 200);
    EXPECT_EQ(again.header("To"), first.header("To"));
    EXPECT_EQ(again.header("Contact"), first.header("Contact"));
    EXPECT_EQ(world.stats().subscriptions, 1U);
    EXPECT_TRUE(world.take_notifies().empty());
}

TEST_F(Repeat, OfARefreshIsNotOutOfOrder) {
    world.store_answers_late = false;
    ASSERT_EQ(watcher.subscribe(world).status(), 200);
    const RequestText refresh = watcher.subscribe(600);
    EXPECT_EQ(world.ask(watcher.flow, refresh.text()).status(), 200);

    const Sent again = world.ask(other_flow, by_another_way(refresh).text());

    EXPECT_EQ(again.status(), 200);
    EXPECT_EQ(again.header("Expires"), "600");
}

TEST_F(Repeat, AfterACrashGetsTheSameAnswerByEachTransport) {
    world.store_answers_late = false;
    RequestText by_tcp = publish();
    by_tcp.call_id = "by-tcp";
    const RequestText subscribe = watcher.subscribe();
    const Sent published = world.ask(tcp, by_tcp.text());
    const Sent subscribed = world.ask(watcher.flow, subscribe.text());

    world.crash(10s);
    world.take();

    const Sent one = world.ask(other_flow, by_another_way(by_tcp).text());
    EXPECT_EQ(one.header("SIP-ETag"), published.header("SIP-ETag"));
    const Sent two = world.ask(tcp, by_another_way(subscribe).text());
    EXPECT_EQ(two.header("To"), subscribed.header("To"));
    EXPECT_EQ(world.stats().publications, 1U);
    EXPECT_EQ(world.stats().subscriptions, 1U);
}

TEST_F(Repeat, OfARefusalIsRefusedAsTheFirst) {
    world.store_answers_late = false;
    RequestText request = publisher.request(3600);
    request.more.emplace_back("SIP-If-Match: 00000000000000ff");
    EXPECT_EQ(world.ask(publisher.flow, request.text()).status(), 412);
    EXPECT_EQ(world.ask(other_flow, by_another_way(request).text()).status(), 412);
    EXPECT_EQ(world.stats().etag_mismatches, 1U);
}

TEST_F(Repeat, ForAnotherAorIsAnotherRequest) {
    world.store_answers_late = false;
    RequestText request = publish();
    world.ask(publisher.flow, request.text());
    request = by_another_way(request);
    request.uri = "sip:bob@example.org";
    request.body = body({contact(kX)}, "sip:bob@example.org");
    EXPECT_EQ(world.ask(other_flow, request.text()).status(), 200);
    EXPECT_EQ(world.stats().publications, 2U);
}

TEST_F(Repeat, WithOtherParametersOfItsUriIsTheSame) {
    world.store_answers_late = false;
    RequestText request = publish();
    const Sent first = world.ask(publisher.flow, request.text());
    request = by_another_way(request);
    request.uri = "sip:alice@example.org;transport=udp";
    const Sent again = world.ask(other_flow, request.text());
    EXPECT_EQ(again.header("SIP-ETag"), first.header("SIP-ETag"));
}

TEST_F(Repeat, AfterTimerJIsAnotherRequest) {
    world.store_answers_late = false;
    const RequestText request = publish();
    world.ask(publisher.flow, request.text());
    world.pass(32s);
    EXPECT_EQ(world.ask(other_flow, by_another_way(request).text()).status(), 200);
    EXPECT_EQ(world.stats().publications, 2U);
}

}  // namespace
}  // namespace reginfo::test
