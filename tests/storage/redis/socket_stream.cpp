/// @file

#include "tests/storage/redis/socket_stream.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace reginfo::test {

TimePoint SocketStream::now() {
    const auto time = std::chrono::steady_clock::now().time_since_epoch();
    return TimePoint(std::chrono::duration_cast<Duration>(time));
}

void SocketStream::connect() { is_connecting_ = true; }

void SocketStream::close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
    is_connecting_ = false;
}

/// What cannot be sent is noticed as it is read.
void SocketStream::write(std::string bytes) {
    for (std::size_t sent = 0; sent < bytes.size();) {
        const auto count = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (count <= 0) return;
        sent += static_cast<std::size_t>(count);
    }
}

void SocketStream::run(RedisStore& store, std::chrono::milliseconds time) {
    if (std::exchange(is_connecting_, false)) {
        socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path_.data(), path_.size());
        if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
            store.handle_connected();
        } else {
            close();
            store.handle_closed("connection refused");
        }
    }
    const auto until =
        std::chrono::duration_cast<std::chrono::milliseconds>(store.next_deadline() - now());
    const auto wait = std::clamp(until, std::chrono::milliseconds{0}, time);
    pollfd readable{socket_, POLLIN, 0};
    if (::poll(&readable, 1, static_cast<int>(wait.count())) == 1) read(store);
    if (now() >= store.next_deadline()) store.handle_time();
}

void SocketStream::read(RedisStore& store) {
    std::array<char, 65'536> bytes{};
    const auto count = ::recv(socket_, bytes.data(), bytes.size(), 0);
    if (count > 0) return store.handle_bytes({bytes.data(), static_cast<std::size_t>(count)});
    close();
    store.handle_closed("connection ended");
}

}  // namespace reginfo::test
