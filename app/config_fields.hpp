/// @file
/// Makers of fields for the table of keys, each from a lambda that names the place in Config.
#pragma once

#include "app/config_key.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace reginfo::fields {

inline constexpr std::chrono::milliseconds kDay = std::chrono::hours{24};
inline constexpr std::uint64_t kMaxCount = 1'000'000'000;
inline constexpr std::uint64_t kMaxExpires = 2'147'483'647;  ///< seconds; what Kamailio can hold

template <class Access>
constexpr Field number(
    Access,
    std::uint64_t min,
    std::uint64_t max = kMaxCount,
    std::string_view unit = {}
) {
    return NumberField{
        [](const Config& config) { return static_cast<std::uint64_t>(Access{}(config)); },
        [](Config& config, std::uint64_t value) {
            auto& field = Access{}(config);
            field = static_cast<std::remove_reference_t<decltype(field)>>(value);
        },
        min,
        max,
        unit
    };
}

template <class Access>
constexpr Field bytes(Access access, std::uint64_t min, std::uint64_t max) {
    return number(access, min, max, "bytes");
}

/// "auto" is `automatic`.
template <class Access>
constexpr Field number_or_automatic(
    Access access,
    std::uint64_t max,
    std::uint64_t automatic,
    std::string_view unit = {}
) {
    NumberField field = std::get<NumberField>(number(access, 0, max, unit));
    field.automatic = automatic;
    return field;
}

template <class Access>
constexpr Field bytes_or_automatic(Access access, std::uint64_t max, std::uint64_t automatic) {
    return number_or_automatic(access, max, automatic, "bytes");
}

/// A duration that takes whole numbers of `Unit` only.
template <class Unit, class Access>
constexpr Field whole_time(Access, std::uint64_t min, std::uint64_t max, std::string_view unit) {
    return NumberField{
        [](const Config& config) {
            return static_cast<std::uint64_t>(
                std::chrono::duration_cast<Unit>(Access{}(config)).count()
            );
        },
        [](Config& config, std::uint64_t value) {
            Access{}(config) = Unit{static_cast<typename Unit::rep>(value)};
        },
        min,
        max,
        unit
    };
}

template <class Access>
constexpr Field whole_seconds(Access access, std::uint64_t min = 0) {
    return whole_time<Seconds>(access, min, kMaxExpires, "seconds");
}

template <class Access>
constexpr Field whole_milliseconds(Access access, std::uint64_t min, std::uint64_t max) {
    return whole_time<std::chrono::milliseconds>(access, min, max, "milliseconds");
}

template <class Access>
constexpr Field time(Access, std::chrono::milliseconds min, std::chrono::milliseconds max = kDay) {
    using std::chrono::milliseconds;
    return TimeField{
        [](const Config& config) {
            return std::chrono::duration_cast<milliseconds>(Access{}(config));
        },
        [](Config& config, milliseconds value) { Access{}(config) = value; },
        min,
        max
    };
}

template <class Access>
constexpr Field yes_or_no(Access) {
    return SwitchField{
        [](const Config& config) { return bool{Access{}(config)}; },
        [](Config& config, bool value) { Access{}(config) = value; }
    };
}

/// One of a fixed set of words. `Words` has `kAllowed`, for the error, and `kValues`: pairs of word
/// and value.
template <class Words, class Access>
constexpr Field word(Access) {
    return TextField{
        [](const Config& config) {
            for (const auto& [text, value] : Words::kValues) {
                if (value == Access{}(config)) return std::string(text);
            }
            return std::string();
        },
        [](Config& config, const std::string& given) {
            for (const auto& [text, value] : Words::kValues) {
                if (text == given) return Access{}(config) = value, true;
            }
            return false;
        },
        Words::kAllowed
    };
}

}  // namespace reginfo::fields
