#include "app/storage.hpp"

#include "core/storage/store_error.hpp"

#include <cstdlib>
#include <filesystem>
#include <string_view>

namespace reginfo {
namespace {

/// A directory from the environment; the specification has relative ones ignored.
std::filesystem::path directory_in(const char* variable) {
    const char* value = std::getenv(variable);
    const std::filesystem::path path(value == nullptr ? "" : value);
    return path.is_absolute() ? path : std::filesystem::path();
}

}  // namespace

std::string state_directory(const Config::Storage& storage) {
    if (!storage.state_dir.empty()) return storage.state_dir;
    if (const auto state = directory_in("XDG_STATE_HOME"); !state.empty()) {
        return (state / "reginfod").string();
    }
    if (const auto home = directory_in("HOME"); !home.empty()) {
        return (home / ".local" / "state" / "reginfod").string();
    }
    throw StoreError(
        "there is no directory for durable state: neither XDG_STATE_HOME nor HOME is set; "
        "set --state-dir, or --storage memory to keep nothing"
    );
}

std::string state_file(const Config::Storage& storage) {
    return (std::filesystem::path(state_directory(storage)) / "reginfod.db").string();
}

RecordFileOptions file_options_of(const Config& config) {
    RecordFileOptions options;
    options.path = state_file(config.storage);
    options.sync = config.storage.sync;
    options.transaction_memory = config.settings.transaction_memory();
    return options;
}

}  // namespace reginfo
