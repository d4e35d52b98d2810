/// @file
/// UDP through the driver: datagrams in and out, and datagrams that cannot be sent.

#include "tests/transport/kernel_faults.hpp"
#include "tests/transport/test_server.hpp"

#include <boost/smart_ptr/make_local_shared.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace reginfo::test {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;
using ::testing::UnorderedElementsAreArray;
using namespace std::chrono_literals;

SharedBytes shared(std::string text) {
    return boost::make_local_shared<const std::string>(std::move(text));
}

Flow udp_flow(const Endpoint& peer, ListenerId id = 0) { return {Transport::udp, id, peer, 0}; }

TEST(Udp, ADatagramReachesTheEngineWithItsPeerAndListener) {
    TestServer server({listener(Transport::udp), listener(Transport::udp)});
    UdpPeer peer;

    peer.send(server.bound(1), "hello");

    ASSERT_TRUE(server.run_until([&] { return !server.script.messages.empty(); }));
    EXPECT_EQ(server.script.messages[0].flow, udp_flow(peer.endpoint(), 1));
    EXPECT_EQ(server.script.messages[0].bytes, "hello");
}

TEST(Udp, AnAnswerLeavesFromTheListenerOfItsFlow) {
    TestServer server({listener(Transport::udp), listener(Transport::udp)});
    UdpPeer peer;
    server.script.on_message = [](const Flow& flow, std::string_view, Outbox& outbox) {
        outbox.send(flow, "answer");
    };

    peer.send(server.bound(1), "question");

    ASSERT_TRUE(server.run_until([&] { return peer.poll() > 0; }));
    EXPECT_EQ(peer.senders[0], server.bound(1));
}

TEST(Udp, HeadAndTailAreOneDatagram) {
    TestServer server({listener(Transport::udp)});
    UdpPeer peer;

    server.driver.run_turn([&](TimePoint, Outbox& outbox) {
        outbox.send(udp_flow(peer.endpoint()), "head,", shared("tail"));
        outbox.send(udp_flow(peer.endpoint()), "no tail");
    });

    ASSERT_TRUE(server.run_until([&] { return peer.poll() == 2; }));
    EXPECT_THAT(peer.received, UnorderedElementsAre("head,tail", "no tail"));
}

TEST(Udp, MoreThanOneBatchForManyPeersArrivesInOrderOfSizes) {
    TestServer server({listener(Transport::udp)});
    std::array<UdpPeer, 3> peers;
    constexpr int kEach = 70;

    server.driver.run_turn([&](TimePoint, Outbox& outbox) {
        for (int i = 0; i < kEach; ++i) {
            for (UdpPeer& peer : peers) {
                outbox.send(udp_flow(peer.endpoint()), std::to_string(i), shared("!"));
            }
        }
    });

    std::vector<std::string> expected;
    expected.reserve(kEach);
    for (int i = 0; i < kEach; ++i) expected.push_back(std::to_string(i) + "!");
    for (UdpPeer& peer : peers) {
        ASSERT_TRUE(server.run_until([&] { return peer.poll() == kEach; }));
        EXPECT_EQ(peer.received, expected);
    }
    EXPECT_EQ(server.stats().datagrams_sent, kEach * peers.size());
}

/// Of 600 and 700 bytes in runs of many lengths, and some too large for a frame.
std::vector<std::string> datagrams_in_runs() {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < 300; ++i) {
        const std::size_t size = i % 40 == 7 ? 3'000 : (i / 9) % 3 == 0 ? 700 : 600;
        all.push_back(std::to_string(i) + std::string(size - std::to_string(i).size(), 'x'));
    }
    return all;
}

void send_and_expect(const std::vector<std::string>& datagrams) {
    TestServer server({listener(Transport::udp)});
    UdpPeer peer;
    server.driver.run_turn([&](TimePoint, Outbox& outbox) {
        for (const std::string& text : datagrams) {
            outbox.send(udp_flow(peer.endpoint()), text.substr(0, 5), shared(text.substr(5)));
        }
    });
    ASSERT_TRUE(server.run_until([&] { return peer.poll() == datagrams.size(); }));
    EXPECT_THAT(peer.received, UnorderedElementsAreArray(datagrams));
    EXPECT_EQ(server.stats().datagrams_sent, datagrams.size());
    EXPECT_EQ(server.stats().datagrams_unsendable, 0U);
}

