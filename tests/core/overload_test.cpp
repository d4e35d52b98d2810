/// @file
/// Overload: new SUBSCRIBEs are shed first, PUBLISH last and without an answer, since publishers
/// never retry after a refusal; requests within dialogs and retransmissions never.

#include "tests/support/engine_fixture.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace reginfo::test {
namespace {

using namespace std::chrono_literals;

class Overload : public ::testing::Test {
protected:
    std::uint64_t shed(Bound bound) const {
        return world.stats().refused_by_bound[index_of(bound)];
    }

    /// What the bytes were answered with at once: nothing, or one response.
    std::vector<Sent> sent_for(const Flow& flow, const std::string& bytes) {
        world.take();
        world.receive(flow, bytes);
        return world.take();
    }

    std::string publish_text() const {
        return publisher.request(3600, BodyText{.contacts = {{.uri = "sip:x@192.0.2.10"}}}.text())
            .text();
    }

    World world;
    Publisher publisher;
    Watcher watcher{"w1"};
};

TEST_F(Overload, ANewSubscribeIsRefusedWithASmallRetryAfter) {
    world.engine().set_pressure(Pressure::high);

    const Sent response = watcher.subscribe(world);

    EXPECT_EQ(response.status(), 503);
    EXPECT_EQ(response.header("Retry-After"), "2");
    EXPECT_EQ(shed(Bound::overload_subscribe), 1U);
    EXPECT_EQ(world.stats().server_transactions, 0U) << "a refusal is not remembered";
}

TEST_F(Overload, ARefusedSubscribeIsTakenAsSoonAsThePressureIsGone) {
    world.engine().set_pressure(Pressure::high);
    const std::string bytes = watcher.subscribe(3600).text();
    sent_for(watcher.flow, bytes);
    world.engine().set_pressure(Pressure::none);

    const std::vector<Sent> sent = sent_for(watcher.flow, bytes);

    ASSERT_FALSE(sent.empty());
    EXPECT_EQ(sent.front().status(), 200);
}

TEST_F(Overload, AKamailioIsNotAnsweredSoThatItsRetransmissionComesAgain) {
    watcher.user_agent = "kamailio (5.6.3)";
    world.engine().set_pressure(Pressure::high);
    EXPECT_TRUE(sent_for(watcher.flow, watcher.subscribe(3600).text()).empty());
    EXPECT_EQ(shed(Bound::overload_subscribe), 1U);
}

TEST_F(Overload, AKamailioOnTcpIsRefusedForItSendsNothingAgain) {
    watcher.user_agent = "kamailio (5.6.3)";
    watcher.flow = tcp_flow("198.51.100.1", 40'000, 1);
    world.engine().set_pressure(Pressure::high);
    EXPECT_EQ(watcher.subscribe(world).status(), 503);
}

TEST_F(Overload, ARefreshAndAnEndWithinADialogAreServed) {
    ASSERT_EQ(watcher.subscribe(world).status(), 200);
    world.engine().set_pressure(Pressure::extreme);
    EXPECT_EQ(watcher.subscribe(world).status(), 200);
    EXPECT_EQ(watcher.subscribe(world, 0).status(), 200);
    EXPECT_EQ(shed(Bound::overload_subscribe), 0U);
}

TEST_F(Overload, ARetransmissionIsAnsweredAsBefore) {
    const std::string bytes = watcher.subscribe(3600).text();
    const std::vector<Sent> first = sent_for(watcher.flow, bytes);
    world.engine().set_pressure(Pressure::extreme);

    const std::vector<Sent> again = sent_for(watcher.flow, bytes);

    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(*again.front().bytes, *first.front().bytes);
}

TEST_F(Overload, APublishIsServedWhileNewSubscribesAreRefused) {
    world.engine().set_pressure(Pressure::high);
    EXPECT_EQ(publisher.publish(world, {{.uri = "sip:x@192.0.2.10"}}).status(), 200);
    EXPECT_EQ(shed(Bound::overload_publish), 0U);
}

TEST_F(Overload, APublishIsShedBySilenceAndTakenWhenItComesAgain) {
    world.engine().set_pressure(Pressure::extreme);
    const std::string bytes = publish_text();
    EXPECT_TRUE(sent_for(publisher.flow, bytes).empty());
    EXPECT_EQ(shed(Bound::overload_publish), 1U);
    EXPECT_EQ(world.stats().publications, 0U);
    world.engine().set_pressure(Pressure::high);

    const std::vector<Sent> sent = sent_for(publisher.flow, bytes);

    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent.front().status(), 200);
}

/// TCP is not read then (transport/driver): a message that was read cannot come again.
TEST_F(Overload, APublishThatWasReadFromTcpIsServed) {
    publisher.flow = tcp_flow("203.0.113.1", 40'000, 1);
    world.engine().set_pressure(Pressure::extreme);

    const std::vector<Sent> sent = sent_for(publisher.flow, publish_text());

    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent.front().status(), 200);
    EXPECT_EQ(shed(Bound::overload_publish), 0U) << "what is served was not shed";
}

// Finished transactions are a cache: the oldest are dropped.
TEST_F(Overload, MoreRequestsThanTransactionsAreRememberedAreServedAllTheSame) {
    Settings settings = test_settings();
    settings.limits.transactions = 100;
    World small(settings);
    Watcher early("early");
    ASSERT_EQ(early.subscribe(small).status(), 200);
    for (int i = 0; i < 1'000; ++i) {
        RequestText options;
        options.via = "SIP/2.0/UDP 198.51.100.9:5060;branch=" + next_branch();
        options.call_id = "o" + std::to_string(i);
        EXPECT_EQ(small.ask(udp_flow("198.51.100.9"), options.text()).status(), 200);
    }
    EXPECT_EQ(early.subscribe(small).status(), 200) << "a refresh";
    EXPECT_EQ(Watcher("late").subscribe(small).status(), 200);
    EXPECT_EQ(small.stats().server_transactions, 100U);
    EXPECT_GT(small.stats().transactions_forgotten, 900U);
    EXPECT_EQ(small.stats().refused_by_bound[index_of(Bound::transactions)], 0U);
}

/// A store that does not answer, and room for 32 transactions.
class FullOfUnfinished : public ::testing::Test {
protected:
    static Settings settings() {
        Settings settings = test_settings();
        settings.durable = true;
        settings.limits.transactions = 32;
        return settings;
    }

