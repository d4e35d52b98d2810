/// @file
/// Connections that wait too long, under a time that the test moves.

#include "transport/tcp_timeouts.hpp"

#include "tests/transport/manual_alarm.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <list>
#include <memory>
#include <utility>
#include <vector>

namespace reginfo {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using Awaited = TcpTimeouts::Awaited;

class TcpTimeoutsTest : public ::testing::Test {
protected:
    TcpTimeoutsTest() {
        options.message_timeout = 10s;
        options.idle_timeout = 60s;
        auto owned = std::make_unique<test::ManualAlarm>();
        alarm = owned.get();
        timeouts = std::make_unique<TcpTimeouts>(options, std::move(owned), [this] { ring(); });
    }

    void ring() {
        ++rings;
        timeouts->expire([this](ConnectionId id, Awaited awaited) {
            expired.emplace_back(id, awaited);
            waiters.remove_if([&](const auto& waiter) { return waiter.first == id; });
        });
    }

    TcpTimeouts::Waiter& add(ConnectionId id) { return waiters.emplace_back(id, id).second; }

    TransportOptions options;
    test::ManualAlarm* alarm = nullptr;
    std::unique_ptr<TcpTimeouts> timeouts;
    std::list<std::pair<ConnectionId, TcpTimeouts::Waiter>> waiters;
    std::vector<std::pair<ConnectionId, Awaited>> expired;
    int rings = 0;
};

TEST_F(TcpTimeoutsTest, EachWaitsAsLongAsItsKindMay) {
    timeouts->touch(add(1), Awaited::anything);
    timeouts->touch(add(2), Awaited::message);

    alarm->pass(10s - 1us);
    EXPECT_THAT(expired, IsEmpty());
    alarm->pass(1us);
    EXPECT_THAT(expired, ElementsAre(Pair(2, Awaited::message)));
    alarm->pass(50s);
    EXPECT_THAT(expired, ElementsAre(Pair(2, Awaited::message), Pair(1, Awaited::anything)));
}

TEST_F(TcpTimeoutsTest, WhoIsTouchedBeginsToWaitAnew) {
    TcpTimeouts::Waiter& waiter = add(1);
    timeouts->touch(waiter, Awaited::message);
    alarm->pass(9s);
    timeouts->touch(waiter, Awaited::message);
    alarm->pass(9s);
    EXPECT_THAT(expired, IsEmpty());

    timeouts->touch(waiter, Awaited::anything);
    EXPECT_EQ(waiter.awaited(), Awaited::anything);
    alarm->pass(59s);
    EXPECT_THAT(expired, IsEmpty());
    alarm->pass(1s);
    EXPECT_THAT(expired, ElementsAre(Pair(1, Awaited::anything)));
}

TEST_F(TcpTimeoutsTest, WhoIsGoneWaitsForNothing) {
    timeouts->touch(add(1), Awaited::message);
    waiters.clear();
    alarm->pass(1h);
    EXPECT_THAT(expired, IsEmpty());
}

TEST_F(TcpTimeoutsTest, ManyThatAreDueAtOnceHaveSeveralTurns) {
    for (ConnectionId id = 1; id <= 600; ++id) timeouts->touch(add(id), Awaited::message);
    alarm->pass(10s);
    EXPECT_THAT(expired, SizeIs(600));
    EXPECT_EQ(rings, 3);
}

}  // namespace
}  // namespace reginfo
