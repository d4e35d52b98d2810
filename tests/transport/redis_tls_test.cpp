/// @file
/// TLS to a Redis: who is trusted, and what is said of who is not.

#include "transport/redis_tls.hpp"

#include "tests/storage/temporary_directory.hpp"
#include "tests/transport/known_names.hpp"
#include "tests/transport/redis_waits.hpp"
#include "tests/transport/test_authority.hpp"
#include "tests/transport/tls_server.hpp"
#include "transport/redis_connection.hpp"
#include "transport/redis_names.hpp"
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
#include <cstddef>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace reginfo::test {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

/// One connection, and what it tells.
struct Client {
    std::shared_ptr<RedisConnection> connection;
    bool is_connected = false;
    std::string received;
    std::string closed;  ///< why
};

class RedisTlsTest : public ::testing::Test {
protected:
    bool until(const std::function<bool()>& is_so) {
        const TimePoint end = steady_now() + kLong;
        while (!is_so()) {
            if (steady_now() > end) return false;
            io.restart();
            io.run_for(5ms);
        }
        return true;
    }
    std::string write(const std::string& name, const std::string& text) {
        std::ofstream(directory.file(name)) << text;
        return directory.file(name);
    }
    RedisTlsOptions trusting(const TestAuthority& whom) {
        return {.is_on = true, .ca = write("ca.pem", whom.certificate())};
    }
    RedisTlsOptions with_own(const Issued& own) {
        RedisTlsOptions options = trusting(authority);
        options.certificate = write("own.pem", own.certificate);
        options.key = write("own.key", own.key);
        return options;
    }
    std::unique_ptr<Client> open(
        const std::string& address,
        std::shared_ptr<RedisTls> tls,
        Duration timeout = kLong
    ) {
        auto client = std::make_unique<Client>();
        Client* const told = client.get();
        client->connection = RedisConnection::open(
            io,
            names,
            address,
            timeout,
            std::move(tls),
            {.connected = [told] { told->is_connected = true; },
             .received = [told](std::string_view bytes) { told->received += bytes; },
             .closed = [told](const std::string& why) { told->closed = why; }}
        );
        return client;
    }
    std::unique_ptr<Client> open(const std::string& address, const RedisTlsOptions& options) {
        return open(address, RedisTls::make(options));
    }
    /// What is said of a server that is not spoken to. Nothing may have been sent to it.
    std::string refusal(
        TlsServer& server,
        const std::string& host,
        const RedisTlsOptions& options
    ) {
        const auto client = open(host + ":" + server.port(), options);
        EXPECT_TRUE(until([&] { return client->is_connected || !client->closed.empty(); }));
        EXPECT_FALSE(client->is_connected);
        EXPECT_THAT(server.received, IsEmpty());
        return client->closed;
    }
    static std::string file_error(const RedisTlsOptions& options) {
        try {
            RedisTls::make(options);
        } catch (const RedisTlsError& error) {
            return error.what();
        }
        return "none";
    }

    TemporaryDirectory directory;
    boost::asio::io_context io;
    RedisNames names{
        io,
        std::make_unique<KnownNames>(KnownNames::Addresses{
            {"localhost", {*IpAddress::parse("127.0.0.1")}},
            {"", {*IpAddress::parse("127.0.0.1")}}
        })
    };
    TestAuthority authority{"authority of the test"};
    Issued for_localhost = authority.issue("DNS:localhost");
};

