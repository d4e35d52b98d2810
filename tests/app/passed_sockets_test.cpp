/// @file
/// Sockets of a service manager (sd_listen_fds(3)): which are accepted, and the errors of others.

#include "app/passed_sockets.hpp"

#include "app/config.hpp"
#include "transport/socket_address.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace reginfo {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr int kHigh = 500;  ///< no descriptor of this process is above it

/// A socket on a free port of the loopback address, as a manager makes one.
int make_socket(int family, int type, bool listens, bool only_v6 = true) {
    const int descriptor = ::socket(family, type, 0);
    SocketAddress address{};
    if (family == AF_INET) {
        address.v4.sin_family = AF_INET;
        address.v4.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    } else {
        const int only = only_v6 ? 1 : 0;
        ::setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
        address.v6.sin6_family = AF_INET6;
        address.v6.sin6_addr = only_v6 ? in6addr_loopback : in6addr_any;
    }
    const socklen_t size = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    EXPECT_EQ(::bind(descriptor, &address.common, size), 0);
    if (listens) {
        EXPECT_EQ(::listen(descriptor, 8), 0);
    }
    return descriptor;
}

int udp() { return make_socket(AF_INET, SOCK_DGRAM, false); }
int tcp() { return make_socket(AF_INET, SOCK_STREAM, true); }

Endpoint bound_of(int descriptor) {
    SocketAddress address{};
    socklen_t size = sizeof address;
    EXPECT_EQ(::getsockname(descriptor, &address.common, &size), 0);
    return to_endpoint(address);
}

bool is_open(int descriptor) { return ::fcntl(descriptor, F_GETFD) >= 0; }

/// Puts the socket where one of a process that is to be started would be.
int at(int place, int descriptor) {
    EXPECT_EQ(::dup2(descriptor, place), place);
    ::close(descriptor);
    return place;
}

class PassedSocketsTest : public ::testing::Test {
protected:
    ~PassedSocketsTest() override {
        for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(name);
        for (int i = 0; i < 4; ++i) ::close(kHigh + i);
    }

    static void set(const std::string& process, const char* count, const char* names = nullptr) {
        ::setenv("LISTEN_PID", process.c_str(), 1);
        ::setenv("LISTEN_FDS", count, 1);
        if (names) ::setenv("LISTEN_FDNAMES", names, 1);
    }

    static std::string own_id() { return std::to_string(::getpid()); }

    static std::string error_of(const std::vector<PassedSockets::Named>& passed) {
        try {
            const PassedSockets sockets(passed);
        } catch (const ConfigError& error) {
            return error.what();
        }
        return {};
    }

    static std::string use_error_of(
        const PassedSockets& sockets,
        const std::vector<ListenAddress>& listen,
        const std::optional<Endpoint>& http = {}
    ) {
        try {
            sockets.require_use(listen, http);
        } catch (const ConfigError& error) {
            return error.what();
        }
        return {};
    }

    static std::string environment_error() {
        try {
            PassedSockets::from_environment(kHigh);
        } catch (const ConfigError& error) {
            return error.what();
        }
        return {};
    }
};

TEST_F(PassedSocketsTest, ASocketIsTakenByItsTransportAndAddressOnce) {
    const int first = at(kHigh, udp());
    const int second = at(kHigh + 1, tcp());
    const Endpoint udp_bound = bound_of(first);
    const Endpoint tcp_bound = bound_of(second);
    set(own_id(), "2", "sip:sip");

    PassedSockets sockets = PassedSockets::from_environment(kHigh);

    EXPECT_EQ(sockets.take(Transport::tcp, udp_bound), std::nullopt);
    EXPECT_EQ(sockets.take(Transport::udp, {udp_bound.address, 1}), std::nullopt);
    EXPECT_EQ(sockets.take(Transport::udp, udp_bound), first);
    EXPECT_EQ(sockets.take(Transport::udp, udp_bound), std::nullopt);
    EXPECT_EQ(sockets.config_of({Transport::tcp, tcp_bound, {}}).passed, second);
}

