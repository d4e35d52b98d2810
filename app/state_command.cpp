#include "app/state_command.hpp"

#include "app/location_dump.hpp"
#include "app/state_tool.hpp"
#include "app/storage.hpp"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

namespace reginfo {
namespace {

/// A file to read or write, or the standard stream where none is named.
template <class File, class Stream>
class FileOr {
public:
    FileOr(const std::string& path, Stream& standard) : standard_(standard) {
        if (path.empty()) return;
        file_.open(path);
        if (!file_) throw StateCommandError(path + " cannot be opened");
        named_ = true;
    }
    Stream& stream() { return named_ ? file_ : standard_; }

private:
    Stream& standard_;
    File file_;
    bool named_ = false;
};

using Input = FileOr<std::ifstream, std::istream>;
using Output = FileOr<std::ofstream, std::ostream>;

void run(const CommandLine::State& command, const RecordFileOptions& options) {
    using Verb = CommandLine::State::Verb;
    const bool reads = command.verb == Verb::check || command.verb == Verb::dump;
    if (reads && !std::filesystem::exists(options.path)) {
        throw StateCommandError(options.path + " does not exist; set --state-dir");
    }
    switch (command.verb) {
        case Verb::check:
            if (!check_state(options, std::cout)) {
                throw StateCommandError(options.path + " is damaged");
            }
            return;
        case Verb::dump:
            return dump_state(options, Output(command.file, std::cout).stream());
        case Verb::load:
            std::cout << load_state(options, Input(command.file, std::cin).stream())
                      << " records loaded\n";
            return;
        case Verb::import:
            import_state(
                options, Input(command.file, std::cin).stream(), command.domain, std::cout
            );
            return;
    }
}

}  // namespace

void run_state_command(const CommandLine::State& command, const Config& config) {
    try {
        run(command, file_options_of(config));
    } catch (const StoreError& error) {
        throw StateCommandError(error.what());
    } catch (const DumpError& error) {
        throw StateCommandError(error.what());
    }
}

}  // namespace reginfo
