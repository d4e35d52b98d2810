/// @file
/// The side port over real sockets.

#include "metrics/http_server.hpp"

#include "metrics/routes.hpp"
#include "tests/metrics/http_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <list>
#include <optional>
#include <string>
#include <vector>

namespace reginfo::metrics {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class HttpServerTest : public ::testing::Test {
protected:
    ~HttpServerTest() override {
        if (server) server->stop();
        io.restart();
        io.run();
    }

    void start(HttpOptions options = {}) {
        server.emplace(io, std::move(options));
        endpoint = server->open({*IpAddress::parse("127.0.0.1"), 0});
        RouteSources sources;
        sources.collectables = {&*server};
        sources.is_ready = [this] { return is_ready; };
        sources.version = "1.2.3";
        server->start(make_routes(std::move(sources)));
    }

    test::HttpClient connect() { return {io, endpoint}; }

    /// What comes back on a connection of its own until the server closes it.
    std::string talk(const std::string& request) {
        test::HttpClient client = connect();
        client.send(request);
        return client.read_to_end();
    }

    std::string ask(const std::string& line, const std::string& host = "127.0.0.1") {
        return talk(line + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
    }

    boost::asio::io_context io{1};
    bool is_ready = true;
    std::optional<HttpServer> server;
    Endpoint endpoint;
};

TEST_F(HttpServerTest, MetricsAreServedAsText) {
    start();

    EXPECT_THAT(
        ask("GET /metrics"),
        AllOf(
            StartsWith("HTTP/1.1 200 OK\r\n"),
            HasSubstr("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"),
            HasSubstr("\n# TYPE reginfod_http_connections gauge\n")
        )
    );
}

TEST_F(HttpServerTest, ReadyzFollowsReadinessAndHealthzDoesNot) {
    start();
    is_ready = false;

    EXPECT_THAT(ask("GET /readyz"), StartsWith("HTTP/1.1 503 "));
    EXPECT_THAT(ask("GET /healthz"), StartsWith("HTTP/1.1 200 "));

    is_ready = true;

    EXPECT_THAT(ask("GET /readyz"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, TheIndexNamesTheVersionAndTheResources) {
    start();

    EXPECT_THAT(ask("GET /"), AllOf(HasSubstr("reginfod 1.2.3"), HasSubstr("/metrics")));
}

TEST_F(HttpServerTest, HeadIsGetWithoutTheBody) {
    start();

    const std::string head = ask("HEAD /healthz");

    EXPECT_THAT(head, AllOf(HasSubstr("Content-Length: 3\r\n"), EndsWith("\r\n\r\n")));
}

TEST_F(HttpServerTest, AConnectionServesRequestAfterRequest) {
    start();
    test::HttpClient client = connect();
    const std::string request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

    client.send(request);
    EXPECT_THAT(client.read_until("ok\n"), Not(HasSubstr("Connection: close")));
    client.forget();
    client.send(request);

    EXPECT_THAT(client.read_until("ok\n"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, PipelinedRequestsAreAnsweredInOrder) {
    start();

    const std::string both = talk(
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
        "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    );

    EXPECT_LT(both.find("ok\n"), both.find("ready\n"));
    EXPECT_THAT(both, EndsWith("ready\n"));
}

TEST_F(HttpServerTest, AnHttp10RequestNeedsNoHostAndClosesTheConnection) {
    start();

    EXPECT_THAT(talk("GET /healthz HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.0 200 "));
}

TEST_F(HttpServerTest, ARefusalIsAProblemDocument) {
    start();

    const std::string answer = ask("GET /nowhere");

    ASSERT_THAT(answer, HasSubstr("Content-Type: application/problem+json\r\n"));
    const auto problem = nlohmann::json::parse(answer.substr(answer.find("\r\n\r\n")));
    EXPECT_EQ(problem["type"], "about:blank");
    EXPECT_EQ(problem["title"], "Not Found");
    EXPECT_EQ(problem["status"], 404);
    EXPECT_FALSE(problem["detail"].get<std::string>().empty());
}

TEST_F(HttpServerTest, WhatCannotBeServedIsRefusedWithItsStatus) {
    HttpOptions options;
    options.header_bytes = 4'096;
    options.body_bytes = 100;
    start(options);
    const std::string host = "Host: localhost\r\n";
    const std::string close = host + "Connection: close\r\n\r\n";
    struct Case {
        std::string request;
        const char* status;
    };
    const std::vector<Case> cases = {
        {"nonsense\r\n\r\n", "400"},
        {"GET /healthz HTTP/1.1\r\nno colon\r\n\r\n", "400"},
        {"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n", "400"},
        {"GET /healthz HTTP/1.1\r\n" + host + close, "400"},
        {"GET healthz HTTP/1.1\r\n" + close, "400"},
        {"GET /" + std::string(3'000, 'x') + " HTTP/1.1\r\n" + close, "414"},
        {"GET /" + std::string(9'000, 'x') + " HTTP/1.1\r\n" + close, "414"},
        {"GET / HTTP/1.1\r\nX: " + std::string(9'000, 'x') + "\r\n" + close, "431"},
        {"POST / HTTP/1.1\r\nContent-Length: 101\r\n" + close + std::string(101, 'x'), "413"},
        {"POST /healthz HTTP/1.1\r\n" + close, "405"},
        {"BREW /healthz HTTP/1.1\r\n" + close, "405"},
        {"GET /healthz HTTP/2.0\r\n" + close, "505"},
    };
    for (const Case& c : cases) {
        SCOPED_TRACE(c.request.substr(0, 60));
        EXPECT_THAT(talk(c.request), StartsWith(std::string("HTTP/1.1 ") + c.status + " "));
    }
}

TEST_F(HttpServerTest, ARequestForAnotherHostIsMisdirected) {
    HttpOptions options;
    options.hosts = {"reg.example.org"};
    start(options);

    EXPECT_THAT(ask("GET /metrics", "evil.example"), StartsWith("HTTP/1.1 421 "));
    EXPECT_THAT(ask("GET http://evil.example/metrics"), StartsWith("HTTP/1.1 421 "));
    EXPECT_THAT(ask("GET /metrics", "Reg.Example.org:8080"), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(ask("GET http://localhost/metrics?a=b", "x"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, HalfOpenRequestsHoldNobodyUp) {
    start();
    std::list<test::HttpClient> half_open;
    for (int i = 0; i < 20; ++i) {
        half_open.emplace_back(io, endpoint);
        half_open.back().send("GET / HT");
    }

    EXPECT_THAT(ask("GET /healthz"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, AHalfOpenRequestIsClosedInTheEnd) {
    HttpOptions options;
    options.request_timeout = std::chrono::milliseconds{20};
    start(options);

    EXPECT_EQ(talk("GET / HT"), "");
}

TEST_F(HttpServerTest, AConnectionOverTheLimitIsTold) {
    HttpOptions options;
    options.connections = 1;
    start(options);
    test::HttpClient first = connect();
    first.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    first.read_until("ok\n");

    test::HttpClient second = connect();

    EXPECT_THAT(second.read_to_end(), StartsWith("HTTP/1.1 503 "));
}

TEST_F(HttpServerTest, StoppingEndsEveryConnection) {
    start();
    test::HttpClient idle = connect();
    idle.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    idle.read_until("ok\n");

    server->stop();
    io.restart();
    io.run();

    EXPECT_TRUE(io.stopped());
    idle.forget();
    EXPECT_EQ(idle.read_to_end(), "");
}

TEST_F(HttpServerTest, ATakenPortIsAnError) {
    start();
    HttpServer second(io, {});

    EXPECT_THROW(second.open(endpoint), boost::system::system_error);
}

}  // namespace
}  // namespace reginfo::metrics
