/// @file
/// The event state compositor (RULES.md, "An AOR is a value", "The state is a merge"). RFC 3903
/// §6 is in tests/wire/rfc3903_test.cpp.

#include "core/event/publish/compositor.hpp"

#include "tests/support/addresses.hpp"
#include "tests/support/engine_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace reginfo::test {
namespace {

using namespace std::chrono_literals;

class CompositorTest : public ::testing::Test {
protected:
    void SetUp() override { publisher.publish(world, {{.uri = kX}}); }

    Sent ask(const RequestText& request) { return world.ask(publisher.flow, request.text()); }
    static std::string body() { return BodyText{.contacts = {{.uri = kX}}}.text(); }

    World world;
    Publisher publisher;
};

TEST_F(CompositorTest, AfterItsExpiryAPublicationIsGone) {
    publisher.refresh(world, 60);
    world.pass(60s);
    EXPECT_EQ(world.stats().publications, 0U);
    EXPECT_EQ(world.stats().publications_expired, 1U);
    EXPECT_EQ(publisher.refresh(world).status(), 412);
}

// RFC 3903 §6: each refusal, and that none of them leaves a trace.
TEST_F(CompositorTest, ARefusedPublishHasAReasonAndChangesNothing) {
    struct Case {
        const char* why;
        std::function<void(RequestText&)> spoil;
        int status;
    };
    const std::vector<Case> cases = {
        {"no event", [](auto& r) { r.event.clear(); }, 489},
        {"other event", [](auto& r) { r.event = "presence"; }, 489},
        {"event has case", [](auto& r) { r.event = "Reg"; }, 489},
        {"bad event", [](auto& r) { r.event = "reg;id=;"; }, 400},
        {"two events", [](auto& r) { r.more.push_back("Event: reg"); }, 400},
        {"stale tag", [](auto& r) { r.more.push_back("SIP-If-Match: 0123456789abcdef"); }, 412},
        {"foreign tag", [](auto& r) { r.more.push_back("SIP-If-Match: a.1.2.3"); }, 412},
        {"bad tag", [](auto& r) { r.more.push_back("SIP-If-Match: a b"); }, 400},
        {"two tags", [](auto& r) { r.more = {"SIP-If-Match: a", "SIP-If-Match: a"}; }, 400},
        {"bad expires", [](auto& r) { r.expires = "soon"; }, 400},
        {"negative expires", [](auto& r) { r.expires = "-1"; }, 400},
        {"no body", [](auto& r) { r.body.clear(); }, 400},
        {"no type", [](auto& r) { r.content_type.clear(); }, 415},
        {"other charset",
         [](auto& r) { r.content_type = "application/reginfo+xml;charset=iso-8859-1"; },
         415},
        {"AOR twice",
         [](auto& r) {
             const std::string again =
                 R"(<registration aor="sip:alice@Example.org;x=y" id="b" state="active"/>)";
             r.body = BodyText{.contacts = {{.uri = kX}}, .more = again}.text();
         },
         400},
        {"other type", [](auto& r) { r.content_type = "application/pidf+xml"; }, 415},
        {"no XML", [](auto& r) { r.body = "hello"; }, 400},
        {"other AOR", [](auto& r) { r.body = BodyText{.aor = "sip:bob@example.org"}.text(); }, 400},
        {"no AOR", [](auto& r) { r.uri = "sip:"; }, 400},
    };
    for (const Case& c : cases) {
        SCOPED_TRACE(c.why);
        Publisher other;
        RequestText request = other.request(3600, body());
        c.spoil(request);
        world.receive(other.flow, request.text());
        const auto sent = world.take();
        ASSERT_EQ(sent.size(), 1U);
        EXPECT_EQ(sent[0].status(), c.status);
        EXPECT_EQ(world.stats().publications, 1U);
        EXPECT_EQ(world.stats().contacts_active, 1U);
    }
}

TEST_F(CompositorTest, TheOffsetIsTakenOffTheExpiresOfTheResponseOnly) {
    Settings settings = test_settings();
    settings.expires_offset = Seconds{10};
    World early(settings);
    Publisher other;
    EXPECT_EQ(other.publish(early, {{.uri = kX}}, 60).header("Expires"), "50");
    early.pass(55s);
    EXPECT_EQ(other.refresh(early, 5).header("Expires"), "1");
    EXPECT_EQ(other.remove(early).header("Expires"), "0");
}

TEST_F(CompositorTest, AnInitialPublishThatIsOverAtOnceLeavesNothing) {
    Publisher other;
    other.aor = "sip:bob@example.org";
    EXPECT_EQ(
        other.publish_text(world, BodyText{.aor = other.aor}.text(), 0).header("Expires"), "0"
    );
    EXPECT_EQ(world.stats().publications, 1U);
    EXPECT_EQ(world.stats().aors, 1U);
}

// RULES.md, "An AOR is a value".
TEST_F(CompositorTest, AnAorIsAValue) {
    for (const char* same :
         {"sip:alice@EXAMPLE.ORG",
          "sip:%61lice@example.org",
          "sips:alice@example.org",
          "sip:alice@example.org;user=phone?x=y",
          "sip:alice:secret@example.org"}) {
        Publisher other;
        other.aor = same;
        RequestText request = other.request(3600, body());
        request.to = "<sip:alice@example.org>";
        request.from = "<sip:alice@example.org>;tag=" + next_branch();
        EXPECT_EQ(ask(request).status(), 200) << same;
        EXPECT_EQ(world.stats().aors, 1U) << same;
    }
    for (const char* another :
         {"sip:Alice@example.org", "sip:alice@example.org:5060", "sip:alice@example.net"}) {
        Publisher other;
        other.aor = another;
        const auto before = world.stats().aors;
        EXPECT_EQ(other.publish(world, {{.uri = kX}}).status(), 200) << another;
        EXPECT_EQ(world.stats().aors, before + 1) << another;
    }
}

TEST_F(CompositorTest, TelAorsWork) {
    Publisher phone;
    phone.aor = "tel:+1-201-555-0123";
    EXPECT_EQ(phone.publish(world, {{.uri = kX}}).status(), 200);
    Watcher watcher("w1");
    watcher.aor = "tel:+12015550123";
    watcher.subscribe(world);
    const auto told = read_told(world.take_notifies().at(0).body());
    EXPECT_EQ(told->registration_state, "active");
    EXPECT_EQ(told->aor, "tel:+12015550123");
}

// RFC 3966 5.1.5: without its context a local number is none.
TEST_F(CompositorTest, ALocalTelNumberIsListedWithItsContext) {
    int number = 0;
    for (const char* aor : {"tel:7042;phone-context=a.example", "tel:7042;phone-context=+49"}) {
        Watcher watcher("w" + std::to_string(++number));
        watcher.aor = std::string(aor) + ";ext=5";
        ASSERT_EQ(watcher.subscribe(world).status(), 200);
        EXPECT_EQ(read_told(world.take_notifies().at(0).body())->aor, aor);
    }
}

// RULES.md, "Everything is bounded".
TEST_F(CompositorTest, TooManyPublicationsAreRefusedAndOldOnesGoOn) {
    Settings settings = test_settings();
    settings.limits.publications_per_aor = 2;
    settings.limits.publications = 3;
    World full(settings);
    std::vector<Publisher> alices(3);
    EXPECT_EQ(alices[0].publish(full, {{.uri = kX}}).status(), 200);
    EXPECT_EQ(alices[1].publish(full, {{.uri = kX}}).status(), 200);
    const Sent refused = alices[2].publish(full, {{.uri = kX}});
    EXPECT_EQ(refused.status(), 503);
    EXPECT_TRUE(refused.has("Retry-After"));
    EXPECT_EQ(full.stats().refused_by_bound[index_of(Bound::publications_per_aor)], 1U);
    ASSERT_EQ(full.notes.size(), 1U);
    EXPECT_EQ(full.notes[0].what, "limits.publications_per_aor reached");
    EXPECT_EQ(full.notes[0].detail, "sip:alice@example.org");

    std::vector<Publisher> bobs(2);
    for (Publisher& bob : bobs) bob.aor = "sip:bob@example.org";
    EXPECT_EQ(bobs[0].publish(full, {{.uri = kX}}).status(), 200);
    EXPECT_EQ(bobs[1].publish(full, {{.uri = kX}}).status(), 503);
    EXPECT_EQ(full.stats().refused_by_bound[index_of(Bound::publications)], 1U);
    EXPECT_EQ(alices[0].refresh(full).status(), 200);
    EXPECT_EQ(alices[0].remove(full).status(), 200);
    EXPECT_EQ(bobs[1].publish(full, {{.uri = kX}}).status(), 200);
}

TEST_F(CompositorTest, ABodyOverALimitIsRefusedAndChangesNothing) {
    Settings settings = test_settings();
    settings.limits.document.contacts = 2;
    World small(settings);
    Publisher other;
    EXPECT_EQ(
        other.publish(small, {{.uri = kX}, {.uri = "sip:y@h"}, {.uri = "sip:z@h"}}).status(), 400
    );
    EXPECT_EQ(small.stats().publications, 0U);
    EXPECT_EQ(other.publish(small, {{.uri = kX}, {.uri = "sip:y@h"}}).status(), 200);
}

// RFC 3261 21.4.11.
TEST_F(CompositorTest, ADocumentThatIsTooLargeIs413) {
    Settings settings = test_settings();
    settings.limits.document.bytes = 100;
    World small(settings);
    const Sent refused = Publisher().publish(small, {{.uri = kX}});
    EXPECT_EQ(refused.status(), 413);
    EXPECT_EQ(refused.message.reason, "reginfo: body too large");
}

TEST_F(CompositorTest, ADocumentThatIsRefusedIsCountedAndLogged) {
    publisher.publish_text(world, "<reginfo>");
    EXPECT_EQ(world.stats().bad_requests, 1U);
    ASSERT_FALSE(world.notes.empty());
    EXPECT_EQ(world.notes.back().what, "PUBLISH refused");
}

TEST_F(CompositorTest, AnAorIsForgottenWhenNobodyPublishesOrWatchesIt) {
    EXPECT_EQ(world.stats().aors, 1U);
    publisher.remove(world);
    EXPECT_EQ(world.stats().aors, 0U);
    EXPECT_EQ(world.stats().contacts_active + world.stats().contacts_ended, 0U);
}

TEST_F(CompositorTest, ADocumentOverALimitIsCountedAndAnotherBadOneIsNot) {
    std::vector<ContactText> many;
    for (int i = 0; i < 513; ++i)
        many.push_back({.uri = "sip:c" + std::to_string(i) + "@192.0.2.1"});
    EXPECT_EQ(Publisher().publish(world, many).status(), 400);
    EXPECT_EQ(world.stats().refused_by_bound[index_of(Bound::document)], 1U);
    EXPECT_EQ(Publisher().publish_text(world, "<reginfo>").status(), 400);
    EXPECT_EQ(world.stats().refused_by_bound[index_of(Bound::document)], 1U);
}

TEST_F(CompositorTest, ABodyMaySayThatItIsInUtf8) {
    for (const char* charset : {"utf-8", "UTF-8", "\"utf-8\"", "us-ascii"}) {
        Publisher other;
        RequestText request = other.request(3600, body());
        request.content_type = std::string("application/reginfo+xml; charset=") + charset;
        EXPECT_EQ(world.ask(other.flow, request.text()).status(), 200) << charset;
    }
}

// One hurts only itself.
TEST_F(CompositorTest, PartsThatCannotBePassedOnAreLeftOutCountedAndLoggedOnce) {
    const std::string more = R"(<registration aor="sip:0711" id="a" state="active"/>)"
                             R"(<registration id="b" state="active"/>)";
    BodyText text{.contacts = {{.uri = kX}, {.uri = ""}, {.uri = "sip:a#b#c"}}, .more = more};
    text.contacts.push_back({.uri = "sip:a b@192.0.2.1"});
    EXPECT_EQ(publisher.publish_text(world, text.text()).status(), 200);

    EXPECT_EQ(world.stats().contacts_active, 2U);
    EXPECT_EQ(world.stats().left_out[index_of(LeftOut::contact)], 2U);
    EXPECT_EQ(world.stats().left_out[index_of(LeftOut::registration)], 1U);
    ASSERT_EQ(world.notes.size(), 1U);
    EXPECT_EQ(world.notes[0].what, "parts of a PUBLISH left out");
    EXPECT_EQ(
        world.notes[0].detail,
        "reginfo: empty uri of contact, contacts: 2, registrations: 1, "
        "Request-URI sip:alice@example.org"
    );
    EXPECT_EQ(world.stats().bad_requests, 0U);
}

TEST_F(CompositorTest, AnOddContactThatChangesOrEndsIsNotified) {
    Watcher watcher("w1");
    watcher.subscribe(world);
    WatcherFold fold;
    const auto told = [&] {
        for (const Sent& notify : world.take_notifies()) EXPECT_EQ(fold.take(notify.body()), "");
        return fold.uris();
    };
    EXPECT_EQ(told(), kX);
    for (const char* const odd : {"sip:a b@h", "sip:9#1@h", "sip:e@h:", "alice"}) {
        publisher.publish(world, {{.uri = kX}, {.uri = odd, .callid = "c2"}});
        EXPECT_THAT(told(), ::testing::HasSubstr(odd));
        EXPECT_EQ(fold.active().size(), 2U);
    }
    publisher.publish(
        world, {{.uri = kX}, {.uri = "alice", .callid = "c2", .state = "terminated"}}
    );
    EXPECT_EQ(told(), kX);
    EXPECT_EQ(fold.last()->contacts.at("alice").state, "terminated");
}

}  // namespace
}  // namespace reginfo::test
