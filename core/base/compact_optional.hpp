/// @file
/// std::optional in the size of its value, for records that there are very many of.
#pragma once

#include "core/base/time.hpp"

#include <cstdint>
#include <limits>
#include <optional>

namespace reginfo {

/// The value that stands for nothing. It never occurs otherwise.
template <class T>
struct NothingOf;

template <>
struct NothingOf<TimePoint> {
    static constexpr TimePoint value = TimePoint::max();
};

template <>
struct NothingOf<std::uint64_t> {
    static constexpr std::uint64_t value = std::numeric_limits<std::uint64_t>::max();
};

template <class T>
class CompactOptional {
public:
    constexpr CompactOptional() = default;
    constexpr CompactOptional(std::nullopt_t) {}              // NOLINT: as std::optional
    constexpr CompactOptional(T value) : value_(value) {}     // NOLINT
    constexpr CompactOptional(const std::optional<T>& value)  // NOLINT
        : value_(value.value_or(NothingOf<T>::value)) {}

    constexpr bool has_value() const { return value_ != NothingOf<T>::value; }
    constexpr explicit operator bool() const { return has_value(); }
    constexpr const T& operator*() const { return value_; }
    constexpr void reset() { value_ = NothingOf<T>::value; }

    constexpr operator std::optional<T>() const {  // NOLINT
        return has_value() ? std::optional(value_) : std::nullopt;
    }

    friend constexpr bool operator==(const CompactOptional&, const CompactOptional&) = default;

private:
    T value_ = NothingOf<T>::value;
};

}  // namespace reginfo
