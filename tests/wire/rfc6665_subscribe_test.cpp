/// @file
/// RFC 6665: SUBSCRIBE at the notifier (§4.2.1, §4.4, §4.5, §8).

#include "tests/wire/wire_fixture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace reginfo::test {
namespace {

class Subscribed : public WireTest {
protected:
    explicit Subscribed(Settings settings = test_settings()) : WireTest(std::move(settings)) {}

    std::vector<Sent> change() {
        contacts.push_back({.uri = "sip:c" + std::to_string(contacts.size()) + "@192.0.2.10"});
        EXPECT_EQ(publisher.publish(world, contacts).status(), 200);
        return world.take_notifies();
    }

    /// The NOTIFYs that follow a SUBSCRIBE of the watcher.
    std::vector<Sent> resubscribe(int expires = 3600) {
        world.take();
        EXPECT_EQ(watcher.subscribe(world, expires).status(), 200);
        return world.take_notifies();
    }

    Watcher watcher{"w1"};
    Publisher publisher;
    std::vector<ContactText> contacts;
};

struct StrictNotifier : Subscribed {
    StrictNotifier()
        : Subscribed([] {
              Settings settings = test_settings();
              settings.subscribe.min_expires = Seconds{60};
              return settings;
          }()) {}
};

using Rfc6665Section4_1_3 = Subscribed;
using Rfc6665Section4_2_1_1 = Subscribed;
using Rfc6665Section4_2_1_1WithAMinimum = StrictNotifier;
using Rfc6665Section4_2_1_2 = Subscribed;
using Rfc6665Section4_2_1_4 = Subscribed;
using Rfc6665Section4_4_1 = Subscribed;
using Rfc6665Section4_4_3 = Subscribed;
using Rfc6665Section4_4_4 = Subscribed;
using Rfc6665Section4_5_2 = Subscribed;
using Rfc6665Section8_2_1 = Subscribed;
using Rfc6665Section8_2_3 = Subscribed;
using Rfc3261Section20_1 = Subscribed;

TEST_F(Rfc6665Section4_2_1_1, AnEventThatIsMissingOrNotOursIs489WithAllowEvents) {
    for (const char* event : {"", "presence", "reg.winfo", "reg.reg", "registration"}) {
        RequestText request = subscribe();
        request.event = event;
        const std::vector<Sent> sent = hear(request);
        ASSERT_EQ(sent.size(), 1U) << "nobody is notified";
        EXPECT_EQ(sent[0].status(), 489) << event;
        EXPECT_EQ(sent[0].header("Allow-Events"), "reg");
    }
}

TEST_F(Rfc6665Section4_2_1_1, AnEventThatIsMalformedOrThereTwiceIs400) {
    for (const char* event :
         {";id=1", "reg,presence", "\"reg\"", "re g", "reg;id=;", "reg;", "reg;id=a;id=b"}) {
        RequestText request = subscribe();
        request.event = event;
        EXPECT_EQ(ask(request).message.reason, "Malformed Event header") << event;
    }
    RequestText request = subscribe();
    request.more = {"Event: reg"};
    EXPECT_EQ(ask(request).message.reason, "Several Event headers");
}

TEST_F(Rfc6665Section4_2_1_1, AnExpiresIsGrantedShortenedOrDefaultedAndNeverLengthened) {
    for (const auto& [wanted, granted] : std::vector<std::pair<const char*, const char*>>{
             {"1", "1"}, {"600", "600"}, {"86401", "86400"}, {"4294967296", "86400"}, {"", "3600"}
         }) {
        RequestText request = subscribe();
        request.expires = wanted;
        const Sent response = ask(request);
        EXPECT_EQ(response.status(), 200);
        EXPECT_EQ(response.header("Expires"), granted);
        EXPECT_EQ(
            param_of(world.take_notifies().at(0).header("Subscription-State"), "expires"), granted
        );
    }
}

TEST_F(Rfc6665Section4_2_1_1WithAMinimum, LessIs423WithMinExpires) {
    const Sent response = watcher.subscribe(world, 59);
    EXPECT_EQ(response.status(), 423);
    EXPECT_EQ(response.header("Min-Expires"), "60");
    EXPECT_EQ(watcher.subscribe(world, 60).status(), 200);
    EXPECT_EQ(watcher.subscribe(world, 59).status(), 423);
    EXPECT_EQ(watcher.subscribe(world, 0).status(), 200);
}

TEST_F(Rfc6665Section4_2_1_2, A2xxIsFollowedAtOnceByANotifyOfTheState) {
    change();
    const std::vector<Sent> sent = hear(subscribe());
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[0].status(), 200);
    EXPECT_TRUE(sent[1].is_notify());
    EXPECT_EQ(sent[1].at, sent[0].at);
    EXPECT_EQ(sent[1].header("Subscription-State"), "active;expires=600");
    EXPECT_EQ(sent[1].header("Content-Type"), "application/reginfo+xml");
    EXPECT_TRUE(read_told(sent[1].body())->full);
}

