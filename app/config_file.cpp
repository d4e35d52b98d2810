#include "app/config_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string_view>

namespace reginfo {

/// toml++ 3.3 asserts on some input that is merely wrong, such as "[[[", and takes some letters for
/// impossible, such as U+FED2, when it asks whether they are blanks. Here the one is an error like
/// any other and the other is no blank, so its parser is compiled into this file and not taken from
/// the shared library.
[[noreturn]] inline void refuse_toml() { throw std::logic_error("not TOML"); }

}  // namespace reginfo

#undef TOML_HEADER_ONLY
#undef TOML_SHARED_LIB
#define TOML_HEADER_ONLY 1
#define TOML_ASSERT(expr) (static_cast<bool>(expr) ? void() : ::reginfo::refuse_toml())
// Its inner headers ended in .h up to 3.3.
#if __has_include(<toml++/impl/unicode.hpp>)
#define REGINFO_TOML_INNER(name) <toml++/impl/name.hpp>
#else
#define REGINFO_TOML_INNER(name) <toml++/impl/name.h>
#endif
#include REGINFO_TOML_INNER(forward_declarations)
#undef TOML_UNREACHABLE
#define TOML_UNREACHABLE return false
#include REGINFO_TOML_INNER(unicode)
#undef TOML_UNREACHABLE
#define TOML_UNREACHABLE ::reginfo::refuse_toml()
#include <toml++/toml.h>

namespace reginfo {
namespace {

constexpr std::size_t kMaxBytes = 1'048'576;

std::string read_text(const std::string& path) {
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    std::string text(kMaxBytes + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!file.eof() && file.fail()) {
        throw ConfigError(path + ": cannot be read: " + std::strerror(errno));
    }
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > kMaxBytes) throw ConfigError(path + ": is over 1 MiB");
    return text;
}

std::string_view kind_of(const toml::node& node) {
    if (node.is_table()) return "a table";
    if (node.is_array()) return "an array of other things than strings";
    return "a date or time";
}

RawValue raw_value_of(const toml::node& node) {
    if (const auto* whole = node.as_integer()) return whole->get();
    if (const auto* real = node.as_floating_point()) return real->get();
    if (const auto* boolean = node.as_boolean()) return boolean->get();
    if (const auto* text = node.as_string()) return text->get();
    const toml::array* array = node.as_array();
    if (!array) return Unusable{kind_of(node)};

    std::vector<std::string> items;
    for (const toml::node& item : *array) {
        const auto* text = item.as_string();
        if (!text) return Unusable{kind_of(node)};
        items.push_back(text->get());
    }
    return items;
}

/// A table and the tables in it, each a section.
void append(
    std::vector<FileSetting>& settings,
    const std::string& section,
    const toml::table& table,
    std::size_t line
) {
    settings.push_back({section, "", Unusable{"a table"}, line});
    for (const auto& [key, node] : table) {
        const std::size_t at = key.source().begin.line;
        const std::string name(key.str());
        if (const toml::table* inner = node.as_table()) {
            append(settings, section + "." + name, *inner, at);
        } else {
            settings.push_back({section, name, raw_value_of(node), at});
        }
    }
}

}  // namespace

std::vector<FileSetting> read_config_file(const std::string& path) {
    return parse_config_text(read_text(path), path);
}

std::vector<FileSetting> parse_config_text(std::string_view text, const std::string& path) {
    std::vector<FileSetting> settings;
    try {
        const toml::table root = toml::parse(text, path);
        for (const auto& [key, node] : root) {
            const std::size_t line = key.source().begin.line;
            const std::string name(key.str());
            if (const toml::table* table = node.as_table()) {
                append(settings, name, *table, line);
            } else {
                settings.push_back({"", name, raw_value_of(node), line});
            }
        }
    } catch (const toml::parse_error& error) {
        const std::string line = std::to_string(error.source().begin.line);
        throw ConfigError(path + ":" + line + ": " + std::string(error.description()));
    } catch (const std::logic_error&) {
        throw ConfigError(path + ": is not TOML");
    }
    std::stable_sort(settings.begin(), settings.end(), [](const auto& a, const auto& b) {
        return a.line < b.line;
    });
    return settings;
}

}  // namespace reginfo
