/// @file
/// The keys of the bucket of the unsettled (core/event/records/unsettled.hpp).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace reginfo {

enum class UnsettledKind : char { aor = 'a', dialog = 'd' };

/// Stands for all AORs and dialogs: in a store that was written before there was this bucket.
inline constexpr std::string_view kAllUnsettled;

/// The kind and a hash of the name, which may be long.
/// @param seed  Settings::hash_seed
/// @param name  the key of the record of the AOR or dialog
std::string unsettled_key(std::uint64_t seed, UnsettledKind kind, std::string_view name);

/// Whether it can be one of these keys.
bool is_unsettled_key(std::string_view key);

}  // namespace reginfo