TEST(Udp, DatagramsOfOneSizeToOnePeerGoThroughTheKernelTogetherAndArriveEachOnItsOwn) {
    const unsigned long before = messages_sent();
    send_and_expect(datagrams_in_runs());
    EXPECT_LT(messages_sent() - before, 100U);
}

/// So many answers, each with a NOTIFY behind it.
void answer_and_notify(TestServer& server, const UdpPeer& peer, int count) {
    server.driver.run_turn([&](TimePoint, Outbox& outbox) {
        for (int i = 10; i < 10 + count; ++i) {
            outbox.send(udp_flow(peer.endpoint()), "SIP/2.0 200 OK " + std::to_string(i) + "...");
            outbox.send(udp_flow(peer.endpoint()), "NOTIFY " + std::to_string(i));
        }
    });
}

TEST(Udp, WhatIsOfOneSizeGoesTogetherWhateverIsBetween) {
    TestServer server({listener(Transport::udp)});
    UdpPeer peer;
    const unsigned long before = messages_sent();

    answer_and_notify(server, peer, 32);

    ASSERT_TRUE(server.run_until([&] { return peer.poll() == 64; }));
    EXPECT_EQ(messages_sent() - before, 2U);
}

TEST(Udp, AResponseIsNotOvertakenByTheRequestsBehindItAlthoughTheyAreShorter) {
    TestServer server({listener(Transport::udp)});
    UdpPeer peer;

    answer_and_notify(server, peer, 40);  // more than a batch

    ASSERT_TRUE(server.run_until([&] { return peer.poll() == 80; }));
    for (int i = 10; i < 50; ++i) {
        const auto place = [&](const std::string& text) {
            return std::find(peer.received.begin(), peer.received.end(), text);
        };
        EXPECT_LT(
            place("SIP/2.0 200 OK " + std::to_string(i) + "..."),
            place("NOTIFY " + std::to_string(i))
        );
    }
}

TEST(Udp, WhereTheKernelCannotCutThemTheyGoOneByOne) {
    const NoSegmentation fault(EIO);
    send_and_expect(datagrams_in_runs());
}

TEST(Udp, APathWithoutSegmentationAffectsItsOwnPeerOnlyAndIsLogged) {
    TestServer server({listener(Transport::udp, "0.0.0.0")});
    UdpPeer narrow("127.0.0.2");
    UdpPeer wide("127.0.0.3");
    const auto send_both = [&](std::size_t so_far) {
        server.driver.run_turn([&](TimePoint, Outbox& outbox) {
            for (int i = 10; i < 30; ++i) {
                outbox.send(udp_flow(narrow.endpoint()), "NOTIFY " + std::to_string(i));
                outbox.send(udp_flow(wide.endpoint()), "NOTIFY " + std::to_string(i));
            }
        });
        EXPECT_TRUE(server.run_until([&] {
            return narrow.poll() == so_far + 20 && wide.poll() == so_far + 20;
        }));
    };
    const NoSegmentation fault(EMSGSIZE, "127.0.0.2");
    const unsigned long before = messages_sent();

    send_both(0);
    send_both(20);

    EXPECT_EQ(messages_sent() - before, 2 * (20U + 1U));
    EXPECT_EQ(server.stats().segments_refused, 1U);
    ASSERT_EQ(server.notes.size(), 1U);
    EXPECT_EQ(server.notes[0].what, "datagrams go one by one");
    EXPECT_EQ(server.notes[0].detail, "to 127.0.0.2 for 10 minutes: Message too long");
}

TEST(SegmentRefusals, EachIsForSomeMinutes) {
    const IpAddress peer = IpAddress::v4(1);
    const TimePoint now{1h};
    SegmentRefusals refusals;
    EXPECT_TRUE(refusals.empty());

    refusals.add(now, peer);

    EXPECT_TRUE(refusals.has(now + SegmentRefusals::kFor - 1s, peer));
    EXPECT_FALSE(refusals.has(now, IpAddress::v4(2)));
    EXPECT_FALSE(refusals.has(now + SegmentRefusals::kFor, peer));
    EXPECT_TRUE(refusals.empty());
}

