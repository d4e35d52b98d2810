/// @file
/// A connection as the store sees it: the transport has a real one, a simulation another.
#pragma once

#include <string>

namespace reginfo {

/// One connection at a time, to the Redis that takes writes now. What happens to it goes to the
/// handle_* functions of RedisStore, never from within a call of these functions.
class ByteStream {
public:
    virtual ~ByteStream() = default;

    /// Begins to connect: handle_connected or handle_closed follows.
    virtual void connect() = 0;
    /// @pre connected
    virtual void write(std::string bytes) = 0;
    /// Ends the connection, or the attempt. Nothing of it is heard any more.
    virtual void close() = 0;
};

}  // namespace reginfo
