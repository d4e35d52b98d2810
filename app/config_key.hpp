/// @file
/// One configurable key: its names, its meaning, and how its value is read and written.
#pragma once

#include "app/config.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

namespace reginfo {

/// A value that no key takes, such as a date: what it is, to name it in the error.
struct Unusable {
    std::string_view kind;
};

/// A value as its source gave it, before its key is known.
using RawValue =
    std::variant<std::int64_t, double, bool, std::string, std::vector<std::string>, Unusable>;

/// A whole number.
struct NumberField {
    std::uint64_t (*read)(const Config&);
    void (*write)(Config&, std::uint64_t);
    std::uint64_t min;
    std::uint64_t max;
    std::string_view unit;  ///< "seconds", "bytes"; empty for a count
    /// The value that is written "auto": what it comes to, the machine decides.
    std::optional<std::uint64_t> automatic = {};
};

/// A time in seconds, down to milliseconds.
struct TimeField {
    std::chrono::milliseconds (*read)(const Config&);
    void (*write)(Config&, std::chrono::milliseconds);
    std::chrono::milliseconds min;
    std::chrono::milliseconds max;
};

/// Yes or no.
struct SwitchField {
    bool (*read)(const Config&);
    void (*write)(Config&, bool);
};

/// A text with a form of its own.
struct TextField {
    std::string (*read)(const Config&);
    bool (*write)(Config&, const std::string&);  ///< false: not such a text, nothing is changed
    std::string_view allowed;                    ///< what is, for the error
    bool is_secret = false;                      ///< then the error does not name what was found
};

/// Several texts; each replaces nothing but adds to the list, which is emptied first.
struct ListField {
    std::vector<std::string> (*read)(const Config&);
    void (*clear)(Config&);
    std::string (*add)(Config&, const std::string&);  ///< why not; empty if it was added
    std::string_view allowed;
    std::string_view continues;  ///< an item beginning so belongs to the one before it
    std::string_view item = {};  ///< what one may be, for the error; empty: as `allowed`
};

using Field = std::variant<NumberField, TimeField, SwitchField, TextField, ListField>;

struct Section {
    std::string_view name;
    std::string_view meaning;
};

struct Key {
    std::string_view section;
    std::string_view name;
    std::string_view meaning;  ///< for the example file; one or more lines
    Field field;
    std::string_view flag = {};  ///< "--listen"; empty if there is none

    std::string path() const;         ///< "publish.min_expires"
    std::string environment() const;  ///< "REGINFOD_PUBLISH_MIN_EXPIRES"
};

/// Gives the key a value.
///
/// Returns  what was found and what is allowed, if the value is of the wrong type or out of range
///          (then `config` is of no more use); else an empty text.
std::string set_key(const Key& key, const RawValue& value, Config& config);

/// What a text from the environment or a flag means to this key: numbers are read, lists split at
/// their commas.
RawValue raw_value_of(const Key& key, const std::string& text);

/// The key's value as TOML: `60`, `0.5`, `"info"`, `["udp:127.0.0.1:5060"]`.
std::string toml_value(const Key& key, const Config& config);

/// The one of `names` that takes the fewest edits to become `name`.
std::string_view nearest(std::string_view name, std::span<const std::string> names);

}  // namespace reginfo
