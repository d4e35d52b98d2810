/// @file
/// 3GPP TS 24.229 §5.4.2.1: the NOTIFYs of profile `ims` by the rules of the S-CSCF.

#include "tests/support/profile_fixture.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace reginfo::test {
namespace {

struct Ims : WithProfile {
    Ims() : WithProfile(Profile::ims) {}
};

using Ts24229Section5_4_2_1_1 = Ims;
using Ts24229Section5_4_2_1_2 = Ims;

TEST_F(Ts24229Section5_4_2_1_1, AnAorWithoutActiveContactIsAnswered480) {
    world.receive(watcher.flow, watcher.subscribe(3600).text());
    world.pass(1s);  // the PUBLISH might have been on its way
    EXPECT_EQ(world.take_one().status(), 480);
    publish({{.uri = uri_of(0)}});
    EXPECT_EQ(watcher.subscribe(world).status(), 200);
}

TEST_F(Ts24229Section5_4_2_1_1, AnyIdentityOfTheImplicitSetMayBeSubscribedTo) {
    publish({{.uri = uri_of(0)}}, member("tel:+491234", member_contact(uri_of(0))));
    watcher.aor = "tel:+49-1234";
    EXPECT_EQ(watcher.subscribe(world).status(), 200);
    const Sent told = world.take_notifies().at(0);
    EXPECT_TRUE(has(told, "aor=\"sip:alice@example.org\""));
    EXPECT_TRUE(has(told, "aor=\"tel:+491234\""));
}

/// As Kamailio's S-CSCF publishes a phone that registered by its IMSI.
TEST_F(Ts24229Section5_4_2_1_1, EachIdentityInADocumentOfKamailiosScscfMayBeSubscribedTo) {
    const std::string imsi = "sip:001011234567895@ims.mnc001.mcc001.3gppnetwork.org";
    const std::string uri = "sip:192.168.101.5:6300;alias=192.168.101.5~6301~2";
    const std::string contact =
        "<contact id=\"0x7f45bcb27058\" state=\"active\" event=\"registered\" expires=\"3599\" "
        "q=\"1.000\"><uri>" +
        uri +
        "</uri><unknown-param name=\"+g.3gpp.smsip\"></unknown-param><unknown-param name=\"q\">"
        "\"1.0\"</unknown-param><unknown-param name=\"expires\">600000</unknown-param></contact>";
    const std::vector<std::string> identities{
        "tel:+15550711", "tel:0711", "sip:+15550711@ims.mnc001.mcc001.3gppnetwork.org", imsi
    };
    std::string body =
        "<?xml version=\"1.0\"?>\n<reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\" version=\"2\" "
        "state=\"full\">\n";
    for (const std::string& identity : identities) body += member(identity, contact) + "\n";
    publisher.aor = imsi;
    ASSERT_EQ(publisher.publish_text(world, body + "</reginfo>\n").status(), 200);
    for (const std::string& identity : identities) {
        Watcher phone("ue-" + std::to_string(world.stats().dialogs));
        phone.aor = identity;
        ASSERT_EQ(phone.subscribe(world).status(), 200) << identity;
        const Sent told = world.take_notifies().at(0);
        for (const std::string& listed : identities) {
            EXPECT_TRUE(has(told, "<registration aor=\"" + listed + "\"")) << identity;
        }
        EXPECT_TRUE(has(told, "<uri>" + uri + "</uri>"));
    }
}

TEST_F(Ts24229Section5_4_2_1_2, AllRegistrationsOfTheImplicitSetAreListedOwnFirst) {
    publish(
        {{.uri = uri_of(0)}},
        member("sip:b@example.org", member_contact(uri_of(0))) +
            member("tel:+491234", member_contact(uri_of(0)))
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

TEST_F(Ts24229Section5_4_2_1_2, OneRegistrationOfEachAorComesOutOfSeveralPublications) {
    publish({{.uri = uri_of(0)}}, member("sip:b@EXAMPLE.org", member_contact(uri_of(0))));
    Publisher second;
    second.publish_text(
        world,
        BodyText{
            .contacts = {{.uri = uri_of(0)}},
            .more = member("sip:b@example.org", member_contact(uri_of(1)))
        }
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

// open5gs publishes IMPUs such as sip:0711, which RFC 3261 does not know.
TEST_F(Ts24229Section5_4_2_1_2, AnOddRegistrationOfTheSetIsListedAsTextAndHurtsNobody) {
    publish(
        {{.uri = uri_of(0)}},
        member("sip:0711", member_contact(uri_of(0))) + member("", member_contact(uri_of(0))) +
            member("sip:a b@h", member_contact("sip:9#1@h"))
    );
    watcher.subscribe(world);
    const Sent told = world.take_notifies().at(0);
    EXPECT_TRUE(has(told, "aor=\"sip:alice@example.org\""));
    EXPECT_TRUE(has(told, "aor=\"sip:0711\""));
    EXPECT_TRUE(has(told, "aor=\"sip:a b@h\""));
    EXPECT_TRUE(has(told, "<uri>sip:9#1@h</uri>"));
    EXPECT_FALSE(has(told, "aor=\"\""));
    EXPECT_EQ(world.stats().left_out[index_of(LeftOut::registration)], 1U);
}

TEST_F(Ts24229Section5_4_2_1_2, AChangeOfAnotherRegistrationIsNotified) {
    publish({{.uri = uri_of(0)}}, member("sip:b@example.org", member_contact(uri_of(0))));
    watcher.subscribe(world);
    world.take();
    const auto told = publish({{.uri = uri_of(0)}}, member("sip:b@example.org", ""));
    ASSERT_EQ(told.size(), 1U);
    EXPECT_TRUE(has(told[0], "state=\"terminated\" event=\"expired\""));
}

TEST_F(Ts24229Section5_4_2_1_2, AContactOfAnotherRegistrationHasItsOwnClock) {
    publish({{.uri = uri_of(0)}}, member("sip:b@example.org", member_contact(uri_of(1), "60")));
    watcher.subscribe(world);
    world.take();
    world.pass(59s);
    EXPECT_TRUE(world.take_notifies().empty());
    world.pass(4s);
    EXPECT_EQ(world.take_notifies().size(), 1U);
}

TEST_F(Ts24229Section5_4_2_1_2, TheNotifyOfTheLastContactsEndEndsTheSubscription) {
    publish({{.uri = uri_of(0)}}, member("sip:b@example.org", member_contact(uri_of(0))));
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

TEST_F(Ts24229Section5_4_2_1_2, TheSubscriptionLivesAsLongAsOneRegistrationOfTheSetIsActive) {
    publish({{.uri = uri_of(0)}}, member("sip:b@example.org", member_contact(uri_of(0))));
    watcher.subscribe(world);
    world.take();
    const auto told = publish({}, member("sip:b@example.org", member_contact(uri_of(0))));
    ASSERT_EQ(told.size(), 1U);
    EXPECT_TRUE(told[0].header("Subscription-State").starts_with("active"));
}

TEST_F(Ts24229Section5_4_2_1_2, GruusAndTheWildcardedIdentityAreKept) {
    const std::string gruu =
        "<gr:pub-gruu xmlns:gr=\"urn:ietf:params:xml:ns:gruuinfo\" "
        "uri=\"sip:alice@example.org;gr=1\"/>";
    const std::string wildcard =
        "<ere:wildcardedIdentity xmlns:ere=\"urn:3gpp:ns:extRegExp:1.0\">"
        "sip:a!.*!@example.org</ere:wildcardedIdentity>";
    publish(
        {{.uri = uri_of(0), .children = gruu}},
        member("sip:a1@example.org", member_contact(uri_of(0)) + wildcard)
    );
    watcher.subscribe(world);
    const Sent told = world.take_notifies().at(0);
    EXPECT_TRUE(has(told, "pub-gruu"));
    EXPECT_TRUE(has(told, "sip:alice@example.org;gr=1"));
    EXPECT_TRUE(has(told, "sip:a!.*!@example.org"));
    EXPECT_TRUE(has(told, "urn:3gpp:ns:extRegExp:1.0"));
}

TEST_F(Ts24229Section5_4_2_1_2, ANewSubscriptionFromTheSameContactEndsTheOlderOne) {
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

TEST_F(Ts24229Section5_4_2_1_2, ARefusalWith503AsksForNoLongWait) {
    Settings settings = settings_with(Profile::ims);
    settings.limits.subscriptions = 0;
    World full(settings);
    Publisher().publish(full, std::vector<ContactText>{{.uri = uri_of(0)}});
    const Sent response = watcher.subscribe(full);
    EXPECT_EQ(response.status(), 503);
    EXPECT_EQ(response.header("Retry-After"), "10");
}

}  // namespace
}  // namespace reginfo::test
