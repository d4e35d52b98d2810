/// @file
/// TCP peers that are not served take no place of others.

#include "tests/transport/test_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <list>
#include <optional>
#include <string>

namespace reginfo::test {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace std::chrono_literals;

class TcpAdmission : public ::testing::Test {
protected:
    void start(Admission admission, const TransportOptions& options = {}) {
        server.emplace(std::vector{listener(Transport::tcp)}, options);
        server->admission = admission;
    }
    TcpPeer connect() { return {peers, server->bound(0)}; }

    boost::asio::io_context peers;
    std::optional<TestServer> server;
};

TEST_F(TcpAdmission, AnIgnoredPeerHasNoConnection) {
    start(Admission::ignored);
    TcpPeer peer = connect();

    ASSERT_TRUE(server->run_until([&] { return peer.poll_end(); }));
    EXPECT_THAT(peer.received, IsEmpty());
    EXPECT_EQ(server->stats().connections_untrusted, 1U);
    EXPECT_EQ(server->stats().connections_accepted, 0U);
    EXPECT_EQ(server->stats().connections_open, 0U);
    ASSERT_THAT(server->notes, SizeIs(1));
    EXPECT_EQ(server->notes[0].what, "connection refused: untrusted");
    EXPECT_EQ(server->notes[0].detail, peer.endpoint().to_string());
}

TEST_F(TcpAdmission, AForbiddenPeerIsReadOnce) {
    start(Admission::forbidden);
    server->script.on_message = [](const Flow& flow, std::string_view, Outbox& outbox) {
        outbox.send(flow, "forbidden");
        outbox.close(flow);
    };
    TcpPeer peer = connect();
    peer.send(message("1"));

    ASSERT_TRUE(server->run_until([&] { return peer.poll_end(); }));
    EXPECT_EQ(peer.received, "forbidden");
}

TEST_F(TcpAdmission, AForbiddenPeerHasTheTimeOfOneMessageWhateverComes) {
    TransportOptions options;
    options.message_timeout = 50ms;
    start(Admission::forbidden, options);
    TcpPeer silent = connect();
    TcpPeer pinging = connect();

    ASSERT_TRUE(server->run_until([&] {
        if (server->stats().connections_open > 0) pinging.send("\r\n\r\n");
        return silent.poll_end() && pinging.poll_end();
    }));
    EXPECT_EQ(server->closed_by(CloseCause::message), 2U);
}

TEST_F(TcpAdmission, AForbiddenPeerTakesNoPlaceOfATrustedOne) {
    TransportOptions options;
    options.connections = 1;
    start(Admission::forbidden, options);
    std::list<TcpPeer> forbidden;
    for (int i = 0; i < 17; ++i) forbidden.push_back(connect());
    ASSERT_TRUE(server->run_until([&] { return server->stats().connections_refused == 1; }))
        << "they have a bound of their own";

    server->admission = Admission::served;
    TcpPeer served = connect();
    served.send(message("1"));

    EXPECT_TRUE(server->run_until([&] { return !server->script.messages.empty(); }));
}

}  // namespace
}  // namespace reginfo::test
