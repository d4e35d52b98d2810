/// @file
/// How TCP connections end, without a peer: what is told, and when a connection is gone.

#include "transport/tcp_closer.hpp"

#include "tests/transport/manual_alarm.hpp"

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace reginfo {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Awaited = TcpTimeouts::Awaited;

class Told final : public TurnHandler {
public:
    void begin_turn() override {}
    bool handle_message(const Flow&, std::string_view) override { return true; }
    void handle_broken_stream(const Flow&, std::string_view, sip::ParseError) override {}
    void handle_flow_closed(const Flow& flow) override { closed.push_back(flow.connection); }
    void handle_unsent(const Flow&, std::string, Unsent) override {}
    void end_turn() override {}
    Admission admission_of(const IpAddress&) const override { return Admission::served; }
    void note(const Note&) override {}

    std::vector<ConnectionId> closed;
};

class TcpCloserTest : public ::testing::Test {
protected:
    TcpCloserTest()
        : timeouts(options, std::make_unique<test::ManualAlarm>(), [] {}),
          closer(table, timeouts, told, stats) {}

    TcpConnection& add(TcpPhase phase = TcpPhase::open) {
        ++stats.connections_open;
        const Flow flow{Transport::tcp, 0, peer, 0, kId};
        return table.add(std::make_unique<TcpConnection>(
            boost::asio::ip::tcp::socket(io),
            TcpConnection::Origin{flow, {}, phase, false},
            options.message,
            spare_texts,
            stats
        ));
    }

    bool is_there() const { return table.find(kId) != nullptr; }
    bool is_found_by_peer() const { return table.find(IpAddress{}, peer) != nullptr; }
    auto closed_by(CloseCause cause) const {
        return stats.connections_closed[static_cast<std::size_t>(cause)];
    }

    static constexpr ConnectionId kId = 7;
    const Endpoint peer{IpAddress::v4(0xC0000201), 5060};
    boost::asio::io_context io;
    TransportOptions options;
    TransportStats stats;
    SpareTexts spare_texts;
    Told told;
    ConnectionTable table;
    TcpTimeouts timeouts;
    TcpCloser closer;
};

TEST_F(TcpCloserTest, AConnectionThatIsClosedIsGoneForAllButItsPeer) {
    TcpConnection& connection = add();
    closer.begin(connection, CloseCause::requested);

    EXPECT_EQ(connection.phase(), TcpPhase::closing);
    EXPECT_EQ(connection.awaited(), Awaited::close);
    EXPECT_FALSE(is_found_by_peer());
    EXPECT_THAT(told.closed, ElementsAre(kId));
    EXPECT_EQ(closed_by(CloseCause::requested), 1U);

    closer.finish(connection);
    EXPECT_TRUE(is_there()) << "the peer has not ended its output";
    closer.end_input(connection);
    EXPECT_EQ(connection.phase(), TcpPhase::last_write);
    closer.finish(connection);
    EXPECT_FALSE(is_there());
    EXPECT_EQ(stats.connections_open, 0U);
    EXPECT_THAT(told.closed, ElementsAre(kId)) << "told once";
}

TEST_F(TcpCloserTest, APeerThatEndsItsOutputAndIsOwedNothingEndsTheConnection) {
    TcpConnection& connection = add();
    closer.end_input(connection);

    EXPECT_EQ(connection.phase(), TcpPhase::last_write);
    EXPECT_THAT(told.closed, ElementsAre(kId));
    EXPECT_EQ(closed_by(CloseCause::peer), 1U);
}

TEST_F(TcpCloserTest, TheFirstCauseIsTheOneThatCounts) {
    TcpConnection& connection = add();
    closer.begin(connection, CloseCause::requested);
    closer.begin(connection, CloseCause::peer);
    closer.end(connection, CloseCause::error);

    EXPECT_FALSE(is_there());
    EXPECT_EQ(closed_by(CloseCause::requested), 1U);
    EXPECT_EQ(closed_by(CloseCause::peer), 0U);
    EXPECT_EQ(closed_by(CloseCause::error), 0U);
    EXPECT_THAT(told.closed, ElementsAre(kId));
}

TEST_F(TcpCloserTest, FlowsWithoutANumberAreToldOfWhereTheyMeantTheConnection) {
    TcpConnection& connection = add();
    connection.use_by_peer();
    closer.end(connection, CloseCause::error);

    EXPECT_THAT(told.closed, ElementsAre(kId, 0));
}

TEST_F(TcpCloserTest, AConnectionThatDidNotComeAboutIsKnownByNoNumber) {
    TcpConnection& unused = add(TcpPhase::connecting);
    closer.give_up(unused);
    EXPECT_THAT(told.closed, IsEmpty());

    TcpConnection& used = add(TcpPhase::connecting);
    used.use_by_peer();
    closer.give_up(used);
    EXPECT_THAT(told.closed, ElementsAre(0));
    EXPECT_EQ(stats.connections_open, 0U);
}

}  // namespace
}  // namespace reginfo
