/// @file
/// What the profiles `ims`, `linphone` and `partial` change for a watcher.

#include "tests/core/event/notify_fixture.hpp"

#include <gtest/gtest.h>

#include <string>

namespace reginfo::test {
namespace {

Settings settings_with(Profile profile) {
    Settings settings = test_settings();
    settings.profile_rules = {{.profile = profile}};
    return settings;
}

bool has(const Sent& notify, std::string_view text) {
    return notify.body().find(text) != std::string_view::npos;
}

class WithProfile : public ::testing::Test {
protected:
    explicit WithProfile(Profile profile) : world(settings_with(profile)) {}

    std::vector<Sent> publish(std::vector<ContactText> contacts, std::string more = "") {
        const BodyText body{.contacts = std::move(contacts), .more = std::move(more)};
        EXPECT_EQ(publisher.publish_text(world, body.text()).status(), 200);
        return world.take_notifies();
    }

    World world;
    Watcher watcher{"w1"};
    Publisher publisher;
};

struct Ims : WithProfile {
    Ims() : WithProfile(Profile::ims) {}

    /// Another registration of the implicit set.
    static std::string member(const std::string& aor, const std::string& contacts) {
        return "<registration aor=\"" + aor + "\" id=\"m\" state=\"active\">" + contacts +
               "</registration>";
    }
    static std::string contact(const std::string& uri, const std::string& expires = "3600") {
        return "<contact id=\"x\" state=\"active\" event=\"created\" callid=\"c1\" cseq=\"1\" "
               "expires=\"" +
               expires + "\"><uri>" + uri + "</uri></contact>";
    }
};

TEST_F(Ims, AnAorWithoutActiveContactIsAnswered480_Ts24229_5_4_2_1_1) {
    EXPECT_EQ(watcher.subscribe(world).status(), 480);
    publish({{.uri = uri_of(0)}});
    EXPECT_EQ(watcher.subscribe(world).status(), 200);
}

TEST_F(Ims, AllRegistrationsOfTheImplicitSetAreListedOwnFirst_Ts24229_5_4_2_1_2) {
    publish(
        {{.uri = uri_of(0)}},
        member("sip:b@example.org", contact(uri_of(0))) + member("tel:+491234", contact(uri_of(0)))
    );
    watcher.subscribe(world);
    const Sent told = world.take_notifies().at(0);
    const auto own = told.body().find("aor=\"sip:alice@example.org\"");
    const auto second = told.body().find("aor=\"sip:b@example.org\"");
    const auto third = told.body().find("aor=\"tel:+491234\"");
    ASSERT_NE(third, std::string_view::npos);
    EXPECT_LT(own, second);
    EXPECT_LT(second, third);
    EXPECT_TRUE(has(told, "event=\"created\""));
    EXPECT_TRUE(has(told, "state=\"full\""));
}

TEST_F(Ims, OneRegistrationOfEachAorComesOutOfSeveralPublications) {
    publish({{.uri = uri_of(0)}}, member("sip:b@EXAMPLE.org", contact(uri_of(0))));
    Publisher second;
    second.publish_text(
        world,
        BodyText{
            .contacts = {{.uri = uri_of(0)}},
            .more = member("sip:b@example.org", contact(uri_of(1)))}
            .text()
    );
    watcher.subscribe(world);
    const Sent told = world.take_notifies().at(0);
    std::size_t registrations = 0;
    for (auto at = told.body().find("<registration "); at != std::string_view::npos;
         at = told.body().find("<registration ", at + 1)) {
        ++registrations;
    }
    EXPECT_EQ(registrations, 2U);
    EXPECT_TRUE(has(told, uri_of(1)));
}

TEST_F(Ims, AChangeOfAnotherRegistrationIsTold) {
    publish({{.uri = uri_of(0)}}, member("sip:b@example.org", contact(uri_of(0))));
    watcher.subscribe(world);
    world.take();
    const auto told = publish({{.uri = uri_of(0)}}, member("sip:b@example.org", ""));
    ASSERT_EQ(told.size(), 1U);
    EXPECT_TRUE(has(told[0], "state=\"terminated\" event=\"expired\""));
}

TEST_F(Ims, AContactOfAnotherRegistrationHasItsOwnClock) {
    publish({{.uri = uri_of(0)}}, member("sip:b@example.org", contact(uri_of(1), "60")));
    watcher.subscribe(world);
    world.take();
    world.pass(59s);
    EXPECT_TRUE(world.take_notifies().empty());
    world.pass(4s);
    EXPECT_EQ(world.take_notifies().size(), 1U);
}

TEST_F(Ims, TheNotifyOfTheLastContactsEndEndsTheSubscription_Ts24229_5_4_2_1_2) {
    publish({{.uri = uri_of(0)}}, member("sip:b@example.org", contact(uri_of(0))));
    watcher.subscribe(world);
    world.take();
    EXPECT_EQ(publisher.remove(world).status(), 200);
    const auto told = world.take_notifies();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].header("Subscription-State"), "terminated;reason=deactivated");
    EXPECT_TRUE(has(told[0], "state=\"terminated\" event=\"unregistered\""));
    EXPECT_FALSE(has(told[0], "state=\"active\""));
    EXPECT_EQ(world.stats().subscriptions, 0U);
}