    void SetUp() override {
        ASSERT_EQ(early.subscribe(world).status(), 200);
        world.take();
        world.store_answers_late = true;
        for (int i = 0; i < 40; ++i) {
            world.receive(
                udp_flow("198.51.100.9"), Watcher("w" + std::to_string(i)).subscribe().text()
            );
        }
        refusals = world.take();
    }

    World world{settings()};
    Watcher early{"early"};
    std::vector<Sent> refusals;
};

TEST_F(FullOfUnfinished, NewRequestsAreRefusedWith503) {
    ASSERT_FALSE(refusals.empty());
    for (const Sent& refusal : refusals) {
        EXPECT_EQ(refusal.status(), 503);
        EXPECT_TRUE(refusal.has("Retry-After"));
    }
    EXPECT_EQ(world.stats().refused_by_bound[index_of(Bound::transactions)], refusals.size());
}

TEST_F(FullOfUnfinished, RequestsWithinDialogsHaveAShareOfTheirOwn) {
    world.receive(early.flow, early.subscribe().text());
    world.store_answers_late = false;
    world.commit();
    bool is_refreshed = false;
    for (const Sent& sent : world.take()) {
        is_refreshed = is_refreshed || (sent.status() == 200 && early.owns(sent));
    }
    EXPECT_TRUE(is_refreshed);
}

TEST_F(FullOfUnfinished, APublishOverUdpIsNotAnsweredSoThatItComesAgain) {
    Publisher publisher;
    const std::string text =
        publisher.request(3600, BodyText{.contacts = {{.uri = "sip:x@192.0.2.10"}}}.text()).text();
    world.receive(publisher.flow, text);
    EXPECT_TRUE(world.take().empty());
    while (world.commits_waiting() > 0) world.commit();
    world.take();
    world.store_answers_late = false;
    EXPECT_EQ(world.ask(publisher.flow, text).status(), 200);
}

TEST_F(FullOfUnfinished, APublishOverTcpIsRefused) {
    Publisher publisher;
    publisher.flow = tcp_flow("203.0.113.1", 40'000, 1);
    EXPECT_EQ(publisher.publish(world, {{.uri = "sip:x@192.0.2.10"}}).status(), 503);
}

TEST_F(Overload, AnswersToNotifiesAreTaken) {
    ASSERT_EQ(watcher.subscribe(world).status(), 200);
    world.answers = [](const Sent&) { return std::nullopt; };
    publisher.publish(world, {{.uri = "sip:x@192.0.2.10"}});
    const std::vector<Sent> notifies = world.take_notifies();
    ASSERT_FALSE(notifies.empty());
    world.engine().set_pressure(Pressure::extreme);

    world.answer(notifies.back(), 200);

    EXPECT_EQ(world.stats().notifies_in_flight, 0U);
}

}  // namespace
}  // namespace reginfo::test