TEST_F(PassedSocketsTest, NoChildOfThisProcessGetsThemOrTheVariables) {
    const int descriptor = at(kHigh, udp());
    ASSERT_EQ(::fcntl(descriptor, F_GETFD) & FD_CLOEXEC, 0);
    set(own_id(), "1", "sip");

    const PassedSockets sockets = PassedSockets::from_environment(kHigh);

    EXPECT_EQ(::fcntl(descriptor, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) {
        EXPECT_EQ(::getenv(name), nullptr) << name;
    }
}

TEST_F(PassedSocketsTest, ThoseOfAnotherProcessAreLeftAlone) {
    const int descriptor = at(kHigh, tcp());
    for (const std::string process : {"1", "", "x", "-1", "99999999999999999999"}) {
        set(process, "1");
        PassedSockets sockets = PassedSockets::from_environment(kHigh);
        EXPECT_EQ(sockets.take(Transport::tcp, bound_of(descriptor)), std::nullopt) << process;
        EXPECT_EQ(::getenv("LISTEN_FDS"), nullptr);
    }
    EXPECT_TRUE(is_open(descriptor));
}

TEST_F(PassedSocketsTest, WhatNobodyTookIsClosedAndWhatSomebodyTookIsTheirs) {
    const int left = udp();
    const int taken = tcp();
    {
        PassedSockets sockets({{left, ""}, {taken, ""}});
        EXPECT_EQ(sockets.take(Transport::tcp, bound_of(taken)), taken);
    }
    EXPECT_FALSE(is_open(left));
    EXPECT_TRUE(is_open(taken));
    ::close(taken);
}

TEST_F(PassedSocketsTest, AVariableThatLiesIsAnError) {
    for (const char* count : {"x", "", "-1", "1x", "99999999999"}) {
        set(own_id(), count);
        EXPECT_THAT(environment_error(), HasSubstr("LISTEN_FDS is \"" + std::string(count) + "\""));
    }
    at(kHigh, udp());
    set(own_id(), "2");
    EXPECT_THAT(environment_error(), HasSubstr("descriptor 501 is not open"));
    set(own_id(), "2147483647");
    EXPECT_THAT(environment_error(), HasSubstr("descriptor 501 is not open"));
}

TEST_F(PassedSocketsTest, WhatIsNoListeningSocketIsAnErrorThatNamesIt) {
    const int file = ::open("/dev/null", O_RDONLY);
    const int local = ::socket(AF_UNIX, SOCK_STREAM, 0);
    const int raw_stream = make_socket(AF_INET, SOCK_STREAM, false);
    const int one = udp();
    const int same = ::dup(one);

    EXPECT_THAT(
        error_of(
            {{file,
              "a\x1b"
              "b"}}
        ),
        AllOf(HasSubstr("descriptor " + std::to_string(file)), HasSubstr("is no UDP or TCP socket"))
    );
    EXPECT_THAT(error_of({{local, ""}}), HasSubstr("is no UDP or TCP socket"));
    EXPECT_THAT(error_of({{raw_stream, ""}}), HasSubstr("Accept=no"));
    EXPECT_THAT(error_of({{one, "a"}, {same, "b"}}), HasSubstr("(\"b\") is passed twice"));
    for (const int descriptor : {file, local, raw_stream, one, same}) ::close(descriptor);
}

TEST_F(PassedSocketsTest, ASocketWithoutAListenerIsAnErrorWithARemedy) {
    const int sip = udp();
    const int side = tcp();
    const Endpoint sip_bound = bound_of(sip);
    const Endpoint side_bound = bound_of(side);
    const PassedSockets sockets({{sip, "reginfod.socket"}, {side, ""}});
    const ListenAddress listen{Transport::udp, sip_bound, {}};

    EXPECT_EQ(use_error_of(sockets, {listen}, side_bound), "");
    EXPECT_EQ(use_error_of(sockets, {listen, {Transport::tcp, side_bound, {}}}), "");
    EXPECT_THAT(
        use_error_of(sockets, {{Transport::tcp, sip_bound, {}}}, side_bound),
        AllOf(
            HasSubstr("udp:" + sip_bound.to_string() + " (\"reginfod.socket\") was passed"),
            HasSubstr("sip.listen or http.listen")
        )
    );
    EXPECT_THAT(
        use_error_of(sockets, {listen}), HasSubstr("tcp:" + side_bound.to_string() + " was")
    );
}

TEST_F(PassedSocketsTest, OneOfIpv6ThatTakesIpv4AsWellIsForHttpOnly) {
    const int both = make_socket(AF_INET6, SOCK_STREAM, true, false);
    const int only = make_socket(AF_INET6, SOCK_STREAM, true, true);
    const Endpoint both_bound = bound_of(both);
    const PassedSockets sockets({{both, ""}});
    const PassedSockets v6({{only, ""}});

    EXPECT_THAT(
        use_error_of(sockets, {{Transport::tcp, both_bound, {}}}),
        HasSubstr("BindIPv6Only=ipv6-only")
    );
    EXPECT_EQ(use_error_of(sockets, {}, both_bound), "");
    EXPECT_EQ(use_error_of(v6, {{Transport::tcp, bound_of(only), {}}}), "");
}

}  // namespace
}  // namespace reginfo
