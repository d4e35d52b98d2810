/// @file
/// The reactor's turn: commits, look-ups, deadlines, notes and the end.

#include "tests/transport/test_server.hpp"
#include "transport/steady_time.hpp"

#include <boost/asio/post.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace reginfo::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace std::chrono_literals;

class DriverTest : public ::testing::Test {
protected:
    DriverTest() : server({listener(Transport::udp), listener(Transport::tcp)}) {}

    /// Commits each message, and answers after the commit.
    void commit_before_answering() {
        server.script.on_message = [this](const Flow& flow, std::string_view, Outbox& outbox) {
            flows.push_back(flow);
            outbox.commit(flows.size(), {});
        };
        server.script.on_committed = [this](CommitId id, bool ok, Outbox& outbox) {
            outbox.send(flows.at(id - 1), ok ? "stored" : "failed");
        };
    }

    TestServer server;
    UdpPeer peer;
    std::vector<Flow> flows;
};

TEST_F(DriverTest, ACommitThatIsDoneAtOnceIsAnsweredInTheSameTurn) {
    commit_before_answering();
    ASSERT_TRUE(server.run_until([&] { return server.stats().turns.count > 0; }));
    const std::uint64_t turns = server.stats().turns.count;

    peer.send(server.bound(0), "x");

    ASSERT_TRUE(server.run_until([&] { return peer.poll() == 1; }));
    EXPECT_THAT(peer.received, ElementsAre("stored"));
    EXPECT_EQ(server.stats().turns.count, turns + 1);
}

TEST_F(DriverTest, ACommitThatIsDoneLaterIsAnsweredThen) {
    commit_before_answering();
    server.journal.answers_at_once = false;
    peer.send(server.bound(0), "x");
    peer.send(server.bound(0), "y");
    ASSERT_TRUE(server.run_until([&] { return server.journal.held.size() == 2; }));
    EXPECT_EQ(peer.poll(), 0U);
    const std::uint64_t turns = server.stats().turns.count;

    boost::asio::post(server.io, [&] {
        server.journal.answer(1, true);
        server.journal.answer(2, false);
    });

    ASSERT_TRUE(server.run_until([&] { return peer.poll() == 2; }));
    EXPECT_THAT(peer.received, ElementsAre("stored", "failed"));
    EXPECT_EQ(server.stats().turns.count, turns + 1) << "both are one turn";
}

TEST_F(DriverTest, MessagesAreLoggedByTheirFirstLinesIfConfigured) {
    server.script.on_message = [](const Flow& flow, std::string_view, Outbox& outbox) {
        outbox.send(flow, "SIP/2.0 200 OK\r\nVia: x\r\n\r\n");
    };
    peer.send(server.bound(0), "OPTIONS sip:a SIP/2.0\r\nVia: y\r\n\r\n");
    ASSERT_TRUE(server.run_until([&] { return peer.poll() == 1; }));
    EXPECT_THAT(server.notes, IsEmpty());

    server.driver.tell_messages(true);
    peer.send(server.bound(0), "OPTIONS sip:a SIP/2.0\r\nVia: y\r\n\r\n");

    ASSERT_TRUE(server.run_until([&] { return peer.poll() == 2; }));
    ASSERT_THAT(server.notes, SizeIs(2));
    EXPECT_EQ(server.notes[0].severity, Note::Severity::debug);
    EXPECT_EQ(server.notes[0].what, "message received");
    EXPECT_EQ(server.notes[0].detail, "OPTIONS sip:a SIP/2.0");
    EXPECT_EQ(server.notes[1].what, "message sent");
    EXPECT_EQ(server.notes[1].detail, "SIP/2.0 200 OK");
    EXPECT_EQ(server.notes[1].flow, server.notes[0].flow);
}

TEST_F(DriverTest, ALongChainOfCommitsIsNoRecursion) {
    constexpr CommitId kLast = 200'000;
    CommitId done = 0;
    server.script.on_committed = [&](CommitId id, bool, Outbox& outbox) {
        done = id;
        if (id < kLast) outbox.commit(id + 1, {});
    };

    server.driver.run_turn([](TimePoint, Outbox& outbox) { outbox.commit(1, {}); });

    EXPECT_EQ(done, kLast);
}

TEST_F(DriverTest, ALookUpIsAnsweredWithThePortThatWasAskedFor) {
    server.driver.run_turn([](TimePoint, Outbox& outbox) {
        outbox.resolve({7, "localhost", 5070, Transport::udp});
    });

    ASSERT_TRUE(server.run_until([&] { return !server.script.resolved.empty(); }));
    EXPECT_EQ(server.script.resolved[0].id, 7U);
    const Target here{Transport::udp, {*IpAddress::parse("127.0.0.1"), 5070}};
    EXPECT_THAT(server.script.resolved[0].targets, ::testing::Contains(here));
}

