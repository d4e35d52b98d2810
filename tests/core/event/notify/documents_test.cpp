/// @file
/// The documents of watchers, and how often they are built (RFC 3680 §5; RULES.md, "Every
/// end is notified", "First documents are full", "Work follows change", "Stable ids", "A contact
/// has its own clock").

#include "core/reginfo/reader.hpp"
#include "tests/core/event/notify/notify_fixture.hpp"
#include "tests/support/addresses.hpp"

namespace reginfo::test {
namespace {

/// Peers answer 200. Watchers subscribe in the test.
class DocumentsTest : public ::testing::Test {
protected:
    /// The document that a new watcher gets.
    ToldDocument told_to(Watcher watcher) {
        body = body_to(watcher);
        const auto told = read_told(body);
        EXPECT_TRUE(told) << body;
        return told.value_or(ToldDocument{});
    }

    /// Its body, possibly empty.
    std::string body_to(Watcher& watcher) {
        world.take();
        EXPECT_EQ(watcher.subscribe(world).status(), 200);
        const auto notifies = world.take_notifies();
        EXPECT_EQ(notifies.size(), 1U);
        return notifies.empty() ? "" : std::string(notifies[0].body());
    }

    static Watcher standard() { return Watcher("w" + std::to_string(++last)); }
    static Watcher kamailio() {
        Watcher watcher = standard();
        watcher.user_agent = "Kamailio (5.6.3)";
        return watcher;
    }

    ToldContact contact_told_to(Watcher watcher, const ContactText& contact) {
        publisher.publish(world, {contact});
        const ToldDocument told = told_to(std::move(watcher));
        const auto at = told.contacts.find(contact.uri);
        if (at != told.contacts.end()) return at->second;
        ADD_FAILURE() << "not listed: " << contact.uri;
        return {};
    }

