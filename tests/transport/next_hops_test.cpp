/// @file
/// RFC 3263 by a table of zones, and the order of RFC 2782.

#include "transport/next_hops.hpp"

#include "core/base/token_source.hpp"
#include "tests/transport/zone.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace reginfo::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kUdp = Transport::udp;
constexpr auto kTcp = Transport::tcp;

RandomNumber always(std::uint64_t number) {
    return [number] { return number; };
}

struct Found {
    std::vector<Target> targets;
    std::vector<std::string> asked;
};

Found search(const Zone& zone, const Resolve& question) {
    Found found;
    HopSearch hops(question, always(0));
    while (!hops.is_done()) {
        std::vector<SharedAnswer> answers;
        for (const DnsQuery& query : hops.queries()) {
            found.asked.push_back(query.name);
            answers.push_back(std::make_shared<DnsAnswer>(zone.answer(query)));
        }
        hops.take(answers);
    }
    found.targets = hops.targets();
    return found;
}

std::vector<Target> targets(const Zone& zone, const Resolve& question) {
    return search(zone, question).targets;
}

Target udp(const char* address, std::uint16_t port = 5060) {
    return {kUdp, endpoint(address, port)};
}
Target tcp(const char* address, std::uint16_t port = 5060) {
    return {kTcp, endpoint(address, port)};
}

/// Two servers by UDP, one by TCP, an address of the domain itself.
Zone two_servers() {
    Zone zone;
    zone.srv("_sip._udp.a.test", {{20, 0, 5080, "second.test"}, {10, 0, 5070, "first.test"}})
        .srv("_sip._tcp.a.test", {{10, 0, 5090, "first.test"}})
        .addresses("first.test", {"192.0.2.1", "2001:db8::1"})
        .addresses("second.test", {"192.0.2.2"})
        .addresses("a.test", {"192.0.2.9"});
    return zone;
}

// RFC 3263 §4.2

TEST(Rfc3263, APortInTheUriMeansAddressesWithThatPortAndUdp) {
    const Found found = search(two_servers(), {1, "a.test", 5099, {}, false});

    EXPECT_THAT(found.targets, ElementsAre(udp("192.0.2.9", 5099)));
    EXPECT_THAT(found.asked, ElementsAre("a.test"));
}

TEST(Rfc3263, APortAndATransportInTheUriAreBothObeyed) {
    EXPECT_THAT(
        targets(two_servers(), {1, "a.test", 5099, kTcp, false}),
        ElementsAre(tcp("192.0.2.9", 5099))
    );
}

TEST(Rfc3263, APortInASipsUriMeansTcp) {
    EXPECT_THAT(
        targets(two_servers(), {1, "a.test", 5099, {}, true}), ElementsAre(tcp("192.0.2.9", 5099))
    );
}

TEST(Rfc3263, ATransportInTheUriMeansItsServers) {
    const Found found = search(two_servers(), {1, "a.test", 0, kTcp, false});

    EXPECT_THAT(found.targets, ElementsAre(tcp("192.0.2.1", 5090), tcp("2001:db8::1", 5090)));
    EXPECT_THAT(found.asked, ElementsAre("_sip._tcp.a.test", "first.test"));
}

TEST(Rfc3263, ATransportWithoutServersMeansTheHostItself) {
    Zone zone;
    zone.addresses("a.test", {"192.0.2.9"});

    EXPECT_THAT(targets(zone, {1, "a.test", 0, kTcp, false}), ElementsAre(tcp("192.0.2.9")));
    EXPECT_THAT(targets(zone, {1, "a.test", 0, kUdp, false}), ElementsAre(udp("192.0.2.9")));
}

TEST(Rfc3263, WithoutNaptrTheServersOfUdpComeBeforeThoseOfTcp) {
    EXPECT_THAT(
        targets(two_servers(), {1, "a.test", 0, {}, false}),
        ElementsAre(
            udp("192.0.2.1", 5070),
            udp("2001:db8::1", 5070),
            udp("192.0.2.2", 5080),
            tcp("192.0.2.1", 5090),
            tcp("2001:db8::1", 5090)
        )
    );
}

