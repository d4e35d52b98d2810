/// @file
/// The connection of the store: a real Redis, addresses in turn, and what Sentinels name.

#include "transport/redis_link.hpp"

#include "tests/storage/redis/redis_server.hpp"
#include "tests/storage/redis/store_process.hpp"
#include "tests/transport/dead_port.hpp"
#include "tests/transport/known_names.hpp"
#include "tests/transport/redis_waits.hpp"
#include "transport/sentinel_lookup.hpp"
#include "transport/steady_time.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace reginfo::test {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const tcp::endpoint kAnyPort(boost::asio::ip::address_v4::loopback(), 0);

/// Answers what it is asked with the same bytes each time; with none it is silent.
class FakeSentinel {
public:
    FakeSentinel(
        boost::asio::io_context& io,
        std::vector<std::string> answers,
        const tcp::endpoint& at = kAnyPort
    )
        : acceptor_(io, at), answers_(std::move(answers)) {
        accept();
    }

    std::string address() const {
        return "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
    }
    std::string asked;

private:
    void accept() {
        acceptor_.async_accept([this](const boost::system::error_code& error, tcp::socket socket) {
            if (error) return;
            sockets_.push_back(std::move(socket));
            read(sockets_.back());
            accept();
        });
    }
    void read(tcp::socket& socket) {
        socket.async_read_some(
            boost::asio::buffer(input_),
            [this, &socket](const boost::system::error_code& error, std::size_t size) {
                if (error) return;
                asked.append(input_.data(), size);
                if (next_ < answers_.size()) {
                    boost::asio::write(socket, boost::asio::buffer(answers_[next_++]));
                }
                read(socket);
            }
        );
    }

    tcp::acceptor acceptor_;
    std::vector<std::string> answers_;
    std::size_t next_ = 0;
    std::list<tcp::socket> sockets_;
    std::array<char, 4096> input_{};
};

std::string primary_at(const std::string& host, const std::string& port) {
    return "*2\r\n$" + std::to_string(host.size()) + "\r\n" + host + "\r\n$" +
           std::to_string(port.size()) + "\r\n" + port + "\r\n";
}

class RedisLinkTest : public ::testing::Test {
protected:
    bool until(const std::function<bool()>& is_so) {
        const TimePoint end = steady_now() + kLong;
        while (!is_so()) {
            if (steady_now() > end) return false;
            if (process) process->store.deliver();
            io.restart();
            io.run_for(5ms);
        }
        return true;
    }
    void start(RedisLinkOptions link_options) {
        RedisOptions options = store_options("node-a", "00000000000000aa");
        options.retry_interval = 10ms;
        link = std::make_unique<RedisLink>(io, std::move(link_options), steady_now);
        process = std::make_unique<StoreProcess>(options, *link, steady_now);
        link->attach(process->store);
        process->store.start();
        link->poke();
    }
    bool until_open() {
        return until([this] { return process->store.healthy(); });
    }
    /// What a lookup says.
    std::pair<std::string, std::string> look_up(std::vector<std::string> sentinels) {
        SentinelLookup lookup(io, names, {std::move(sentinels), "reginfod", "secret", 300ms});
        std::pair<std::string, std::string> found;
        bool is_done = false;
        lookup.start([&](const std::string& address, const std::string& why) {
            found = {address, why};
            is_done = true;
        });
        EXPECT_TRUE(until([&] { return is_done; }));
        return found;
    }

    boost::asio::io_context io;
    RedisNames names{
        io,
        std::make_unique<KnownNames>(KnownNames::Addresses{
            {"two.example", {*IpAddress::parse("127.0.0.1"), *IpAddress::parse("127.0.0.2")}}
        })
    };
    std::unique_ptr<RedisLink> link;
    std::unique_ptr<StoreProcess> process;
};