TEST_F(Rfc6665Section4_2_1_2, ARefreshIsFollowedByANotifyInTheSameDialogEvenWithoutNews) {
    const Sent first = resubscribe().at(0);
    for (int i = 0; i < 3; ++i) {
        const auto sent = resubscribe(300);
        ASSERT_EQ(sent.size(), 1U);
        EXPECT_EQ(sent[0].header("From"), first.header("From"));
        EXPECT_EQ(sent[0].header("Subscription-State"), "active;expires=300");
    }
}

TEST_F(Rfc6665Section4_2_1_4, ASubscriptionThatIsNotRefreshedEndsWithReasonTimeout) {
    resubscribe(60);
    world.pass(62s - 1us);  // subscribe.grace
    EXPECT_TRUE(world.take().empty());
    world.pass(1us);
    const auto sent = world.take_notifies();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].header("Subscription-State"), "terminated;reason=timeout");
    EXPECT_TRUE(change().empty());
    EXPECT_EQ(watcher.subscribe(world).status(), 481);
}

TEST_F(Rfc6665Section4_2_1_4, ARefreshThatLeavesAtTheLastMomentStillFindsItsSubscription) {
    resubscribe(60);
    world.pass(61s);
    EXPECT_EQ(change().at(0).header("Subscription-State"), "active;expires=0");
    EXPECT_EQ(watcher.subscribe(world, 60).status(), 200);
    world.take();
    world.pass(61s);
    EXPECT_EQ(change().size(), 1U);
}

TEST_F(Rfc6665Section4_2_1_4, TheExpiresOfANotifyCountsFromItsAnswer) {
    world.answers = [](const Sent&) { return std::nullopt; };
    const auto told = resubscribe(60);
    ASSERT_EQ(told[0].header("Subscription-State"), "active;expires=60");
    world.pass(5s);
    world.answer(told[0], 200);
    world.take();
    world.pass(60s + 2s - 1us);
    EXPECT_TRUE(world.take().empty());
    world.pass(1us);
    EXPECT_EQ(
        world.take_notifies().at(0).header("Subscription-State"), "terminated;reason=timeout"
    );
}

TEST_F(Rfc6665Section4_2_1_4, ARefreshedSubscriptionOutlivesItsFirstInterval) {
    resubscribe(60);
    world.pass(50s);
    resubscribe(60);
    world.pass(59s);
    EXPECT_EQ(change().size(), 1U);
}

TEST_F(Rfc6665Section4_4_1, AfterTheLastNotifyTheDialogIsGone) {
    resubscribe();
    const auto sent = resubscribe(0);
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].header("Subscription-State"), "terminated;reason=timeout");
    EXPECT_TRUE(change().empty());
    EXPECT_EQ(watcher.subscribe(world).status(), 481);
    EXPECT_EQ(world.stats().dialogs, 0U);
}

TEST_F(Rfc6665Section4_4_3, AFetchGetsTheWholeStateOnce) {
    change();
    change();
    const auto sent = resubscribe(0);
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].header("Subscription-State"), "terminated;reason=timeout");
    EXPECT_EQ(read_told(sent[0].body())->contacts.size(), 2U);
    EXPECT_TRUE(read_told(sent[0].body())->full);
    EXPECT_EQ(world.stats().subscriptions + world.stats().dialogs, 0U);
}

TEST_F(Rfc6665Section4_4_4, ThePackagesThatThereAreAreNamedWhereADialogBegins) {
    EXPECT_EQ(watcher.subscribe(world).header("Allow-Events"), "reg");
    EXPECT_EQ(ask(options()).header("Allow-Events"), "reg");
}

