/// @file
/// Asking a server whether it is alive.

#include "app/health_check.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace reginfo {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Tcp = boost::asio::ip::tcp;

/// Answers one request, in a thread of its own as check_health blocks.
class OneAnswer {
public:
    explicit OneAnswer(std::string answer)
        : acceptor_(io_, Tcp::endpoint(Tcp::v4(), 0)), thread_([this, answer] {
              Tcp::socket peer = acceptor_.accept();
              boost::asio::streambuf request;
              boost::asio::read_until(peer, request, "\r\n\r\n");
              boost::asio::write(peer, boost::asio::buffer(answer));
              asked_.assign(
                  boost::asio::buffers_begin(request.data()),
                  boost::asio::buffers_end(request.data())
              );
          }) {}

    /// Bound to the wildcard address, so asked at 127.0.0.1.
    Config config() const {
        Config config;
        config.http.listen =
            *parse_bound("0.0.0.0:" + std::to_string(acceptor_.local_endpoint().port()));
        return config;
    }

    std::string asked() {
        thread_.join();
        return asked_;
    }

private:
    boost::asio::io_context io_;
    Tcp::acceptor acceptor_;
    std::string asked_;
    std::thread thread_;
};

std::string trouble_of(const Config& config) {
    try {
        check_health(config);
        return "";
    } catch (const HealthCheckError& error) {
        return error.what();
    }
}

TEST(HealthCheck, SucceedsIfTheServerIsHealthy) {
    OneAnswer server("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n");

    EXPECT_EQ(trouble_of(server.config()), "");

    EXPECT_THAT(server.asked(), StartsWith("GET /healthz HTTP/1.1\r\n"));
}

TEST(HealthCheck, ReportsAnyOtherAnswerOfTheServer) {
    OneAnswer server("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");

    EXPECT_THAT(trouble_of(server.config()), EndsWith(": 503"));

    server.asked();
}

TEST(HealthCheck, ReportsThatNoServerAnswers) {
    boost::asio::io_context io;
    Tcp::acceptor reserved(io, Tcp::endpoint(Tcp::v4(), 0));
    Config config;
    config.http.listen =
        *parse_bound("127.0.0.1:" + std::to_string(reserved.local_endpoint().port()));
    reserved.close();

    EXPECT_THAT(trouble_of(config), HasSubstr("Connection refused"));
}

TEST(HealthCheck, NeedsASidePort) {
    Config config;
    config.http.listen.reset();

    EXPECT_THAT(trouble_of(config), HasSubstr("off"));
}

}  // namespace
}  // namespace reginfo
