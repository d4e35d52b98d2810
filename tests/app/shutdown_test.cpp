/// @file
/// Signals to the whole server in this process: stop, stop at once, reload.

#include "app/service.hpp"
#include "tests/metrics/http_client.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/udp.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <spdlog/sinks/ostream_sink.h>

#include <array>
#include <chrono>
#include <csignal>
#include <functional>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

namespace reginfo {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::udp;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr auto kPatience = 20s;
constexpr std::string_view kToken = "a-token-of-the-tests";

/// A watcher that answers NOTIFYs on request.
class Watcher {
public:
    explicit Watcher(std::uint16_t server)
        : socket_(own_, udp::endpoint(boost::asio::ip::address_v4::loopback(), 0)) {
        socket_.connect({boost::asio::ip::address_v4::loopback(), server});
        socket_.non_blocking(true);
    }

    void subscribe(int number) {
        const std::string n = std::to_string(number);
        const std::string me = "127.0.0.1:" + std::to_string(socket_.local_endpoint().port());
        send(
            "SUBSCRIBE sip:alice@reg.example SIP/2.0\r\nVia: SIP/2.0/UDP " + me +
            ";branch=z9hG4bK" + n + "\r\nMax-Forwards: 70\r\nFrom: <sip:w@reg.example>;tag=" + n +
            "\r\nTo: <sip:alice@reg.example>\r\nCall-ID: " + n + "@test\r\nCSeq: 1 SUBSCRIBE\r\n" +
            "Contact: <sip:w@" + me + ">\r\nEvent: reg\r\nExpires: 600\r\n" +
            "Content-Length: 0\r\n\r\n"
        );
    }

    void answer(const std::string& notify) {
        std::string answer = "SIP/2.0 200 OK\r\n";
        for (const char* name : {"Via: ", "From: ", "To: ", "Call-ID: ", "CSeq: "}) {
            const std::size_t at = notify.find(std::string("\r\n") + name) + 2;
            answer += notify.substr(at, notify.find("\r\n", at) + 2 - at);
        }
        send(answer + "Content-Length: 0\r\n\r\n");
    }

    /// The next message if one has come, else an empty text.
    std::string receive() {
        std::array<char, 65'536> bytes{};
        boost::system::error_code error;
        const std::size_t size = socket_.receive(boost::asio::buffer(bytes), 0, error);
        return error ? std::string() : std::string(bytes.data(), size);
    }

private:
    void send(const std::string& bytes) { socket_.send(boost::asio::buffer(bytes)); }

    boost::asio::io_context own_;
    udp::socket socket_;
};

class ShutdownTest : public ::testing::Test {
protected:
    ShutdownTest() {
        config.listen = {*parse_listen("udp:127.0.0.1:0")};
        config.http.listen = *parse_bound("127.0.0.1:0");
        config.http.token = kToken;
        config.storage.kind = StorageKind::memory;
        config.drain.answer_timeout = 10min;  // no test waits for it
    }

    void start(Service::ConfigSource source = nullptr) {
        service.emplace(config, log, std::move(source));
        service->start();
        watcher.emplace(service->listeners()[0].bound.port);
    }

    /// Runs the server until that is true; returns whether it became so.
    bool run_until(const std::function<bool()>& condition) {
        const auto deadline = std::chrono::steady_clock::now() + kPatience;
        while (!condition()) {
            if (std::chrono::steady_clock::now() > deadline) return false;
            service->io().restart();
            service->io().run_one_for(5ms);
        }
        return true;
    }

    /// Runs the server until the watcher gets a message that begins so.
    std::string await(std::string_view beginning) {
        std::string message;
        EXPECT_TRUE(run_until([&] {
            message = watcher->receive();
            return message.starts_with(beginning);
        })) << beginning;
        return message;
    }

    /// Subscribes and answers the first NOTIFY.
    void subscribe(int number) {
        watcher->subscribe(number);
        watcher->answer(await("NOTIFY"));
        EXPECT_TRUE(run_until([&] { return has("reginfod_notifies_in_flight 0"); }));
    }

    bool has(const std::string& line) {
        return get("/metrics").find("\n" + line + "\n") != std::string::npos;
    }

    std::string get(const std::string& path, const std::string& method = "GET") {
        test::HttpClient client(service->io(), *service->http_endpoint());
        client.send(
            method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" +
            "Authorization: Bearer " + std::string(kToken) + "\r\n\r\n"
        );
        return client.read_to_end();
    }

