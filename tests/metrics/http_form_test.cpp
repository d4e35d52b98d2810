/// @file
/// The side port over real sockets: passed sockets, and the headers that choose the form of an
/// answer.

#include "metrics/http_server.hpp"
#include "metrics/routes.hpp"
#include "tests/metrics/http_client.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace reginfo::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class HttpFormTest : public ::testing::Test {
protected:
    ~HttpFormTest() override { stop(); }

    void serve(Router router, std::uint16_t port = 0, std::optional<int> passed = {}) {
        server.emplace(io, HttpOptions{});
        endpoint = server->open({*IpAddress::parse("127.0.0.1"), port}, passed);
        server->start(std::move(router));
    }

    void stop() {
        if (server) server->stop();
        io.restart();
        io.run();
        server.reset();
    }

    boost::asio::io_context io{1};
    std::optional<HttpServer> server;
    Endpoint endpoint;
};

Router with_health() {
    Router router;
    router.add("GET", "/healthz", [](const HttpRequest&) { return HttpResponse{}; });
    return router;
}

TEST_F(HttpFormTest, APassedSocketIsServedAndOutlivesTheServer) {
    using boost::asio::ip::tcp;
    boost::asio::io_context own;
    tcp::acceptor held(own, {boost::asio::ip::address_v4::loopback(), 0});
    const std::uint16_t port = held.local_endpoint().port();
    serve(with_health(), port, ::dup(held.native_handle()));
    stop();

    test::HttpClient waits(io, endpoint);
    waits.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    {
        const auto guard = boost::asio::make_work_guard(io);
        io.restart();
        EXPECT_EQ(io.run_for(std::chrono::milliseconds{50}), 0U) << "it looks at the socket still";
    }
    serve(with_health(), port, ::dup(held.native_handle()));

    EXPECT_THAT(waits.read_to_end(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpFormTest, VaryHasAllFieldsAndFieldsOfOneNameAreOneList) {
    Router router;
    router.add("GET", "/large", [](const HttpRequest& request) {
        HttpResponse response;
        response.headers = {{"Vary", "Accept"}};
        response.body = request.accept + "|" + request.if_none_match + std::string(2'000, 'x');
        return response;
    });
    serve(std::move(router));

    test::HttpClient client(io, endpoint);
    client.send(
        "GET /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept: a/b\r\n"
        "If-None-Match: \"1\"\r\nAccept: c/d;q=0.1\r\nIf-None-Match: \"2\"\r\n\r\n"
    );
    const std::string answer = client.read_to_end();

    EXPECT_THAT(answer, HasSubstr("Vary: Accept, Accept-Encoding\r\n"));
    EXPECT_THAT(answer, HasSubstr("a/b,c/d;q=0.1|\"1\",\"2\"xx"));
}

}  // namespace
}  // namespace reginfo::metrics