TEST(Rfc3263, WithoutAnyServersTheHostItselfIsTriedByUdp) {
    Zone zone;
    zone.addresses("a.test", {"192.0.2.9", "2001:db8::9"});

    EXPECT_THAT(
        targets(zone, {1, "a.test", 0, {}, false}),
        ElementsAre(udp("192.0.2.9"), udp("2001:db8::9"))
    );
}

TEST(Rfc3263, ANameThatDoesNotExistHasNoTargets) {
    for (const std::uint16_t port : {std::uint16_t{0}, std::uint16_t{5060}}) {
        EXPECT_THAT(targets(Zone(), {1, "no.test", port, {}, false}), IsEmpty());
        EXPECT_THAT(targets(Zone(), {1, "no.test", port, kTcp, true}), IsEmpty());
    }
}

TEST(Rfc6761, LocalhostHasAddressesOnly) {
    Zone zone;
    zone.addresses("localhost", {"127.0.0.1"});

    const Found found = search(zone, {1, "localhost", 0, {}, false});

    EXPECT_THAT(found.targets, ElementsAre(udp("127.0.0.1")));
    EXPECT_THAT(found.asked, ElementsAre("localhost"));
}

// RFC 3263 §4.1

TEST(Rfc3263, NaptrDeterminesThePreferredTransport) {
    Zone zone = two_servers();
    zone.naptr(
        "a.test",
        {{50, 60, "s", "SIP+D2U", "_sip._udp.a.test"}, {50, 50, "S", "sip+d2t", "_sip._tcp.a.test"}}
    );

    EXPECT_THAT(
        targets(zone, {1, "a.test", 0, {}, false}),
        ElementsAre(
            tcp("192.0.2.1", 5090),
            tcp("2001:db8::1", 5090),
            udp("192.0.2.1", 5070),
            udp("2001:db8::1", 5070),
            udp("192.0.2.2", 5080)
        )
    );
}

TEST(Rfc3263, TheServersOfNaptrCountEvenInAnotherDomain) {
    Zone zone = two_servers();
    zone.naptr("b.test", {{1, 1, "s", "SIP+D2T", "_sip._tcp.a.test"}});

    EXPECT_THAT(
        targets(zone, {1, "b.test", 0, {}, false}),
        ElementsAre(tcp("192.0.2.1", 5090), tcp("2001:db8::1", 5090))
    );
}

TEST(Rfc3263, NaptrWithoutItsServersLeavesTheHostItselfByThatTransport) {
    Zone zone;
    zone.naptr("a.test", {{1, 1, "s", "SIP+D2T", "_sip._tcp.a.test"}})
        .addresses("a.test", {"192.0.2.9"});

    EXPECT_THAT(targets(zone, {1, "a.test", 0, {}, false}), ElementsAre(tcp("192.0.2.9")));
}

TEST(Rfc3263, WhatNaptrOffersAndWeCannotUseIsAsIfItWereNotThere) {
    const std::vector<NaptrRecord> cases = {
        {1, 1, "s", "SIPS+D2T", "_sips._tcp.a.test"},
        {1, 1, "s", "SIP+D2S", "_sip._sctp.a.test"},
        {1, 1, "s", "SIP+D2W", "_ws._tcp.a.test"},
        {1, 1, "u", "E2U+sip", "!^.*$!sip:x@a.test!"},
        {1, 1, "a", "SIP+D2U", "first.test"},
        {1, 1, "s", "SIP+D2U", ""},
    };
    const std::vector<Target> without = targets(two_servers(), {1, "a.test", 0, {}, false});
    for (const NaptrRecord& record : cases) {
        SCOPED_TRACE(record.service + " " + record.flags);
        Zone zone = two_servers();
        zone.naptr("a.test", {record});

        EXPECT_EQ(targets(zone, {1, "a.test", 0, {}, false}), without);
    }
}

TEST(Rfc3403, OnlyTheLowestOrderThatIsUsableCounts) {
    const std::vector<NaptrRecord> records = {
        {30, 1, "s", "SIP+D2U", "late"},
        {20, 2, "s", "SIP+D2T", "second"},
        {20, 1, "s", "SIP+D2U", "first"},
        {10, 1, "s", "SIPS+D2T", "tls"},
    };

    EXPECT_THAT(
        services_of(records, false),
        ElementsAre(SipService{kUdp, "first"}, SipService{kTcp, "second"})
    );
}

