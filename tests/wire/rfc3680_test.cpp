/// @file
/// RFC 3680: the event package `reg` and its documents.

#include "tests/support/addresses.hpp"
#include "tests/wire/wire_fixture.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace reginfo::test {
namespace {

constexpr const char* kB = "sip:b@192.0.2.20";

class RegPackage : public WireTest {
protected:
    explicit RegPackage(Settings settings = test_settings()) : WireTest(std::move(settings)) {}

    /// The first NOTIFY of a new watcher.
    ToldDocument told_to(Watcher& who) {
        world.take();
        EXPECT_EQ(who.subscribe(world).status(), 200);
        return document(world.take_notifies());
    }

    /// The NOTIFYs of a new document.
    std::vector<Sent> publish(std::vector<ContactText> contacts) {
        world.take();
        EXPECT_EQ(publisher.publish(world, std::move(contacts)).status(), 200);
        return world.take_notifies();
    }

    static ToldDocument document(const std::vector<Sent>& notifies) {
        EXPECT_EQ(notifies.size(), 1U);
        const auto told = notifies.empty() ? std::nullopt : read_told(notifies[0].body());
        EXPECT_TRUE(told);
        return told.value_or(ToldDocument{});
    }

    Watcher watcher{"w1"};
    Publisher publisher;
};

struct PacedPackage : RegPackage {
    PacedPackage()
        : RegPackage([] {
              Settings settings = test_settings();
              settings.notify = {};
              return settings;
          }()) {}
};

using Rfc3680Section4_5 = RegPackage;
using Rfc3680Section4_7_1 = RegPackage;
using Rfc3680Section4_7_2 = RegPackage;
using Rfc3680Section4_10 = PacedPackage;
using Rfc3680Section5_1 = RegPackage;
using Rfc3680Section5_2 = RegPackage;

TEST_F(Rfc3680Section4_5, ReginfoIsTheDefaultAndTheContentType) {
    publish({{.uri = kA}});
    watcher.subscribe(world);
    const Sent notify = world.take_notifies().at(0);
    EXPECT_EQ(notify.header("Content-Type"), "application/reginfo+xml");
    EXPECT_TRUE(read_told(notify.body()));
}

TEST_F(Rfc3680Section4_7_1, AnAorThatNobodyRegisteredAtIsInit) {
    const ToldDocument told = told_to(watcher);
    EXPECT_EQ(told.registration_state, "init");
    EXPECT_TRUE(told.contacts.empty());
    EXPECT_EQ(told.aor, "sip:alice@example.org");
}

TEST_F(Rfc3680Section4_7_1, InitToActiveToTerminatedIsNotifiedAndTheWayBackToInitIsNot) {
    told_to(watcher);
    EXPECT_EQ(document(publish({{.uri = kA}})).registration_state, "active");
    EXPECT_EQ(document(publish({})).registration_state, "terminated");
    publisher.remove(world);
    world.pass(2h);
    for (const Sent& notify : world.take_notifies()) {
        EXPECT_EQ(notify.body().find("\"init\""), std::string_view::npos);
    }
}

TEST_F(Rfc3680Section4_7_1, TheEventsOfTheContactMachineReachTheWatcher) {
    told_to(watcher);
    for (const char* event : {"registered", "created", "refreshed", "shortened"}) {
        publisher.remove(world);
        const auto told = document(publish({{.uri = kA, .event = event}}));
        EXPECT_EQ(told.contacts.at(kA).event, event);
        EXPECT_EQ(told.contacts.at(kA).state, "active");
    }
    unsigned cseq = 1;
    for (const char* event : {"expired", "deactivated", "unregistered", "rejected"}) {
        publish({{.uri = kA, .cseq = ++cseq}});
        const auto told = document(publish(
            {{.uri = kA, .cseq = ++cseq, .expires = 0, .state = "terminated", .event = event}}
        ));
        EXPECT_EQ(told.contacts.at(kA).event, event);
        EXPECT_EQ(told.contacts.at(kA).state, "terminated");
    }
}

TEST_F(Rfc3680Section4_7_1, AProbationHasItsRetryAfter) {
    told_to(watcher);
    publish({{.uri = kA}});
    const auto told = document(publish(
        {{.uri = kA,
          .cseq = 2,
          .state = "terminated",
          .event = "probation",
          .attributes = " retry-after=\"30\""}}
    ));
    EXPECT_EQ(told.contacts.at(kA).attributes.at("retry-after"), "30");
}

TEST_F(Rfc3680Section4_7_2, TheFirstDocumentAndThatOfAFetchAreFull) {
    publish({{.uri = kA}, {.uri = kB}});
    const ToldDocument told = told_to(watcher);
    EXPECT_TRUE(told.full);
    EXPECT_EQ(told.version, 0U);
    EXPECT_EQ(told.contacts.size(), 2U);
    Watcher fetch("w2");
    world.take();
    fetch.subscribe(world, 0);
    EXPECT_TRUE(document(world.take_notifies()).full);
}

TEST_F(Rfc3680Section4_7_2, AFirstDocumentIsFullAlsoIfThePublishedOneWasPartial) {
    BodyText body{.contacts = {{.uri = kA}}, .state = "partial"};
    publisher.publish_text(world, body.text());
    EXPECT_TRUE(told_to(watcher).full);
}

TEST_F(Rfc3680Section4_10, NotMoreThanOneNotifyEveryFiveSecondsInTheLongRun) {
    told_to(watcher);
    std::vector<ContactText> contacts;
    std::size_t sent = 0;
    for (int i = 0; i < 600; ++i) {
        contacts.assign(1, {.uri = "sip:c" + std::to_string(i) + "@192.0.2.10"});
        sent += publish(contacts).size();
        world.pass(500ms);
        sent += world.take_notifies().size();
    }
    EXPECT_LE(sent, 300U / 5 + 10);
    world.pass(6s);
    const auto last = world.take_notifies();
    if (!last.empty()) {
        EXPECT_TRUE(read_told(last.back().body())->contacts.contains(contacts[0].uri));
    }
}

TEST_F(Rfc3680Section5_1, VersionsGrowByOneWithEachDocument) {
    EXPECT_EQ(told_to(watcher).version, 0U);
    EXPECT_EQ(document(publish({{.uri = kA}})).version, 1U);
    EXPECT_EQ(told_to(watcher).version, 2U);
    Watcher other("w2");
    EXPECT_EQ(told_to(other).version, 0U) << "each subscription counts for itself";
}

TEST_F(Rfc3680Section5_1, OneAorIsOneRegistrationHoweverManyPublish) {
    publish({{.uri = kA}});
    Publisher second;
    second.publish(world, {{.uri = kB}});
    watcher.subscribe(world);
    const Sent notify = world.take_notifies().at(0);
    const auto body = notify.body();
    EXPECT_EQ(body.find("<registration "), body.rfind("<registration "));
    EXPECT_EQ(read_told(body)->contacts.size(), 2U);
}

TEST_F(Rfc3680Section5_1, IdsStayWithWhatTheyNameAndAreNeverGivenToAnother) {
    std::set<std::string> registrations;
    std::map<std::string, std::string> owner;
    told_to(watcher);
    for (const auto& uris : std::vector<std::vector<const char*>>{{kA}, {kA, kB}, {kB}, {kA}, {}}) {
        std::vector<ContactText> contacts;
        for (const char* uri : uris) contacts.push_back({.uri = uri});
        for (const Sent& notify : publish(contacts)) {
            const ToldDocument told = read_told(notify.body()).value();
            registrations.insert(told.registration_id);
            for (const auto& [uri, contact] : told.contacts) {
                EXPECT_EQ(owner.try_emplace(contact.id, uri).first->second, uri);
            }
        }
    }
    EXPECT_EQ(registrations.size(), 1U);
    EXPECT_EQ(owner.size(), 2U);
}

TEST_F(Rfc3680Section5_1, TheAttributesAndChildrenOfAContactAreKept) {
    const std::string name = "&quot;A&quot; &lt;&amp;";
    publish(
        {{.uri = kA,
          .callid = "x@h&lt;1&gt;",
          .cseq = 4294967295,
          .attributes = " q=\"0.8\"",
          .children = "<display-name xml:lang=\"de\">" + name +
                      "</display-name><unknown-param name=\"+x\">\"y\"</unknown-param>"}}
    );
    watcher.subscribe(world);
    const Sent notify = world.take_notifies().at(0);
    const std::string body(notify.body());
    for (const char* part :
         {"q=\"0.8\"",
          "callid=\"x@h&lt;1&gt;\"",
          "cseq=\"4294967295\"",
          "name=\"+x\"",
          "xml:lang=\"de\""}) {
        EXPECT_NE(body.find(part), std::string::npos) << part << " in " << body;
    }
}

TEST_F(Rfc3680Section5_1, ExpiresIsTheTimeLeftAndZeroAtTheEnd) {
    publish({{.uri = kA, .expires = 600}});
    world.pass(100s);
    EXPECT_EQ(told_to(watcher).contacts.at(kA).expires(), 500);
    EXPECT_EQ(document(publish({})).contacts.at(kA).expires(), 0);
}

TEST_F(Rfc3680Section5_1, WhereThePublisherGaveNoExpiresThereIsNone) {
    publish({{.uri = kA, .expires = std::nullopt}});
    EXPECT_EQ(told_to(watcher).contacts.at(kA).expires(), -1);
}

TEST_F(Rfc3680Section5_1, DurationRegisteredGoesOnWhileTheContactIsBound) {
    ContactText bound{.uri = kA, .expires = std::nullopt};
    bound.attributes = R"( duration-registered="100")";
    publish({bound});
    world.pass(50s);
    watcher.subscribe(world);
    const std::string body(world.take_notifies().at(0).body());
    EXPECT_NE(body.find(R"( duration-registered="150")"), std::string::npos) << body;
    bound.attributes = R"( duration-registered="150")";
    EXPECT_TRUE(publish({bound}).empty()) << "that time passes is no news";
}

TEST_F(Rfc3680Section5_1, AContactsOwnTimeEndsItAsExpired) {
    publish({{.uri = kA, .expires = 60}});
    told_to(watcher);
    world.pass(61s);
    EXPECT_TRUE(world.take_notifies().empty());
    world.pass(2s);
    const ToldDocument told = document(world.take_notifies());
    EXPECT_EQ(told.contacts.at(kA).event, "expired");
    EXPECT_EQ(told.registration_state, "terminated");
}

TEST_F(Rfc3680Section5_1, TheAorIsAsTheWatcherWroteItWithItsCharactersEscaped) {
    watcher.aor = "sip:al'ice&co@EXAMPLE.org";
    EXPECT_EQ(told_to(watcher).aor, watcher.aor) << "after unescaping";
}

TEST_F(Rfc3680Section5_2, FoldingTheDocumentsGivesTheStateThroughARowOfChanges) {
    WatcherFold fold;
    watcher.subscribe(world);
    EXPECT_EQ(fold.take(world.take_notifies().at(0).body()), "");
    for (const auto& uris :
         std::vector<std::vector<std::string>>{{kA}, {kA, kB}, {kB}, {kA}, {}, {kB}}) {
        std::vector<ContactText> contacts;
        std::string expected;
        for (const std::string& uri : uris) {
            contacts.push_back({.uri = uri});
            expected += (expected.empty() ? "" : " ") + uri;
        }
        for (const Sent& notify : publish(contacts)) EXPECT_EQ(fold.take(notify.body()), "");
        EXPECT_EQ(fold.uris(), expected);
    }
}

TEST_F(Rfc3680Section5_2, ARefreshIsAnsweredWithFullState) {
    publish({{.uri = kA}});
    told_to(watcher);
    EXPECT_TRUE(told_to(watcher).full);
}

}  // namespace
}  // namespace reginfo::test
