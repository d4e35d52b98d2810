/// @file
/// The service manager that started this process, systemd: told when we serve, and that we still
/// do.
#pragma once

#include <boost/asio/generic/datagram_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace reginfo {

/// What a service manager asks for by environment (sd_notify(3), sd_watchdog_enabled(3)).
struct ServiceManagerOptions {
    std::string socket;                     ///< a path, or '@' and an abstract name; empty: none
    std::chrono::microseconds watchdog{0};  ///< without a sign of life for so long we are dead

    /// From NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.
    static ServiceManagerOptions from_environment();
};

/// Sends states as datagrams; without a manager it does nothing. Whatever fails is none of a
/// server's business: the manager notices a message that is missing.
class ServiceManager {
public:
    ServiceManager(boost::asio::io_context& io, const ServiceManagerOptions& options);

    /// From now on a timer of the reactor's gives the signs of life, so that a reactor that hangs
    /// gives none.
    void tell_ready();
    void tell_stopping() { send("STOPPING=1"); }

    /// No more signs of life.
    void stop() { timer_.cancel(); }

private:
    void send(std::string_view state);
    void watch();

    boost::asio::generic::datagram_protocol::socket socket_;
    boost::asio::steady_timer timer_;
    std::chrono::microseconds interval_;
};

}  // namespace reginfo
