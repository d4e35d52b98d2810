/// @file
/// The whole server in this process, on ports that the kernel chooses.

#include "app/service.hpp"

#include "tests/metrics/http_client.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/udp.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dlfcn.h>
#include <spdlog/sinks/ostream_sink.h>
#include <sys/resource.h>

#include <array>
#include <chrono>
#include <csignal>
#include <memory>
#include <sstream>
#include <string>

namespace {

bool resolver_fails = false;

}  // namespace

/// Of this process, in place of that of c-ares, which needs a system without memory to fail. Not
/// declared by ares.h here: its versions differ in a const.
extern "C" int ares_init_options(void* channel, void* options, int mask) {
    constexpr int kNoMemory = 15;  // ARES_ENOMEM
    if (resolver_fails) return kNoMemory;
    static const auto real =
        reinterpret_cast<decltype(&ares_init_options)>(::dlsym(RTLD_NEXT, "ares_init_options"));
    return real(channel, options, mask);
}

namespace reginfo {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Config any_ports() {
    Config config;
    config.listen = {*parse_listen("udp:127.0.0.1:0"), *parse_listen("tcp:127.0.0.1:0")};
    config.http.listen = *parse_bound("127.0.0.1:0");
    config.storage.kind = StorageKind::memory;
    return config;
}

/// While it lives, this process may have a hundred files open.
class FewDescriptors {
public:
    FewDescriptors() {
        EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
        rlimit few = before_;
        few.rlim_cur = 100;
        EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
    }
    ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    FewDescriptors(const FewDescriptors&) = delete;
    FewDescriptors& operator=(const FewDescriptors&) = delete;

private:
    rlimit before_{};
};

class ServiceTest : public ::testing::Test {
protected:
    /// What the side port answers to a GET.
    std::string get(Service& service, const std::string& path) {
        test::HttpClient client(service.io(), *service.http_endpoint());
        client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        return client.read_to_end();
    }

    /// Why it does not start; empty if it does.
    static std::string start_error_of(Service& service) {
        try {
            service.start();
        } catch (const StartError& error) {
            return error.what();
        }
        return {};
    }

