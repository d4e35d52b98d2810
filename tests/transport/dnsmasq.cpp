/// @file

#include "tests/transport/dnsmasq.hpp"

#include "transport/socket_address.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <utility>

namespace reginfo::test {
namespace {

constexpr int kPorts = 10;     ///< tried, as others may take one in between
constexpr int kPolls = 2'000;  ///< until it listens
constexpr int kPollPause = 5;  ///< milliseconds

std::string program() {
    for (const char* path : {"/usr/sbin/dnsmasq", "/usr/bin/dnsmasq", "/usr/local/sbin/dnsmasq"}) {
        if (std::filesystem::exists(path)) return path;
    }
    return "";
}

const auto kLoopback = boost::asio::ip::address_v4::loopback();

std::uint16_t free_port() {
    boost::asio::io_context io;
    const boost::asio::ip::udp::socket socket(io, {kLoopback, 0});
    return socket.local_endpoint().port();
}

pid_t spawn(std::vector<std::string> command) {
    std::vector<char*> arguments;
    for (std::string& argument : command) arguments.push_back(argument.data());
    arguments.push_back(nullptr);
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    const int nowhere = ::open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3; ++fd) ::dup2(nowhere, fd);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
}

bool listens(std::uint16_t port) {
    boost::asio::io_context io;
    boost::asio::ip::tcp::socket socket(io);
    boost::system::error_code error;
    socket.connect({kLoopback, port}, error);
    return !error;
}

/// False if it ended.
bool wait_until_it_listens(pid_t pid, std::uint16_t port) {
    for (int i = 0; i < kPolls; ++i) {
        if (::waitpid(pid, nullptr, WNOHANG) == pid) return false;
        if (listens(port)) return true;
        ::poll(nullptr, 0, kPollPause);
    }
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return false;
}

}  // namespace

std::unique_ptr<Dnsmasq> Dnsmasq::start(const std::vector<std::string>& records) {
    const std::string path = program();
    if (path.empty()) return nullptr;
    for (int i = 0; i < kPorts; ++i) {
        const std::uint16_t port = free_port();
        std::vector<std::string> command = {
            path,
            "--no-daemon",
            "--conf-file=/dev/null",
            "--no-resolv",
            "--no-hosts",
            "--bind-interfaces",
            "--listen-address=127.0.0.1",
            "--port=" + std::to_string(port),
            "--local=/test/",
        };
        command.insert(command.end(), records.begin(), records.end());
        const pid_t pid = spawn(std::move(command));
        if (wait_until_it_listens(pid, port)) {
            return std::unique_ptr<Dnsmasq>(new Dnsmasq(pid, port));
        }
    }
    return nullptr;
}

Dnsmasq::~Dnsmasq() {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
}

Endpoint Dnsmasq::endpoint() const { return {to_core(boost::asio::ip::address(kLoopback)), port_}; }

}  // namespace reginfo::test
