/// @file
/// A real redis-server on a socket in a directory of its own, for as long as the object lives.
#pragma once

#include "tests/storage/temporary_directory.hpp"

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

namespace reginfo::test {

class RedisServer {
public:
    /// Null where it is not installed.
    /// @param options  more than those of a server that keeps nothing, such as "--appendonly",
    /// "yes"
    static std::unique_ptr<RedisServer> start(std::vector<std::string> options = {});

    ~RedisServer();
    RedisServer(const RedisServer&) = delete;
    RedisServer& operator=(const RedisServer&) = delete;

    std::string socket() const { return directory_.file("redis.sock"); }

    /// As kill -9 does.
    void kill();
    /// With what it has kept in its directory. @pre it was killed
    void start_again();

private:
    RedisServer(std::string program, std::vector<std::string> options);

    std::string program_;
    std::vector<std::string> options_;
    TemporaryDirectory directory_;
    pid_t pid_ = 0;
};

}  // namespace reginfo::test
