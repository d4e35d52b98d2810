/// @file
/// Closing a socket that another process may hold as well.
#pragma once

#include <boost/system/error_code.hpp>

#include <unistd.h>

namespace reginfo {

/// Takes the socket out of the reactor and closes it. Closing alone would leave it in the reactor
/// as long as the service manager that passed it holds it.
template <class Socket>
void close_shared(Socket& socket) {
    if (!socket.is_open()) return;
    boost::system::error_code error;
    const auto descriptor = socket.release(error);
    if (!error) {
        ::close(descriptor);
    } else {
        socket.close(error);
    }
}

}  // namespace reginfo