TEST_F(DriverTest, NotesReachTheLogInTheirOrder) {
    server.driver.run_turn([](TimePoint, Outbox& outbox) {
        outbox.note(Note::Severity::info, "first", "a");
        outbox.note(Note::Severity::error, "second", "b");
    });

    ASSERT_THAT(server.notes, SizeIs(2));
    EXPECT_EQ(server.notes[0].what, "first");
    EXPECT_EQ(server.notes[1].detail, "b");
}

TEST_F(DriverTest, ATurnAskedForWithinATurnFollowsIt) {
    std::vector<std::string> order;
    server.driver.run_turn([&](TimePoint, Outbox&) {
        server.driver.run_turn([&](TimePoint, Outbox&) { order.push_back("inner"); });
        order.push_back("outer");
    });

    ASSERT_TRUE(server.run_until([&] { return order.size() == 2; }));
    EXPECT_THAT(order, ElementsAre("outer", "inner"));
}

TEST_F(DriverTest, TheTimeoutIsHandledAtTheDeadlineAndNotBefore) {
    const TimePoint deadline = steady_now() + 20ms;
    std::vector<TimePoint> called;
    server.script.deadline = deadline;
    server.script.on_timeout = [&](TimePoint now, Outbox& outbox) {
        called.push_back(now);
        server.script.deadline.reset();
        outbox.send(Flow{Transport::udp, 0, peer.endpoint(), 0}, "again");
    };

    ASSERT_TRUE(server.run_until([&] { return peer.poll() == 1; }));

    ASSERT_THAT(called, SizeIs(1));
    EXPECT_GE(called[0], deadline);
    EXPECT_EQ(server.stats().timer_lateness.count, 1U);
}

TEST_F(DriverTest, AnEarlierDeadlineReplacesTheOneThatIsArmed) {
    server.script.deadline = steady_now() + 1h;
    ASSERT_TRUE(server.run_until([&] { return server.stats().turns.count > 0; }));
    bool called = false;
    server.script.on_timeout = [&](TimePoint, Outbox&) {
        called = true;
        server.script.deadline.reset();
    };

    server.driver.run_turn([&](TimePoint now, Outbox&) { server.script.deadline = now + 1ms; });

    EXPECT_TRUE(server.run_until([&] { return called; }));
}

TEST_F(DriverTest, ADeadlineThatMovedLaterIsNotForgotten) {
    int calls = 0;
    server.script.deadline = steady_now() + 5ms;
    const TimePoint later = steady_now() + 25ms;
    server.script.on_timeout = [&](TimePoint now, Outbox&) {
        ++calls;
        if (now >= later) server.script.deadline.reset();
    };
    ASSERT_TRUE(server.run_until([&] { return server.stats().turns.count > 0; }));

    server.driver.run_turn([&](TimePoint, Outbox&) { server.script.deadline = later; });

    EXPECT_TRUE(server.run_until([&] { return !server.script.deadline; }));
    EXPECT_EQ(calls, 2) << "once early, which is harmless, and once in time";
}

TEST_F(DriverTest, OverdueWorkGoesOnWhileSocketsAreServed) {
    int calls = 0;
    server.script.deadline = steady_now();
    server.script.on_timeout = [&](TimePoint, Outbox&) { ++calls; };  // never done
    ASSERT_TRUE(server.run_until([&] { return calls > 10; }));

    peer.send(server.bound(0), "x");

    EXPECT_TRUE(server.run_until([&] { return !server.script.messages.empty(); }));
    const int before = calls;
    EXPECT_TRUE(server.run_until([&] { return calls > before + 10; }));
}

TEST_F(DriverTest, AnEngineThatAnswersEachFailureWithAnotherAttemptLeavesTimeForOthers) {
    const Flow hopeless{Transport::tcp, 9, peer.endpoint(), 0};
    server.script.on_flow_closed = [](const Flow& flow, Outbox& outbox) {
        outbox.send(flow, "once more");
    };
    server.driver.run_turn([&](TimePoint, Outbox& outbox) { outbox.send(hopeless, "x"); });

    peer.send(server.bound(0), "x");

    EXPECT_TRUE(server.run_until([&] { return !server.script.messages.empty(); }));
}

TEST_F(DriverTest, ATurnTakesTimeAndIsCounted) {
    server.driver.run_turn([](TimePoint, Outbox&) {
        const TimePoint begin = steady_now();
        while (steady_now() < begin + 1ms) continue;
    });

    EXPECT_GE(server.stats().turns.max, 1ms);
    EXPECT_GE(server.stats().turns.sum, server.stats().turns.max);
}

