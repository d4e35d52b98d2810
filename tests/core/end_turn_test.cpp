/// @file
/// What follows from all that happened in one turn of the reactor (Engine::end_turn).

#include "tests/support/engine_fixture.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace reginfo::test {
namespace {

class EndTurn : public ::testing::Test {
protected:
    static Settings settings() {
        Settings settings = test_settings();
        settings.limits.expiries_per_turn = 8;
        settings.notify.window_initial = 1'000;
        return settings;
    }

    static std::string aor(int number) {
        return "sip:phone-" + std::to_string(number) + "@example.org";
    }

    void watch(int number) {
        Watcher& watcher = watchers.emplace_back("w" + std::to_string(number));
        watcher.aor = aor(number);
        ASSERT_EQ(watcher.subscribe(world).status(), 200);
        world.take();
    }

    /// A PUBLISH in the turn that is under way.
    void publish(int number, const std::string& contact) {
        Publisher publisher;
        publisher.aor = aor(number);
        const BodyText body{.aor = publisher.aor, .contacts = {{.uri = contact}}};
        const std::string bytes = publisher.request(3600, body.text()).text();
        world.engine().handle_message(world.now(), publisher.flow, bytes, outbox);
    }

    /// Ends the turn, and returns the NOTIFYs that left in it.
    std::vector<Send> end_turn() {
        world.engine().end_turn(world.now(), outbox);
        std::vector<Send> notifies;
        for (Effect& effect : outbox.effects()) {
            auto* const send = std::get_if<Send>(&effect);
            if (send && send->head.starts_with("NOTIFY")) notifies.push_back(std::move(*send));
        }
        outbox.clear();
        return notifies;
    }

    World world{settings()};
    std::deque<Watcher> watchers;
    Outbox outbox;
};

TEST_F(EndTurn, ThreePublishesOfOneRegisterCostAWatcherOneNotify) {
    watch(1);
    for (const char* contact : {"sip:a@192.0.2.10", "sip:b@192.0.2.10", "sip:c@192.0.2.10"}) {
        publish(1, contact);
    }
    const std::vector<Send> notifies = end_turn();
    ASSERT_EQ(notifies.size(), 1U);
    for (const char* contact : {"sip:a@192.0.2.10", "sip:b@192.0.2.10", "sip:c@192.0.2.10"}) {
        EXPECT_NE(notifies[0].tail->find(contact), std::string::npos) << contact;
    }
}

TEST_F(EndTurn, ABatchOfDatagramsStartsNoMoreNotifiesThanTheBudget) {
    constexpr int kBatch = 64;
    for (int i = 0; i < kBatch; ++i) watch(i);
    for (int i = 0; i < kBatch; ++i) publish(i, "sip:a@192.0.2.10");
    EXPECT_EQ(end_turn().size(), 8U);
    ASSERT_TRUE(world.next_deadline());
    EXPECT_LE(*world.next_deadline(), world.now()) << "the rest are for the next turn";
    for (int turn = 1; turn < 8; ++turn) EXPECT_EQ(end_turn().size(), 8U) << turn;
    EXPECT_EQ(end_turn().size(), 0U);
}

TEST_F(EndTurn, NoNotifyLeavesBeforeTheTurnEnds) {
    watch(1);
    publish(1, "sip:a@192.0.2.10");
    for (const Effect& effect : outbox.effects()) {
        const auto* const send = std::get_if<Send>(&effect);
        EXPECT_FALSE(send && send->head.starts_with("NOTIFY"));
    }
    EXPECT_EQ(end_turn().size(), 1U);
}

TEST_F(EndTurn, RequestsThatWaitedForACommitAreAllServedWhateverTheBudget) {
    Settings durable = settings();
    durable.durable = true;
    durable.limits.expiries_per_turn = 1;
    World stored(durable);
    stored.store_answers_late = true;
    const Publisher publisher;
    for (int i = 0; i < 6; ++i) {
        const std::string contact = "sip:c" + std::to_string(i) + "@192.0.2.10";
        const BodyText body{.aor = publisher.aor, .contacts = {{.uri = contact}}};
        stored.receive(publisher.flow, publisher.request(3600, body.text()).text());
    }
    while (stored.commits_waiting() > 0) stored.commit();
    int answered = 0;
    for (const Sent& sent : stored.take()) answered += sent.status() == 200 ? 1 : 0;
    EXPECT_EQ(answered, 6);
}

/// Both change the same publication, and only the first one finds it as it was.
TEST_F(EndTurn, ARequestThatWaitedForACommitIsServedBeforeOneOfTheNextTurn) {
    Settings durable = settings();
    durable.durable = true;
    durable.limits.expiries_per_turn = 1;
    World stored(durable);
    Publisher older;
    older.publish(stored, {{.uri = "sip:a@192.0.2.10"}});
    older.flow = udp_flow("203.0.113.2");
    Publisher newer = older;
    newer.flow = udp_flow("203.0.113.3");
    Publisher stale = older;
    stale.etag = "gone";
    const auto send = [&](const Publisher& from) {
        const BodyText body{.aor = from.aor, .contacts = {{.uri = "sip:b@192.0.2.10"}}};
        stored.receive(from.flow, from.request(3600, body.text()).text());
    };
    stored.take();
    stored.store_answers_late = true;
    send(Publisher());  // another publication, whose commit the next two wait for
    send(stale);
    send(older);
    stored.commit();

    send(newer);
    while (stored.commits_waiting() > 0) stored.commit();

    std::vector<std::pair<Flow, int>> answers;
    for (const Sent& sent : stored.take()) {
        if (sent.flow == older.flow || sent.flow == newer.flow) {
            answers.emplace_back(sent.flow, sent.status());
        }
    }
    const std::vector<std::pair<Flow, int>> expected{
        {stale.flow, 412}, {older.flow, 200}, {newer.flow, 412}
    };
    EXPECT_EQ(answers, expected);
}

/// The clean stop has stored each CSeq as it is: a NOTIFY after that would have one that the next
/// process uses again. World::restart fails where one leaves.
TEST_F(EndTurn, AfterACleanStopNoNotifyLeaves) {
    Settings durable = settings();
    durable.durable = true;
    durable.limits.expiries_per_turn = 1;
    World stored(durable);
    std::vector<Watcher> many;
    for (int i = 0; i < 8; ++i) many.emplace_back("w" + std::to_string(i)).subscribe(stored);
    stored.answers = nullptr;
    const auto sent_before = stored.stats().notifies_sent;
    Publisher().publish(stored, {{.uri = "sip:a@192.0.2.10"}});
    EXPECT_EQ(stored.stats().notifies_sent, sent_before + 1) << "the others are for later turns";
    stored.restart();
}

}  // namespace
}  // namespace reginfo::test
