/// @file
/// c-ares against a real DNS server, and against one that does not answer.

#include "transport/ares_client.hpp"

#include "tests/transport/dnsmasq.hpp"
#include "tests/transport/zone.hpp"
#include "transport/dns_resolver.hpp"
#include "transport/socket_address.hpp"
#include "transport/timer_alarm.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace reginfo::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;
using namespace std::chrono_literals;

class AresClientTest : public ::testing::Test {
protected:
    /// False if there is no such server on this machine.
    bool serve(const std::vector<std::string>& records) {
        server_ = Dnsmasq::start(records);
        if (server_) options.resolver_servers = {server_->endpoint()};
        return server_ != nullptr;
    }

    DnsAnswer ask(DnsType type, const std::string& name) {
        AresClient client(io, options);
        std::vector<DnsAnswer> answers;
        client.on_done([&](const DnsQuery& query, const DnsAnswer& answer) {
            EXPECT_EQ(query, (DnsQuery{type, name}));
            answers.push_back(answer);
        });
        client.ask({type, name});
        io.restart();
        io.run_for(20s);
        EXPECT_THAT(answers, SizeIs(1));
        return answers.empty() ? DnsAnswer{} : answers[0];
    }

    boost::asio::io_context io{1};
    TransportOptions options;

private:
    std::unique_ptr<Dnsmasq> server_;
};

/// Answers every query with one server and an hour to live, and counts them.
class CountingServer {
public:
    explicit CountingServer(boost::asio::io_context& io)
        : socket_(io, {boost::asio::ip::address_v4::loopback(), 0}) {
        receive();
    }

    Endpoint endpoint() const { return to_core(socket_.local_endpoint()); }
    int queries() const { return queries_; }

private:
    void receive() {
        const auto on_query = [this](const boost::system::error_code& error, std::size_t size) {
            if (error) return;
            ++queries_;
            socket_.send_to(boost::asio::buffer(answer_to(bytes_.substr(0, size))), from_);
            receive();
        };
        bytes_.resize(4096);
        socket_.async_receive_from(boost::asio::buffer(bytes_), from_, on_query);
    }

    static std::string answer_to(const std::string& query) {
        using namespace std::string_literals;
        const std::size_t end_of_name = query.find('\0', 12) + 1;
        return query.substr(0, 2) + "\x81\x80\0\1\0\1\0\0\0\0"s +
               query.substr(12, end_of_name + 4 - 12) +
               "\xc0\x0c\0\x21\0\1\0\0\x0e\x10\0\x09\0\1\0\1\x13\xc4\1s\0"s;
    }

    boost::asio::ip::udp::socket socket_;
    boost::asio::ip::udp::endpoint from_;
    std::string bytes_;
    int queries_ = 0;
};

IpAddress address(const char* text) { return *IpAddress::parse(text); }

TEST_F(AresClientTest, AddressesOfBothFamiliesAreFoundWithTheirTimeToLive) {
    if (!serve({"--host-record=a.test,127.0.0.7,::7,77"})) GTEST_SKIP() << "no dnsmasq";

    const DnsAnswer answer = ask(DnsType::addresses, "a.test");

    EXPECT_THAT(answer.addresses, UnorderedElementsAre(address("127.0.0.7"), address("::7")));
    EXPECT_EQ(answer.ttl, Seconds{77});
}

TEST_F(AresClientTest, ServersAreReadWithAllTheirFields) {
    if (!serve({"--srv-host=_sip._udp.a.test,S.Test,5070,10,20", "--local-ttl=33"})) {
        GTEST_SKIP() << "no dnsmasq";
    }

    const DnsAnswer answer = ask(DnsType::srv, "_sip._udp.a.test");

    EXPECT_THAT(answer.srv, ElementsAre(SrvRecord{10, 20, 5070, "s.test"}));
    EXPECT_EQ(answer.ttl, Seconds{33});
}

TEST_F(AresClientTest, ATargetOfADotIsEmpty) {
    if (!serve({"--srv-host=_sip._udp.a.test"})) GTEST_SKIP() << "no dnsmasq";

    const DnsAnswer answer = ask(DnsType::srv, "_sip._udp.a.test");

    ASSERT_THAT(answer.srv, SizeIs(1));
    EXPECT_EQ(answer.srv[0].target, "");
}

TEST_F(AresClientTest, NaptrRecordsAreReadExceptThoseWithARegularExpression) {
    if (!serve({
            "--naptr-record=a.test,10,20,s,SIP+D2T,,_sip._tcp.a.test",
            "--naptr-record=a.test,10,30,u,E2U+sip,!^.*$!sip:info@a.test!",
        })) {
        GTEST_SKIP() << "no dnsmasq";
    }

    EXPECT_THAT(
        ask(DnsType::naptr, "a.test").naptr,
        ElementsAre(NaptrRecord{10, 20, "s", "SIP+D2T", "_sip._tcp.a.test"})
    );
}

