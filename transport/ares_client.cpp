/// @file

#include "transport/ares_client.hpp"

#include "transport/ares_reply.hpp"

#include <ares.h>
#include <arpa/nameser.h>
#include <sys/time.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

namespace reginfo {
namespace {

using boost::system::error_code;

/// What is not fragmented anywhere (DNS flag day 2020).
constexpr int kUdpPayload = 1232;

/// The option that keeps c-ares 1.31 and newer from remembering replies, without a bound and beside
/// DnsCache; none for those before, which remember nothing.
template <class Options>
int forget_replies(Options& options) {
    if constexpr (requires { options.qcache_max_ttl; }) {
        options.qcache_max_ttl = 0;
        return 1 << 21;  // ARES_OPT_QUERY_CACHE
    } else {
        return 0;
    }
}

void check(int status, const char* what) {
    if (status == ARES_SUCCESS) return;
    throw std::runtime_error(std::string(what) + ": " + ares_strerror(status));
}

/// Whether no server answered, or none knew the name.
bool is_silence(int status) {
    switch (status) {
        case ARES_ETIMEOUT:
        case ARES_ECONNREFUSED:
        case ARES_ESERVFAIL:
        case ARES_EREFUSED:
            return true;
        default:
            return false;
    }
}

std::string csv_of(const std::vector<Endpoint>& servers) {
    std::string text;
    for (const Endpoint& server : servers) {
        if (!text.empty()) text.push_back(',');
        text.append(server.to_string());
    }
    return text;
}

}  // namespace

/// A query's way through c-ares, which calls back once, whatever happens.
struct AresClient::Pending {
    AresClient& client;
    DnsQuery query;

    static std::unique_ptr<Pending> back(void* argument) {
        return std::unique_ptr<Pending>(static_cast<Pending*>(argument));
    }
};

AresClient::AresClient(boost::asio::io_context& io, const TransportOptions& options)
    : io_(io), timer_(io) {
    ares_options with{};
    with.flags = ARES_FLAG_EDNS;
    with.ednspsz = kUdpPayload;
    with.timeout = static_cast<int>(
        std::chrono::duration_cast<std::chrono::milliseconds>(options.resolver_timeout).count()
    );
    with.tries = static_cast<int>(options.resolver_tries);
    with.sock_state_cb = [](void* self, ares_socket_t fd, int read, int write) {
        static_cast<AresClient*>(self)->watch(fd, read != 0, write != 0);
    };
    with.sock_state_cb_data = this;
    check(
        ares_init_options(
            &channel_,
            &with,
            ARES_OPT_FLAGS | ARES_OPT_EDNSPSZ | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                ARES_OPT_SOCK_STATE_CB | forget_replies(with)
        ),
        "c-ares cannot begin"
    );
    if (options.resolver_servers.empty()) return;
    const int status =
        ares_set_servers_ports_csv(channel_, csv_of(options.resolver_servers).c_str());
    if (status != ARES_SUCCESS) ares_destroy(channel_);
    check(status, "c-ares cannot take the servers");
}

AresClient::~AresClient() {
    stopped_ = true;
    ares_destroy(channel_);
}

void AresClient::stop() {
    stopped_ = true;
    ares_cancel(channel_);
    for (auto& [fd, socket] : sockets_) socket->descriptor.cancel();
    timer_.cancel();
}

void AresClient::ask(const DnsQuery& query) {
    if (stopped_) return;
    Pending* const pending = std::make_unique<Pending>(Pending{*this, query}).release();
    if (query.type == DnsType::addresses) {
        ares_addrinfo_hints hints{};
        hints.ai_socktype = SOCK_DGRAM;
        const auto on_found = [](void* argument, int status, int, ares_addrinfo* found) {
            const auto over = Pending::back(argument);
            DnsAnswer answer = read_addresses(found);
            ares_freeaddrinfo(found);
            answer.is_silent = is_silence(status);
            over->client.done(over->query, std::move(answer));
        };
        ares_getaddrinfo(channel_, query.name.c_str(), nullptr, &hints, on_found, pending);
    } else {
        const auto on_reply = [](void* argument, int status, int, unsigned char* bytes, int size) {
            const auto over = Pending::back(argument);
            DnsAnswer answer;
            if (status == ARES_SUCCESS) answer = read_records(over->query.type, bytes, size);
            answer.is_silent = is_silence(status);
            over->client.done(over->query, std::move(answer));
        };
        const int type = query.type == DnsType::srv ? ns_t_srv : ns_t_naptr;
        ares_query(channel_, query.name.c_str(), ns_c_in, type, on_reply, pending);
    }
    arm();
}

void AresClient::done(const DnsQuery& query, DnsAnswer answer) {
    if (!stopped_) done_(query, std::move(answer));
}

/// c-ares waits for this socket from now on; for neither, just before it closes it.
void AresClient::watch(int fd, bool read, bool write) {
    const auto found = sockets_.find(fd);
    if (!read && !write) {
        if (found == sockets_.end()) return;
        found->second->descriptor.release();
        sockets_.erase(found);
        return;
    }
    auto& socket = found != sockets_.end() ? found->second : sockets_[fd];
    if (!socket) {
        socket = std::make_unique<Socket>(io_, ++last_number_);
        error_code failed;  // then nobody waits, and its queries time out
        socket->descriptor.assign(fd, failed);
    }
    socket->wants_read = read;
    socket->wants_write = write;
    wait_readable(fd, *socket);
    wait_writable(fd, *socket);
}

void AresClient::wait_readable(int fd, Socket& socket) {
    if (!socket.wants_read || socket.awaits_read || stopped_) return;
    socket.awaits_read = true;
    socket.descriptor.async_wait(
        boost::asio::posix::stream_descriptor::wait_read,
        [this, fd, number = socket.number](const error_code& error) {
            Socket* at = error ? nullptr : find(fd, number);
            if (!at) return;
            at->awaits_read = false;
            process(fd, ARES_SOCKET_BAD);
            at = find(fd, number);
            if (at) wait_readable(fd, *at);
        }
    );
}

void AresClient::wait_writable(int fd, Socket& socket) {
    if (!socket.wants_write || socket.awaits_write || stopped_) return;
    socket.awaits_write = true;
    socket.descriptor.async_wait(
        boost::asio::posix::stream_descriptor::wait_write,
        [this, fd, number = socket.number](const error_code& error) {
            Socket* at = error ? nullptr : find(fd, number);
            if (!at) return;
            at->awaits_write = false;
            process(ARES_SOCKET_BAD, fd);
            at = find(fd, number);
            if (at) wait_writable(fd, *at);
        }
    );
}

/// Null if it is closed, or the client was stopped.
AresClient::Socket* AresClient::find(int fd, std::uint64_t number) {
    if (stopped_) return nullptr;
    const auto found = sockets_.find(fd);
    if (found == sockets_.end() || found->second->number != number) return nullptr;
    return found->second.get();
}

void AresClient::process(int readable, int writable) {
    ares_process_fd(channel_, readable, writable);
    arm();
}

/// For the next retransmission or time-out.
void AresClient::arm() {
    if (stopped_) return;
    timeval room{};
    const timeval* const left = ares_timeout(channel_, nullptr, &room);
    if (!left) {
        timer_.cancel();
        return;
    }
    // A millisecond more than c-ares asks for: it rounds down, and would be called in vain.
    timer_.expires_after(
        std::chrono::seconds(left->tv_sec) + std::chrono::microseconds(left->tv_usec) +
        std::chrono::milliseconds(1)
    );
    timer_.async_wait([this](const error_code& error) {
        if (!error && !stopped_) process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    });
}

}  // namespace reginfo
