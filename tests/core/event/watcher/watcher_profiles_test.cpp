/// @file
/// What the profiles `standard`, `linphone` and `pcscf` are for a watcher.

#include "tests/support/profile_fixture.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo::test {
namespace {

struct Standard : WithProfile {
    Standard() : WithProfile(Profile::standard) {}
};

TEST_F(Standard, OtherRegistrationsAreNeitherListedNorNotified) {
    publish({{.uri = uri_of(0)}}, member("sip:b@example.org", member_contact(uri_of(0))));
    watcher.subscribe(world);
    EXPECT_FALSE(has(world.take_notifies().at(0), "sip:b@example.org"));
    EXPECT_TRUE(publish({{.uri = uri_of(0)}}, member("sip:b@example.org", "")).empty());
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

TEST_F(Linphone, EveryNotifyHasABodyEvenIfTheWatcherHasTheState) {
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

/// What Kamailio's ims_registrar_pcscf can read (RULES.md, "Kamailio as P-CSCF"). What it has in
/// common with `ims` is in ts24229_test.cpp and ims_identity_test.cpp.
struct Pcscf : WithProfile {
    Pcscf() : WithProfile(Profile::pcscf) {}

    /// Each at an address of its own.
    static std::string uri_of(std::size_t n) { return "sip:c@192.0.2.1" + std::to_string(n); }

    Sent told() {
        const auto notifies = world.take_notifies();
        EXPECT_EQ(notifies.size(), 1U);
        return notifies.empty() ? Sent{} : notifies.front();
    }

    static std::string ended(const std::string& uri, const std::string& event) {
        return "<contact id=\"x\" state=\"terminated\" event=\"" + event +
               "\" expires=\"0\"><uri>" + uri + "</uri></contact>";
    }
    /// How often a contact with that URI is listed in that state.
    static std::size_t listed(
        const Sent& notify,
        const std::string& state,
        const std::string& uri
    ) {
        std::size_t count = 0;
        const std::string_view body = notify.body();
        for (auto at = body.find("<contact "); at != std::string_view::npos;
             at = body.find("<contact ", at + 1)) {
            const std::string_view contact = body.substr(at, body.find("</contact>", at) - at);
            const bool has_uri = contact.find("<uri>" + uri + "</uri>") != std::string_view::npos;
            const bool is_in = contact.find(" state=\"" + state + "\"") != std::string_view::npos;
            if (has_uri && is_in) ++count;
        }
        return count;
    }
};

TEST_F(Pcscf, UnknownEventsAreMappedToOnesThatItAccepts) {
    publish({{.uri = uri_of(0), .event = "shortened"}, {.uri = uri_of(1)}, {.uri = uri_of(2)}});
    watcher.subscribe(world);
    EXPECT_TRUE(has(told(), "event=\"refreshed\""));
    const auto after = publish(
        {{.uri = uri_of(0)},
         {.uri = uri_of(1), .cseq = 2, .state = "terminated", .event = "rejected"},
         {.uri = uri_of(2), .cseq = 2, .state = "terminated", .event = "deactivated"}}
    );
    ASSERT_EQ(after.size(), 1U);
    EXPECT_EQ(listed(after[0], "terminated", uri_of(1)), 1U);
    for (const char* unknown : {"shortened", "probation", "rejected", "deactivated"}) {
        EXPECT_FALSE(has(after[0], unknown)) << unknown;
    }
}

TEST_F(Pcscf, EveryContactHasATimeAndAnActiveOneIsNotOver) {
    publish({{.uri = uri_of(0), .expires = std::nullopt}, {.uri = uri_of(1), .expires = 5}});
    world.pass(5500ms);
    watcher.subscribe(world);
    const Sent first = told();
    EXPECT_TRUE(has(first, "expires=\"3594\""));
    EXPECT_EQ(listed(first, "active", uri_of(1)), 1U);
    EXPECT_TRUE(has(first, "expires=\"1\""));
    world.pass(2s);
    EXPECT_TRUE(has(told(), "expires=\"0\""));
}

TEST_F(Pcscf, AContactThatIsActiveUnderAnotherIdentityIsNotListedAsEnded) {
    const std::string other = "tel:+491234";
    publish({{.uri = uri_of(0)}}, member(other, member_contact(uri_of(0))));
    watcher.subscribe(world);
    world.take();
    const auto out = publish({{.uri = uri_of(0)}});
    ASSERT_EQ(out.size(), 1U);
    EXPECT_TRUE(has(out[0], "<registration aor=\"tel:+491234\""));
    EXPECT_EQ(listed(out[0], "active", uri_of(0)), 1U);
    EXPECT_EQ(listed(out[0], "terminated", uri_of(0)), 0U);
    publisher.remove(world);
    EXPECT_EQ(listed(told(), "terminated", uri_of(0)), 1U);
}

TEST_F(Pcscf, AFormerAddressIsListedAsEndedUnlessAContactIsActiveThere) {
    const std::string instance =
        "<unknown-param name=\"+sip.instance\">\"&lt;urn:uuid:1&gt;\"</unknown-param>";
    const auto at = [&](const std::string& uri, std::uint32_t cseq) {
        return publish({{.uri = uri, .cseq = cseq, .children = instance}});
    };
    at("sip:a@192.0.2.10:5060", 1);
    watcher.subscribe(world);
    world.take();
    const auto same_address = at("sip:b@192.0.2.10:5060;transport=udp", 2);
    EXPECT_EQ(listed(same_address.at(0), "terminated", "sip:a@192.0.2.10:5060"), 0U);
    const auto other_address = at("sip:b@192.0.2.11:5060", 3);
    EXPECT_EQ(listed(other_address.at(0), "terminated", "sip:b@192.0.2.10:5060;transport=udp"), 1U);
    EXPECT_EQ(listed(other_address.at(0), "active", "sip:b@192.0.2.11:5060"), 1U);
}

TEST_F(Pcscf, OfTwoPhonesBehindNatWithOneAddressTheEndOfOneIsListed) {
    const std::string one = "sip:a@10.0.0.1:5060;alias=192.0.2.10~1024~1";
    const std::string two = "sip:a@10.0.0.1:5060;alias=192.0.2.20~1024~1";
    publish({{.uri = one}, {.uri = two}});
    watcher.subscribe(world);
    world.take();
    EXPECT_EQ(listed(publish({{.uri = two}}).at(0), "terminated", one), 1U);
}

TEST_F(Pcscf, WhatWouldHarmItIsLeftOut) {
    publish(
        {{.uri = uri_of(0), .children = "<x:uri xmlns:x=\"urn:x\">sip:x@192.0.2.66</x:uri>"},
         {.uri = "sip:a@192.0.2.66;alias=1"},
         {.uri = "sip:b@192.0.2.66;alias=192.0.2.9~5060"},
         {.uri = "sip:c@192.0.2.66;alias=192.0.2.9~123456~1"},
         {.uri = "sip:d@192.0.2.77;alias=192.0.2.9~12345~1;ob"}},
        "<registration aor=\"sip:$ru@example.org\" id=\"m\" state=\"terminated\">" +
            ended(uri_of(3), "expired") + "</registration>" +
            "<registration aor=\"sip:init@example.org\" id=\"n\" state=\"init\"/>"
    );
    watcher.subscribe(world);
    const Sent first = told();
    EXPECT_EQ(listed(first, "active", uri_of(0)), 1U);
    EXPECT_FALSE(has(first, "192.0.2.66"));
    EXPECT_EQ(listed(first, "active", "sip:d@192.0.2.77;alias=192.0.2.9~12345~1;ob"), 1U);
    EXPECT_FALSE(has(first, "$ru"));
    EXPECT_FALSE(has(first, "init"));
}

TEST_F(Pcscf, HasTheEndsOfIms) {
    publish({{.uri = uri_of(0)}});
    watcher.subscribe(world);
    EXPECT_TRUE(told().has("SIP-ETag"));
    publisher.remove(world);
    const Sent last = told();
    EXPECT_EQ(last.header("Subscription-State"), "terminated;reason=deactivated");
    EXPECT_EQ(listed(last, "terminated", uri_of(0)), 1U);
    EXPECT_TRUE(has(last, "<registration aor=\"sip:alice@example.org\""));
    EXPECT_EQ(world.stats().subscriptions, 0U);
}

}  // namespace
}  // namespace reginfo::test
