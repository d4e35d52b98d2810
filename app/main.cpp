/// @file
/// The executable: reads the configuration, runs the service, and turns errors into exit codes.

#include "app/command_line.hpp"
#include "app/config.hpp"
#include "app/descriptors.hpp"
#include "app/health_check.hpp"
#include "app/log.hpp"
#include "app/log_writer.hpp"
#include "app/memory_limit.hpp"
#include "app/passed_sockets.hpp"
#include "app/service.hpp"
#include "app/service_manager.hpp"
#include "app/state_command.hpp"
#include "app/version.hpp"

#include <malloc.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace {

/// So that what a rush has taken goes back to the system after it: by default glibc raises this
/// bound with each large block that is freed, and keeps them.
void give_back_large_blocks() {
    constexpr int kLarge = 128 * 1024;
    mallopt(M_MMAP_THRESHOLD, kLarge);
    mallopt(M_TRIM_THRESHOLD, 8 * kLarge);
}

/// What was asked for has to arrive: on a full disk it has not.
void flush_output() {
    errno = 0;
    if (std::cout.flush()) return;
    const int why = errno != 0 ? errno : EIO;
    throw std::runtime_error(
        "standard output cannot be written: " + std::generic_category().message(why)
    );
}

/// Does not hang where nobody reads it.
void say(const std::string& what) {
    reginfo::LogWriter(STDERR_FILENO).write("reginfod: " + what + "\n");
}

void run(const std::vector<std::string>& arguments) {
    using Action = reginfo::CommandLine::Action;
    const reginfo::CommandLine line = reginfo::parse_command_line(arguments);
    if (line.action == Action::help) {
        std::cout << line.help;
        return flush_output();
    }
    if (line.action == Action::version) {
        std::cout << "reginfod " << reginfo::version() << "\n";
        return flush_output();
    }
    const auto load = [&line] {
        auto effective =
            reginfo::load_config(line.config_file, reginfo::read_environment(environ), line.flags);
        reginfo::fit_memory(effective.config);
        return effective;
    };
    const auto effective = load();
    const reginfo::Config& config = effective.config;
    if (line.action == Action::check_config) {
        std::cout << reginfo::write_config(effective);
        return flush_output();
    }
    if (line.action == Action::check_health) {
        reginfo::check_health(config);
        return;
    }
    if (line.action == Action::state) {
        reginfo::run_state_command(line.state, config);
        return flush_output();
    }
    give_back_large_blocks();
    reginfo::raise_descriptor_limit();
    reginfo::Log log(config.log.level, config.log.format, STDERR_FILENO);
    reginfo::Service service(
        config,
        log,
        [&load] { return load().config; },
        reginfo::ServiceManagerOptions::from_environment(),
        reginfo::PassedSockets::from_environment()
    );
    service.start();
    service.run();
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);  // a peer or reader of the log that is gone is an error code
    try {
        run({argv + 1, argv + argc});
        return 0;
    } catch (const reginfo::ConfigError& error) {
        say(error.what());
        return 2;
    } catch (const std::exception& error) {  // of whatever kind: it has to be told
        say(error.what());
        return 1;
    }
}
