/// @file
/// The end of a process whose store takes its time.

#include "app/clean_stop.hpp"

#include "app/config.hpp"
#include "tests/support/sip_builder.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <gtest/gtest.h>

#include <spdlog/sinks/ostream_sink.h>

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace reginfo {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::udp;

/// While it is waited for it answers one commit after the other, and the reactor runs.
class SlowStore final : public Store {
public:
    SlowStore(boost::asio::io_context& io, std::function<void()> meanwhile)
        : io_(io), meanwhile_(std::move(meanwhile)) {}

    void on_done(Done done) override { done_ = std::move(done); }
    void commit(Commit commit) override { queued.push_back(commit.id); }
    std::uint64_t hash_seed() const override { return 7; }
    void deliver() override {}
    bool drain(std::chrono::milliseconds) override {
        for (int rounds = 0; !queued.empty(); ++rounds) {
            if (rounds == kRoundsMax) return false;
            meanwhile_();
            io_.restart();
            io_.run_for(2ms);
            const CommitId oldest = queued.front();
            queued.erase(queued.begin());
            done_(oldest, true);
        }
        return true;
    }
    bool healthy() const override { return true; }
    std::string trouble() const override { return {}; }
    StoreStats stats() const override { return {}; }

    std::vector<CommitId> queued;

private:
    static constexpr int kRoundsMax = 100;

    boost::asio::io_context& io_;
    std::function<void()> meanwhile_;
    Done done_;
};

/// Publishes something new each time.
class Publishers {
public:
    explicit Publishers(const Endpoint& server) : socket_(io_, {kLoopback, 0}) {
        socket_.connect({kLoopback, server.port});
        socket_.non_blocking(true);
    }
    void publish() {
        test::RequestText request;
        request.method = "PUBLISH";
        request.via = "SIP/2.0/UDP 127.0.0.1;rport;branch=" + test::next_branch();
        request.call_id = "call-" + std::to_string(++calls_);
        request.event = "reg";
        request.content_type = "application/reginfo+xml";
        request.body = test::BodyText{
            .contacts = {{.uri = "sip:alice@192.0.2." + std::to_string(calls_ % 250)}}
        }.text();
        socket_.send(boost::asio::buffer(request.text()));
    }
    std::size_t answers() {
        boost::system::error_code error;
        while (socket_.receive(boost::asio::buffer(room_), 0, error) > 0 && !error) ++answers_;
        return answers_;
    }

private:
    inline static const boost::asio::ip::address_v4 kLoopback =
        boost::asio::ip::address_v4::loopback();

    boost::asio::io_context io_;
    udp::socket socket_;
    int calls_ = 0;
    std::size_t answers_ = 0;
    std::array<char, 65'536> room_{};
};

class CleanStopTest : public ::testing::Test {
protected:
    static Settings settings_of(const Endpoint& bound) {
        Settings settings = Config().settings;
        settings.durable = true;
        settings.listeners = {{Transport::udp, bound, "127.0.0.1", bound.port}};
        return settings;
    }

    boost::asio::io_context io{1};
    std::ostringstream lines;
    Log log{
        LogLevel::info,
        LogFormat::text,
        std::make_shared<spdlog::sinks::ostream_sink_st>(lines)
    };
    Listeners listeners = Listeners::open(
        io,
        std::array{ListenerConfig{Transport::udp, boost::asio::ip::address_v4::loopback(), 0}}
    );
    Endpoint bound = listeners.bound(0);
    Publishers publishers{bound};
    SlowStore store{io, [this] { publishers.publish(); }};
    Engine engine{settings_of(bound), {1, 2}};
    Driver driver{DriverParts{io, engine, &store, [](const Note&) {}}, std::move(listeners), {}};
};

TEST_F(CleanStopTest, WhileTheStoreIsAwaitedNobodyIsListenedToSoItEnds) {
    driver.start();
    publishers.publish();
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (store.queued.empty() && std::chrono::steady_clock::now() < deadline) {
        io.restart();
        io.run_one_for(2ms);
    }
    ASSERT_EQ(store.queued.size(), 1U);

    EXPECT_TRUE(store_all(store, engine, driver, log)) << lines.str();

    EXPECT_EQ(publishers.answers(), 1U) << "who was accepted is answered, and nobody else";
    driver.stop();
}

}  // namespace
}  // namespace reginfo
