/// @file
/// Which client loses its place on the side port.

#include "metrics/http_places.hpp"

#include <gtest/gtest.h>

#include <iterator>
#include <list>
#include <string_view>

namespace reginfo::metrics {
namespace {

using Kind = HttpPlaces::Kind;

class HttpPlacesTest : public ::testing::Test {
protected:
    struct Client {
        Client(HttpPlaces& places, std::string_view peer)
            : place(places, *IpAddress::parse(peer), [this] { closed = true; }) {}

        bool closed = false;
        HttpPlaces::Place place;
    };

    Client& connect(std::string_view peer) { return clients.emplace_back(places, peer); }

    HttpPlaces places{{.connections = 4, .per_peer = 2, .probes = 2}};
    std::list<Client> clients;
};

TEST_F(HttpPlacesTest, WhereThereIsRoomNobodyGivesWay) {
    for (const char* peer : {"192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.3"}) {
        EXPECT_EQ(connect(peer).place.kind(), Kind::regular);
    }
    for (const Client& client : clients) EXPECT_FALSE(client.closed);
    EXPECT_EQ(places.size(), 4U);
}

TEST_F(HttpPlacesTest, APeerWithMoreThanItsShareGivesWayFirst) {
    Client& other = connect("192.0.2.2");
    Client& first = connect("192.0.2.1");
    Client& second = connect("192.0.2.1");
    connect("192.0.2.1");

    EXPECT_EQ(connect("192.0.2.3").place.kind(), Kind::regular);

    EXPECT_TRUE(first.closed);
    EXPECT_EQ(first.place.kind(), Kind::none);
    EXPECT_FALSE(second.closed);
    EXPECT_FALSE(other.closed) << "it has waited longer, and has no more than its share";
    EXPECT_EQ(places.displaced(), 1U);
}

TEST_F(HttpPlacesTest, APeerThatTakesAllPlacesTakesThemFromItself) {
    Client& other = connect("192.0.2.2");
    for (int i = 0; i < 100; ++i) connect("192.0.2.1");

    EXPECT_FALSE(other.closed);
    EXPECT_EQ(places.displaced(), 97U);
}

TEST_F(HttpPlacesTest, WhereAllIsFullTheOneThatHasWaitedLongestGivesWay) {
    Client& first = connect("192.0.2.1");
    Client& second = connect("192.0.2.2");
    connect("192.0.2.3");
    connect("192.0.2.4");
    first.place.serve();
    first.place.wait();

    EXPECT_EQ(connect("192.0.2.5").place.kind(), Kind::regular);

    EXPECT_TRUE(second.closed);
    EXPECT_FALSE(first.closed) << "it waits anew";
    EXPECT_EQ(places.size(), 4U);
}

TEST_F(HttpPlacesTest, AClientThatIsBeingAnsweredKeepsItsPlace) {
    for (const char* peer : {"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"}) {
        connect(peer).place.serve();
    }

    EXPECT_EQ(connect("192.0.2.5").place.kind(), Kind::probe);

    for (const Client& client : clients) EXPECT_FALSE(client.closed);
}

TEST_F(HttpPlacesTest, NoMoreThanItsShareIsAnsweredToAPeerAtATime) {
    Client& first = connect("192.0.2.1");
    EXPECT_TRUE(first.place.serve());
    EXPECT_TRUE(connect("192.0.2.1").place.serve());
    EXPECT_FALSE(connect("192.0.2.1").place.serve()) << "but a health check";
    EXPECT_TRUE(connect("192.0.2.2").place.serve());

    clients.erase(std::next(clients.begin(), 2));
    first.place.wait();

    EXPECT_TRUE(connect("192.0.2.1").place.serve());
}

TEST_F(HttpPlacesTest, PlacesForHealthChecksAreGivenOnTheSameTerms) {
    for (const char* peer : {"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"}) {
        connect(peer).place.serve();
    }
    Client& first = connect("192.0.2.5");
    Client& second = connect("192.0.2.5");
    EXPECT_FALSE(first.place.serve()) << "but a health check";
    first.place.wait();

    EXPECT_EQ(connect("192.0.2.6").place.kind(), Kind::probe);

    EXPECT_TRUE(second.closed);
    EXPECT_FALSE(first.closed) << "it waits anew";
}

TEST_F(HttpPlacesTest, AClientThatLeavesMakesRoom) {
    for (const char* peer : {"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"}) {
        connect(peer).place.serve();
    }
    clients.pop_front();

    EXPECT_EQ(connect("192.0.2.5").place.kind(), Kind::regular);
    EXPECT_EQ(places.size(), 4U);
}

TEST_F(HttpPlacesTest, AnIpv6NetworkIsOnePeer) {
    Client& other = connect("2001:db8:0:1::1");
    Client& first = connect("2001:db8::1");
    connect("2001:db8::2");
    connect("2001:db8::ffff:1");

    connect("192.0.2.1");

    EXPECT_TRUE(first.closed);
    EXPECT_FALSE(other.closed);
}

}  // namespace
}  // namespace reginfo::metrics
