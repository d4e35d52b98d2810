/// @file
/// The side port over real sockets.

#include "metrics/http_server.hpp"

#include "metrics/routes.hpp"
#include "tests/metrics/http_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace reginfo::metrics {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// A body of these pieces; the last may be another step than the end.
class Pieces final : public BodyStream {
public:
    struct Piece {
        std::string text;
        Step step = Step::more;
    };

    explicit Pieces(std::vector<Piece> pieces) : pieces_(std::move(pieces)) {}

    Step next(std::string& out) override {
        if (at_ == pieces_.size()) return Step::end;
        out.append(pieces_[at_].text);
        return pieces_[at_++].step;
    }

private:
    std::vector<Piece> pieces_;
    std::size_t at_ = 0;
};

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
        sources.unready_because = [this] { return is_ready ? std::string() : "Not yet."; };
        sources.version = "1.2.3";
        Router router = make_routes(std::move(sources));
        router.add("GET", "/stream", [this](const HttpRequest&) {
            HttpResponse response;
            response.stream = std::make_shared<Pieces>(pieces);
            return response;
        });
        server->start(std::move(router));
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
    std::vector<Pieces::Piece> pieces;
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

TEST_F(HttpServerTest, ThePageIsServedWithAPolicy) {
    start();

    EXPECT_THAT(
        ask("GET /"),
        AllOf(
            HasSubstr("Content-Security-Policy: default-src 'none';"), HasSubstr("<!doctype html>")
        )
    );
}

TEST_F(HttpServerTest, AStreamIsSentInChunksAndTheConnectionGoesOn) {
    pieces = {{"one"}, {""}, {"two"}};
    start();

    const std::string both = talk(
        "GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n"
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    );

    EXPECT_THAT(
        both,
        AllOf(
            HasSubstr("Transfer-Encoding: chunked\r\n"),
            HasSubstr("\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"),
            EndsWith("ok\n")
        )
    );
}

TEST_F(HttpServerTest, AStreamToHttp10EndsWithTheConnection) {
    pieces = {{"one"}, {"two"}};
    start();

    EXPECT_THAT(talk("GET /stream HTTP/1.0\r\n\r\n"), EndsWith("\r\n\r\nonetwo"));
}

TEST_F(HttpServerTest, HeadOfAStreamHasNoBody) {
    pieces = {{"one"}};
    start();

    EXPECT_THAT(ask("HEAD /stream"), EndsWith("\r\n\r\n"));
}

TEST_F(HttpServerTest, ADroppedStreamIsCutVisibly) {
    pieces = {{"one"}, {"", BodyStream::Step::drop}};
    start();

    EXPECT_THAT(ask("GET /stream"), EndsWith("3\r\none\r\n")) << "without the last chunk";
}

TEST_F(HttpServerTest, StoppingEndsAStreamThatWaits) {
    pieces = {{"one"}, {"", BodyStream::Step::wait}};
    start();
    test::HttpClient client = connect();
    client.send("GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
    client.read_until("one");

    server->stop();
    io.restart();
    io.run();

    EXPECT_TRUE(io.stopped());
}

TEST_F(HttpServerTest, ALargeBodyIsCompressedOnRequest) {
    pieces = {{std::string(5'000, 'a')}};
    start();
    const auto gzipped = [&](const std::string& path, const std::string& accept) {
        return talk(
            "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: " + accept +
            "\r\nConnection: close\r\n\r\n"
        );
    };

    for (const char* path : {"/stream", "/openapi.json"}) {
        const std::string answer = gzipped(path, "deflate, gzip;q=0.5");
        EXPECT_THAT(answer, HasSubstr("Content-Encoding: gzip\r\n")) << path;
        EXPECT_THAT(answer, HasSubstr("Vary: Accept-Encoding\r\n")) << path;
        EXPECT_THAT(answer, HasSubstr("\x1f\x8b")) << path;
        EXPECT_THAT(gzipped(path, "gzip;q=0"), Not(HasSubstr("Content-Encoding"))) << path;
    }
    EXPECT_THAT(gzipped("/healthz", "gzip"), Not(HasSubstr("Content-Encoding")));
}

TEST_F(HttpServerTest, ABodyThatIsHeldBackIsAskedFor) {
    start();
    test::HttpClient client = connect();

    client.send(
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        "Expect: 100-Continue\r\nContent-Length: 4\r\n\r\n"
    );
    EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    client.forget();
    client.send("body");

    EXPECT_THAT(client.read_to_end(), AllOf(StartsWith("HTTP/1.1 200 "), EndsWith("ok\n")));
}

TEST_F(HttpServerTest, ABodyThatCameOrIsNotWantedIsNotAskedFor) {
    HttpOptions options;
    options.body_bytes = 100;
    start(options);
    const std::string head =
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        "Expect: 100-continue\r\n";

    EXPECT_THAT(talk(head + "Content-Length: 4\r\n\r\nbody"), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(talk(head + "\r\n"), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(talk(head + "Content-Length: 101\r\n\r\n"), StartsWith("HTTP/1.1 413 "));
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

TEST_F(HttpServerTest, AnIdleConnectionGivesWayToANewOne) {
    HttpOptions options;
    options.connections = 1;
    start(options);
    test::HttpClient first = connect();
    first.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    first.read_until("ok\n");
    first.forget();

    EXPECT_THAT(ask("GET /metrics"), StartsWith("HTTP/1.1 200 "));
    EXPECT_EQ(first.read_to_end(), "");
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