    bool has_said(const std::string& text) { return lines.str().find(text) != std::string::npos; }

    Config config;
    std::ostringstream lines;
    Log log{
        LogLevel::info,
        LogFormat::text,
        std::make_shared<spdlog::sinks::ostream_sink_st>(lines)
    };
    std::optional<Service> service;
    std::optional<Watcher> watcher;
};

TEST_F(ShutdownTest, TheLastNotifyIsAwaited) {
    start();
    subscribe(1);
    std::raise(SIGTERM);
    const std::string last = await("NOTIFY");
    EXPECT_THAT(last, HasSubstr("Subscription-State: terminated;reason=deactivated\r\n"));
    EXPECT_THAT(get("/readyz"), StartsWith("HTTP/1.1 503 "));
    EXPECT_THAT(get("/healthz"), StartsWith("HTTP/1.1 200 "));

    watcher->answer(last);

    service->io().restart();
    service->run();
    EXPECT_THAT(lines.str(), Not(HasSubstr("work left")));
    EXPECT_THAT(lines.str(), EndsWith(" info stopped\n"));
}

TEST_F(ShutdownTest, ASecondSignalDoesNotWait) {
    start();
    subscribe(1);
    std::raise(SIGTERM);
    await("NOTIFY");
    std::raise(SIGINT);

    service->io().restart();
    service->run();
    EXPECT_TRUE(has_said("stopping at once signal=INT"));
}

TEST_F(ShutdownTest, AnAnswerThatNeverComesIsAwaitedForSoLong) {
    config.drain.answer_timeout = 50ms;
    start();
    subscribe(1);
    std::raise(SIGTERM);

    service->io().restart();
    service->run();
    EXPECT_TRUE(
        has_said("stopping with work left notifies_in_flight=1 notifies_queued=0 commits_pending=0")
    );
}

TEST_F(ShutdownTest, DuringTheGraceAllIsServed) {
    config.drain.grace = 1h;
    start();
    std::raise(SIGTERM);
    EXPECT_TRUE(run_until([&] { return has_said("stopping signal=TERM"); }));
    EXPECT_THAT(get("/readyz"), StartsWith("HTTP/1.1 503 "));
    subscribe(1);
    std::raise(SIGTERM);

    service->io().restart();
    service->run();
}

TEST_F(ShutdownTest, DrainedByHttpItStaysUntilASignal) {
    start();
    EXPECT_THAT(get("/api/v1/drain", "POST"), StartsWith("HTTP/1.1 202 "));
    EXPECT_TRUE(run_until([&] { return has_said("drained ended=0"); }));
    EXPECT_THAT(get("/readyz"), StartsWith("HTTP/1.1 503 "));
    watcher->subscribe(2);
    EXPECT_THAT(await("SIP/2.0 503 "), HasSubstr("\r\nRetry-After: 10\r\n"));
    std::raise(SIGTERM);

    service->io().restart();
    service->run();
}

TEST_F(ShutdownTest, AReloadChangesTheTrustedNetworksAndNamesSettingsThatStay) {
    start([this] {
        Config fresh = config;
        fresh.settings.trusted_networks = {*Network::parse("192.0.2.0/24")};
        fresh.http.token = "another-token-of-tests";
        fresh.listen = {*parse_listen("udp:127.0.0.1:5070")};
        return fresh;
    });
    subscribe(1);
    std::raise(SIGHUP);
    EXPECT_TRUE(run_until([&] { return has_said("takes a restart keys=sip.listen"); }));
    EXPECT_TRUE(has_said("reloaded changed=\"access.trusted_networks, http.token\""));

    watcher->subscribe(2);
    EXPECT_TRUE(run_until([&] { return has_said("untrusted peer"); }));
    EXPECT_THAT(get("/api/v1/drain", "POST"), StartsWith("HTTP/1.1 401 "));
    service->stop();
}

TEST_F(ShutdownTest, AConfigurationThatCannotBeReadLeavesTheOneInForce) {
    start([]() -> Config { throw ConfigError("FILE:3: unknown key"); });
    std::raise(SIGHUP);
    EXPECT_TRUE(run_until([&] { return has_said("not reloaded why=\"FILE:3: unknown key\""); }));
    subscribe(1);
    service->stop();
}

}  // namespace
}  // namespace reginfo
