/// @file

#include "tests/storage/redis/redis_client.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <stdexcept>

namespace reginfo::test {
namespace {

constexpr int kPatience = 10'000;  ///< milliseconds

}  // namespace

RedisClient::RedisClient(const std::string& path)
    : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
        return;
    ::close(socket_);
    throw std::runtime_error("nobody listens on " + path);
}

RedisClient::~RedisClient() { ::close(socket_); }

RedisReply RedisClient::call(const std::vector<std::string>& words) {
    const std::vector<std::string_view> views(words.begin(), words.end());
    std::string bytes;
    append_redis_command(bytes, views);
    for (std::size_t sent = 0; sent < bytes.size();) {
        const auto count = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (count <= 0) throw std::runtime_error("the connection to Redis has ended");
        sent += static_cast<std::size_t>(count);
    }
    return receive();
}

RedisReply RedisClient::receive() {
    while (true) {
        if (auto reply = reader_.next()) return std::move(*reply);
        if (!reader_.error().empty()) throw std::runtime_error(reader_.error());
        pollfd wait{socket_, POLLIN, 0};
        if (::poll(&wait, 1, kPatience) != 1) throw std::runtime_error("Redis does not answer");
        std::array<char, 65'536> bytes{};
        const auto count = ::recv(socket_, bytes.data(), bytes.size(), 0);
        if (count <= 0) throw std::runtime_error("the connection to Redis has ended");
        reader_.add({bytes.data(), static_cast<std::size_t>(count)});
    }
}

}  // namespace reginfo::test
