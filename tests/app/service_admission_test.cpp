/// @file
/// Who may connect to the whole server.

#include "app/service.hpp"
#include "tests/metrics/http_client.hpp"
#include "tests/transport/test_server.hpp"

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
#include <utility>

namespace reginfo {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace std::chrono_literals;

const std::string kOptions =
    "OPTIONS sip:reg.example SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK1\r\n"
    "Max-Forwards: 70\r\nFrom: <sip:a@reg.example>;tag=1\r\nTo: <sip:reg.example>\r\n"
    "Call-ID: 1@test\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";

class ServiceAdmission : public ::testing::Test {
protected:
    ServiceAdmission() {
        config.listen = {*parse_listen("tcp:127.0.0.1:0")};
        config.http.listen = *parse_bound("127.0.0.1:0");
        config.storage.kind = StorageKind::memory;
    }

    void start(Service::ConfigSource source = nullptr) {
        service.emplace(config, log, std::move(source));
        service->start();
    }

    bool run_until(const std::function<bool()>& condition) {
        const auto deadline = std::chrono::steady_clock::now() + 20s;
        while (!condition()) {
            if (std::chrono::steady_clock::now() > deadline) return false;
            service->io().restart();
            service->io().run_one_for(5ms);
        }
        return true;
    }

    test::TcpPeer connect() { return {peers, service->listeners()[0].bound}; }

    std::string metrics() {
        test::HttpClient client(service->io(), *service->http_endpoint());
        client.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        return client.read_to_end();
    }

    Config config;
    std::ostringstream lines;
    Log log{
        LogLevel::info,
        LogFormat::text,
        std::make_shared<spdlog::sinks::ostream_sink_st>(lines)
    };
    boost::asio::io_context peers;
    std::optional<Service> service;
};

TEST_F(ServiceAdmission, IsByTheNetworksThatAreTrustedNow) {
    start([this] {
        Config fresh = config;
        fresh.settings.trusted_networks = {*Network::parse("192.0.2.0/24")};
        return fresh;
    });
    test::TcpPeer before = connect();
    before.send(kOptions);
    ASSERT_TRUE(run_until([&] { return before.poll() > 0; }));
    EXPECT_THAT(before.received, StartsWith("SIP/2.0 200 "));
    std::raise(SIGHUP);
    ASSERT_TRUE(run_until([&] { return lines.str().find(" reloaded ") != std::string::npos; }));

    test::TcpPeer after = connect();

    ASSERT_TRUE(run_until([&] { return after.poll_end(); }));
    EXPECT_FALSE(before.poll_end()) << "it stays, unheard";
    EXPECT_THAT(lines.str(), HasSubstr(" warning connection refused: untrusted "));
    EXPECT_THAT(
        metrics(), HasSubstr("\nreginfod_tcp_connection_attempts_total{outcome=\"untrusted\"} 1\n")
    );
}

TEST_F(ServiceAdmission, AForbiddenPeerGetsA403AndLosesItsConnection) {
    config.settings.trusted_networks = {*Network::parse("192.0.2.0/24")};
    config.settings.refuse_untrusted_with_403 = true;
    start();
    test::TcpPeer peer = connect();

    peer.send(kOptions);

    ASSERT_TRUE(run_until([&] { return peer.poll_end(); }));
    EXPECT_THAT(peer.received, StartsWith("SIP/2.0 403 "));
}

}  // namespace
}  // namespace reginfo
