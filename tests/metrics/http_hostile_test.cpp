/// @file
/// The side port with clients that send nothing, malformed requests, or requests that fail.

#include "metrics/http_server.hpp"
#include "metrics/routes.hpp"
#include "tests/metrics/http_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <list>
#include <memory>
#include <optional>
#include <stdexcept>
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

const std::string kHost = "Host: localhost\r\n";
const std::string kSmuggled = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// A body that never comes to its end.
class Endless final : public BodyStream {
public:
    Step next(std::string& out) override {
        if (std::exchange(begun_, true)) return Step::wait;
        out = "begun";
        return Step::more;
    }

private:
    bool begun_ = false;
};

class Failing final : public BodyStream {
public:
    Step next(std::string&) override { throw std::runtime_error("no more"); }
};

class HttpHostile : public ::testing::Test {
protected:
    HttpHostile() {
        options.fault = [this](std::string what) { faults.push_back(std::move(what)); };
    }
    ~HttpHostile() override {
        if (server) server->stop();
        io.restart();
        io.run();
    }

    void start() {
        server.emplace(io, options);
        endpoint = server->open({*IpAddress::parse("127.0.0.1"), 0});
        RouteSources sources;
        sources.collectables = {&*server};
        sources.unready_because = [] { return std::string(); };
        Router router = make_routes(std::move(sources));
        router.add("GET", "/endless", [](const HttpRequest&) {
            HttpResponse response;
            response.stream = std::make_shared<Endless>();
            return response;
        });
        router.add("GET", "/failing-stream", [](const HttpRequest&) {
            HttpResponse response;
            response.stream = std::make_shared<Failing>();
            return response;
        });
        router.add("GET", "/failing", [](const HttpRequest&) -> HttpResponse {
            throw std::runtime_error("out of ideas");
        });
        router.add("GET", "/odd", [](const HttpRequest&) -> HttpResponse { throw 42; });
        router.add("POST", "/echo", [](const HttpRequest& request) {
            HttpResponse response;
            response.body = "[" + request.authorization + "|" + request.body + "]";
            return response;
        });
        server->start(std::move(router));
    }

    std::string talk(const std::string& request) {
        test::HttpClient client(io, endpoint);
        client.send(request);
        return client.read_to_end();
    }

    std::string get(const std::string& path) {
        return talk("GET " + path + " HTTP/1.1\r\n" + kHost + "Connection: close\r\n\r\n");
    }

    /// Connections that have each sent this, and been answered as far as it is a request.
    void connect(std::size_t count, const std::string& sent, const std::string& answer = "") {
        for (std::size_t i = 0; i < count; ++i) {
            test::HttpClient& client = clients.emplace_back(io, endpoint);
            client.send(sent);
            client.read_until(answer);
            io.restart();
            io.poll();
        }
    }

    boost::asio::io_context io{1};
    HttpOptions options;
    std::vector<std::string> faults;
    std::optional<HttpServer> server;
    Endpoint endpoint;
    std::list<test::HttpClient> clients;
};

TEST_F(HttpHostile, ClientsThatDoNotAskKeepNobodyOut) {
    options.connections = 8;
    options.connections_per_peer = 8;
    start();
    struct Kind {
        const char* name;
        std::string sent;
        std::string answer;
    };
    const Kind kinds[] = {
        {"silent", "", ""},
        {"half a head", "GET /healthz HT", ""},
        {"half a body", "POST /echo HTTP/1.1\r\n" + kHost + "Content-Length: 5\r\n\r\nab", ""},
        {"keep-alive", kSmuggled, "ok\n"},
    };
    for (const Kind& kind : kinds) {
        SCOPED_TRACE(kind.name);
        connect(20, kind.sent, kind.answer);
        EXPECT_THAT(get("/healthz"), StartsWith("HTTP/1.1 200 "));
        EXPECT_THAT(get("/metrics"), StartsWith("HTTP/1.1 200 "));
    }
    EXPECT_THAT(get("/metrics"), Not(HasSubstr("displaced_total 0\n")));
}

TEST_F(HttpHostile, WhereAllAreBeingAnsweredHealthChecksAreStillServed) {
    options.connections = 4;
    options.connections_per_peer = 4;
    start();
    connect(4, "GET /endless HTTP/1.1\r\n" + kHost + "\r\n", "begun");
    connect(20, "GET /healthz HT");

    EXPECT_THAT(get("/healthz"), AllOf(StartsWith("HTTP/1.1 200 "), EndsWith("ok\n")));
    EXPECT_THAT(get("/readyz"), StartsWith("HTTP/1.1 200 "));
    const std::string refusal = get("/metrics");
    EXPECT_THAT(refusal, StartsWith("HTTP/1.1 503 "));
    EXPECT_THAT(refusal, HasSubstr("Retry-After: 1\r\n"));

    clients.clear();
    io.restart();
    io.poll();
}

