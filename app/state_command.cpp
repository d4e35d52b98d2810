#include "app/state_command.hpp"

#include "app/file_records.hpp"
#include "app/location_dump.hpp"
#include "app/redis_records.hpp"
#include "app/redis_settings.hpp"
#include "app/state_tool.hpp"
#include "app/storage.hpp"
#include "core/storage/store_error.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>

namespace reginfo {
namespace {

[[noreturn]] void refuse(const std::string& what) { throw StateCommandError(what); }

std::string text_of(int error) { return std::generic_category().message(error); }

/// What is to be read: a file, or standard input where none is named.
class Input {
public:
    explicit Input(const std::string& path)
        : name_(path.empty() ? "standard input" : path), stream_(path.empty() ? std::cin : file_) {
        if (!path.empty()) file_.open(path);
        if (!stream_) refuse(name_ + " cannot be opened: " + text_of(errno));
        stream_.exceptions(std::ios::badbit);  // else a failing disk were the end of the file
    }

    template <class Read>
    void read(const Read& read) {
        try {
            read(stream_);
        } catch (const std::ios_base::failure& error) {
            refuse(name_ + " cannot be read: " + error.code().message());
        }
    }

private:
    std::string name_;
    std::ifstream file_;
    std::istream& stream_;
};

/// What is to be written, likewise. A new file is for its owner only: it has the addresses
/// of users.
class Output {
public:
    explicit Output(const std::string& path) : stream_(path.empty() ? std::cout : file_) {
        if (path.empty()) return;
        const int made = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (made >= 0) ::close(made);
        file_.open(path);
        if (!file_) refuse(path + " cannot be opened: " + text_of(errno));
    }
    std::ostream& stream() { return stream_; }

private:
    std::ofstream file_;
    std::ostream& stream_;
};

void require_file(const std::string& path) {
    std::error_code failed;
    if (std::filesystem::exists(path, failed)) return;
    if (!failed) refuse(path + " does not exist; set --state-dir");
    refuse(
        path + " cannot be looked at: " + failed.message() +
        "; run this as the user whose it is, or set --state-dir"
    );
}

bool is_reading(CommandLine::State::Verb verb) {
    using Verb = CommandLine::State::Verb;
    return verb == Verb::check || verb == Verb::dump;
}

std::unique_ptr<RecordPlace> open_place(CommandLine::State::Verb verb, const Config& config) {
    if (config.storage.kind == StorageKind::redis) {
        auto place = std::make_unique<RedisRecords>(redis_options_of(config), config.redis.link);
        if (is_reading(verb)) place->require_cluster();
        return place;
    }
    const RecordFileOptions options = file_options_of(config);
    if (is_reading(verb)) require_file(options.path);
    return std::make_unique<FileRecords>(options);
}

void run(const CommandLine::State& command, const Config& config) {
    using Verb = CommandLine::State::Verb;
    const auto open = [&] { return open_place(command.verb, config); };
    switch (command.verb) {
        case Verb::check: {
            const auto place = open();
            if (!check_state(*place, std::cout)) refuse(place->name() + " is damaged");
            return;
        }
        case Verb::dump:
            return dump_state(*open(), Output(command.file).stream());
        case Verb::load:
            return Input(command.file).read([&](std::istream& in) {
                load_state(open, in, std::cout);
            });
        case Verb::import:
            return Input(command.file).read([&](std::istream& in) {
                import_state(open, in, command.domain, std::cout);
            });
    }
}

}  // namespace

void run_state_command(const CommandLine::State& command, const Config& config) {
    if (config.storage.kind == StorageKind::memory) {
        throw ConfigError(
            "storage.kind is \"memory\": nothing is kept that could be worked on; set "
            "--storage sqlite, and --state-dir, or --storage redis"
        );
    }
    std::ios::sync_with_stdio(false);  // C's streams do not tell an error of reading from the end
    try {
        run(command, config);
    } catch (const DamagedError& error) {
        refuse(error.found());
    } catch (const StoreError& error) {
        refuse(error.what());
    } catch (const DumpError& error) {
        refuse(error.what());
    }
}

}  // namespace reginfo