TEST(SegmentRefusals, MoreThanAFewHundredSayThatItIsTheSameForAll) {
    const TimePoint now{1h};
    SegmentRefusals refusals;

    for (std::uint32_t i = 0; i <= SegmentRefusals::kPeersMax; ++i) {
        EXPECT_FALSE(refusals.has(now, IpAddress::v4(0xFF'FFFF)));
        refusals.add(now, IpAddress::v4(i));
    }

    EXPECT_TRUE(refusals.has(now, IpAddress::v4(0xFF'FFFF)));
    EXPECT_FALSE(refusals.has(now + SegmentRefusals::kFor, IpAddress::v4(0xFF'FFFF)));
}

TEST(Udp, DatagramsThatWaitTogetherAreOneTurn) {
    TestServer server({listener(Transport::udp)});
    ASSERT_TRUE(server.run_until([&] { return server.stats().turns.count > 0; }));
    const std::uint64_t turns = server.stats().turns.count;
    UdpPeer peer;

    for (std::size_t i = 0; i < ReceiveBatch::kSize; ++i) peer.send(server.bound(0), "x");

    ASSERT_TRUE(server.run_until([&] {
        return server.stats().datagrams_received == ReceiveBatch::kSize;
    }));
    EXPECT_EQ(server.stats().turns.count, turns + 1);
    EXPECT_EQ(server.stats().datagram_bytes_received, ReceiveBatch::kSize);
}

TEST(Udp, AFloodIsReceivedOverSeveralWakeups) {
    TestServer server({listener(Transport::udp)});
    UdpPeer peer;
    constexpr std::size_t kMany = 1'200;  // more than eight batches of 64

    for (std::size_t i = 0; i < kMany; ++i) peer.send(server.bound(0), std::to_string(i));

    ASSERT_TRUE(server.run_until([&] { return server.script.messages.size() == kMany; }));
    EXPECT_EQ(server.script.messages.back().bytes, std::to_string(kMany - 1));
}

TEST(Udp, BothFamiliesAreServedSideBySide) {
    TestServer server({listener(Transport::udp), listener(Transport::udp, "::1")});
    UdpPeer v4;
    UdpPeer v6("::1");
    server.script.on_message = [](const Flow& flow, std::string_view bytes, Outbox& outbox) {
        outbox.send(flow, std::string(bytes));
    };

    v4.send(server.bound(0), "four");
    v6.send(server.bound(1), "six");

    ASSERT_TRUE(server.run_until([&] { return v4.poll() == 1 && v6.poll() == 1; }));
    EXPECT_THAT(v4.received, ElementsAre("four"));
    EXPECT_THAT(v6.received, ElementsAre("six"));
    EXPECT_EQ(v6.senders[0], server.bound(1));
}

TEST(Udp, WhatCannotBeSentIsCountedAndTheRestLeaves) {
    TestServer server({listener(Transport::udp)});
    UdpPeer peer;

    server.driver.run_turn([&](TimePoint, Outbox& outbox) {
        outbox.send(udp_flow({*IpAddress::parse("::1"), 5060}), "other family");
        outbox.send(udp_flow(peer.endpoint(), 7), "no such listener");
        outbox.send(udp_flow(peer.endpoint()), std::string(70'000, 'x'));
        outbox.send(udp_flow(peer.endpoint()), "good");
    });

    ASSERT_TRUE(server.run_until([&] { return peer.poll() == 1; }));
    EXPECT_THAT(peer.received, ElementsAre("good"));
    EXPECT_EQ(server.stats().datagrams_unsendable, 3U);
    EXPECT_EQ(server.stats().datagram_bytes_queued, 0U);
}

TEST(Udp, TheEngineGetsUnsentDatagramsWithTheReason) {
    TestServer server({listener(Transport::udp)});
    UdpPeer peer;
    const Flow flow = udp_flow(peer.endpoint());
    const Flow other_family = udp_flow({*IpAddress::parse("::1"), 5060});
    server.driver.run_turn([&](TimePoint, Outbox& outbox) {
        outbox.send(flow, "too large", shared(std::string(66'000, 'x')));
        outbox.send(other_family, "other family");
    });
    {
        const NoSending no_route(ENETUNREACH);
        server.driver.run_turn([&](TimePoint, Outbox& outbox) { outbox.send(flow, "no route"); });
    }

    ASSERT_TRUE(server.run_until([&] { return server.script.unsent.size() == 3; }));
    const auto& unsent = server.script.unsent;
    EXPECT_EQ(unsent[0].flow, other_family);
    EXPECT_EQ(unsent[0].why, Unsent::no_way);
    EXPECT_EQ(unsent[1].head, "too large");
    EXPECT_EQ(unsent[1].flow, flow);
    EXPECT_EQ(unsent[1].why, Unsent::too_large);
    EXPECT_EQ(unsent[2].head, "no route");
    EXPECT_EQ(unsent[2].why, Unsent::no_way);
}

TEST(Udp, WhatTheKernelHasNoMemoryForIsLostAsOnTheWay) {
    TestServer server({listener(Transport::udp)});
    UdpPeer peer;
    {
        const NoSending no_memory(ENOBUFS);
        server.driver.run_turn([&](TimePoint, Outbox& outbox) {
            outbox.send(udp_flow(peer.endpoint()), "lost");
        });
    }
    server.driver.run_turn([&](TimePoint, Outbox& outbox) {
        outbox.send(udp_flow(peer.endpoint()), "next");
    });

    ASSERT_TRUE(server.run_until([&] { return peer.poll() == 1; }));
    EXPECT_TRUE(server.script.unsent.empty());
    EXPECT_EQ(server.stats().datagrams_unsendable, 1U);
}

TEST(Udp, WhatAFullKernelRefusesIsSentOnceItTakesMore) {
    TestServer server({listener(Transport::udp)});
    UdpPeer peer;
    {
        const FullKernel full;
        server.driver.run_turn([&](TimePoint, Outbox& outbox) {
            for (int i = 0; i < 100; ++i) outbox.send(udp_flow(peer.endpoint()), std::to_string(i));
        });
        EXPECT_GT(server.stats().datagram_bytes_queued, 0U);
    }

    ASSERT_TRUE(server.run_until([&] { return peer.poll() == 100; }));
    EXPECT_EQ(peer.received.front(), "0");
    EXPECT_EQ(peer.received.back(), "99");
    EXPECT_EQ(server.stats().datagram_bytes_queued, 0U);
}

TEST(Udp, WhatAFullKernelRefusedIsNotOvertakenByWhatCameLaterAlthoughThatIsShorter) {
    TestServer server({listener(Transport::udp)});
    UdpPeer peer;
    const auto notify = [&](const std::string& text) {
        server.driver.run_turn([&](TimePoint, Outbox& outbox) {
            outbox.send(udp_flow(peer.endpoint()), "NOTIFY " + text);
        });
    };
    {
        const FullKernel full;
        notify("first, and longer");
        notify("second");
    }

    ASSERT_TRUE(server.run_until([&] { return peer.poll() == 2; }));
    EXPECT_THAT(peer.received, ElementsAre("NOTIFY first, and longer", "NOTIFY second"));
}

TEST(Udp, AboveTheBoundWhatAFullKernelRefusesIsDroppedAndCounted) {
    TransportOptions options;
    options.udp_queue_bytes = 1'000;
    TestServer server({listener(Transport::udp)}, options);
    UdpPeer peer;
    {
        const FullKernel full;
        server.driver.run_turn([&](TimePoint, Outbox& outbox) {
            for (int i = 0; i < 15; ++i) {
                outbox.send(udp_flow(peer.endpoint()), std::string(100, 'x'));
            }
        });
        EXPECT_EQ(server.stats().datagrams_dropped, 5U);
    }

    ASSERT_TRUE(server.run_until([&] { return server.stats().datagram_bytes_queued == 0; }));
    EXPECT_EQ(peer.poll(), 10U);
}

TEST(Udp, WhatTheKernelLosesIsCounted) {
    TestServer server({listener(Transport::udp)});
    UdpPeer peer;
    const std::string big(60'000, 'x');
    constexpr std::uint64_t kMany = 1'000;  // 60 MB, more than any receive buffer of ours

    for (std::uint64_t i = 0; i < kMany; ++i) peer.send(server.bound(0), big);
    ASSERT_TRUE(server.run_until([&] { return server.script.messages.size() > 10; }));
    // The count comes with a datagram that was queued after the loss.
    ASSERT_TRUE(server.run_until([&] {
        peer.send(server.bound(0), "last");
        return server.script.messages.back().bytes == "last";
    }));

    const TransportStats& stats = server.stats();
    EXPECT_GT(stats.datagrams_lost_by_kernel, 0U);
    const auto is_big = [&](const Script::Message& m) { return m.bytes.size() == big.size(); };
    const auto arrived =
        std::count_if(server.script.messages.begin(), server.script.messages.end(), is_big);
    EXPECT_EQ(stats.datagrams_lost_by_kernel + static_cast<std::uint64_t>(arrived), kMany);
}

}  // namespace
}  // namespace reginfo::test
