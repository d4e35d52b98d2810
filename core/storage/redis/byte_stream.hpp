/// @file
/// A connection as the store sees it: the transport has a real one, a simulation another.
#pragma once

#include "core/base/time.hpp"

#include <string>
#include <string_view>

namespace reginfo {

/// One connection at a time, to the Redis that takes writes now. What happens to it goes to its
/// ByteStreamUser, never from within a call of these functions.
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

/// What happens to a ByteStream.
class ByteStreamUser {
public:
    virtual ~ByteStreamUser() = default;

    virtual void handle_connected() = 0;
    virtual void handle_bytes(std::string_view bytes) = 0;
    /// @param why  one line for people
    virtual void handle_closed(const std::string& why) = 0;
    virtual void handle_time() = 0;
    /// When handle_time has something to do.
    virtual TimePoint next_deadline() const = 0;
};

}  // namespace reginfo