    std::ostringstream lines;
    Log log{
        LogLevel::info,
        LogFormat::text,
        std::make_shared<spdlog::sinks::ostream_sink_st>(lines)
    };
};

TEST_F(ServiceTest, ReadyIsLoggedOnceAndLast) {
    Service service(any_ports(), log);

    service.start();

    const std::string text = lines.str();
    for (const ListenerSettings& listener : service.listeners()) {
        EXPECT_NE(listener.bound.port, 0);
        EXPECT_THAT(text, HasSubstr(" listening listen="));
        EXPECT_THAT(text, HasSubstr(":127.0.0.1:" + std::to_string(listener.bound.port) + " "));
    }
    EXPECT_THAT(text, HasSubstr(" listening http=127.0.0.1:"));
    EXPECT_THAT(text, EndsWith(" info ready version=0.1.0 storage=memory\n"));
    EXPECT_EQ(text.find(" ready "), text.rfind(" ready "));
}

TEST_F(ServiceTest, TheSidePortServesReadinessAndEveryCollector) {
    Service service(any_ports(), log);
    service.start();

    EXPECT_THAT(get(service, "/readyz"), StartsWith("HTTP/1.1 200 "));
    const std::string metrics = get(service, "/metrics");
    for (const char* name :
         {"reginfod_build_info",
          "reginfod_tcp_connections",
          "reginfod_http_connections",
          "process_open_fds"}) {
        EXPECT_THAT(metrics, HasSubstr("\n# TYPE " + std::string(name) + " gauge\n"));
    }
}

TEST_F(ServiceTest, ADatagramReachesTheEngineAndIsAnswered) {
    using boost::asio::ip::udp;
    Service service(any_ports(), log);
    service.start();
    boost::asio::io_context own;
    udp::socket client(own, udp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
    client.connect({boost::asio::ip::address_v4::loopback(), service.listeners()[0].bound.port});
    client.non_blocking(true);

    client.send(boost::asio::buffer(std::string(
        "OPTIONS sip:reg.example SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bK1\r\n"
        "Max-Forwards: 70\r\nFrom: <sip:a@reg.example>;tag=1\r\nTo: <sip:reg.example>\r\n"
        "Call-ID: 1@test\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    )));

    std::array<char, 4096> bytes{};
    std::size_t size = 0;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (size == 0 && std::chrono::steady_clock::now() < deadline) {
        service.io().run_one_for(std::chrono::milliseconds{5});
        boost::system::error_code ignored;
        size = client.receive(boost::asio::buffer(bytes), 0, ignored);
    }
    EXPECT_THAT(std::string(bytes.data(), size), StartsWith("SIP/2.0 200 "));
}

TEST_F(ServiceTest, ATakenPortIsNamed) {
    Service first(any_ports(), log);
    first.start();
    Config config = any_ports();
    config.listen[1].bound.port = first.listeners()[1].bound.port;
    Service second(config, log);

    const std::string port = std::to_string(config.listen[1].bound.port);
    EXPECT_EQ(
        start_error_of(second),
        "cannot listen on tcp:127.0.0.1:" + port + ": Address already in use"
    );
}

TEST_F(ServiceTest, ATakenSidePortIsNamed) {
    Service first(any_ports(), log);
    first.start();
    Config config = any_ports();
    config.http.listen = first.http_endpoint();
    Service second(config, log);

    EXPECT_THROW(second.start(), StartError);
    EXPECT_EQ(lines.str().find("ready"), lines.str().rfind("ready"));
}

TEST_F(ServiceTest, ACollectorThatIsNoHostIsNamed) {
    Config config = any_ports();
    config.transport.hep.server = *parse_bound("255.255.255.255:9060");
    Service service(config, log);

    EXPECT_EQ(
        start_error_of(service),
        "cannot send copies to hep.server 255.255.255.255:9060: Permission denied; name the "
        "address of one host, or none"
    );
}

TEST_F(ServiceTest, AResolverThatCannotBeginIsNamed) {
    Service service(any_ports(), log);
    resolver_fails = true;

    EXPECT_THAT(
        start_error_of(service),
        StartsWith("cannot look up names: c-ares cannot begin: Out of memory; see resolver.")
    );
    Config config = any_ports();
    config.storage.kind = StorageKind::redis;
    Service on_redis(config, log);
    EXPECT_THAT(
        start_error_of(on_redis),
        StartsWith("cannot look up the names of Redis: c-ares cannot begin: Out of memory")
    );
    resolver_fails = false;
}

TEST_F(ServiceTest, WhereDescriptorsAreFewThereAreFewerConnectionsAndAWarning) {
    Config config = any_ports();
    config.transport.connections = 1'000'000;
    const FewDescriptors few;
    Service service(config, log);

    service.start();

    EXPECT_THAT(lines.str(), HasSubstr(" warning few connections why=\"at most 39 TCP "));
    EXPECT_THAT(lines.str(), HasSubstr("RLIMIT_NOFILE is 100;"));
}

TEST_F(ServiceTest, WithoutASidePortThereIsNone) {
    Config config = any_ports();
    config.http.listen.reset();
    Service service(config, log);

    service.start();

    EXPECT_FALSE(service.http_endpoint());
    EXPECT_THAT(lines.str(), Not(HasSubstr("http=")));
}

TEST_F(ServiceTest, AWildcardListenerAdvertisesTheServerAddress) {
    Config config = any_ports();
    config.listen = {
        *parse_listen("udp:0.0.0.0:0"),
        *parse_listen("udp:0.0.0.0:0,advertise=b.example:5070"),
        *parse_listen("udp:127.0.0.1:0")
    };
    config.server_address = *parse_advertised("a.example");
    Service service(config, log);

    service.start();

    const auto& listeners = service.listeners();
    EXPECT_EQ(listeners[0].advertise_host, "a.example");
    EXPECT_EQ(listeners[0].advertise_port, listeners[0].bound.port);
    EXPECT_EQ(listeners[1].advertise_host, "b.example");
    EXPECT_EQ(listeners[1].advertise_port, 5070);
    EXPECT_EQ(listeners[2].advertise_host, "127.0.0.1");
}

TEST_F(ServiceTest, ATerminatingSignalEndsTheRun) {
    for (const int signal : {SIGTERM, SIGINT}) {
        Service service(any_ports(), log);
        service.start();
        std::raise(signal);

        service.run();

        const std::string name = signal == SIGINT ? "INT" : "TERM";
        EXPECT_THAT(lines.str(), HasSubstr(" stopping signal=" + name + "\n"));
        EXPECT_THAT(lines.str(), EndsWith(" info stopped\n"));
    }
}

TEST_F(ServiceTest, AfterAStopTheSamePortsCanBeOpenedAgain) {
    Config config = any_ports();
    {
        Service service(config, log);
        service.start();
        config.listen[0].bound = service.listeners()[0].bound;
        config.listen[1].bound = service.listeners()[1].bound;
        config.http.listen = service.http_endpoint();
        get(service, "/healthz");
        service.stop();
        service.run();
    }

    Service again(config, log);

    EXPECT_NO_THROW(again.start());
}

TEST_F(ServiceTest, AnOpenPortIsReportedEvenWithAToken) {
    Config::Http http;
    EXPECT_EQ(SidePort::warning_for(http), "") << "without one";
    http.listen = *parse_bound("127.0.0.1:8080");
    EXPECT_EQ(SidePort::warning_for(http), "");
    http.listen = *parse_bound("0.0.0.0:8080");
    const std::string open = "anybody who reaches it can read the state; actions ";

    EXPECT_THAT(SidePort::warning_for(http), HasSubstr(open + "are off without http.token"));
    http.token = "a-token-of-the-tests";
    EXPECT_THAT(SidePort::warning_for(http), HasSubstr(open + "need http.token"));
}

}  // namespace
}  // namespace reginfo
