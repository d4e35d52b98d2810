/// @file

#include "tests/bench/load/wire.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <system_error>

namespace reginfo::bench {
namespace {

constexpr std::size_t kBatch = 64;
constexpr std::size_t kDatagramMax = 32'768;
constexpr int kBufferBytes = 64 << 20;

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

const sockaddr* as_address(const sockaddr_in& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

/// Above net.core.rmem_max if permitted: losses of the generator are no fault of the server.
void set_buffer(int socket, int forced, int usual) {
    if (::setsockopt(socket, SOL_SOCKET, forced, &kBufferBytes, sizeof kBufferBytes) != 0) {
        ::setsockopt(socket, SOL_SOCKET, usual, &kBufferBytes, sizeof kBufferBytes);
    }
}

/// The size of the first message in a stream; 0 if it is not all there yet.
std::size_t first_message(std::string_view stream) {
    const std::size_t end = stream.find("\r\n\r\n");
    if (end == stream.npos) return 0;
    constexpr std::string_view kLength = "\r\nContent-Length: ";
    const std::size_t at = stream.substr(0, end).find(kLength);
    if (at == stream.npos) throw std::runtime_error("a message without Content-Length on TCP");
    std::size_t length = 0;
    const char* digits = stream.data() + at + kLength.size();
    std::from_chars(digits, stream.data() + end, length);
    const std::size_t size = end + 4 + length;
    return size <= stream.size() ? size : 0;
}

}  // namespace

Wire::Wire(std::uint16_t server_port, bool tcp, std::uint32_t watcher_links)
    : tcp_(tcp),
      epoll_(::epoll_create1(0)),
      links_(1 + (tcp ? watcher_links : 1)),
      room_(kBatch * kDatagramMax) {
    for (std::size_t i = 0; i < links_.size(); ++i) {
        open(links_[i], server_port);
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = i;
        if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, links_[i].socket, &event) != 0) fail("epoll_ctl");
    }
}

Wire::~Wire() {
    for (const Link& link : links_) ::close(link.socket);
    ::close(epoll_);
}

void Wire::open(Link& link, std::uint16_t server_port) {
    const int type = tcp_ ? SOCK_STREAM : SOCK_DGRAM;
    link.socket = ::socket(AF_INET, type, 0);
    if (link.socket < 0) fail("socket");
    const sockaddr_in own = loopback(0);
    if (::bind(link.socket, as_address(own), sizeof own) != 0) fail("bind");
    if (tcp_) {
        const int on = 1;
        ::setsockopt(link.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    } else {
        set_buffer(link.socket, SO_RCVBUFFORCE, SO_RCVBUF);
        set_buffer(link.socket, SO_SNDBUFFORCE, SO_SNDBUF);
    }
    const sockaddr_in server = loopback(server_port);
    if (::connect(link.socket, as_address(server), sizeof server) != 0) fail("connect");
}

std::string Wire::address(std::size_t link) const {
    sockaddr_in own{};
    socklen_t size = sizeof own;
    ::getsockname(links_.at(link).socket, reinterpret_cast<sockaddr*>(&own), &size);
    return "127.0.0.1:" + std::to_string(ntohs(own.sin_port));
}

void Wire::send(std::size_t index, std::string_view message) {
    Link& link = links_[index];
    if (link.datagrams.empty() && link.output.empty()) dirty_.push_back(index);
    if (tcp_) {
        link.output.append(message);
    } else {
        link.datagrams.emplace_back(message);
    }
}

void Wire::flush() {
    for (const std::size_t index : dirty_) flush(index);
    std::erase_if(dirty_, [&](std::size_t index) {
        return links_[index].datagrams.empty() && links_[index].output.empty();
    });
}

void Wire::flush(std::size_t index) {
    Link& link = links_[index];
    if (link.waits) return;
    if (tcp_ ? send_stream(link) : send_datagrams(link)) return;
    watch(index, true);
}

/// Returns false where the kernel takes no more for now.
bool Wire::send_datagrams(Link& link) {
    std::array<mmsghdr, kBatch> headers;
    std::array<iovec, kBatch> vectors;
    while (!link.datagrams.empty()) {
        const std::size_t count = std::min(link.datagrams.size(), kBatch);
        for (std::size_t i = 0; i < count; ++i) {
            vectors[i] = {link.datagrams[i].data(), link.datagrams[i].size()};
            headers[i] = {};
            headers[i].msg_hdr.msg_iov = &vectors[i];
            headers[i].msg_hdr.msg_iovlen = 1;
        }
        const int sent =
            ::sendmmsg(link.socket, headers.data(), static_cast<unsigned>(count), MSG_DONTWAIT);
        if (sent < 0 && errno == EAGAIN) return false;
        if (sent < 0) fail("sendmmsg");
        link.datagrams.erase(link.datagrams.begin(), link.datagrams.begin() + sent);
    }
    return true;
}

bool Wire::send_stream(Link& link) {
    std::size_t done = 0;
    while (done < link.output.size()) {
        const ssize_t sent = ::send(
            link.socket,
            link.output.data() + done,
            link.output.size() - done,
            MSG_DONTWAIT | MSG_NOSIGNAL
        );
        if (sent < 0 && errno != EAGAIN) fail("send");
        if (sent < 0) break;
        done += static_cast<std::size_t>(sent);
    }
    link.output.erase(0, done);
    return link.output.empty();
}

void Wire::watch(std::size_t index, bool for_room) {
    links_[index].waits = for_room;
    epoll_event event{};
    event.events = EPOLLIN | (for_room ? EPOLLOUT : 0U);
    event.data.u64 = index;
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, links_[index].socket, &event);
}

