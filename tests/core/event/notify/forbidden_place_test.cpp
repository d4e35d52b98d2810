/// @file
/// Nobody can lead our requests to ourselves, or to more than one host: by a Contact, a route, a
/// name, or the answer to a NOTIFY.

#include "core/event/notify/forbidden_place.hpp"

#include "tests/support/engine_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace reginfo::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A listener on an address, one on the wildcard behind a name, the side port on the wildcard.
Settings many_sockets() {
    Settings settings = test_settings();
    settings.listeners.push_back(
        {Transport::udp, endpoint("0.0.0.0", 5080), "reg.example.org", 5090}
    );
    settings.listeners.push_back({Transport::udp, endpoint("::", 5080), "203.0.113.9", 5095});
    settings.host.sockets = {endpoint("0.0.0.0", 8080)};
    settings.host.addresses = {*IpAddress::parse("192.0.2.1"), *IpAddress::parse("2001:db8::1")};
    settings.host.broadcasts = {*IpAddress::parse("192.0.2.255")};
    return settings;
}

struct Place {
    const char* uri;
    const char* leads_to;  ///< "" if it may
};

constexpr Place kPlaces[] = {
    {"sip:w@192.0.2.1", "this server"},
    {"sip:w@192.0.2.1:5060;transport=tcp", "this server"},
    {"sip:w@[::ffff:192.0.2.1]:5060", "this server"},
    {"sip:w@[2001:DB8:0::1]", "this server"},
    {"sip:w@198.51.100.1;maddr=192.0.2.1", "this server"},
    {"sip:w@192.0.2.1:5080", "this server"},
    {"sip:w@127.0.0.1:5080", "this server"},
    {"sip:w@127.3.2.1:5080", "this server"},
    {"sip:w@[::1]:5080", "this server"},
    {"sip:w@[2001:db8::1]:5080", "this server"},
    {"sip:w@Reg.Example.ORG:5090", "this server"},
    {"sip:w@reg.example.org.:5090", "this server"},
    {"sip:w@203.0.113.9:5095", "this server"},
    {"sip:w@192.0.2.1:8080", "a port of this server"},
    {"sip:w@0.0.0.0", "a wildcard address"},
    {"sip:w@0.0.0.0:4000", "a wildcard address"},
    {"sip:w@0.1.2.3:4000", "a wildcard address"},
    {"sip:w@[::]", "a wildcard address"},
    {"sip:w@[::ffff:0.0.0.0]", "a wildcard address"},
    {"sip:w@224.0.1.75", "a multicast address"},
    {"sip:w@239.255.255.255:4000", "a multicast address"},
    {"sip:w@[ff02::1]", "a multicast address"},
    {"sip:w@[::ffff:224.0.1.75]", "a multicast address"},
    {"sip:w@255.255.255.255", "a broadcast address"},
    {"sip:w@192.0.2.255", "a broadcast address"},

    {"sip:w@198.51.100.1", ""},
    {"sip:w@192.0.2.1:5061", ""},  // a neighbour on this host
    {"sip:w@127.0.0.1:5060", ""},  // where nothing of ours is bound
    {"sip:w@[::1]:8080", ""},
    {"sip:w@198.51.100.1:5080", ""},
    {"sip:w@reg.example.org", ""},  // SRV records have the ports
    {"sip:w@reg.example.org:5091", ""},
    {"sip:w@other.example.org:5090", ""},
    {"sip:w@223.255.255.255", ""},
    {"sip:w@240.0.0.1", ""},
    {"sip:w@[fe80::1]", ""},
};

TEST(ForbiddenPlace, IsWhereOurOwnSocketsAreAndWhatIsNotOneHost) {
    const Settings settings = many_sockets();
    for (const Place& place : kPlaces) {
        SCOPED_TRACE(place.uri);
        const auto uri = sip::parse_uri(place.uri);
        ASSERT_TRUE(uri);
        EXPECT_EQ(forbidden_place(settings, *uri), place.leads_to);
    }
}

class ForbiddenHop : public ::testing::Test {
protected:
    Sent subscribe(std::string contact, const std::vector<std::string>& more = {}) {
        watcher.contact = std::move(contact);
        watcher.more = more;
        return watcher.subscribe(world);
    }

    bool notes(const std::string& what, const std::string& detail) const {
        return std::any_of(world.notes.begin(), world.notes.end(), [&](const Note& note) {
            return note.what == what && note.detail.find(detail) != std::string::npos;
        });
    }

    World world;
    Watcher watcher{"watcher"};
};

TEST_F(ForbiddenHop, AContactThatLeadsThereIsRefusedWithTheReason) {
    const Sent answer = subscribe("sip:w@192.0.2.1:5060");

    EXPECT_EQ(answer.status(), 403);
    EXPECT_EQ(answer.message.reason, "Contact leads to this server");
    EXPECT_EQ(world.stats().forbidden_places, 1U);
    EXPECT_EQ(world.stats().dialogs, 0U);
    EXPECT_TRUE(notes("next hop refused", "Contact leads to this server"));
    EXPECT_THAT(world.take(), IsEmpty());
}