TEST_F(Ims, TheSubscriptionLivesAsLongAsOneRegistrationOfTheSetIsActive) {
    publish({{.uri = uri_of(0)}}, member("sip:b@example.org", contact(uri_of(0))));
    watcher.subscribe(world);
    world.take();
    const auto told = publish({}, member("sip:b@example.org", contact(uri_of(0))));
    ASSERT_EQ(told.size(), 1U);
    EXPECT_TRUE(told[0].header("Subscription-State").starts_with("active"));
}

TEST_F(Ims, GruusAndTheWildcardedIdentityAreKept) {
    const std::string gruu =
        "<gr:pub-gruu xmlns:gr=\"urn:ietf:params:xml:ns:gruuinfo\" "
        "uri=\"sip:alice@example.org;gr=1\"/>";
    const std::string wildcard =
        "<ere:wildcardedIdentity xmlns:ere=\"urn:3gpp:ns:extRegExp:1.0\">"
        "sip:a!.*!@example.org</ere:wildcardedIdentity>";
    publish(
        {{.uri = uri_of(0), .children = gruu}},
        member("sip:a1@example.org", contact(uri_of(0)) + wildcard)
    );
    watcher.subscribe(world);
    const Sent told = world.take_notifies().at(0);
    EXPECT_TRUE(has(told, "pub-gruu"));
    EXPECT_TRUE(has(told, "sip:alice@example.org;gr=1"));
    EXPECT_TRUE(has(told, "sip:a!.*!@example.org"));
    EXPECT_TRUE(has(told, "urn:3gpp:ns:extRegExp:1.0"));
}

TEST_F(Ims, ANewSubscriptionFromTheSameContactEndsTheOlderOne) {
    publish({{.uri = uri_of(0)}});
    watcher.subscribe(world);
    world.take();
    Watcher restarted("w2");
    restarted.contact = watcher.contact;
    restarted.subscribe(world);
    const auto told = world.take_notifies();
    ASSERT_EQ(told.size(), 2U);
    for (const Sent& notify : told) {
        EXPECT_EQ(
            notify.header("Subscription-State").starts_with("terminated"), watcher.owns(notify)
        );
    }
    EXPECT_EQ(world.stats().subscriptions, 1U);
}

TEST_F(Ims, ARefusalWith503AsksForNoLongWait) {
    Settings settings = settings_with(Profile::ims);
    settings.limits.subscriptions = 0;
    World full(settings);
    Publisher().publish(full, std::vector<ContactText>{{.uri = uri_of(0)}});
    const Sent response = watcher.subscribe(full);
    EXPECT_EQ(response.status(), 503);
    EXPECT_EQ(response.header("Retry-After"), "10");
}

struct Standard : WithProfile {
    Standard() : WithProfile(Profile::standard) {}
};

TEST_F(Standard, OtherRegistrationsAreNeitherListedNorTold) {
    publish({{.uri = uri_of(0)}}, Ims::member("sip:b@example.org", Ims::contact(uri_of(0))));
    watcher.subscribe(world);
    EXPECT_FALSE(has(world.take_notifies().at(0), "sip:b@example.org"));
    EXPECT_TRUE(publish({{.uri = uri_of(0)}}, Ims::member("sip:b@example.org", "")).empty());
    const auto told = publish({});
    ASSERT_EQ(told.size(), 1U);
    EXPECT_TRUE(has(told[0], "event=\"expired\""));
}

struct Linphone : WithProfile {
    Linphone() : WithProfile(Profile::linphone) {}
};

