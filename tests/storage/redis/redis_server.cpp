/// @file

#include "tests/storage/redis/redis_server.hpp"

#include "tests/storage/redis/redis_client.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <utility>

namespace reginfo::test {
namespace {

constexpr int kPolls = 2'000;  ///< until it answers
constexpr int kPollPause = 5;  ///< milliseconds

std::string find_program() {
    for (const char* path : {"/usr/bin/redis-server", "/usr/local/bin/redis-server"}) {
        if (std::filesystem::exists(path)) return path;
    }
    return "";
}

pid_t spawn(std::vector<std::string> command) {
    std::vector<char*> arguments;
    for (std::string& argument : command) arguments.push_back(argument.data());
    arguments.push_back(nullptr);
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int nowhere = ::open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3; ++fd) ::dup2(nowhere, fd);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
}

bool answers(const std::string& socket) {
    try {
        // Also with an error: then it wants a password.
        return !RedisClient(socket).call({"PING"}).is_error("LOADING");
    } catch (const std::runtime_error&) {
        return false;
    }
}

}  // namespace

std::unique_ptr<RedisServer> RedisServer::start(std::vector<std::string> options) {
    std::string program = find_program();
    if (program.empty()) return nullptr;
    std::unique_ptr<RedisServer> server(new RedisServer(std::move(program), std::move(options)));
    server->start_again();
    return server;
}

RedisServer::RedisServer(std::string program, std::vector<std::string> options)
    : program_(std::move(program)), options_(std::move(options)) {}

RedisServer::~RedisServer() { kill(); }

void RedisServer::kill() {
    if (pid_ == 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
}

void RedisServer::start_again() {
    std::vector<std::string> command = {
        program_,
        "--port",
        "0",
        "--unixsocket",
        socket(),
        "--dir",
        directory_.file(""),
        "--save",
        "",
        "--appendonly",
        "no",
    };
    command.insert(command.end(), options_.begin(), options_.end());
    pid_ = spawn(std::move(command));
    for (int i = 0; i < kPolls; ++i) {
        if (::waitpid(pid_, nullptr, WNOHANG) == pid_) break;
        if (answers(socket())) return;
        ::poll(nullptr, 0, kPollPause);
    }
    throw std::runtime_error("redis-server does not start");
}

}  // namespace reginfo::test
