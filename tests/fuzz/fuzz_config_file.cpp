/// @file
/// A whole configuration file: settings in the order of their lines, or an error that names the
/// file. Input: a text.

#include "app/config_file.hpp"
#include "tests/fuzz/support/require.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace reginfo;
using reginfo::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
    try {
        std::size_t last = 0;
        for (const FileSetting& setting : parse_config_text(text, "file")) {
            require(setting.line >= last && setting.line <= lines, "lines are in order", text);
            require(!setting.section.empty() || !setting.name.empty() || size > 0, text);
            last = setting.line;
        }
    } catch (const ConfigError& error) {
        require(std::string(error.what()).starts_with("file:"), "an error names the file", text);
    }
    return 0;
}