TEST_F(RedisLinkTest, TheStoreWorksOverItAndOutlivesARedisThatIsKilled) {
    const auto server = RedisServer::start({"--appendonly", "yes"});
    if (!server) GTEST_SKIP() << "redis-server is not installed";
    start({.servers = {"unix:" + server->socket()}});
    ASSERT_TRUE(until_open()) << process->store.trouble();
    process->put(1, "k", std::string(200'000, 'x'));
    ASSERT_TRUE(until([this] { return process->answers.size() == 1; }));
    server->kill();
    process->put(2, "l", "v");
    ASSERT_TRUE(until([this] { return !process->store.healthy(); }));
    EXPECT_THAT(process->store.trouble(), Not(IsEmpty()));
    server->start_again();
    ASSERT_TRUE(until([this] { return process->answers.size() == 2; }));
    EXPECT_TRUE(process->answers[1].second);
}

TEST_F(RedisLinkTest, ServersAreTriedInTurn) {
    const auto server = RedisServer::start();
    if (!server) GTEST_SKIP() << "redis-server is not installed";
    std::string nobody;
    {
        const tcp::acceptor closed(io, kAnyPort);
        nobody = "localhost:" + std::to_string(closed.local_endpoint().port());
    }
    start({.servers = {nobody, "unix:" + server->socket()}});
    EXPECT_TRUE(until_open()) << process->store.trouble();
}

TEST_F(RedisLinkTest, APeerThatAcceptsAndIsSilentIsGivenUp) {
    FakeSentinel silent(io, {});
    RedisOptions options = store_options("node-a", "00000000000000aa");
    options.reply_timeout = 50ms;
    link = std::make_unique<RedisLink>(
        io, RedisLinkOptions{.servers = {silent.address()}}, steady_now
    );
    process = std::make_unique<StoreProcess>(options, *link, steady_now);
    link->attach(process->store);
    process->store.start();
    link->poke();
    EXPECT_TRUE(until([this] {
        return process->store.trouble().find("no answer") != std::string::npos;
    }));
}

TEST_F(RedisLinkTest, ThePrimaryIsWhatMostSentinelsName) {
    FakeSentinel stale(io, {primary_at("192.0.2.9", "6379")});
    FakeSentinel second(io, {primary_at("192.0.2.1", "6380")});
    FakeSentinel third(io, {primary_at("192.0.2.1", "6380")});
    const auto [address, why] = look_up({stale.address(), second.address(), third.address()});
    EXPECT_EQ(address, "192.0.2.1:6380") << why;
    EXPECT_THAT(second.asked, HasSubstr("get-master-addr-by-name\r\n$8\r\nreginfod"));
}

TEST_F(RedisLinkTest, SentinelsThatDoNotAgreeNameNoPrimary) {
    FakeSentinel first(io, {primary_at("192.0.2.1", "6379")});
    FakeSentinel second(io, {primary_at("192.0.2.2", "6379")});
    const auto [address, why] = look_up({first.address(), second.address()});
    EXPECT_THAT(address, IsEmpty());
    EXPECT_THAT(why, HasSubstr(first.address() + ": 192.0.2.1:6379"));
    EXPECT_THAT(why, HasSubstr(second.address() + ": 192.0.2.2:6379"));
}

TEST_F(RedisLinkTest, OneSentinelOfThreeIsNotEnough) {
    FakeSentinel silent(io, {});
    FakeSentinel ignorant(io, {"*-1\r\n"});
    FakeSentinel only(io, {primary_at("192.0.2.1", "6379")});
    const auto [address, why] = look_up({silent.address(), ignorant.address(), only.address()});
    EXPECT_THAT(address, IsEmpty());
    EXPECT_THAT(why, HasSubstr("no answer"));
    EXPECT_THAT(why, HasSubstr("knows no such primary"));
}

TEST_F(RedisLinkTest, SilentSentinelsAreNoHindranceWhereMostAnswer) {
    FakeSentinel silent(io, {});
    FakeSentinel second(io, {primary_at("::1", "6379")});
    FakeSentinel third(io, {primary_at("::1", "6379")});
    EXPECT_EQ(look_up({silent.address(), second.address(), third.address()}).first, "::1:6379");
}

TEST_F(RedisLinkTest, ASentinelHasTheTimeOfItsAnswerWhateverConnectingTook) {
    const DeadPort dead(io);
    FakeSentinel second(io, {primary_at("192.0.2.1", "6380")}, dead.neighbour());
    const auto [address, why] = look_up({"two.example:" + std::to_string(dead.port())});
    EXPECT_EQ(address, "192.0.2.1:6380") << why;
}

TEST_F(RedisLinkTest, ASentinelThatWantsAPasswordGetsIt) {
    FakeSentinel only(io, {"-NOAUTH\r\n", "+OK\r\n" + primary_at("192.0.2.1", "6379")});
    EXPECT_EQ(look_up({only.address()}).first, "192.0.2.1:6379");
    EXPECT_THAT(only.asked, HasSubstr("AUTH\r\n$6\r\nsecret"));
}

TEST_F(RedisLinkTest, ASentinelWithAnotherProtocolIsPassedOver) {
    FakeSentinel http(io, {"HTTP/1.1 400 Bad Request\r\n\r\n"});
    EXPECT_THAT(look_up({http.address()}).second, HasSubstr("no reply of Redis"));
}

TEST_F(RedisLinkTest, AStoreThatFindsNoPrimarySaysSoAndTriesAgain) {
    FakeSentinel ignorant(io, {"*-1\r\n", "*-1\r\n", "*-1\r\n"});
    start({.sentinels = {ignorant.address()}, .connect_timeout = 300ms});
    ASSERT_TRUE(until([&] { return ignorant.asked.size() > 100; }));
    EXPECT_THAT(process->store.trouble(), HasSubstr("no primary \"reginfod\""));
}

}  // namespace
}  // namespace reginfo::test
