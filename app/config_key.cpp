#include "app/config_key.hpp"

#include "core/base/ascii.hpp"
#include "core/base/numbers.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <optional>
#include <system_error>

namespace reginfo {
namespace {

constexpr std::size_t kMaxShown = 80;
constexpr std::string_view kAutomatic = "auto";

/// As a TOML basic string.
std::string toml_string(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            result.append({'\\', c});
        } else if (const auto byte = static_cast<unsigned char>(c); byte < 0x20 || byte == 0x7f) {
            char escape[8];
            std::snprintf(escape, sizeof escape, "\\u%04x", byte);
            result += escape;
        } else {
            result += c;
        }
    }
    return result + '"';
}

std::string seconds_text(std::chrono::milliseconds time) {
    std::string text = std::to_string(time.count() / 1000);
    const auto rest = time.count() % 1000;
    if (rest == 0) return text;
    std::string decimals = std::to_string(1000 + rest).substr(1);
    decimals.erase(decimals.find_last_not_of('0') + 1);
    return text + "." + decimals;
}

std::string list_text(const std::vector<std::string>& items) {
    std::string text = "[";
    for (const std::string& item : items) {
        if (text.size() > 1) text += ", ";
        text += toml_string(item);
    }
    return text + "]";
}

std::string double_text(double value) {
    char text[32];
    const auto [end, error] = std::to_chars(text, text + sizeof text, value);
    return error == std::errc{} ? std::string(text, end) : "a number";
}

struct Describe {
    std::string operator()(std::int64_t value) const { return std::to_string(value); }
    std::string operator()(double value) const { return double_text(value); }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(const std::string& value) const {
        if (value.size() <= kMaxShown) return toml_string(value);
        return toml_string(value.substr(0, kMaxShown) + "...");
    }
    std::string operator()(const std::vector<std::string>&) const { return "an array"; }
    std::string operator()(const Unusable& value) const { return std::string(value.kind); }
};

std::string wrong(const RawValue& found, const std::string& allowed) {
    return "found " + std::visit(Describe{}, found) + ", allowed is " + allowed;
}

struct Set {
    const RawValue& value;
    Config& config;

    std::string operator()(const NumberField& field) const {
        const auto* word = std::get_if<std::string>(&value);
        if (field.automatic && word && *word == kAutomatic) {
            return field.write(config, *field.automatic), "";
        }
        const auto* number = std::get_if<std::int64_t>(&value);
        if (number && *number >= 0) {
            const auto whole = static_cast<std::uint64_t>(*number);
            if (whole >= field.min && whole <= field.max) return field.write(config, whole), "";
        }
        const std::string of = field.unit.empty() ? "" : " of " + std::string(field.unit);
        return wrong(
            value,
            (field.automatic ? toml_string(kAutomatic) + " or " : "") + "a whole number" + of +
                " from " + std::to_string(field.min) + " to " + std::to_string(field.max)
        );
    }

    std::string operator()(const TimeField& field) const {
        std::optional<double> seconds;
        if (const auto* whole = std::get_if<std::int64_t>(&value)) {
            seconds = static_cast<double>(*whole);
        } else if (const auto* real = std::get_if<double>(&value)) {
            seconds = *real;
        }
        // NaN fails both comparisons.
        const auto milliseconds = seconds.value_or(-1.0) * 1000.0;
        if (milliseconds >= static_cast<double>(field.min.count()) &&
            milliseconds <= static_cast<double>(field.max.count())) {
            return field.write(config, std::chrono::milliseconds{std::llround(milliseconds)}), "";
        }
        return wrong(
            value,
            "a number of seconds from " + seconds_text(field.min) + " to " + seconds_text(field.max)
        );
    }

    std::string operator()(const SwitchField& field) const {
        const auto* is_on = std::get_if<bool>(&value);
        if (!is_on) return wrong(value, "true or false");
        return field.write(config, *is_on), "";
    }

    std::string operator()(const TextField& field) const {
        const auto* text = std::get_if<std::string>(&value);
        if (text && field.write(config, *text)) return "";
        const std::string allowed(field.allowed);
        return field.is_secret ? "what was found is not shown, allowed is " + allowed
                               : wrong(value, allowed);
    }

    std::string operator()(const ListField& field) const {
        const auto* items = std::get_if<std::vector<std::string>>(&value);
        if (!items) return wrong(value, std::string(field.allowed));
        field.clear(config);
        for (const std::string& item : *items) {
            const std::string why = field.add(config, item);
            if (!why.empty()) {
                const std::string_view allowed = field.item.empty() ? field.allowed : field.item;
                return Describe{}(item) + " " + why + "; allowed is " + std::string(allowed);
            }
        }
        return "";
    }
};

struct ToToml {
    const Config& config;

    std::string operator()(const NumberField& field) const {
        const std::uint64_t value = field.read(config);
        return value == field.automatic ? toml_string(kAutomatic) : std::to_string(value);
    }
    std::string operator()(const TimeField& field) const {
        return seconds_text(field.read(config));
    }
    std::string operator()(const SwitchField& field) const {
        return field.read(config) ? "true" : "false";
    }
    std::string operator()(const TextField& field) const { return toml_string(field.read(config)); }
    std::string operator()(const ListField& field) const { return list_text(field.read(config)); }
};

std::vector<std::string> split(std::string_view text, std::string_view continues) {
    std::vector<std::string> items;
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        const std::string_view item = without_blanks(text.substr(0, comma));
        text.remove_prefix(std::min(comma + 1, text.size()));
        if (!continues.empty() && item.starts_with(continues) && !items.empty()) {
            items.back().append(",").append(item);
        } else if (!item.empty()) {
            items.emplace_back(item);
        }
    }
    return items;
}

/// Levenshtein's distance, with one row of the matrix at a time.
std::size_t edits(std::string_view from, std::string_view to) {
    std::vector<std::size_t> row(to.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < from.size(); ++i) {
        std::size_t diagonal = row[0]++;
        for (std::size_t j = 0; j < to.size(); ++j) {
            const std::size_t change = diagonal + (from[i] == to[j] ? 0U : 1U);
            diagonal = row[j + 1];
            row[j + 1] = std::min({change, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

}  // namespace

std::string Key::path() const { return std::string(section) + "." + std::string(name); }

std::string Key::environment() const {
    std::string name_of_section = upper_case(section);
    std::ranges::replace(name_of_section, '.', '_');
    return "REGINFOD_" + name_of_section + "_" + upper_case(name);
}

std::string set_key(const Key& key, const RawValue& value, Config& config) {
    return std::visit(Set{value, config}, key.field);
}

RawValue raw_value_of(const Key& key, const std::string& text) {
    if (const auto* list = std::get_if<ListField>(&key.field)) return split(text, list->continues);
    if (std::holds_alternative<TextField>(key.field)) return text;
    if (std::holds_alternative<SwitchField>(key.field)) {
        if (text == "true") return true;
        if (text == "false") return false;
    }
    if (const auto whole = parse_number<std::int64_t>(text)) return *whole;
    if (const auto real = parse_number<double>(text)) return *real;
    return text;
}

std::string toml_value(const Key& key, const Config& config) {
    return std::visit(ToToml{config}, key.field);
}

std::string_view nearest(std::string_view name, std::span<const std::string> names) {
    // Names are short; a hostile file must not make this slow.
    name = name.substr(0, 64);
    const auto best =
        std::min_element(names.begin(), names.end(), [&](const auto& a, const auto& b) {
            return edits(name, a) < edits(name, b);
        });
    return best == names.end() ? std::string_view{} : std::string_view{*best};
}

}  // namespace reginfo