TEST_F(DriverTest, StoppedFromWithinATurnNothingFollows) {
    server.on_note = [&] { server.driver.stop(); };
    server.driver.run_turn([&](TimePoint, Outbox& outbox) {
        outbox.note(Note::Severity::error, "stop", "");
        outbox.send(Flow{Transport::udp, 0, peer.endpoint(), 0}, "never");
        outbox.commit(1, {});
    });

    peer.send(server.bound(0), "x");
    server.io.restart();
    server.io.run();  // returns: nothing is waited for

    EXPECT_THAT(server.script.messages, IsEmpty());
    EXPECT_EQ(peer.poll(), 0U);
}

/// Connections that are open, being made, refused, written, closed; commits and look-ups pending.
class Busy {
public:
    Busy() : server({listener(Transport::udp), listener(Transport::tcp)}) {
        server.journal.answers_at_once = false;
        server.script.deadline = steady_now() + 1ms;
        server.script.on_message = [this](const Flow& flow, std::string_view, Outbox& outbox) {
            outbox.send(flow, std::string(1'500'000, 'x'));
            outbox.commit(++commits_, {});
            outbox.resolve({commits_, "localhost", 0, Transport::udp});
            if (flow.transport == Transport::tcp && commits_ % 2 == 0) outbox.close(flow);
            for (const Endpoint& target : {target_.endpoint(), Endpoint{flow.peer.address, 1}}) {
                outbox.send(Flow{Transport::tcp, 1, target, 0}, std::string(1'500'000, 'y'));
            }
        };
        for (int i = 0; i < 3; ++i) {
            tcp_.push_back(std::make_unique<TcpPeer>(peers_, server.bound(1)));
            tcp_.back()->send(message("1") + message("2") + "\r\n\r\n");
            udp_.send(server.bound(0), "x");
        }
        tcp_[0]->end_output();
    }

    TestServer server;

private:
    boost::asio::io_context peers_;
    UdpPeer udp_;
    TcpTarget target_;
    std::vector<std::unique_ptr<TcpPeer>> tcp_;
    CommitId commits_ = 0;
};

TEST(DriverStop, StoppedAtAnyMomentItEndsAndEverySocketIsClosed) {
    for (int handlers = 0; handlers < 60; ++handlers) {
        SCOPED_TRACE(handlers);
        Busy busy;
        busy.server.io.restart();
        for (int i = 0; i < handlers; ++i) busy.server.io.poll_one();

        busy.server.driver.stop();
        busy.server.io.restart();
        busy.server.io.run();

        const TransportStats& stats = busy.server.stats();
        EXPECT_EQ(stats.connections_open, 0U);
        EXPECT_EQ(stats.stream_bytes_queued, 0U);
        EXPECT_EQ(stats.datagram_bytes_queued, 0U);
        EXPECT_EQ(stats.stream_input_bytes, 0U);
    }
}

TEST(DriverStop, DestroyedAtAnyMomentWithoutRunningOnNothingLeaks) {
    for (int handlers = 0; handlers < 60; ++handlers) {
        Busy busy;
        busy.server.io.restart();
        for (int i = 0; i < handlers; ++i) busy.server.io.poll_one();
        if (handlers % 2 == 0) busy.server.driver.stop();
    }
}

TEST_F(DriverTest, WhileItDoesNotListenMessagesWaitInTheSocketsAndDeadlinesPass) {
    server.driver.listen(false);
    server.script.deadline = TimePoint();
    int timeouts = 0;
    server.script.on_timeout = [&](TimePoint, Outbox&) {
        ++timeouts;
        server.script.deadline.reset();
    };
    TcpPeer stream(server.io, server.bound(1));
    stream.send(message("stream"));
    peer.send(server.bound(0), message("datagram"));
    for (int turn = 0; turn < 20; ++turn) {
        server.driver.run_turn([](TimePoint, Outbox&) {});
        server.io.run_for(1ms);
    }
    EXPECT_THAT(server.script.messages, IsEmpty());
    EXPECT_EQ(timeouts, 0);

    server.driver.listen(true);

    EXPECT_TRUE(server.run_until([&] { return server.script.messages.size() == 2 && timeouts == 1; }
    ));
}

TEST_F(DriverTest, WhileItDoesNotListenCommitsAreAnswered) {
    commit_before_answering();
    server.journal.answers_at_once = false;
    peer.send(server.bound(0), "x");
    ASSERT_TRUE(server.run_until([&] { return server.journal.held.size() == 1; }));
    server.driver.listen(false);
    server.journal.answer(1, true);
    EXPECT_TRUE(server.run_until([&] { return peer.poll() == 1; }));
}

}  // namespace
}  // namespace reginfo::test
