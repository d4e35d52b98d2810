/// @file
/// Any identity of a published implicit registration set may be watched (TS 24.229 §5.4.2.1.1): its
/// watcher gets the set.

#include "tests/core/event/subscribe/ims_identity_fixture.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo::test {
namespace {

TEST_F(ImsIdentity, ItsWatcherGetsTheWholeSetUnderTheListedIdentities) {
    publish_set({kMsisdn, kTel});
    watcher.aor = "tel:+49-12.34";
    ASSERT_EQ(watcher.subscribe(world).status(), 200);
    const Sent notify = told();
    EXPECT_TRUE(has(notify, "state=\"full\""));
    EXPECT_LT(registration_in(notify, kImsi), registration_in(notify, kMsisdn));
    EXPECT_LT(registration_in(notify, kMsisdn), registration_in(notify, kTel));
    EXPECT_NE(registration_in(notify, kTel), std::string_view::npos);
    EXPECT_FALSE(has(notify, watcher.aor));
}

TEST_F(ImsIdentity, IsFoundByAnySpellingOfIt) {
    publish_set({"sip:+491234@IMS.example.org;user=phone", "tel:+49-1234"});
    for (const char* spelling :
         {"sip:+491234@ims.example.org",
          "sips:+491234@ims.EXAMPLE.org;user=phone",
          "tel:+49(12)34",
          kTel}) {
        Watcher one("w" + std::to_string(world.stats().dialogs + 10));
        one.aor = spelling;
        EXPECT_EQ(one.subscribe(world).status(), 200) << spelling;
    }
    world.take();
    watcher.aor = "sip:+491235@ims.example.org";
    world.receive(watcher.flow, watcher.subscribe(3600).text());
    world.pass(1s);
    EXPECT_EQ(world.take_one().status(), 480);
}

TEST_F(ImsIdentity, AWatcherOfTheAorItselfGetsItAsWritten) {
    publish_set({kTel});
    watcher.aor = "sip:262011234567890@IMS.example.org";
    watcher.subscribe(world);
    EXPECT_NE(registration_in(told(), watcher.aor), std::string_view::npos);
}

TEST_F(ImsIdentity, ItsWatcherIsNotifiedOfEachChangeOfTheSetInOrder) {
    publish_set({kTel});
    watcher.subscribe(world);
    EXPECT_EQ(version_of(told()), "0");
    publish_set({kMsisdn, kTel});
    const Sent second = told();
    EXPECT_EQ(version_of(second), "1");
    EXPECT_NE(registration_in(second, kMsisdn), std::string_view::npos);
    EXPECT_EQ(watcher.subscribe(world).status(), 200);
    const Sent third = told();
    EXPECT_EQ(version_of(third), "2");
    EXPECT_EQ(third.cseq(), 3U);
    EXPECT_NE(registration_in(third, kImsi), std::string_view::npos);
}

TEST_F(ImsIdentity, EntityTagsAreThoseOfTheSetAsItsWatcherGetsIt) {
    publish_set({kTel});
    watcher.subscribe(world);
    watcher.more = {"Suppress-If-Match: " + told().header("SIP-ETag")};
    EXPECT_EQ(watcher.subscribe(world).status(), 204);
    EXPECT_TRUE(world.take_notifies().empty());
    Watcher again("w2");
    again.aor = kTel;
    again.more = watcher.more;
    EXPECT_EQ(again.subscribe(world).status(), 200);
    EXPECT_TRUE(told().body().empty());
    publish_set({kMsisdn, kTel});
    world.take();
    watcher.subscribe(world);
    EXPECT_FALSE(told().body().empty());
}

TEST_F(ImsIdentity, MayBeFetched) {
    publish_set({kTel});
    EXPECT_EQ(watcher.subscribe(world, 0).status(), 200);
    const Sent notify = told();
    EXPECT_EQ(notify.header("Subscription-State"), "terminated;reason=timeout");
    EXPECT_NE(registration_in(notify, kImsi), std::string_view::npos);
    EXPECT_EQ(world.stats().subscriptions, 0U);
}

TEST_F(ImsIdentity, ASecondSubscriptionInTheDialogFindsTheSetAsWell) {
    watch();
    watcher.event = "reg;id=7";
    EXPECT_EQ(watcher.subscribe(world).status(), 200);
    EXPECT_NE(registration_in(told(), kImsi), std::string_view::npos);
    publish_set({kTel});
    EXPECT_EQ(world.take_notifies().size(), 2U);
}

TEST_F(ImsIdentity, AProxyWithOneContactMayWatchSeveralIdentitiesOfASet) {
    watch();
    Watcher other("w2");
    other.contact = watcher.contact;
    other.aor = kMsisdn;
    other.subscribe(world);
    world.take();
    EXPECT_EQ(world.stats().subscriptions, 2U);
    Watcher again("w3");
    again.contact = watcher.contact;
    again.aor = "tel:+49-1234";
    again.subscribe(world);
    world.take();
    EXPECT_EQ(world.stats().subscriptions, 2U);
}

TEST_F(ImsIdentity, IsListedUnderTheAorOfItsSetTogetherWithTheWrittenIdentity) {
    watch();
    const Inspection& inspection = world.engine().inspection();
    const auto details = inspection.registration(world.now(), kImsi, 10);
    ASSERT_TRUE(details.has_value());
    ASSERT_EQ(details->watchers.size(), 1U);
    EXPECT_EQ(details->watchers[0].aor, kImsi);
    EXPECT_EQ(details->watchers[0].identity, kTel);
    std::vector<SubscriptionView> found;
    RegistrationFilter filter;
    filter.aor = kTel;
    inspection.list(world.now(), 0, {}, filter, found);
    EXPECT_EQ(found.size(), 1U);
}

TEST_F(ImsIdentity, NothingOfItIsLeftInMemoryAfterwards) {
    const std::uint64_t before = world.engine().inspection().memory().tables;
    watch();
    EXPECT_GT(world.engine().inspection().memory().tables, before);
    publish_set({});
    publisher.remove(world);
    world.pass(1min);
    EXPECT_EQ(world.stats().aors, 0U);
    publish_set({kTel});
    Watcher again("w2");
    again.aor = kTel;
    EXPECT_EQ(again.subscribe(world).status(), 200);
}

struct PcscfIdentity : ImsIdentity {
    PcscfIdentity() : ImsIdentity(Profile::pcscf) {}
};

TEST_F(PcscfIdentity, FindsItsSetAndMovesAsWell) {
    watch();
    publish_set({});
    world.take();
    Publisher own = publisher_of(kTel);
    publish_set(world, own, {});
    EXPECT_NE(registration_in(told(), kTel), std::string_view::npos);
}

struct IdentityOfStandard : ImsIdentity {
    IdentityOfStandard() : ImsIdentity(Profile::standard) {}
};

TEST_F(IdentityOfStandard, IsAnAorThatNobodyPublished) {
    publish_set({kTel});
    EXPECT_EQ(watcher.subscribe(world).status(), 200);
    EXPECT_TRUE(has(told(), "state=\"init\""));
}

TEST(ImsIdentityProfiles, AnotherUsageOfTheDialogThatIsStandardWatchesTheAorOfThatName) {
    Settings settings = test_settings();
    settings.profile_rules = {{.profile = Profile::ims, .user_agent = "UE"}};
    World world(settings);
    Publisher publisher;
    const BodyText body{
        .contacts = {{.uri = kContact}}, .more = member(kTel, member_contact(kContact))
    };
    publisher.publish_text(world, body.text());
    Watcher watcher("w1");
    watcher.aor = kTel;
    watcher.user_agent = "UE";
    EXPECT_EQ(watcher.subscribe(world).status(), 200);
    world.take();
    watcher.user_agent = "other";
    watcher.event = "reg;id=7";
    EXPECT_EQ(watcher.subscribe(world).status(), 200);
    const Sent told = world.take_notifies().at(0);
    EXPECT_NE(registration_in(told, kTel), std::string_view::npos);
    EXPECT_TRUE(has(told, "state=\"init\""));
}

}  // namespace
}  // namespace reginfo::test