void Wire::receive(int milliseconds, const Handler& handler) {
    std::array<epoll_event, 256> events;
    const int count = ::epoll_wait(epoll_, events.data(), events.size(), milliseconds);
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        const auto index = static_cast<std::size_t>(event.data.u64);
        if ((event.events & EPOLLOUT) != 0) {
            watch(index, false);
            flush(index);
        }
        if ((event.events & EPOLLIN) == 0) continue;
        tcp_ ? receive_stream(index, handler) : receive_datagrams(index, handler);
    }
}

void Wire::receive_datagrams(std::size_t index, const Handler& handler) {
    std::array<mmsghdr, kBatch> headers;
    std::array<iovec, kBatch> vectors;
    for (std::size_t i = 0; i < kBatch; ++i) {
        vectors[i] = {room_.data() + i * kDatagramMax, kDatagramMax};
        headers[i] = {};
        headers[i].msg_hdr.msg_iov = &vectors[i];
        headers[i].msg_hdr.msg_iovlen = 1;
    }
    const int count =
        ::recvmmsg(links_[index].socket, headers.data(), kBatch, MSG_DONTWAIT, nullptr);
    for (int i = 0; i < count; ++i) {
        const auto at = static_cast<std::size_t>(i);
        handler(index, {room_.data() + at * kDatagramMax, headers[at].msg_len});
    }
}

void Wire::receive_stream(std::size_t index, const Handler& handler) {
    Link& link = links_[index];
    const ssize_t size = ::recv(link.socket, room_.data(), room_.size(), MSG_DONTWAIT);
    if (size == 0) throw std::runtime_error("the server closed a connection");
    if (size < 0 && errno != EAGAIN) fail("recv");
    if (size < 0) return;
    link.input.append(room_.data(), static_cast<std::size_t>(size));
    std::string_view rest = link.input;
    while (const std::size_t next = first_message(rest)) {
        handler(index, rest.substr(0, next));
        rest.remove_prefix(next);
    }
    link.input.erase(0, link.input.size() - rest.size());
}

}  // namespace reginfo::bench
