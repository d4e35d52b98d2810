/// @file
/// The connection of a store to a real Redis. It waits in run() only.
#pragma once

#include "core/storage/redis/redis_store.hpp"

#include <chrono>
#include <string>

namespace reginfo::test {

class SocketStream final : public ByteStream {
public:
    /// @param path  of a Unix socket
    explicit SocketStream(std::string path) : path_(std::move(path)) {}
    ~SocketStream() override { close(); }
    SocketStream(const SocketStream&) = delete;
    SocketStream& operator=(const SocketStream&) = delete;

    void connect() override;
    void write(std::string bytes) override;
    void close() override;

    /// Tells the store what has happened, and the time. Waits for so long at most.
    void run(RedisStore& store, std::chrono::milliseconds time);

    static TimePoint now();

private:
    void read(RedisStore& store);

    std::string path_;
    int socket_ = -1;
    bool is_connecting_ = false;
};

}  // namespace reginfo::test
