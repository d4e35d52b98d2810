#include "app/service_manager.hpp"

#include "core/base/numbers.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace reginfo {
namespace {

using Datagrams = boost::asio::generic::datagram_protocol;

std::string_view variable(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread
    return value == nullptr ? std::string_view() : value;
}

std::uint64_t number(std::string_view text) {
    return parse_number<std::uint64_t>(text).value_or(0);
}

/// Asio's local endpoint takes no abstract name of this length, hence by hand.
Datagrams::endpoint endpoint_of(const std::string& name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (name.empty() || name.size() >= sizeof(address.sun_path)) return {};
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';
    return {&address, offsetof(sockaddr_un, sun_path) + name.size()};
}

}  // namespace

ServiceManagerOptions ServiceManagerOptions::from_environment() {
    ServiceManagerOptions options;
    options.socket = variable("NOTIFY_SOCKET");
    const std::string_view watched = variable("WATCHDOG_PID");
    if (watched.empty() || number(watched) == static_cast<std::uint64_t>(::getpid())) {
        options.watchdog = std::chrono::microseconds(number(variable("WATCHDOG_USEC")));
    }
    return options;
}

ServiceManager::ServiceManager(boost::asio::io_context& io, const ServiceManagerOptions& options)
    : socket_(io), timer_(io), interval_(options.watchdog / 2) {
    const Datagrams::endpoint manager = endpoint_of(options.socket);
    if (manager.size() == 0) return;
    boost::system::error_code error;
    socket_.open(Datagrams(AF_UNIX, 0), error);
    if (!error) socket_.non_blocking(true, error);
    if (!error) socket_.connect(manager, error);
    if (error) socket_.close(error);
}

void ServiceManager::tell_ready() {
    send("READY=1");
    if (socket_.is_open() && interval_.count() > 0) watch();
}

void ServiceManager::send(std::string_view state) {
    if (!socket_.is_open()) return;
    boost::system::error_code ignored;
    socket_.send(boost::asio::buffer(state), 0, ignored);
}

void ServiceManager::watch() {
    send("WATCHDOG=1");
    timer_.expires_after(interval_);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) watch();
    });
}

}  // namespace reginfo