TEST_F(AresClientTest, ANameThatDoesNotExistHasNothing) {
    if (!serve({})) GTEST_SKIP() << "no dnsmasq";

    EXPECT_TRUE(ask(DnsType::addresses, "no.test").is_empty());
    EXPECT_TRUE(ask(DnsType::srv, "_sip._udp.no.test").is_empty());
    EXPECT_TRUE(ask(DnsType::naptr, "no.test").is_empty());
}

TEST_F(AresClientTest, AnAnswerTooLongForADatagramComesByTcp) {
    std::vector<std::string> records;
    for (int i = 0; i < 60; ++i) {
        const std::string name = "server-with-a-long-name-" + std::to_string(i) + ".test";
        records.push_back("--srv-host=_sip._udp.a.test," + name + ",5060,1,1");
    }
    if (!serve(records)) GTEST_SKIP() << "no dnsmasq";

    EXPECT_THAT(ask(DnsType::srv, "_sip._udp.a.test").srv, SizeIs(60));
}

TEST_F(AresClientTest, TheFileOfHostsAndLocalhostNeedNoServer) {
    const boost::asio::ip::udp::socket silent(io, {boost::asio::ip::address_v4::loopback(), 0});
    options.resolver_servers = {to_core(silent.local_endpoint())};

    EXPECT_THAT(ask(DnsType::addresses, "localhost").addresses, Contains(address("127.0.0.1")));
}

TEST_F(AresClientTest, RepliesAreRememberedByNobodyBelowDnsCache) {
    const CountingServer server(io);
    options.resolver_servers = {server.endpoint()};
    AresClient client(io, options);
    std::vector<DnsAnswer> answers;
    client.on_done([&](const DnsQuery&, const DnsAnswer& answer) { answers.push_back(answer); });

    for (int i = 0; i < 2; ++i) {
        client.ask({DnsType::srv, "_sip._udp.a.test"});
        while (answers.size() < static_cast<std::size_t>(i) + 1) {
            ASSERT_TRUE(io.run_one_for(20s));
        }
    }

    EXPECT_EQ(server.queries(), 2);
    EXPECT_THAT(answers[1].srv, ElementsAre(SrvRecord{1, 1, 5060, "s"}));
}

TEST_F(AresClientTest, WhatCannotBeAskedForIsAnsweredAtOnce) {
    const std::string label_too_long(64, 'a');

    EXPECT_TRUE(ask(DnsType::srv, label_too_long + ".test").is_empty());
}

TEST_F(AresClientTest, AServerThatDoesNotAnswerIsGivenUpAndDelaysNobody) {
    const boost::asio::ip::udp::socket silent(io, {boost::asio::ip::address_v4::loopback(), 0});
    options.resolver_servers = {to_core(silent.local_endpoint())};
    options.resolver_timeout = 40ms;
    options.resolver_tries = 1;
    int ticks = 0;
    boost::asio::steady_timer timer(io);
    const std::function<void()> tick = [&] {
        timer.expires_after(1ms);
        timer.async_wait([&](const boost::system::error_code&) {
            if (++ticks < 10) tick();
        });
    };
    tick();

    EXPECT_TRUE(ask(DnsType::srv, "_sip._udp.a.test").is_empty());

    EXPECT_EQ(ticks, 10);
}

TEST_F(AresClientTest, StoppedItAnswersNothingAndHoldsNobodyUp) {
    const boost::asio::ip::udp::socket silent(io, {boost::asio::ip::address_v4::loopback(), 0});
    options.resolver_servers = {to_core(silent.local_endpoint())};
    AresClient client(io, options);
    int answers = 0;
    client.on_done([&](const DnsQuery&, const DnsAnswer&) { ++answers; });
    client.ask({DnsType::naptr, "a.test"});
    io.poll();

    client.stop();
    client.ask({DnsType::naptr, "b.test"});

    io.restart();
    io.run_for(20s);
    EXPECT_TRUE(io.stopped());
    EXPECT_EQ(answers, 0);
}

TEST_F(AresClientTest, AWholeSearchGoesFromNaptrToAddresses) {
    if (!serve({
            "--naptr-record=a.test,10,20,s,SIP+D2T,,_sip._tcp.a.test",
            "--srv-host=_sip._tcp.a.test,second.test,5072,20,0",
            "--srv-host=_sip._tcp.a.test,first.test,5071,10,0",
            "--host-record=first.test,127.0.0.1",
            "--host-record=second.test,127.0.0.2",
        })) {
        GTEST_SKIP() << "no dnsmasq";
    }
    TransportStats stats;
    DnsResolver resolver(
        {std::make_unique<AresClient>(io, options), std::make_unique<TimerAlarm>(io), 1},
        options,
        stats
    );
    std::vector<Target> found;
    resolver.on_done([&](ResolveId, std::span<const Target> targets) {
        found.assign(targets.begin(), targets.end());
    });

    resolver.resolve({1, "a.test", 0, {}, false});
    io.run_for(20s);

    EXPECT_THAT(
        found,
        ElementsAre(
            Target{Transport::tcp, endpoint("127.0.0.1", 5071)},
            Target{Transport::tcp, endpoint("127.0.0.2", 5072)}
        )
    );
}

}  // namespace
}  // namespace reginfo::test