TEST_F(RedisTlsTest, WhatIsWrittenArrivesAndWhatIsAnsweredComesBack) {
    TlsServer server(io, for_localhost);
    const auto client = open("localhost:" + server.port(), trusting(authority));
    ASSERT_TRUE(until([&] { return client->is_connected; })) << client->closed;
    const std::string large(300'000, 'x');
    client->connection->write("a");
    client->connection->write(large);
    ASSERT_TRUE(until([&] { return client->received.size() == large.size() + 1; }));
    EXPECT_EQ(client->received, "a" + large);
    EXPECT_EQ(server.asked_for, "localhost") << "the name is told by SNI";
}

TEST_F(RedisTlsTest, AnAddressHasToBeInTheCertificateAsOne) {
    TlsServer server(io, authority.issue("IP:127.0.0.1"));
    const auto client = open("127.0.0.1:" + server.port(), trusting(authority));
    ASSERT_TRUE(until([&] { return client->is_connected; })) << client->closed;
    client->connection->write("a");
    ASSERT_TRUE(until([&] { return client->received == "a"; }));
    EXPECT_THAT(server.asked_for, IsEmpty()) << "SNI has names only (RFC 6066 3)";

    TlsServer as_name(io, authority.issue("DNS:127.0.0.1"));
    EXPECT_THAT(
        refusal(as_name, "127.0.0.1", trusting(authority)), HasSubstr("is not for 127.0.0.1")
    );
}

TEST_F(RedisTlsTest, ACertificateForAnotherNameIsRefusedAndItsNamesAreSaid) {
    TlsServer server(io, authority.issue("DNS:redis.example,IP:192.0.2.1"));
    EXPECT_EQ(
        refusal(server, "localhost", trusting(authority)),
        "its certificate is not for localhost, but for redis.example, 192.0.2.1"
    );
    TlsServer without(io, authority.issue(""));
    EXPECT_EQ(
        refusal(without, "localhost", trusting(authority)),
        "its certificate is not for localhost, but for redis of the test"
    );
}

TEST_F(RedisTlsTest, ACertificateOfAnotherAuthorityIsRefused) {
    const TestAuthority other("another authority");
    TlsServer server(io, other.issue("DNS:localhost"));
    EXPECT_THAT(
        refusal(server, "localhost", trusting(authority)),
        AllOf(StartsWith("its certificate is not trusted: "), HasSubstr("storage.redis.ca"))
    );
    // That of the system knows neither.
    EXPECT_THAT(refusal(server, "localhost", {.is_on = true}), HasSubstr("is not trusted"));
}

TEST_F(RedisTlsTest, ACertificateThatHasExpiredOrIsNotYetValidIsRefused) {
    TlsServer expired(io, authority.issue("DNS:localhost", {-7200, -3600}));
    EXPECT_THAT(
        refusal(expired, "localhost", trusting(authority)),
        StartsWith("its certificate has expired: 20")
    );
    TlsServer early(io, authority.issue("DNS:localhost", {3600, 7200}));
    EXPECT_THAT(
        refusal(early, "localhost", trusting(authority)),
        StartsWith("its certificate is not valid before 20")
    );
}

TEST_F(RedisTlsTest, AServerThatWantsACertificateOfThisNodeGetsIt) {
    TlsServer server(io, for_localhost, authority.certificate());
    const auto client = open("localhost:" + server.port(), with_own(authority.issue("DNS:node-1")));
    ASSERT_TRUE(until([&] { return client->is_connected; })) << client->closed;
    client->connection->write("a");
    EXPECT_TRUE(until([&] { return client->received == "a"; })) << client->closed;
}

TEST_F(RedisTlsTest, ANodeWithoutTheCertificateThatIsWantedSaysWhatIsMissing) {
    TlsServer server(io, for_localhost, authority.certificate());
    const auto none = open("localhost:" + server.port(), trusting(authority));
    ASSERT_TRUE(until([&] { return !none->closed.empty(); }));
    EXPECT_THAT(none->closed, HasSubstr("it wants a certificate of this node"));

    const TestAuthority other("another authority");
    const auto wrong = open("localhost:" + server.port(), with_own(other.issue("DNS:node-1")));
    ASSERT_TRUE(until([&] { return !wrong->closed.empty(); }));
    EXPECT_THAT(wrong->closed, HasSubstr("it does not trust the certificate of this node"));

    const Issued old = authority.issue("DNS:node-1", {-7200, -3600});
    const auto expired = open("localhost:" + server.port(), with_own(old));
    ASSERT_TRUE(until([&] { return !expired->closed.empty(); }));
    EXPECT_THAT(expired->closed, HasSubstr("the certificate of this node has expired"));
    EXPECT_EQ(server.handshakes, 0);
}

TEST_F(RedisTlsTest, APortWithoutTlsIsNamedAsOne) {
    tcp::acceptor acceptor(io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
    const std::string address = "localhost:" + std::to_string(acceptor.local_endpoint().port());
    tcp::socket peer(io);
    std::array<char, 4096> hello{};
    acceptor.async_accept(peer, [&](const boost::system::error_code&) {
        peer.async_read_some(
            boost::asio::buffer(hello),
            [&](const boost::system::error_code&, std::size_t) {
                boost::asio::write(peer, boost::asio::buffer("-ERR Protocol error\r\n", 21));
            }
        );
    });
    const auto client = open(address, trusting(authority));
    ASSERT_TRUE(until([&] { return !client->closed.empty(); }));
    EXPECT_THAT(client->closed, HasSubstr("it does not speak TLS on this port"));
}

TEST_F(RedisTlsTest, AHandshakeThatIsNotAnsweredIsGivenUpInTime) {
    const tcp::acceptor silent(io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
    const std::string address = "127.0.0.1:" + std::to_string(silent.local_endpoint().port());
    const auto client = open(address, RedisTls::make(trusting(authority)), 100ms);
    ASSERT_TRUE(until([&] { return !client->closed.empty(); }));
    EXPECT_EQ(client->closed, "no TLS handshake on this port: no answer in time");
    EXPECT_FALSE(client->is_connected);
}

TEST_F(RedisTlsTest, WhatIsClosedDuringTheHandshakeIsNotHeardOfAgain) {
    TlsServer server(io, for_localhost);
    const auto client = open("localhost:" + server.port(), trusting(authority));
    for (int turns = 0; turns < 6 && !client->is_connected; ++turns) {
        io.restart();
        io.run_one();
    }
    client->connection->close();
    const bool was_connected = client->is_connected;
    io.restart();
    io.run_for(100ms);
    EXPECT_EQ(client->is_connected, was_connected);
    EXPECT_THAT(client->closed, IsEmpty());
}

TEST_F(RedisTlsTest, ANodeWithoutTlsSaysThatThePortHasIt) {
    TlsServer server(io, for_localhost);
    const auto client = open("127.0.0.1:" + server.port(), std::shared_ptr<RedisTls>());
    ASSERT_TRUE(until([&] { return client->is_connected; }));
    client->connection->write("*1\r\n$4\r\nINFO\r\n");
    ASSERT_TRUE(until([&] { return !client->closed.empty(); }));
    EXPECT_THAT(client->closed, HasSubstr("storage.redis.tls"));
    EXPECT_THAT(client->received, IsEmpty());
}

TEST_F(RedisTlsTest, ARenewedFileIsUsedForTheNextConnection) {
    TlsServer server(io, for_localhost);
    const TestAuthority old("the authority of before");
    const auto tls = RedisTls::make(trusting(old));
    const auto first = open("localhost:" + server.port(), tls);
    ASSERT_TRUE(until([&] { return !first->closed.empty(); }));
    const auto context = tls->context();
    EXPECT_EQ(tls->context(), context) << "unchanged files are not read into another one";

    write("ca.pem", authority.certificate());
    const auto second = open("localhost:" + server.port(), tls);
    EXPECT_TRUE(until([&] { return second->is_connected; })) << second->closed;

    write("ca.pem", "");
    const auto third = open("localhost:" + server.port(), tls);
    ASSERT_TRUE(until([&] { return !third->closed.empty(); }));
    EXPECT_THAT(third->closed, HasSubstr("storage.redis.ca: " + directory.file("ca.pem")));
}

TEST_F(RedisTlsTest, AFileThatCannotBeUsedIsNamedWithTheReason) {
    const auto with_ca = [&](const std::string& path) {
        return file_error({.is_on = true, .ca = path});
    };
    EXPECT_EQ(
        with_ca("/does/not/exist.pem"),
        "storage.redis.ca: /does/not/exist.pem cannot be read: No such file or directory"
    );
    EXPECT_THAT(with_ca(directory.file("")), HasSubstr("cannot be read: Is a directory"));
    EXPECT_THAT(with_ca("/dev/zero"), HasSubstr("is too large"));
    EXPECT_THAT(with_ca(write("empty", "")), HasSubstr("is empty"));
    EXPECT_THAT(with_ca(write("text", "hello")), HasSubstr("holds no CERTIFICATE in PEM"));
    EXPECT_THAT(with_ca(write("key", for_localhost.key)), HasSubstr("holds no CERTIFICATE in PEM"));
    const std::size_t half = authority.certificate().size() / 2;
    EXPECT_THAT(
        with_ca(write("half", authority.certificate().substr(0, half))),
        HasSubstr("cannot be used: ")
    );
    EXPECT_EQ(file_error({.ca = "/does/not/exist.pem"}), "none") << "without TLS";
}

TEST_F(RedisTlsTest, AKeyThatDoesNotFitIsRefused) {
    const Issued one = authority.issue("DNS:node-1");
    const Issued other = authority.issue("DNS:node-1");
    EXPECT_EQ(file_error(with_own(one)), "none");
    EXPECT_EQ(
        file_error(with_own({one.certificate, other.key})),
        "storage.redis.key: " + directory.file("own.key") +
            " is not the key of the certificate in " + directory.file("own.pem")
    );
    EXPECT_THAT(
        file_error(with_own({one.certificate, one.certificate})),
        HasSubstr("own.key holds no PRIVATE KEY in PEM")
    );
    EXPECT_THAT(
        file_error(with_own({one.certificate, TestAuthority::encrypted(one.key, "secret")})),
        HasSubstr("own.key is encrypted")
    );
    EXPECT_EQ(file_error(with_own({one.certificate + one.key, one.key + one.certificate})), "none")
        << "both in one file";
}

TEST_F(RedisTlsTest, ASentinelIsVerifiedToo) {
    TlsServer server(io, authority.issue("DNS:redis.example"));
    const auto look_up = [&](const std::string& address) {
        SentinelLookup lookup(
            io, names, {{address}, "reginfod", "", kLong, RedisTls::make(trusting(authority))}
        );
        std::string said;
        bool is_done = false;
        lookup.start([&](const std::string&, const std::string& why) {
            said = why;
            is_done = true;
        });
        EXPECT_TRUE(until([&] { return is_done; }));
        return said;
    };
    EXPECT_THAT(
        look_up("localhost:" + server.port()), HasSubstr("its certificate is not for localhost")
    );
    EXPECT_THAT(server.received, IsEmpty());
    // An empty name would be everybody's.
    EXPECT_THAT(look_up(":" + server.port()), HasSubstr("is no name"));
}

}  // namespace
}  // namespace reginfo::test
