/// @file
/// What one AOR may have, in numbers and in bytes (RULES.md, "Everything is bounded").

#include "core/event/publish/compositor.hpp"
#include "tests/support/addresses.hpp"
#include "tests/support/engine_fixture.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace reginfo::test {
namespace {

class CompositorBounds : public ::testing::Test {
protected:
    World world;
    Publisher publisher;
};

// RULES.md, "Everything is bounded": each change processes all that is listed.
TEST_F(CompositorBounds, WhatThePublicationsOfAnAorListIsBounded) {
    Settings settings = test_settings();
    settings.limits.contacts_per_aor = 20;
    World small(settings);
    Publisher one;
    const auto grow = [&](int i, const std::string& more) {
        const std::string uri = "sip:" + std::to_string(i) + "@192.0.2.1";
        const BodyText text{.contacts = {{.uri = uri}}, .state = "partial", .more = more};
        return one.publish_text(small, text.text());
    };
    int accepted = 0;
    while (accepted < 30 && grow(accepted, {}).status() == 200) ++accepted;
    EXPECT_EQ(accepted, 20);
    EXPECT_EQ(small.stats().contacts_active, 20U);
    EXPECT_EQ(small.stats().refused_by_bound[index_of(Bound::contacts_per_aor)], 1U);
    EXPECT_EQ(one.refresh(small).status(), 200);
    EXPECT_EQ(one.remove(small).status(), 200);

    one.etag.clear();
    accepted = 0;
    const auto member = [](int i) {
        return R"(<registration aor="tel:+)" + std::to_string(i) + R"(" id="m" state="init"/>)";
    };
    while (accepted < 30 && grow(0, member(accepted)).status() == 200) ++accepted;
    EXPECT_EQ(accepted, 19) << "with one contact, and one more registration each time";
}

TEST_F(CompositorBounds, AnAorAtItsBoundCanStillBeModified) {
    Settings settings = test_settings();
    settings.limits.contacts_per_aor = 4;
    World small(settings);
    std::vector<Publisher> registrars(2);
    const auto listing = [](int cseq) {
        return std::vector<ContactText>{
            {.uri = kX, .cseq = cseq}, {.uri = "sip:y@192.0.2.20", .cseq = cseq}
        };
    };
    for (Publisher& one : registrars) EXPECT_EQ(one.publish(small, listing(1)).status(), 200);
    for (Publisher& one : registrars) EXPECT_EQ(one.publish(small, listing(2)).status(), 200);
    EXPECT_EQ(
        registrars[0].publish(small, {{.uri = kX, .cseq = 3}, {.uri = "sip:z@h"}}).status(), 200
    );

    std::vector<ContactText> more = listing(3);
    more.push_back({.uri = "sip:z@192.0.2.30"});
    EXPECT_EQ(registrars[1].publish(small, more).status(), 503);
    EXPECT_EQ(small.stats().refused_by_bound[index_of(Bound::contacts_per_aor)], 1U);
    EXPECT_EQ(registrars[1].publish(small, listing(3)).status(), 200) << "nothing has changed";
}

// RULES.md, "Everything is bounded".
TEST_F(CompositorBounds, TheBytesOfAnAorAreBounded) {
    Settings settings = test_settings();
    settings.limits.aor_bytes = 8'192;
    World small(settings);
    Publisher one;
    const auto grow = [&](int contacts) {
        std::vector<ContactText> listed;
        for (int i = 0; i < contacts; ++i) {
            const std::string uri = "sip:" + std::to_string(i) + "@192.0.2.1";
            listed.push_back(
                {.uri = uri, .attributes = " user_agent=\"" + std::string(500, 'x') + "\""}
            );
        }
        return one.publish(small, listed);
    };
    int contacts = 1;
    while (contacts < 40 && grow(contacts).status() == 200) ++contacts;
    EXPECT_GT(contacts, 8);
    EXPECT_LT(contacts, 16);
    EXPECT_EQ(small.stats().contacts_active, static_cast<unsigned>(contacts - 1));
    EXPECT_EQ(small.stats().refused_by_bound[index_of(Bound::aor_bytes)], 1U);
    EXPECT_EQ(small.notes.back().what, "limits.aor_bytes reached");
    EXPECT_EQ(small.notes.back().detail, "sip:alice@example.org");

    const Sent refused = grow(contacts);
    EXPECT_EQ(refused.message.reason, "Too many bytes of this address-of-record");
    EXPECT_TRUE(refused.has("Retry-After"));
    EXPECT_EQ(one.refresh(small).status(), 200);
    EXPECT_EQ(grow(contacts - 1).status(), 200) << "as large as it was";
    EXPECT_EQ(grow(1).status(), 200);
}

TEST_F(CompositorBounds, PendingEndsAreDroppedForLiveContacts) {
    Settings settings = test_settings();
    settings.limits.aor_bytes = 8'192;
    World small(settings);
    small.answers = [](const Sent&) { return std::nullopt; };
    Watcher("w1").subscribe(small);
    Publisher one;
    for (int round = 0; round < 10; ++round) {
        std::vector<ContactText> listed;
        for (int i = 0; i < 4; ++i) {
            const std::string uri = "sip:" + std::to_string(10 * round + i) + "@192.0.2.1";
            listed.push_back(
                {.uri = uri, .attributes = " user_agent=\"" + std::string(500, 'x') + "\""}
            );
        }
        EXPECT_EQ(one.publish(small, listed).status(), 200) << round;
    }
    EXPECT_EQ(small.stats().contacts_active, 4U);
    EXPECT_GT(small.stats().contacts_ended, 0U);
    EXPECT_GT(small.stats().refused_by_bound[index_of(Bound::ended_contacts)], 0U);
    EXPECT_EQ(small.stats().refused_by_bound[index_of(Bound::aor_bytes)], 0U);
}

// README: 512 ended contacts of an AOR.
TEST_F(CompositorBounds, DroppedEndsAreCountedAndLogged) {
    world.answers = [](const Sent&) { return std::nullopt; };
    Watcher("w1").subscribe(world);
    for (int round = 0; round < 3; ++round) {
        std::vector<ContactText> listed;
        for (int i = 0; i < 300; ++i) {
            listed.push_back({.uri = "sip:" + std::to_string(1000 * round + i) + "@192.0.2.1"});
        }
        EXPECT_EQ(publisher.publish(world, listed).status(), 200);
    }
    EXPECT_EQ(world.stats().contacts_ended, 300U) << "those of one change go together";
    EXPECT_EQ(world.stats().refused_by_bound[index_of(Bound::ended_contacts)], 300U);
    EXPECT_EQ(world.notes.back().what, "ended contacts forgotten before every watcher was told");
}

}  // namespace
}  // namespace reginfo::test