TEST_F(ForbiddenHop, ARouteThatLeadsThereIsRefused) {
    const Sent answer = subscribe("sip:w@198.51.100.1", {"Record-Route: <sip:239.1.1.1;lr>"});

    EXPECT_EQ(answer.status(), 403);
    EXPECT_EQ(answer.message.reason, "Record-Route leads to a multicast address");
}

TEST_F(ForbiddenHop, BehindARouteTheContactIsTheRoutesMatter) {
    EXPECT_EQ(subscribe("sip:w@0.0.0.0", {"Record-Route: <sip:198.51.100.7;lr>"}).status(), 200);

    EXPECT_THAT(world.take_notifies(), SizeIs(1));
}

TEST_F(ForbiddenHop, AWatcherThatIsAnsweredOnItsConnectionNeedsNoContactThatCanBeReached) {
    watcher.flow = tcp_flow("198.51.100.1", 4'000, 7);

    EXPECT_EQ(subscribe("sip:w@0.0.0.0").status(), 200);

    const std::vector<Sent> notifies = world.take_notifies();
    ASSERT_THAT(notifies, SizeIs(1));
    EXPECT_EQ(notifies[0].flow, watcher.flow);

    world.close(watcher.flow);
    EXPECT_TRUE(world.take_notifies().empty());
}

TEST_F(ForbiddenHop, ARefreshThatMovesThereIsRefusedAndTheSubscriptionStays) {
    ASSERT_EQ(subscribe("sip:w@198.51.100.1").status(), 200);
    world.take();

    EXPECT_EQ(subscribe("sip:w@224.0.0.1").status(), 403);
    EXPECT_THAT(world.take(), IsEmpty());

    EXPECT_EQ(subscribe("sip:w@198.51.100.1").status(), 200);
    EXPECT_THAT(world.take_notifies(), SizeIs(1));
}

TEST_F(ForbiddenHop, ANameThatLeadsThereIsNoWay) {
    ASSERT_EQ(subscribe("sip:w@loop.example.org").status(), 200);
    ASSERT_THAT(world.resolves, SizeIs(1));

    world.resolved(world.resolves[0].id, std::vector<Endpoint>{endpoint("192.0.2.1")});

    EXPECT_THAT(world.take_notifies(), IsEmpty());
    EXPECT_EQ(world.stats().forbidden_places, 1U);
    EXPECT_TRUE(notes("next hop refused", "leads to this server, 192.0.2.1:5060"));
    EXPECT_EQ(world.stats().dialogs, 0U);
}

TEST_F(ForbiddenHop, OfTheAddressesOfANameTheOthersAreTried) {
    ASSERT_EQ(subscribe("sip:w@pool.example.org").status(), 200);

    world.resolved(
        world.resolves.at(0).id,
        std::vector<Endpoint>{endpoint("192.0.2.1"), endpoint("198.51.100.5")}
    );

    const std::vector<Sent> notifies = world.take_notifies();
    ASSERT_THAT(notifies, SizeIs(1));
    EXPECT_EQ(notifies[0].flow.peer, endpoint("198.51.100.5"));
}

TEST_F(ForbiddenHop, AnAnswerToANotifyThatMovesThereIsNotBelieved) {
    world.answers = [](const Sent&) { return std::nullopt; };
    ASSERT_EQ(subscribe("sip:w@198.51.100.1").status(), 200);
    const std::vector<Sent> first = world.take_notifies();
    ASSERT_THAT(first, SizeIs(1));

    world.answer(first[0], 200, {"Contact: <sip:w@192.0.2.1>"});
    Publisher().publish(world, {{.uri = "sip:c@198.51.100.9"}});

    const std::vector<Sent> second = world.take_notifies();
    ASSERT_THAT(second, SizeIs(1));
    EXPECT_EQ(second[0].flow.peer, endpoint("198.51.100.1"));
    EXPECT_THAT(std::string(second[0].message.request_uri), HasSubstr("198.51.100.1"));
    EXPECT_EQ(world.stats().forbidden_places, 1U);
}

TEST_F(ForbiddenHop, AQuestionNamesItsWatcherAndWhetherItIsForARoute) {
    ASSERT_EQ(subscribe("sip:w@phone.example.org").status(), 200);
    Watcher routed("routed", "198.51.100.2");
    routed.more = {"Record-Route: <sip:edge.example.org;lr>"};
    ASSERT_EQ(routed.subscribe(world).status(), 200);

    ASSERT_THAT(world.resolves, SizeIs(2));
    EXPECT_FALSE(world.resolves[0].is_route);
    EXPECT_TRUE(world.resolves[1].is_route);
    EXPECT_EQ(world.resolves[0].from, watcher.flow.peer);
    EXPECT_NE(world.resolves[0].watcher, world.resolves[1].watcher);
}

}  // namespace
}  // namespace reginfo::test