TEST_F(HttpHostile, OnePeerTakesNoMoreThanItsShare) {
    options.connections = 8;
    options.connections_per_peer = 3;
    start();
    connect(3, "GET /endless HTTP/1.1\r\n" + kHost + "\r\n", "begun");

    EXPECT_THAT(get("/metrics"), StartsWith("HTTP/1.1 503 "));
    EXPECT_THAT(get("/healthz"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpHostile, ARequestWhoseEndIsInDoubtIsRefusedAndTheConnectionClosed) {
    start();
    const std::string post = "POST /echo HTTP/1.1\r\n" + kHost;
    const std::string chunk = "5\r\nhello\r\n0\r\n\r\n";
    struct Case {
        std::string request;
        const char* status;
    };
    std::vector<Case> cases = {
        {post + "Transfer-Encoding: gzip, chunked\r\n\r\n", "501"},
        {post + "Transfer-Encoding: chunked, chunked\r\n\r\n", "501"},
        {post + "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n", "501"},
        {post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n", "400"},
        {post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", "400"},
        {post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
        {post + "Content-Length: 0\r\nTransfer-Encoding: gzip\r\n\r\n", "400"},
        {"POST /echo HTTP/1.0\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n", "400"},
        {post + "Content-Length: 0\r\nContent-Length: 0\r\n\r\n", "400"},
        {post + "Content-Length: 0\r\nContent-Length: 42\r\n\r\n", "400"},
        {post + "X: a\r\n b\r\n\r\n", "400"},
        {post + "Transfer-Encoding:\r\n chunked\r\n\r\n", "400"},
        {post + "X: a\r\n\tContent-Length: 5\r\n\r\n", "400"},
        {post + "X: a\nContent-Length: 5\r\n\r\n", "400"},
        {post + "X: a\rContent-Length: 5\r\n\r\n", "400"},
        {post + "X : a\r\n\r\n", "400"},
        {post + "Content-Length : 5\r\n\r\n", "400"},
        {post + "Transfer-Encoding : chunked\r\n\r\n", "400"},
        {post + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", "400"},
        {post + "Transfer-Encoding: chunked\r\n\r\n-1\r\n", "400"},
        {post + std::string("X: a\0b\r\n\r\n", 10), "400"},
    };
    for (const char* coding :
         {"identity",
          "gzip",
          "chunked, gzip",
          "xchunked",
          "chunked;x=y",
          "",
          "chunked,",
          "\"chunked\""}) {
        cases.push_back({post + "Transfer-Encoding: " + coding + "\r\n\r\n", "400"});
    }
    for (const char* length : {"+0", "-0", "0x0", "0, 0", "", "00000000000000000000000000x"}) {
        cases.push_back({post + "Content-Length: " + length + "\r\n\r\n", "400"});
    }
    for (const Case& c : cases) {
        SCOPED_TRACE(c.request);
        const std::string answer = talk(c.request + kSmuggled);
        EXPECT_THAT(answer, StartsWith(std::string("HTTP/1.1 ") + c.status + " "));
        EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
        EXPECT_EQ(answer.find("HTTP/1.1 ", 1), std::string::npos) << "a second request got in";
    }
    EXPECT_THAT(
        talk(post + "Transfer-Encoding: \tCHUNKED \r\nConnection: close\r\n\r\n" + chunk),
        EndsWith("[|hello]")
    );
}

TEST_F(HttpHostile, TrailerFieldsSayNothing) {
    start();

    EXPECT_THAT(
        talk(
            "POST /echo HTTP/1.1\r\n" + kHost +
            "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
            "2\r\nhi\r\n0\r\nAuthorization: Bearer x\r\nHost: b\r\n\r\n"
        ),
        AllOf(StartsWith("HTTP/1.1 200 "), EndsWith("[|hi]"))
    );
}

TEST_F(HttpHostile, AHandlerThatFailsIsAnswered500AndCounted) {
    start();
    test::HttpClient client(io, endpoint);

    for (const char* path : {"/failing", "/odd"}) {
        client.send(std::string("GET ") + path + " HTTP/1.1\r\n" + kHost + "\r\n");
        EXPECT_THAT(client.read_until("log says why"), StartsWith("HTTP/1.1 500 "));
        client.forget();
    }
    client.send(kSmuggled);

    EXPECT_THAT(client.read_until("ok\n"), HasSubstr("HTTP/1.1 200 ")) << "all else goes on";
    EXPECT_THAT(
        faults, ::testing::ElementsAre("/failing: out of ideas", "/odd: unknown exception")
    );
    EXPECT_THAT(get("/metrics"), HasSubstr("\nreginfod_http_faults_total 2\n"));
}

TEST_F(HttpHostile, AStreamThatFailsIsCutVisiblyAndCounted) {
    start();

    const std::string answer = get("/failing-stream");

    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(answer, Not(EndsWith("0\r\n\r\n")));
    EXPECT_EQ(faults.size(), 1U);
    EXPECT_THAT(get("/healthz"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpHostile, AcceptEncodingIsReadAsItMayBeWritten) {
    start();
    const auto asked_with = [&](const std::string& fields) {
        return talk(
            "GET /openapi.json HTTP/1.1\r\n" + kHost + fields + "Connection: close\r\n\r\n"
        );
    };
    for (const char* value :
         {"gzip", "GZIP", "x-gzip", "deflate, gzip;q=0.5", "gzip ; Q = 0.001", "*", "*;q=0, gzip"
         }) {
        EXPECT_THAT(
            asked_with(std::string("Accept-Encoding: ") + value + "\r\n"),
            HasSubstr("Content-Encoding: gzip\r\n")
        ) << value;
    }
    for (const char* value :
         {"gzip;q=0",
          "GZIP;Q=0",
          "gzip;q=0.000",
          "gzip ; q = 0",
          "gzip;\tq=0.0",
          "*;q=0",
          "identity",
          "gzip;q=0, *",
          "gzip;q=x",
          "gzip;a=b;q=0",
          ""}) {
        EXPECT_THAT(
            asked_with(std::string("Accept-Encoding: ") + value + "\r\n"),
            Not(HasSubstr("Content-Encoding"))
        ) << value;
    }
    EXPECT_THAT(
        asked_with("Accept-Encoding: br\r\nAccept-Encoding: gzip\r\n"),
        HasSubstr("Content-Encoding: gzip\r\n")
    );
}

}  // namespace
}  // namespace reginfo::metrics