    World world;
    Publisher publisher;
    std::string body;
    static inline int last = 0;
};

TEST_F(DocumentsTest, AnAorThatNobodyPublishedIsInit) {
    const ToldDocument told = told_to(standard());
    EXPECT_EQ(told.registration_state, "init");
    EXPECT_TRUE(told.full);
    EXPECT_EQ(told.version, 0U);
    EXPECT_TRUE(told.contacts.empty());
}

TEST_F(DocumentsTest, ADocumentIsCompactAndHasNoPrefixes) {
    publisher.publish(world, {{.uri = kX}});
    told_to(standard());
    EXPECT_EQ(body.find("> <"), std::string::npos);
    EXPECT_EQ(body.find('\n'), std::string::npos);
    EXPECT_NE(body.find("<contact id="), std::string::npos);
}

TEST_F(DocumentsTest, TheAorIsWrittenAsTheWatcherWroteIt) {
    publisher.publish(world, {{.uri = kX}});
    Watcher watcher = standard();
    watcher.aor = "sip:%61lice@EXAMPLE.org;user=phone?x=y";
    EXPECT_EQ(told_to(watcher).aor, "sip:%61lice@EXAMPLE.org");
}

TEST_F(DocumentsTest, ForKamailioTheAorIsWrittenAsItWasPublished) {
    publisher.aor = "sip:alice@Example.Org";
    publisher.publish(world, {{.uri = kX}});
    Watcher watcher = kamailio();
    watcher.aor = "sip:%61lice@EXAMPLE.org";
    EXPECT_EQ(told_to(watcher).aor, "sip:alice@Example.Org");
}

TEST_F(DocumentsTest, ExpiresIsTheTimeLeftAtTheMomentOfSending) {
    publisher.publish(world, {{.uri = kX, .expires = 300}});
    world.pass(100s);
    EXPECT_EQ(told_to(standard()).contacts.at(kX).expires(), 200);
    world.pass(500ms);
    EXPECT_EQ(told_to(standard()).contacts.at(kX).expires(), 199) << "never more than is left";
    world.pass(200s);
    EXPECT_EQ(told_to(standard()).contacts.at(kX).expires(), 0) << "within the grace";
    EXPECT_EQ(told_to(kamailio()).contacts.at(kX).expires(), 1) << "0 would be its end";
}

TEST_F(DocumentsTest, TheTextsOfThePublisherArePassedOnUnchanged) {
    ContactText contact{.uri = "sip:x@192.0.2.10;ob&amp;", .callid = "a&amp;b", .cseq = 4711};
    contact.attributes = R"( q="0.5")";
    contact.children = "<display-name>A</display-name><e xmlns=\"urn:e\">f</e>";
    publisher.publish(world, {contact});
    const ToldDocument told = told_to(standard());
    const ToldContact& x = told.contacts.at("sip:x@192.0.2.10;ob&");
    EXPECT_EQ(x.attributes.at("callid"), "a&b");
    EXPECT_EQ(x.attributes.at("cseq"), "4711");
    EXPECT_EQ(x.attributes.at("q"), "0.5");
    EXPECT_NE(body.find("<display-name>A</display-name>"), std::string::npos);
    EXPECT_NE(body.find("<e xmlns=\"urn:e\">f</e>"), std::string::npos);
}

/// RFC 3680 5.4 has no anyAttribute there.
TEST_F(DocumentsTest, OnlyKamailioGetsAttributesThatTheSchemaDoesNotHave) {
    ContactText contact{.uri = kX, .callid = "c", .cseq = 7};
    contact.attributes =
        R"( q="0.5" received="sip:192.0.2.7:1" path="&lt;sip:p;lr&gt;" user_agent="")"
        R"( xmlns:f="urn:f" f:g="h")";
    publisher.publish(world, {contact});
    const ToldContact x = told_to(standard()).contacts.at(kX);
    EXPECT_EQ(x.attributes.at("q"), "0.5");
    EXPECT_EQ(x.attributes.at("callid"), "c");
    EXPECT_EQ(x.attributes.at("cseq"), "7");
    for (const char* name : {"received", "path", "user_agent"}) {
        EXPECT_FALSE(x.attributes.contains(name)) << name;
    }
    EXPECT_EQ(body.find("urn:f"), std::string::npos);

    const ToldContact as_kamailio = told_to(kamailio()).contacts.at(kX);
    EXPECT_EQ(as_kamailio.attributes.at("received"), "sip:192.0.2.7:1");
    EXPECT_EQ(as_kamailio.attributes.at("path"), "<sip:p;lr>");
    EXPECT_EQ(as_kamailio.attributes.at("user_agent"), "");
    EXPECT_NE(body.find("f:g=\"h\""), std::string::npos);
}

TEST_F(DocumentsTest, IdsAreTheSameInEveryDocumentAndOnAnotherServer) {
    const std::string id = contact_told_to(standard(), {.uri = kX}).id;
    const std::string registration = told_to(standard()).registration_id;
    EXPECT_NE(id, "0x1") << "never the publisher's";
    World elsewhere(test_settings(), 99);
    Publisher other;
    other.publish(elsewhere, {{.uri = "sip:y@192.0.2.20"}, {.uri = kX, .callid = "c9"}});
    elsewhere.take();
    Watcher watcher = standard();
    watcher.subscribe(elsewhere);
    const std::vector<Sent> notifies = elsewhere.take_notifies();
    ASSERT_EQ(notifies.size(), 1U);
    const auto told = read_told(notifies[0].body());
    EXPECT_EQ(told->contacts.at(kX).id, id);
    EXPECT_NE(told->contacts.at("sip:y@192.0.2.20").id, id);
    EXPECT_EQ(told->registration_id, registration);
}

TEST_F(DocumentsTest, AnEndedContactIsTerminatedWithExpiresZeroAndItsEvent) {
    publisher.publish(world, {{.uri = kX}, {.uri = "sip:y@192.0.2.20"}});
    Watcher watcher = standard();
    body_to(watcher);
    publisher.publish(
        world,
        {{.uri = kX, .expires = 1800, .state = "terminated", .event = "rejected"},
         {.uri = "sip:y@192.0.2.20"}}
    );
    const auto told = read_told(world.take_notifies().at(0).body());
    EXPECT_EQ(told->registration_state, "active");
    EXPECT_EQ(told->contacts.at(kX).state, "terminated");
    EXPECT_EQ(told->contacts.at(kX).event, "rejected");
    EXPECT_EQ(told->contacts.at(kX).expires(), 0);
    EXPECT_EQ(told->contacts.at(kX).attributes.at("callid"), "c1");
}

TEST_F(DocumentsTest, TheLastEndMakesTheRegistrationTerminated) {
    publisher.publish(world, {{.uri = kX}});
    Watcher watcher = standard();
    body_to(watcher);
    publisher.remove(world);
    const auto told = read_told(world.take_notifies().at(0).body());
    EXPECT_EQ(told->registration_state, "terminated");
    EXPECT_EQ(told->contacts.at(kX).event, "unregistered");
}

TEST_F(DocumentsTest, ANewWatcherGetsNoEndsFromBefore) {
    Watcher holder = standard();
    body_to(holder);
    world.answers = [](const Sent&) { return 500; };
    publisher.publish(world, {{.uri = kX}});
    publisher.publish(world, std::vector<ContactText>{});
    const ToldDocument told = told_to(standard());
    EXPECT_EQ(told.registration_state, "terminated");
    EXPECT_TRUE(told.contacts.empty());
}

// RULES.md, "Work follows change".

TEST_F(DocumentsTest, ADocumentIsBuiltOnceForAllWatchersThatNeedTheSame) {
    std::vector<Watcher> watchers;
    for (int i = 0; i < 20; ++i) {
        watchers.push_back(standard());
        body_to(watchers.back());
    }
    const auto before = world.stats().documents_built;
    publisher.publish(world, {{.uri = kX}});
    EXPECT_EQ(world.take_notifies().size(), 20U);
    EXPECT_EQ(world.stats().documents_built, before + 1);
}

TEST_F(DocumentsTest, ADocumentIsBuiltAnewForAnotherSecondRevisionProfileOrAorText) {
    publisher.publish(world, {{.uri = kX}});
    const auto built_for = [&](Watcher watcher) {
        const auto before = world.stats().documents_built;
        body_to(watcher);
        return world.stats().documents_built - before;
    };
    EXPECT_EQ(built_for(standard()), 1U);
    EXPECT_EQ(built_for(standard()), 1U) << "what the only watcher got is not kept";
    EXPECT_EQ(built_for(standard()), 0U);
    EXPECT_EQ(built_for(kamailio()), 1U);
    Watcher other_text = standard();
    other_text.aor = "sip:alice@EXAMPLE.org";
    EXPECT_EQ(built_for(other_text), 1U);
    world.pass(1s);
    EXPECT_EQ(built_for(standard()), 1U);
    publisher.publish(world, {{.uri = kX, .cseq = 2}});
    EXPECT_EQ(
        read_told(world.take_notifies().at(0).body())->contacts.at(kX).attributes.at("cseq"), "2"
    );
}

TEST_F(DocumentsTest, ThereIsNoNotifyWithoutAVisibleChange) {
    publisher.publish(world, {{.uri = kX}});
    Watcher watcher = standard();
    body_to(watcher);
    publisher.refresh(world);
    publisher.publish(world, {{.uri = kX}});
    world.pass(1800s);
    publisher.publish(world, {{.uri = kX, .expires = 1800}});
    EXPECT_TRUE(world.take_notifies().empty());
    publisher.publish(world, {{.uri = kX, .cseq = 2}});
    EXPECT_EQ(world.take_notifies().size(), 1U);
}

// Profile `kamailio`.

TEST_F(DocumentsTest, ForKamailioANotifyHasNoBodyWhereNoContactIsListed) {
    Watcher watcher = kamailio();
    EXPECT_EQ(body_to(watcher), "");
    publisher.publish(world, {{.uri = kX}});
    const auto first = read_told(world.take_notifies().at(0).body());
    EXPECT_EQ(first->version, 0U) << "a NOTIFY without a document has no version";
    publisher.remove(world);
    const auto end = read_told(world.take_notifies().at(0).body());
    EXPECT_EQ(end->contacts.at(kX).expires(), 0);
    Watcher second = kamailio();
    EXPECT_EQ(body_to(second), "") << "it would answer nothing to a terminated registration";
}

TEST_F(DocumentsTest, ForKamailioANotifyWithoutBodyHasNoContentType) {
    Watcher watcher = kamailio();
    watcher.subscribe(world);
    const Sent notify = world.take_notifies().at(0);
    EXPECT_FALSE(notify.has("Content-Type"));
    EXPECT_EQ(notify.header("Content-Length"), "0");
    EXPECT_EQ(notify.header("Subscription-State"), "active;expires=3600");
}

TEST_F(DocumentsTest, ForKamailioAnAorWithoutUserNeverHasABody) {
    publisher.aor = "sip:example.org";
    publisher.publish(world, {{.uri = kX}});
    Watcher watcher = kamailio();
    watcher.aor = publisher.aor;
    EXPECT_EQ(body_to(watcher), "");
    Watcher other = standard();
    other.aor = publisher.aor;
    EXPECT_NE(body_to(other), "");
}

TEST_F(DocumentsTest, ForKamailioEventsThatItSkipsAreMappedToOnesThatItAccepts) {
    Watcher watcher = kamailio();
    body_to(watcher);
    unsigned cseq = 0;
    for (const char* event : {"rejected", "deactivated", "probation"}) {
        publisher.publish(world, {{.uri = kX, .cseq = ++cseq}});
        publisher.publish(
            world, {{.uri = kX, .cseq = ++cseq, .state = "terminated", .event = event}}
        );
        const auto told = read_told(world.take_notifies().back().body());
        EXPECT_EQ(told->contacts.at(kX).event, "unregistered") << event;
    }
    publisher.publish(world, {{.uri = kX, .cseq = ++cseq, .event = "shortened"}});
    EXPECT_EQ(read_told(world.take_notifies().back().body())->contacts.at(kX).event, "refreshed");
}

TEST_F(DocumentsTest, ForKamailioEveryContactHasACallIdAndACSeq) {
    const ToldContact x = contact_told_to(kamailio(), {.uri = kX, .callid = "", .cseq = {}});
    EXPECT_EQ(x.attributes.at("callid"), x.id);
    EXPECT_EQ(x.attributes.at("cseq"), "0");
    const ToldContact y = contact_told_to(standard(), {.uri = kX, .callid = "", .cseq = {}});
    EXPECT_FALSE(y.attributes.contains("callid"));
}

TEST_F(DocumentsTest, ForKamailioAnEmptyCallIdIsReplacedAndNotWrittenTwice) {
    const ToldContact x = contact_told_to(
        kamailio(), {.uri = kX, .callid = "", .attributes = " callid=\"\" received=\"\""}
    );
    EXPECT_EQ(x.attributes.at("callid"), x.id);
    EXPECT_EQ(x.attributes.at("received"), "");
}

TEST_F(DocumentsTest, ForKamailioChildrenAndExtensionsAreLeftOut) {
    ContactText contact{.uri = kX};
    contact.children = "<unknown-param name=\"a\">b</unknown-param><uri2 xmlns=\"urn:e\"/>";
    contact_told_to(kamailio(), contact);
    EXPECT_EQ(body.find("unknown-param"), std::string::npos);
    EXPECT_EQ(body.find("uri2"), std::string::npos);
}

/// Found by fuzz_engine. Kamailio would drop the contact that is active.
TEST_F(DocumentsTest, ForKamailioAnEndIsLeftOutWhereAnotherContactWithThatUriIsActive) {
    constexpr const char* kInstance = R"(<unknown-param name="+sip.instance">"i"</unknown-param>)"
                                      R"(<unknown-param name="reg-id">1</unknown-param>)";
    Watcher watcher = kamailio();
    publisher.publish(world, {{.uri = kX}});
    body_to(watcher);

    publisher.publish(world, {{.uri = kX, .callid = "c2", .children = kInstance}});

    const auto notifies = world.take_notifies();
    ASSERT_EQ(notifies.size(), 1U);
    const std::string_view told = notifies[0].body();
    EXPECT_EQ(told.find("terminated"), std::string_view::npos) << told;
    EXPECT_NE(told.find("state=\"active\" event=\"registered\""), std::string_view::npos) << told;
}

TEST_F(DocumentsTest, ForKamailioExpiresFitsAnInt) {
    const Settings settings = [] {
        Settings s = test_settings();
        s.publish.max_expires = Seconds{4'294'967'295};
        return s;
    }();
    World patient(settings);
    publisher.publish(patient, {{.uri = kX, .expires = 4'294'967'295}});
    patient.take();
    Watcher watcher = kamailio();
    watcher.subscribe(patient);
    const auto told = read_told(patient.take_notifies().at(0).body());
    EXPECT_EQ(told->contacts.at(kX).expires(), 2'147'483'647);
}

}  // namespace
}  // namespace reginfo::test