TEST_F(Rfc6665Section4_5_2, SubscriptionsOfOneDialogDifferInEventIdAndAreEachNotified) {
    for (const char* event : {"reg", "reg;id=a", "reg;id=b"}) {
        watcher.event = event;
        EXPECT_EQ(resubscribe().at(0).header("Event"), event);
    }
    EXPECT_EQ(world.stats().dialogs, 1U);
    const auto sent = change();
    ASSERT_EQ(sent.size(), 3U);
    EXPECT_EQ(sent[1].cseq(), sent[0].cseq() + 1) << "one CSeq space";
    EXPECT_EQ(sent[2].cseq(), sent[1].cseq() + 1);

    watcher.event = "reg;id=a";
    EXPECT_EQ(resubscribe(0).at(0).header("Event"), "reg;id=a");
    EXPECT_EQ(change().size(), 2U) << "the other two go on";
    watcher.event = "reg;id=A";
    resubscribe();
    EXPECT_EQ(world.stats().subscriptions, 3U) << "ids have case";
}

TEST_F(Rfc6665Section4_5_2, SubscriptionsOfOneWatcherInSeveralDialogsAreEachNotified) {
    Watcher again("w2");
    resubscribe();
    again.subscribe(world);
    world.take();
    EXPECT_EQ(change().size(), 2U);
}

TEST_F(Rfc6665Section8_2_1, TheEventOfANotifyIsThatOfTheSubscribeWithItsId) {
    for (const auto& [event, told] : std::vector<std::pair<const char*, const char*>>{
             {"reg", "reg"}, {"reg;unknown=1", "reg"}, {"reg ; ID = q7 ; x", "reg;id=q7"}
         }) {
        RequestText request = subscribe();
        request.event = event;
        EXPECT_EQ(ask(request).status(), 200);
        EXPECT_EQ(world.take_notifies().at(0).header("Event"), told) << event;
    }
}

TEST_F(Rfc6665Section8_2_1, ResponsesHaveNeitherEventNorSubscriptionState) {
    RequestText other = subscribe();
    other.event = "presence";
    for (const RequestText& request : {subscribe(), publish(), other}) {
        const Sent response = ask(request);
        EXPECT_FALSE(response.has("Event"));
        EXPECT_FALSE(response.has("Subscription-State"));
    }
}

TEST_F(Rfc6665Section8_2_3, TheExpiresOfANotifyIsWhatIsLeft) {
    resubscribe(600);
    world.pass(100s);
    EXPECT_EQ(change().at(0).header("Subscription-State"), "active;expires=500");
    world.pass(99'500ms);
    EXPECT_EQ(change().at(0).header("Subscription-State"), "active;expires=400")
        << "of 400.5 s: rather too few, so that the refresh comes in time";
}

TEST_F(Rfc6665Section4_1_3, ANotifyToTheServerBelongsToNoSubscriptionOfIts) {
    RequestText request = options();
    request.method = "NOTIFY";
    request.event = "reg";
    request.more = {"Subscription-State: active"};
    EXPECT_EQ(ask(request).status(), 481);
}

TEST_F(Rfc3261Section20_1, AcceptMayAdmitByNameRangeOrAbsence) {
    for (const char* accept :
         {"application/reginfo+xml",
          "*/*",
          "application/*",
          "Application/RegInfo+XML;q=0.1",
          "text/plain, application/reginfo+xml",
          "*/*;q=0, application/*;q=0.5",
          "application / reginfo+xml ; level=1",
          "application/reginfo+xml;q=1.000"}) {
        RequestText request = subscribe();
        request.more = {std::string("Accept: ") + accept};
        EXPECT_EQ(ask(request).status(), 200) << accept;
    }
    EXPECT_EQ(ask(subscribe()).status(), 200) << "no Accept";
    RequestText two = subscribe();
    two.more = {"Accept: text/plain", "Accept: application/reginfo+xml"};
    EXPECT_EQ(ask(two).status(), 200);
}

TEST_F(Rfc3261Section20_1, AnAcceptThatAdmitsNothingOfOursIs406WithWhatThereIs) {
    for (const char* accept :
         {"application/pidf+xml",
          "",
          "application/reginfo+xml;q=0",
          "text/*",
          "application/reginfo+xml;q=0.000, */*",
          "application/*;q=0, */*;q=1"}) {
        RequestText request = subscribe();
        request.more = {std::string("Accept: ") + accept};
        const Sent response = ask(request);
        EXPECT_EQ(response.status(), 406) << accept;
        EXPECT_EQ(response.header("Accept"), "application/reginfo+xml");
    }
}

}  // namespace
}  // namespace reginfo::test
