#include "tests/app/manual.hpp"

#include "app/config.hpp"
#include "app/config_keys.hpp"

#include <cstdint>
#include <limits>
#include <string_view>
#include <variant>

namespace reginfo::test {
namespace {

constexpr std::string_view kHead = R"(.\" Written by tests/app/manual.cpp from app/config_keys.cpp.
.TH REGINFOD.TOML 5 2026-11-25 "reginfod" "File formats"
.SH NAME
reginfod.toml \- configuration of reginfod
.SH DESCRIPTION
A file in TOML that
.BR reginfod (8)
reads with
.BR \-\-config .
Every key has a default value and an environment variable.
Options on the command line override environment variables, which override the file.
In a variable the items of a list are separated by commas.
Times are in seconds unless the name has another unit.
.PP
An unknown key, a value of the wrong type and a value out of its bounds are errors; the message names the place.
.B reginfod \-\-check\-config
prints the configuration in force and the source of each value.
)";

constexpr std::string_view kFoot = R"(.SH SEE ALSO
.BR reginfod (8)
)";

/// As troff wants text: no line begins with a control character, and hyphens stay hyphens.
std::string escaped(std::string_view text) {
    std::string result;
    bool begins_line = true;
    for (const char c : text) {
        if (begins_line && (c == '.' || c == '\'')) result += "\\&";
        begins_line = c == '\n';
        if (c == '\\') {
            result += "\\e";
        } else if (c == '-') {
            result += "\\-";
        } else if (c == '"') {
            result += "\\(dq";
        } else {
            result += c;
        }
    }
    return result;
}

/// From a time in milliseconds, as it is written in seconds.
std::string seconds(std::chrono::milliseconds time) {
    if (time.count() % 1000 == 0) return std::to_string(time.count() / 1000);
    std::string text = std::to_string(static_cast<double>(time.count()) / 1000);
    return text.substr(0, text.find_last_not_of('0') + 1);
}

struct BoundsOf {
    std::string operator()(const NumberField& field) const {
        const std::string from = "at least " + std::to_string(field.min);
        if (field.max == std::numeric_limits<std::uint64_t>::max()) return from;
        return (field.automatic ? "\"auto\" or " : "") + std::to_string(field.min) + " to " +
               std::to_string(field.max);
    }
    std::string operator()(const TimeField& field) const {
        return seconds(field.min) + " to " + seconds(field.max);
    }
    std::string operator()(const SwitchField&) const { return "true or false"; }
    std::string operator()(const TextField& field) const { return std::string(field.allowed); }
    std::string operator()(const ListField& field) const { return std::string(field.allowed); }
};

std::string entry(const Key& key, const Config& defaults) {
    std::string text =
        ".TP\n.B " + escaped(key.name) + "\n" + escaped(key.meaning) + "\n.br\nDefault: ";
    text += escaped(toml_value(key, defaults)) + ".\nAllowed: ";
    text += escaped(std::visit(BoundsOf{}, key.field)) + ".\n.br\nVariable:\n.BR ";
    text += escaped(key.environment());
    if (key.flag.empty()) return text + " .\n";
    return text + " ;\noption:\n.BR " + escaped(key.flag) + " .\n";
}

}  // namespace

std::string write_config_manual() {
    const Config defaults;
    std::string text(kHead);
    for (const Section& section : all_sections()) {
        text += ".SH [" + std::string(section.name) + "]\n" + escaped(section.meaning) + "\n";
        for (const Key& key : all_keys()) {
            if (key.section == section.name) text += entry(key, defaults);
        }
    }
    return text.append(kFoot);
}

}  // namespace reginfo::test