TEST(Rfc3263, ASipsUriHasServicesOfSipsOnly) {
    const std::vector<NaptrRecord> records = {
        {1, 1, "s", "SIP+D2T", "plain"}, {2, 1, "s", "SIPS+D2T", "secure"}
    };

    EXPECT_THAT(services_of(records, true), ElementsAre(SipService{kTcp, "secure"}));
    EXPECT_THAT(
        search(Zone(), {1, "a.test", 0, {}, true}).asked,
        ElementsAre("a.test", "_sips._tcp.a.test", "a.test")
    );
}

// RFC 2782

TEST(Rfc2782, ATargetOfADotMeansThatThereIsNoService) {
    Zone zone;
    zone.srv("_sip._udp.a.test", {{0, 0, 0, ""}}).addresses("a.test", {"192.0.2.9"});

    EXPECT_THAT(targets(zone, {1, "a.test", 0, kUdp, false}), IsEmpty());
    EXPECT_THAT(targets(zone, {1, "a.test", 0, {}, false}), IsEmpty());
}

TEST(Rfc2782, NoServiceByUdpLeavesTheOneByTcp) {
    Zone zone = two_servers();
    zone.srv("_sip._udp.a.test", {{0, 0, 0, ""}});

    EXPECT_THAT(
        targets(zone, {1, "a.test", 0, {}, false}),
        ElementsAre(tcp("192.0.2.1", 5090), tcp("2001:db8::1", 5090))
    );
}

TEST(Rfc2782, AServerWhoseNameHasNoAddressIsPassedOver) {
    Zone zone = two_servers();
    zone.srv("_sip._udp.a.test", {{1, 0, 5060, "gone.test"}, {2, 0, 5060, "second.test"}});

    EXPECT_THAT(targets(zone, {1, "a.test", 0, kUdp, false}), ElementsAre(udp("192.0.2.2")));
}

std::vector<std::string> order(std::vector<SrvRecord> records, const RandomNumber& random) {
    order_by_rfc2782(records, random);
    std::vector<std::string> names;
    for (const SrvRecord& record : records) names.push_back(record.target);
    return names;
}

TEST(Rfc2782, LowerPriorityComesFirstWhateverTheWeight) {
    EXPECT_THAT(
        order({{3, 9, 1, "c"}, {1, 0, 1, "a"}, {2, 65'535, 1, "b"}}, always(0)),
        ElementsAre("a", "b", "c")
    );
}

TEST(Rfc2782, ChanceFallsOnTheFirstRunningSumThatReachesIt) {
    const std::vector<SrvRecord> records = {
        {1, 3, 1, "three"}, {1, 1, 1, "one"}, {1, 0, 1, "none"}
    };

    EXPECT_THAT(order(records, always(0)), ElementsAre("none", "three", "one"));
    EXPECT_EQ(order(records, always(1))[0], "three");
    EXPECT_EQ(order(records, always(3))[0], "three");
    EXPECT_EQ(order(records, always(4))[0], "one");
}

TEST(Rfc2782, ServersAreFirstInProportionToTheirWeights) {
    TokenSource chance(7);
    std::map<std::string, int> first;
    for (int i = 0; i < 10'000; ++i) {
        ++first[order({{1, 75, 1, "a"}, {1, 25, 1, "b"}}, [&] { return chance.next(); })[0]];
    }

    EXPECT_LT(std::abs(first["a"] - 7'500), 300);
    EXPECT_EQ(first["a"] + first["b"], 10'000);
}

TEST(NextHops, NoMoreTargetsThanTheBoundAndEachOnce) {
    std::vector<SrvRecord> records;
    Zone zone;
    for (std::uint16_t i = 0; i < 500; ++i) {
        const std::string name = "s" + std::to_string(i) + ".test";
        records.push_back({1, 1, static_cast<std::uint16_t>(5000 + i / 2), name});
        zone.addresses(name, {"192.0.2.1", "192.0.2.1"});
    }
    zone.srv("_sip._udp.a.test", records);

    const Found found = search(zone, {1, "a.test", 0, kUdp, false});

    EXPECT_THAT(found.asked, SizeIs(1 + HopSearch::kTargetsMax));
    EXPECT_THAT(found.targets, SizeIs(HopSearch::kTargetsMax / 2));
}

}  // namespace
}  // namespace reginfo::test
