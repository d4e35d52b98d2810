/// @file
/// SUBSCRIBE at the notifier (RFC 6665 §4.2.1, RFC 3680 §4) and the pace of what follows
/// (DESIGN.md rules 6, 10, 12).

#include "core/event/notifier.hpp"

#include "tests/support/engine_fixture.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace reginfo::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kX = "sip:x@192.0.2.10";

class NotifierTest : public ::testing::Test {
protected:
    Sent ask(const RequestText& request) { return world.ask(watcher.flow, request.text()); }

    World world;
    Watcher watcher{"w1"};
    Publisher publisher;
};

TEST_F(NotifierTest, ASubscribeIsAnsweredAndFollowedByAFullDocumentAtOnce) {
    const Sent response = watcher.subscribe(world, 600);
    EXPECT_EQ(response.status(), 200);
    EXPECT_EQ(response.header("Expires"), "600");
    EXPECT_EQ(response.header("Contact"), "<sip:192.0.2.1:5060>");
    const auto notifies = world.take_notifies();
    ASSERT_EQ(notifies.size(), 1U);
    EXPECT_EQ(notifies[0].header("Subscription-State"), "active;expires=600");
    EXPECT_TRUE(read_told(notifies[0].body())->full);
}

TEST_F(NotifierTest, ARefusedSubscribeSaysWhyAndLeavesNothing) {
    struct Case {
        const char* why;
        std::function<void(RequestText&)> spoil;
        int status;
    };
    const std::vector<Case> cases = {
        {"no event", [](auto& r) { r.event.clear(); }, 489},
        {"other event", [](auto& r) { r.event = "presence"; }, 489},
        {"bad event", [](auto& r) { r.event = "reg;id=;"; }, 400},
        {"other documents only", [](auto& r) { r.more = {"Accept: application/pidf+xml"}; }, 406},
        {"q=0", [](auto& r) { r.more = {"Accept: application/reginfo+xml;q=0"}; }, 406},
        {"empty Accept", [](auto& r) { r.more = {"Accept: "}; }, 406},
        {"no Contact", [](auto& r) { r.contact.clear(); }, 400},
        {"bad Contact", [](auto& r) { r.contact = "<sip:>"; }, 400},
        {"Contact *", [](auto& r) { r.contact = "*"; }, 400},
        {"two Contacts", [](auto& r) { r.contact += ", <sip:b@c>"; }, 400},
        {"tel Contact", [](auto& r) { r.contact = "<tel:+1>"; }, 400},
        {"bad Expires", [](auto& r) { r.expires = "soon"; }, 400},
        {"bad route", [](auto& r) { r.more = {"Record-Route: <tel:+1>"}; }, 400},
        {"unknown dialog", [](auto& r) { r.to += ";tag=unknown"; }, 481},
    };
    for (const Case& c : cases) {
        SCOPED_TRACE(c.why);
        Watcher other("w" + next_branch());
        RequestText request = other.subscribe(600);
        c.spoil(request);
        EXPECT_EQ(ask(request).status(), c.status);
        EXPECT_TRUE(world.take().empty());
        EXPECT_EQ(world.stats().subscriptions + world.stats().dialogs + world.stats().aors, 0U);
    }
}

TEST_F(NotifierTest, AcceptAdmitsRangesParametersAndNone) {
    for (const char* accept :
         {"Accept: */*", "Accept: application/*", "Accept: a/b, application/reginfo+xml;q=0.1"}) {
        Watcher other("w" + next_branch());
        other.more = {accept};
        EXPECT_EQ(other.subscribe(world).status(), 200) << accept;
    }
}

