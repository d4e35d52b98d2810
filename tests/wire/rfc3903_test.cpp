/// @file
/// RFC 3903: PUBLISH at the event state compositor, step by step of §6.

#include "core/sip/headers.hpp"
#include "tests/wire/wire_fixture.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace reginfo::test {
namespace {

class EventStateCompositor : public WireTest {
protected:
    explicit EventStateCompositor(Settings settings = test_settings())
        : WireTest(std::move(settings)) {}

    /// Publishes the contact; returns the entity-tag.
    std::string published(const std::string& uri = "sip:x@192.0.2.10") {
        RequestText request = publish();
        request.body = BodyText{.contacts = {{.uri = uri}}}.text();
        return ask(request).header("SIP-ETag");
    }

    RequestText conditional(const std::string& tag, int expires = 600) const {
        RequestText request = publish();
        request.more = {"SIP-If-Match: " + tag};
        request.content_type.clear();
        request.body.clear();
        request.expires = std::to_string(expires);
        return request;
    }

    /// The active contacts in the document of a new watcher.
    std::string seen(const std::string& aor = "sip:alice@example.org") {
        Watcher watcher("w" + next_branch(), "198.51.100.50");
        watcher.aor = aor;
        world.take();
        watcher.subscribe(world, 0);
        WatcherFold fold;
        EXPECT_EQ(fold.take(world.take_notifies().at(0).body()), "");
        return fold.uris();
    }
};

struct Strict : EventStateCompositor {
    Strict()
        : EventStateCompositor([] {
              Settings settings = test_settings();
              settings.publish.min_expires = Seconds{60};
              return settings;
          }()) {}
};

using Rfc3903Section4_1 = EventStateCompositor;
using Rfc3903Section6Step1 = EventStateCompositor;
using Rfc3903Section6Step2 = EventStateCompositor;
using Rfc3903Section6Step3 = EventStateCompositor;
using Rfc3903Section6Step4 = EventStateCompositor;
using Rfc3903Section6Step4WithAMinimum = Strict;
using Rfc3903Section6Step5 = EventStateCompositor;
using Rfc3903Section6Step6 = EventStateCompositor;
using Rfc3903Section8_1 = EventStateCompositor;
using Rfc3903Section11 = EventStateCompositor;

TEST_F(Rfc3903Section4_1, ThePublicationsOfOneResourceAreOneComposite) {
    const std::string first = published("sip:x@192.0.2.10");
    published("sip:y@192.0.2.10");
    EXPECT_EQ(seen(), "sip:x@192.0.2.10 sip:y@192.0.2.10");
    ask(conditional(first, 0));
    EXPECT_EQ(seen(), "sip:y@192.0.2.10");
}

TEST_F(Rfc3903Section6Step1, TheResourceIsThatOfTheRequestUriWhateverItsForm) {
    for (const char* same :
         {"sip:alice@EXAMPLE.ORG",
          "sip:%61lice@example.org",
          "sips:alice@example.org",
          "sip:alice@example.org;user=phone",
          "sip:alice:pw@example.org"}) {
        RequestText request = publish();
        request.uri = same;
        EXPECT_EQ(ask(request).status(), 200) << same;
    }
    EXPECT_EQ(world.stats().aors, 1U);
}

TEST_F(Rfc3903Section6Step1, UsersHaveCaseAndAnExplicitPortIsAnotherResource) {
    published();
    EXPECT_EQ(seen("sip:Alice@example.org"), "");
    EXPECT_EQ(seen("sip:alice@example.org:5060"), "");
}

TEST_F(Rfc3903Section6Step1, AUriThatIsNoResourceIsRefused) {
    for (const auto& [uri, status] : std::vector<std::pair<const char*, int>>{
             {"mailto:alice@example.org", 416}, {"sip:", 400}, {"sip:@", 400}, {"alice", 400}
         }) {
        RequestText request = publish();
        request.uri = uri;
        EXPECT_EQ(ask(request).status(), status) << uri;
    }
}

TEST_F(Rfc3903Section6Step2, AnEventThatIsMissingOrNotOursIs489WithAllowEvents) {
    for (const char* event : {"", "presence", "reg.winfo", "Reg", "registration"}) {
        RequestText request = publish();
        request.event = event;
        const Sent response = ask(request);
        EXPECT_EQ(response.status(), 489) << event;
        EXPECT_EQ(response.header("Allow-Events"), "reg");
        EXPECT_FALSE(response.has("Event"));
    }
}

TEST_F(Rfc3903Section6Step2, ParametersOfTheEventDoNotMatter) {
    RequestText request = publish();
    request.event = "reg ; unknown=\"a;b\" ; id=7";
    EXPECT_EQ(ask(request).status(), 200);
}

TEST_F(Rfc3903Section6Step3, WithoutACurrentEntityTagItIs412AndNothingChanges) {
    const std::string tag = published();
    for (const std::string& stale :
         {std::string("none"),
          tag + "x",
          tag.substr(1),
          std::string("*"),
          std::string("0123456789abcdef")}) {
        EXPECT_EQ(ask(conditional(stale)).status(), 412) << stale;
        EXPECT_EQ(ask(conditional(stale, 0)).status(), 412) << stale;
    }
    EXPECT_EQ(world.stats().etag_mismatches, 10U);
    EXPECT_EQ(ask(conditional(tag)).status(), 200);
    EXPECT_EQ(seen(), "sip:x@192.0.2.10");
}

TEST_F(Rfc3903Section6Step3, AnEntityTagThatWasReplacedOrRemovedIsStale) {
    const std::string first = published();
    const std::string second = ask(conditional(first)).header("SIP-ETag");
    EXPECT_EQ(ask(conditional(first)).status(), 412);
    EXPECT_EQ(ask(conditional(second, 0)).status(), 200);
    EXPECT_EQ(ask(conditional(second)).status(), 412);
}

TEST_F(Rfc3903Section6Step3, AnEntityTagIsOneOfItsResource) {
    RequestText request = conditional(published());
    request.uri = "sip:bob@example.org";
    EXPECT_EQ(ask(request).status(), 412);
}

TEST_F(Rfc3903Section6Step3, AnExpiredPublicationIsGone) {
    RequestText request = publish();
    request.expires = "60";
    const std::string tag = ask(request).header("SIP-ETag");
    world.pass(60s);
    EXPECT_EQ(ask(conditional(tag)).status(), 412);
    EXPECT_EQ(seen(), "");
}

TEST_F(Rfc3903Section6Step3, SeveralConditionsAre400) {
    const std::string tag = published();
    RequestText request = conditional(tag);
    request.more.push_back("SIP-If-Match: " + tag);
    EXPECT_EQ(ask(request).status(), 400);
    for (const char* list : {", other", " other", ""}) {
        request = conditional(*list == 0 ? "" : tag + list);
        EXPECT_EQ(ask(request).status(), 400) << list;
    }
}

TEST_F(Rfc3903Section6Step4, AnExpiresIsTakenAsItIsOrShortened) {
    for (const auto& [wanted, granted] : std::vector<std::pair<const char*, const char*>>{
             {"1", "1"},
             {"600", "600"},
             {"86401", "86400"},
             {"4294967296", "86400"},
             {"99999999999999999999999", "86400"},
             {"", "3600"}
         }) {
        RequestText request = publish();
        request.expires = wanted;
        EXPECT_EQ(ask(request).header("Expires"), granted) << wanted;
    }
}

TEST_F(Rfc3903Section6Step4, AnExpiresThatIsNoNumberIs400) {
    for (const char* expires : {"soon", "-1", "1.5", "1 2", "0x10"}) {
        RequestText request = publish();
        request.expires = expires;
        EXPECT_EQ(ask(request).message.reason, "Malformed Expires header") << expires;
    }
}

TEST_F(Rfc3903Section6Step4WithAMinimum, LessIs423WithMinExpiresAndZeroIsNoInterval) {
    RequestText request = publish();
    request.expires = "59";
    const Sent response = ask(request);
    EXPECT_EQ(response.status(), 423);
    EXPECT_EQ(response.header("Min-Expires"), "60");
    EXPECT_EQ(ask(conditional(published(), 0)).status(), 200);
}

TEST_F(Rfc3903Section6Step5, AnInitialPublicationNeedsABody) {
    RequestText request = publish();
    request.body.clear();
    EXPECT_EQ(ask(request).status(), 400);
}

TEST_F(Rfc3903Section6Step5, AnotherTypeThanTheEventsIs415WithAccept) {
    for (const char* type :
         {"application/pidf+xml", "text/plain", "", "application/*", "multipart/mixed;boundary=x"
         }) {
        RequestText request = publish();
        request.content_type = type;
        const Sent response = ask(request);
        EXPECT_EQ(response.status(), 415) << type;
        EXPECT_EQ(response.header("Accept"), "application/reginfo+xml");
    }
}

TEST_F(Rfc3903Section6Step5, ADocumentThatIsNoneIs400AndTheOldStateStays) {
    const std::string tag = published();
    for (const char* body :
         {"hello",
          "<reginfo",
          "<presence/>",
          "<reginfo version=\"0\" state=\"full\"/>",
          "<?xml version=\"1.0\"?><reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\" version=\"0\" "
          "state=\"full\"><registration aor=\"sip:bob@example.org\" id=\"r\" "
          "state=\"init\"/></reginfo>"}) {
        RequestText request = conditional(tag);
        request.content_type = "application/reginfo+xml";
        request.body = body;
        EXPECT_EQ(ask(request).status(), 400) << body;
    }
    EXPECT_EQ(seen(), "sip:x@192.0.2.10");
    EXPECT_EQ(ask(conditional(tag)).status(), 200) << "the entity-tag is still good";
}

TEST_F(Rfc3903Section6Step5, ARefreshKeepsTheStateAndProlongsIt) {
    RequestText request = publish();
    request.expires = "60";
    std::string tag = ask(request).header("SIP-ETag");
    for (int i = 0; i < 3; ++i) {
        world.pass(50s);
        const Sent response = ask(conditional(tag, 60));
        EXPECT_EQ(response.header("Expires"), "60");
        tag = response.header("SIP-ETag");
    }
    EXPECT_EQ(seen(), "sip:x@192.0.2.10");
    world.pass(60s);
    EXPECT_EQ(seen(), "");
}

TEST_F(Rfc3903Section6Step5, AModificationReplacesTheState) {
    RequestText request = conditional(published());
    request.content_type = "application/reginfo+xml";
    request.body = BodyText{.contacts = {{.uri = "sip:y@192.0.2.10"}}}.text();
    EXPECT_EQ(ask(request).status(), 200);
    EXPECT_EQ(seen(), "sip:y@192.0.2.10");
    EXPECT_EQ(world.stats().publications, 1U);
}

TEST_F(Rfc3903Section6Step5, ARemovalRemovesAndAnInitialOneOfZeroSecondsLeavesNothing) {
    const Sent response = ask(conditional(published(), 0));
    EXPECT_EQ(response.status(), 200);
    EXPECT_EQ(response.header("Expires"), "0");
    RequestText request = publish();
    request.expires = "0";
    EXPECT_EQ(ask(request).status(), 200);
    EXPECT_EQ(world.stats().publications, 0U);
}

TEST_F(Rfc3903Section6Step6, EveryOperationIsAnsweredWithExpiresAndAFreshEntityTag) {
    std::set<std::string> tags;
    std::string tag = published();
    tags.insert(tag);
    for (int i = 0; i < 20; ++i) {
        const Sent response = ask(conditional(tag));
        tag = response.header("SIP-ETag");
        EXPECT_EQ(response.message.count(sip::HeaderName::sip_etag), 1U);
        EXPECT_EQ(response.message.count(sip::HeaderName::expires), 1U);
        EXPECT_TRUE(sip::is_token(tag));
        EXPECT_TRUE(tags.insert(tag).second) << "used before";
    }
    EXPECT_TRUE(ask(conditional(tag, 0)).has("SIP-ETag"));
}

TEST_F(Rfc3903Section6Step6, ARefusalChangesNothingAndHasNoEntityTag) {
    RequestText request = publish();
    request.event = "presence";
    EXPECT_FALSE(ask(request).has("SIP-ETag"));
    EXPECT_FALSE(ask(conditional("none")).has("SIP-ETag"));
    EXPECT_EQ(world.stats().publications + world.stats().aors, 0U);
}

TEST_F(Rfc3903Section8_1, EntityTagsHaveCase) {
    std::string tag = published();
    while (tag.find_first_of("abcdef") == std::string::npos) tag = published();
    std::string other = tag;
    for (char& c : other) c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c;
    EXPECT_EQ(ask(conditional(other)).status(), 412);
    EXPECT_EQ(ask(conditional(tag)).status(), 200);
}

// Table 2: not applicable to a 2xx to PUBLISH.
TEST_F(Rfc3903Section11, A2xxHasNeitherContactNorRecordRoute) {
    RequestText request = publish();
    request.more = {"Record-Route: <sip:203.0.113.7;lr>"};
    const Sent response = ask(request);
    EXPECT_FALSE(response.has("Contact"));
    EXPECT_FALSE(response.has("Record-Route"));
}

}  // namespace
}  // namespace reginfo::test