TEST_F(Linphone, AnAorThatNobodyPublishedIsTerminatedAndHasNoContacts) {
    watcher.subscribe(world);
    const Sent told = world.take_notifies().at(0);
    EXPECT_TRUE(has(told, "state=\"terminated\"></registration>"));
    EXPECT_FALSE(has(told, "<contact"));
}

TEST_F(Linphone, EveryNotifyHasABodyEvenIfTheWatcherKnowsTheState) {
    watcher.more = {"Suppress-If-Match: *"};
    watcher.subscribe(world);
    EXPECT_FALSE(world.take_notifies().at(0).body().empty());
    watcher.more.clear();
    watcher.subscribe(world, 0);
    EXPECT_FALSE(world.take_notifies().at(0).body().empty());
}

TEST_F(Linphone, UnknownParamsAreKept) {
    const std::string specs =
        "<unknown-param name=\"+org.linphone.specs\">\"lime,groupchat\"</unknown-param>";
    publish({{.uri = uri_of(0), .children = specs}});
    watcher.subscribe(world);
    EXPECT_TRUE(has(world.take_notifies().at(0), "name=\"+org.linphone.specs\""));
}

struct Partial : WithProfile {
    Partial() : WithProfile(Profile::partial) {}

    void SetUp() override {
        publish({{.uri = uri_of(0)}, {.uri = uri_of(1)}});
        watcher.subscribe(world);
        first = world.take_notifies().at(0);
    }

    std::vector<Sent> add(std::size_t n) {
        std::vector<ContactText> contacts{{.uri = uri_of(0)}, {.uri = uri_of(1)}};
        for (std::size_t i = 2; i <= n; ++i) contacts.push_back({.uri = uri_of(i)});
        return publish(std::move(contacts));
    }

    Sent first;
};

TEST_F(Partial, TheFirstDocumentIsFullAndLaterOnesListWhatChanged_Rfc3680_5_1) {
    EXPECT_TRUE(has(first, "state=\"full\""));
    const auto told = add(2);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_TRUE(has(told[0], "state=\"partial\""));
    EXPECT_TRUE(has(told[0], uri_of(2)));
    EXPECT_FALSE(has(told[0], uri_of(0)));
}

TEST_F(Partial, AnEndedContactIsListedOnce_Rfc3680_5_2) {
    const auto told = publish({{.uri = uri_of(0)}});
    ASSERT_EQ(told.size(), 1U);
    EXPECT_TRUE(has(told[0], "state=\"partial\""));
    EXPECT_TRUE(has(told[0], uri_of(1)));
    EXPECT_TRUE(has(told[0], "event=\"expired\""));
    EXPECT_FALSE(has(told[0], uri_of(0)));
    EXPECT_FALSE(has(add(2).at(0), "event=\"expired\""));
}

TEST_F(Partial, TheDocumentDueToARefreshIsFull_Rfc3680_5_1) {
    add(2);
    watcher.subscribe(world);
    const Sent told = world.take_notifies().at(0);
    EXPECT_TRUE(has(told, "state=\"full\""));
    EXPECT_TRUE(has(told, uri_of(0)));
    EXPECT_TRUE(has(add(3).at(0), "state=\"partial\""));
}

TEST_F(Partial, TheDocumentAfterANotifyWithout2xxIsFull) {
    world.answers = [](const Sent&) { return std::nullopt; };
    world.answer(add(2).at(0), 500, {"Retry-After: 1"});
    world.pass(1s);
    const auto told = world.take_notifies();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_TRUE(has(told[0], "state=\"full\""));
    world.answer(told[0], 200);
    EXPECT_TRUE(has(add(3).at(0), "state=\"partial\""));
}

TEST_F(Partial, TheDocumentAfterASupersededOneIsFull) {
    world.answers = [](const Sent&) { return std::nullopt; };
    add(2);
    add(3);
    world.pass(4100ms);
    EXPECT_TRUE(has(world.take_notifies().back(), "state=\"full\""));
}

TEST_F(Partial, FoldingFullAndPartialDocumentsGivesTheState) {
    WatcherFold fold;
    EXPECT_EQ(fold.take(first.body()), "");
    for (std::size_t n = 2; n < 6; ++n) {
        for (const Sent& told : add(n)) EXPECT_EQ(fold.take(told.body()), "");
    }
    for (const Sent& told : publish({{.uri = uri_of(3)}})) {
        EXPECT_EQ(fold.take(told.body()), "");
    }
    EXPECT_EQ(fold.uris(), uri_of(3));
}

}  // namespace
}  // namespace reginfo::test
