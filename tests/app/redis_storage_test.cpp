/// @file
/// The whole server on a real Redis: what it says of it, and its end.

#include "app/service.hpp"
#include "tests/metrics/http_client.hpp"
#include "tests/storage/redis/redis_client.hpp"
#include "tests/storage/redis/redis_server.hpp"
#include "tests/support/sip_builder.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/udp.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <spdlog/sinks/ostream_sink.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <memory>
#include <optional>
#include <sstream>
#include <string>

namespace reginfo::test {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::udp;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr auto kPatience = 20s;

class RedisStorageTest : public ::testing::Test {
protected:
    void SetUp() override {
        server = RedisServer::start();
        if (!server) GTEST_SKIP() << "redis-server is not installed";
        operator_.emplace(server->socket());
        config.listen = {*parse_listen("udp:127.0.0.1:0")};
        config.http.listen = *parse_bound("127.0.0.1:0");
        config.storage.kind = StorageKind::redis;
        config.redis.link.servers = {"unix:" + server->socket()};
        config.redis.store.node = "node-a";
        config.redis.store.lease = 400ms;
        config.redis.store.beat = 50ms;
        service.emplace(config, log);
        service->start();
        ASSERT_TRUE(run_until([&] { return get("/readyz").starts_with("HTTP/1.1 200 "); }));
    }

    bool run_until(const std::function<bool()>& condition) {
        const auto deadline = std::chrono::steady_clock::now() + kPatience;
        while (!condition()) {
            if (std::chrono::steady_clock::now() > deadline) return false;
            run_for(5ms);
        }
        return true;
    }
    void run_for(std::chrono::milliseconds time) {
        service->io().restart();
        service->io().run_for(time);
    }
    std::string get(const std::string& path) {
        HttpClient client(service->io(), *service->http_endpoint());
        client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        return client.read_to_end();
    }
    int count(const std::string& text) const {
        const std::string all = lines.str();
        int found = 0;
        for (std::size_t at = all.find(text); at != std::string::npos;
             at = all.find(text, at + 1)) {
            ++found;
        }
        return found;
    }
    void publish() {
        boost::asio::io_context own;
        udp::socket socket(own, {boost::asio::ip::address_v4::loopback(), 0});
        RequestText request;
        request.method = "PUBLISH";
        request.event = "reg";
        request.content_type = "application/reginfo+xml";
        request.body = BodyText{.contacts = {{.uri = "sip:alice@192.0.2.1"}}}.text();
        const std::uint16_t port = service->listeners()[0].bound.port;
        const udp::endpoint to(boost::asio::ip::address_v4::loopback(), port);
        socket.send_to(boost::asio::buffer(request.text()), to);
    }

    std::unique_ptr<RedisServer> server;
    std::optional<RedisClient> operator_;
    Config config;
    std::ostringstream lines;
    Log log{
        LogLevel::info,
        LogFormat::text,
        std::make_shared<spdlog::sinks::ostream_sink_st>(lines)
    };
    std::optional<Service> service;
};

TEST_F(RedisStorageTest, AWrongRedisIsToldByReadyzAndInOneLineUntilTheRightOneIsBack) {
    const std::string id = operator_->call({"HGET", "rg:meta", "cluster"}).text;
    operator_->call({"HSET", "rg:meta", "cluster", "another-0123456789"});
    ASSERT_TRUE(run_until([&] { return count("wrong Redis") > 0; }));
    run_for(1s);
    EXPECT_THAT(
        get("/readyz"),
        AllOf(
            StartsWith("HTTP/1.1 503 "),
            HasSubstr("has not the data of this node's cluster, and nothing is written to it"),
            HasSubstr("WRONG_CLUSTER here is cluster another-0123456789")
        )
    );
    EXPECT_EQ(count(" error wrong Redis node=node-a why="), 1) << lines.str();
    EXPECT_THAT(get("/metrics"), HasSubstr("\nreginfod_cluster_wrong_redis 1\n"));

    operator_->call({"HSET", "rg:meta", "cluster", id});
    EXPECT_TRUE(run_until([&] { return get("/readyz").starts_with("HTTP/1.1 200 "); }));
    EXPECT_EQ(count(" info right Redis again node=node-a"), 1) << lines.str();
    service->stop();
}

TEST_F(RedisStorageTest, WhoIsEndedWhileRedisStandsStillWaitsALeaseForItAndNoLonger) {
    operator_->call({"CLIENT", "PAUSE", "60000"});
    publish();
    ASSERT_TRUE(run_until([&] {
        return get("/metrics").find("\nreginfod_storage_queued_commits 1\n") != std::string::npos;
    }));
    std::raise(SIGTERM);
    const auto begin = std::chrono::steady_clock::now();

    service->io().restart();
    service->run();

    EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
    EXPECT_EQ(count("requests left unanswered"), 1) << lines.str();
}

}  // namespace
}  // namespace reginfo::test
