#include "app/passed_sockets.hpp"

#include "app/config.hpp"
#include "core/base/numbers.hpp"
#include "transport/socket_address.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace reginfo {
namespace {

constexpr std::size_t kMaxName = 80;

[[noreturn]] void fail(const std::string& what) {
    throw ConfigError("sockets of the service manager: " + what);
}

/// The value of a variable, which is there no more afterwards.
std::optional<std::string> take_variable(const char* name) {
    const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread
    if (value == nullptr) return std::nullopt;
    std::string text = value;
    ::unsetenv(name);  // NOLINT(concurrency-mt-unsafe)
    return text;
}

/// Short, and of printable ASCII, for an error.
std::string shown(std::string_view text) {
    std::string name(text.substr(0, kMaxName));
    for (char& c : name) c = c < ' ' || c > '~' ? '?' : c;
    return name;
}

/// Takes what stands before the next colon.
std::string take_name(std::string_view& names) {
    const std::size_t end = std::min(names.find(':'), names.size());
    std::string name(names.substr(0, end));
    names.remove_prefix(std::min(end + 1, names.size()));
    return name;
}

/// -1 where the descriptor has no such option.
int option_of(int descriptor, int level, int option) {
    int value = -1;
    socklen_t size = sizeof value;
    return ::getsockopt(descriptor, level, option, &value, &size) == 0 ? value : -1;
}

}  // namespace

std::string PassedSockets::Socket::address() const {
    return (transport == Transport::udp ? "udp:" : "tcp:") + bound.to_string();
}

std::string PassedSockets::Socket::to_string() const {
    return address() + (name.empty() ? "" : " (\"" + name + "\")");
}

PassedSockets PassedSockets::from_environment(int first) {
    const auto process = take_variable("LISTEN_PID");
    const auto count = take_variable("LISTEN_FDS");
    const auto names = take_variable("LISTEN_FDNAMES");
    take_variable("LISTEN_PIDFDID");
    const bool is_for_us = process && parse_number<int>(*process) == ::getpid();
    if (!is_for_us || !count) return {};

    const std::optional<int> wanted = parse_number<int>(*count);
    if (!wanted || *wanted < 0) fail("LISTEN_FDS is \"" + shown(*count) + "\", which is no count");
    std::vector<Named> passed;
    std::string_view rest = names ? std::string_view(*names) : std::string_view();
    for (int i = 0; i < *wanted; ++i) {
        const int descriptor = first + i;
        if (::fcntl(descriptor, F_GETFD) < 0) {
            fail(
                "LISTEN_FDS is " + std::to_string(*wanted) + ", but descriptor " +
                std::to_string(descriptor) + " is not open"
            );
        }
        passed.emplace_back(descriptor, take_name(rest));
    }
    return PassedSockets(passed);
}

PassedSockets::PassedSockets(const std::vector<Named>& passed) {
    for (const auto& [descriptor, name] : passed) {
        ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    }
    for (const Named& one : passed) {
        Socket socket = inspect(one);
        if (find(socket.transport, socket.bound)) fail(socket.to_string() + " is passed twice");
        sockets_.push_back(std::move(socket));
    }
}

PassedSockets::~PassedSockets() {
    for (const Socket& socket : sockets_) {
        if (socket.descriptor >= 0) ::close(socket.descriptor);
    }
}

PassedSockets::Socket PassedSockets::inspect(const Named& passed) {
    const int descriptor = passed.first;
    const std::string name = shown(passed.second);
    const std::string text =
        "descriptor " + std::to_string(descriptor) + (name.empty() ? "" : " (\"" + name + "\")");
    const int protocol = option_of(descriptor, SOL_SOCKET, SO_PROTOCOL);
    SocketAddress address{};
    socklen_t size = sizeof address;
    const bool is_ip =
        ::getsockname(descriptor, &address.common, &size) == 0 &&
        (address.common.sa_family == AF_INET || address.common.sa_family == AF_INET6);
    if (!is_ip || (protocol != IPPROTO_UDP && protocol != IPPROTO_TCP)) {
        fail(text + " is no UDP or TCP socket; pass those of sip.listen and http.listen only");
    }
    Socket socket;
    socket.descriptor = descriptor;
    socket.name = name;
    socket.transport = protocol == IPPROTO_UDP ? Transport::udp : Transport::tcp;
    socket.bound = to_endpoint(address);
    socket.takes_both = address.common.sa_family == AF_INET6 &&
                        option_of(descriptor, IPPROTO_IPV6, IPV6_V6ONLY) == 0;
    if (protocol == IPPROTO_TCP && option_of(descriptor, SOL_SOCKET, SO_ACCEPTCONN) != 1) {
        fail(text + " is a TCP socket that does not listen; a socket unit needs Accept=no");
    }
    return socket;
}

void PassedSockets::require_use(
    std::span<const ListenAddress> listen,
    const std::optional<Endpoint>& http
) const {
    for (const Socket& socket : sockets_) {
        const bool is_sip =
            std::any_of(listen.begin(), listen.end(), [&](const ListenAddress& one) {
                return one.transport == socket.transport && one.bound == socket.bound;
            });
        if (is_sip && socket.takes_both) {
            fail(
                socket.to_string() +
                " takes IPv4 as well as IPv6; a socket unit needs BindIPv6Only=ipv6-only"
            );
        }
        if (is_sip || (socket.transport == Transport::tcp && http == socket.bound)) continue;
        fail(
            socket.to_string() +
            " was passed, but no listener has that address; name it in sip.listen or http.listen, "
            "or take it out of the socket unit"
        );
    }
}

const PassedSockets::Socket* PassedSockets::find(Transport transport, const Endpoint& bound) const {
    const auto found = std::find_if(sockets_.begin(), sockets_.end(), [&](const Socket& socket) {
        return socket.transport == transport && socket.bound == bound;
    });
    return found == sockets_.end() ? nullptr : &*found;
}

std::optional<int> PassedSockets::take(Transport transport, const Endpoint& bound) {
    for (Socket& socket : sockets_) {
        if (socket.descriptor < 0 || socket.transport != transport || socket.bound != bound)
            continue;
        return std::exchange(socket.descriptor, -1);
    }
    return std::nullopt;
}

ListenerConfig PassedSockets::config_of(const ListenAddress& listen) {
    return {
        listen.transport,
        to_asio(listen.bound.address),
        listen.bound.port,
        take(listen.transport, listen.bound)
    };
}

void PassedSockets::tell(Log& log) const {
    for (const Socket& socket : sockets_) {
        log.write(
            Note::Severity::info,
            "socket was passed",
            {{"socket", socket.address()}, {"name", socket.name}}
        );
    }
}

}  // namespace reginfo
