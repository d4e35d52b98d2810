/// @file
/// The executable: reads the configuration, runs the service, and turns errors into exit codes.

#include "app/command_line.hpp"
#include "app/config.hpp"
#include "app/health_check.hpp"
#include "app/log.hpp"
#include "app/service.hpp"
#include "app/service_manager.hpp"
#include "app/state_command.hpp"
#include "app/version.hpp"

#include <malloc.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <string>
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

void run(std::vector<std::string> arguments) {
    using Action = reginfo::CommandLine::Action;
    const reginfo::CommandLine line = reginfo::parse_command_line(std::move(arguments));
    if (line.action == Action::help) {
        std::cout << line.help;
        return;
    }
    if (line.action == Action::version) {
        std::cout << "reginfod " << reginfo::version() << "\n";
        return;
    }
    const auto load = [&line] {
        return reginfo::load_config(
            line.config_file, reginfo::read_environment(environ), line.flags
        );
    };
    const auto effective = load();
    const reginfo::Config& config = effective.config;
    if (line.action == Action::check_config) {
        std::cout << reginfo::write_config(effective);
        return;
    }
    if (line.action == Action::check_health) {
        reginfo::check_health(config);
        return;
    }
    if (line.action == Action::state) {
        reginfo::run_state_command(line.state, config);
        return;
    }
    give_back_large_blocks();
    reginfo::Log log(config.log.level, config.log.format, reginfo::make_stderr_sink());
    reginfo::Service service(
        config,
        log,
        [&load] { return load().config; },
        reginfo::ServiceManagerOptions::from_environment()
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
        std::cerr << "reginfod: " << error.what() << "\n";
        return 2;
    } catch (const reginfo::HealthCheckError& error) {
        std::cerr << "reginfod: " << error.what() << "\n";
        return 1;
    } catch (const reginfo::StateCommandError& error) {
        std::cerr << "reginfod: " << error.what() << "\n";
        return 1;
    } catch (const reginfo::StartError& error) {
        std::cerr << "reginfod: " << error.what() << "\n";
        return 1;
    }
}