TEST_F(NotifierTest, ExpiresIsGrantedShortenedDefaultedOrTooBrief) {
    EXPECT_EQ(watcher.subscribe(world, 99'999).header("Expires"), "86400");
    RequestText request = watcher.subscribe(0);
    request.expires.clear();
    EXPECT_EQ(ask(request).header("Expires"), "3600");

    Settings settings = test_settings();
    settings.subscribe.min_expires = Seconds{60};
    World strict(settings);
    Watcher other("w2");
    const Sent brief = other.subscribe(strict, 59);
    EXPECT_EQ(brief.status(), 423);
    EXPECT_EQ(brief.header("Min-Expires"), "60");
}

TEST_F(NotifierTest, AFetchIsToldOnceAndLeavesNothing) {
    publisher.publish(world, {{.uri = kX}});
    EXPECT_EQ(watcher.subscribe(world, 0).header("Expires"), "0");
    const auto notifies = world.take_notifies();
    ASSERT_EQ(notifies.size(), 1U);
    EXPECT_EQ(notifies[0].header("Subscription-State"), "terminated;reason=timeout");
    EXPECT_EQ(read_told(notifies[0].body())->contacts.size(), 1U);
    EXPECT_EQ(world.stats().subscriptions + world.stats().dialogs, 0U);
    EXPECT_EQ(world.stats().fetches, 1U);
}

TEST_F(NotifierTest, AnUnsubscribeIsToldOnceMoreWithTheState) {
    publisher.publish(world, {{.uri = kX}});
    watcher.subscribe(world);
    world.take();
    EXPECT_EQ(watcher.subscribe(world, 0).status(), 200);
    const auto notifies = world.take_notifies();
    ASSERT_EQ(notifies.size(), 1U);
    EXPECT_EQ(notifies[0].header("Subscription-State"), "terminated;reason=timeout");
    EXPECT_EQ(read_told(notifies[0].body())->version, 1U);
    EXPECT_EQ(world.stats().subscriptions, 0U);
    EXPECT_EQ(watcher.subscribe(world).status(), 481);
}

TEST_F(NotifierTest, AnExpiredSubscriptionIsToldSoToTheSecond) {
    watcher.subscribe(world, 60);
    world.take();
    world.pass(60s - 1us);
    EXPECT_TRUE(world.take().empty());
    world.pass(1us);
    EXPECT_EQ(
        world.take_notifies().at(0).header("Subscription-State"), "terminated;reason=timeout"
    );
    EXPECT_EQ(world.stats().subscriptions, 0U);
    EXPECT_EQ(world.stats().subscriptions_expired, 1U);
}

TEST_F(NotifierTest, ARefreshMovesTheEnd) {
    watcher.subscribe(world, 60);
    world.pass(50s);
    EXPECT_EQ(watcher.subscribe(world, 60).status(), 200);
    world.pass(59s);
    EXPECT_EQ(world.stats().subscriptions, 1U);
    world.pass(1s);
    EXPECT_EQ(world.stats().subscriptions, 0U);
}

// RFC 3261 §12.2.2.
TEST_F(NotifierTest, ACSeqThatDoesNotGrowIsRefused) {
    watcher.subscribe(world);
    watcher.cseq = 0;
    EXPECT_EQ(watcher.subscribe(world).status(), 500);
    watcher.cseq = 9;
    EXPECT_EQ(watcher.subscribe(world).status(), 200);
}

// RFC 6665 §4.5.2.
TEST_F(NotifierTest, SubscriptionsOfOneDialogDifferInEventId) {
    watcher.event = "reg;id=a";
    watcher.subscribe(world);
    watcher.event = "reg;id=b";
    EXPECT_EQ(watcher.subscribe(world).status(), 200);
    EXPECT_EQ(world.stats().subscriptions, 2U);
    EXPECT_EQ(world.stats().dialogs, 1U);
    world.take();

    publisher.publish(world, {{.uri = kX}});
    const auto notifies = world.take_notifies();
    ASSERT_EQ(notifies.size(), 2U);
    EXPECT_EQ(notifies[1].cseq(), notifies[0].cseq() + 1);
    EXPECT_NE(notifies[0].header("Event"), notifies[1].header("Event"));
    for (const Sent& notify : notifies) EXPECT_EQ(read_told(notify.body())->version, 1U);

    watcher.event = "reg;id=a";
    watcher.subscribe(world, 0);
    EXPECT_EQ(world.take_notifies().at(0).header("Event"), "reg;id=a");
    EXPECT_EQ(world.stats().subscriptions, 1U);
    EXPECT_EQ(watcher.subscribe(world).status(), 200) << "another one with that id";
}

TEST_F(NotifierTest, InOneDialogToOnlyOneNotifyIsInFlight) {
    watcher.event = "reg;id=a";
    watcher.subscribe(world);
    watcher.event = "reg;id=b";
    watcher.subscribe(world);
    world.take();
    world.answers = nullptr;
    publisher.publish(world, {{.uri = kX}});
    const auto first = world.take_notifies();
    ASSERT_EQ(first.size(), 1U);
    world.answer(first[0], 200);
    const auto second = world.take_notifies();
    ASSERT_EQ(second.size(), 1U);
    EXPECT_NE(first[0].header("Event"), second[0].header("Event"));
}

// A dead peer with two usages: neither keeps the other alive by superseding it.
TEST_F(NotifierTest, TwoUsagesOfADeadDialogEnd) {
    for (const char* event : {"reg;id=a", "reg;id=b"}) {
        watcher.event = event;
        watcher.subscribe(world);
    }
    world.answers = nullptr;
    publisher.publish(world, {{.uri = kX}});
    world.pass(120s);
    EXPECT_EQ(world.stats().subscriptions, 0U);
}

// Rule 12.
class PacedNotifierTest : public NotifierTest {
protected:
    PacedNotifierTest() : paced(settings()) {}

    static Settings settings() {
        Settings s = test_settings();
        s.notify.burst = 2;
        s.notify.min_interval = 5s;
        return s;
    }

    std::size_t change() {
        contacts.push_back({.uri = "sip:c" + std::to_string(contacts.size()) + "@h"});
        publisher.publish(paced, contacts);
        return paced.take_notifies().size();
    }

    World paced;
    std::vector<ContactText> contacts;
};

TEST_F(PacedNotifierTest, ABurstPassesAndThenNewsFoldsIntoOneNotifyAnInterval) {
    watcher.subscribe(paced);
    paced.take();
    EXPECT_EQ(change(), 1U);
    EXPECT_EQ(change(), 1U);
    EXPECT_EQ(change(), 0U);
    EXPECT_EQ(change(), 0U);
    paced.pass(5s - 1us);
    EXPECT_TRUE(paced.take().empty());
    paced.pass(1us);
    const auto notifies = paced.take_notifies();
    ASSERT_EQ(notifies.size(), 1U);
    EXPECT_EQ(read_told(notifies[0].body())->contacts.size(), 4U);
    paced.pass(60s);
    EXPECT_TRUE(paced.take().empty());
}

TEST_F(PacedNotifierTest, ANotifyDueToASubscribeAndTheLastOneGoAtOnce) {
    watcher.subscribe(paced);
    while (change() > 0) {
    }
    watcher.subscribe(paced);
    EXPECT_EQ(paced.take_notifies().size(), 1U);
    while (change() > 0) {
    }
    watcher.subscribe(paced, 0);
    EXPECT_EQ(paced.take_notifies().size(), 1U);
}

// Rule 10.

TEST_F(NotifierTest, TooManySubscriptionsAreRefusedAndOldOnesGoOn) {
    struct Case {
        Bound bound;
        std::function<void(Settings::Limits&)> limit;
    };
    const std::vector<Case> cases = {
        {Bound::subscriptions_per_aor, [](auto& limits) { limits.subscriptions_per_aor = 1; }},
        {Bound::subscriptions_per_watcher,
         [](auto& limits) { limits.subscriptions_per_watcher = 1; }},
        {Bound::subscriptions, [](auto& limits) { limits.subscriptions = 1; }},
    };
    for (const Case& c : cases) {
        Settings settings = test_settings();
        c.limit(settings.limits);
        World small(settings);
        Watcher first("w1");
        Watcher second("w2");
        for (Watcher* w : {&first, &second}) w->more = {"P-Asserted-Identity: <sip:same@h>"};
        EXPECT_EQ(first.subscribe(small).status(), 200);
        const Sent refused = second.subscribe(small);
        EXPECT_EQ(refused.status(), 503);
        EXPECT_TRUE(refused.has("Retry-After"));
        EXPECT_EQ(small.stats().refused_by_bound[index_of(c.bound)], 1U);
        EXPECT_EQ(first.subscribe(small).status(), 200) << "a refresh";
        EXPECT_EQ(first.subscribe(small, 0).status(), 200);
        EXPECT_EQ(second.subscribe(small).status(), 200) << "there is room again";
    }
}

TEST_F(NotifierTest, TheBoundPerWatcherCountsTheAssertedIdentityElseFrom) {
    Settings settings = test_settings();
    settings.limits.subscriptions_per_watcher = 1;
    World small(settings);
    Watcher first("w1");
    Watcher second("w2");
    EXPECT_EQ(first.subscribe(small).status(), 200);
    EXPECT_EQ(second.subscribe(small).status(), 200);
    Watcher third("w3");
    third.more = {"P-Asserted-Identity: <sip:w1@example.org>"};
    EXPECT_EQ(third.subscribe(small).status(), 503);
}

TEST_F(NotifierTest, ADialogIsNotLargerThanItsBound) {
    Settings settings = test_settings();
    settings.limits.dialog_state_bytes = 1000;
    World small(settings);
    const std::string large = "sip:w1@198.51.100.1;x=" + std::string(1000, 'x');
    Watcher first("w1");
    first.contact = large;
    EXPECT_EQ(first.subscribe(small).status(), 513);
    Watcher second("w2");
    EXPECT_EQ(second.subscribe(small).status(), 200);
    second.contact = large;
    EXPECT_EQ(second.subscribe(small).status(), 513) << "nor does it become so";
    EXPECT_EQ(small.stats().refused_by_bound[index_of(Bound::dialog_state)], 2U);
    EXPECT_EQ(small.stats().subscriptions, 1U);
}

TEST_F(NotifierTest, ADialogDoesNotHoldAnyNumberOfSubscriptions) {
    int accepted = 0;
    for (int i = 0; i < 1000; ++i) {
        watcher.event = "reg;id=" + std::to_string(i);
        if (watcher.subscribe(world).status() == 200) ++accepted;
    }
    EXPECT_GT(accepted, 8);
    EXPECT_LT(accepted, 100);
    EXPECT_EQ(world.stats().subscriptions, static_cast<std::uint64_t>(accepted));
}

}  // namespace
}  // namespace reginfo::test
