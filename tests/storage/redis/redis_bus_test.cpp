/// @file
/// The bus between nodes: two connections to a Redis that is played here.

#include "core/storage/redis/redis_bus.hpp"

#include "core/storage/redis/redis_library.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace reginfo {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string bulk(const std::string& text) {
    return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

/// A connection, as Redis sees it.
class Line final : public ByteStream {
public:
    void connect() override { ++connects; }
    void write(std::string bytes) override { written += bytes; }
    void close() override { ++closes; }

    /// What was written since.
    std::string take() { return std::exchange(written, {}); }

    int connects = 0;
    int closes = 0;
    std::string written;
};

class RedisBusTest : public ::testing::Test {
protected:
    static RedisOptions options() {
        RedisOptions options;
        options.cluster = "rg";
        options.node = "node-1";
        options.incarnation = "0123456789abcdef";
        return options;
    }

    void greet(ByteStreamUser& user) {
        user.handle_connected();
        user.handle_bytes(bulk("redis_version:7.0.15\r\nmaxmemory_policy:noeviction\r\nrun_id:a\r\n"
        ));
        user.handle_bytes("*3\r\n" + bulk("master") + ":0\r\n*0\r\n");
        user.handle_bytes(":" + std::to_string(kRedisLibraryRevision) + "\r\n");
    }

    void connect() {
        bus_.start();
        greet(bus_.publishing());
        greet(bus_.subscribed());
        out_.take();
    }

    void hear() {
        bus_.subscribed().handle_bytes("*3\r\n" + bulk("subscribe") + bulk("rg:n:x") + ":1\r\n");
        in_.take();
    }

    void pass(Duration time) {
        now_ += time;
        for (ByteStreamUser* user : {&bus_.publishing(), &bus_.subscribed()}) {
            if (user->next_deadline() <= now_) user->handle_time();
        }
    }

    TimePoint now_{1h};
    Line out_;
    Line in_;
    int changes_ = 0;
    std::vector<std::string> received_;
    RedisBus bus_{
        options(),
        {out_, in_},
        [this] { return now_; },
        {[this] { ++changes_; }, [this](std::string_view bytes) { received_.emplace_back(bytes); }}
    };
};

TEST_F(RedisBusTest, IsConnectedOnceItsSubscriptionIsConfirmed) {
    connect();
    EXPECT_THAT(in_.written, HasSubstr("SUBSCRIBE\r\n" + bulk("rg:n:node-1:0123456789abcdef")));
    EXPECT_FALSE(bus_.is_connected());
    changes_ = 0;
    hear();
    EXPECT_TRUE(bus_.is_connected());
    EXPECT_EQ(changes_, 1);
}

TEST_F(RedisBusTest, WhatIsPublishedGoesToTheChannelOfThatProcess) {
    connect();
    bus_.publish({"node-2", "fedcba9876543210"}, "bytes");
    EXPECT_EQ(
        out_.take(),
        "*3\r\n" + bulk("PUBLISH") + bulk("rg:n:node-2:fedcba9876543210") + bulk("bytes")
    );
}

TEST_F(RedisBusTest, WhatComesOnItsOwnChannelIsReceivedInWhateverPieces) {
    connect();
    hear();
    const std::string message = "*3\r\n" + bulk("message") + bulk("rg:n:x") + bulk("bytes");
    bus_.subscribed().handle_bytes(message.substr(0, 20));
    EXPECT_THAT(received_, IsEmpty());
    bus_.subscribed().handle_bytes(message.substr(20) + message);
    EXPECT_THAT(received_, ElementsAre("bytes", "bytes"));
}

TEST_F(RedisBusTest, WithoutAConnectionNothingIsPublished) {
    bus_.start();
    bus_.publish({"node-2", "fedcba9876543210"}, "bytes");
    EXPECT_EQ(out_.written, "");
}

TEST_F(RedisBusTest, AConnectionThatEndsIsMadeAnewAndSubscribedAgain) {
    connect();
    hear();
    changes_ = 0;
    bus_.subscribed().handle_closed("end of file");
    EXPECT_FALSE(bus_.is_connected());
    EXPECT_EQ(changes_, 1);
    pass(options().retry_interval);
    EXPECT_EQ(in_.connects, 2);
    greet(bus_.subscribed());
    EXPECT_THAT(in_.written, HasSubstr("SUBSCRIBE"));
    hear();
    EXPECT_TRUE(bus_.is_connected());
}

TEST_F(RedisBusTest, AConnectionThatAnswersNothingForThreeSecondsIsMadeAnew) {
    connect();
    hear();
    pass(1s);
    EXPECT_THAT(in_.take(), HasSubstr("PING"));
    EXPECT_THAT(out_.take(), HasSubstr("PING"));
    bus_.publishing().handle_bytes("+PONG\r\n");
    pass(1s);
    pass(1s);
    EXPECT_FALSE(bus_.is_connected());
    EXPECT_EQ(in_.closes, 1);
    EXPECT_EQ(out_.closes, 0) << "it has answered since";
}

TEST_F(RedisBusTest, ARedisThatCannotBeUsedIsAskedAgainLaterAndLater) {
    bus_.start();
    for (int i = 0; i < 4; ++i) {
        const int before = out_.connects;
        bus_.publishing().handle_connected();
        bus_.publishing().handle_bytes("-LOADING Redis is loading the dataset in memory\r\n");
        now_ = bus_.publishing().next_deadline();
        bus_.publishing().handle_time();
        EXPECT_EQ(out_.connects, before + 1);
    }
    EXPECT_GE(now_ - TimePoint(1h), 15 * options().retry_interval);
}

TEST_F(RedisBusTest, ARedisThatCannotKeepFsyncCanBeABus) {
    RedisOptions with_fsync = options();
    with_fsync.fsync = true;
    RedisBus bus(
        with_fsync, {out_, in_}, [this] { return now_; }, {[] {}, [](std::string_view) {}}
    );
    bus.start();
    greet(bus.publishing());
    greet(bus.subscribed());
    EXPECT_THAT(in_.written, HasSubstr("SUBSCRIBE"));
    EXPECT_THAT(in_.written + out_.written, Not(HasSubstr("WAITAOF")));
}

TEST_F(RedisBusTest, BytesThatAreNoRepliesEndTheConnection) {
    connect();
    hear();
    bus_.subscribed().handle_bytes("HTTP/1.1 400 Bad Request\r\n\r\n");
    EXPECT_FALSE(bus_.is_connected());
    EXPECT_EQ(in_.closes, 1);
}

}  // namespace
}  // namespace reginfo
