/// @file
/// The 256 parts of all addresses-of-record, the same for all processes on one store.
#pragma once

#include <cstdint>
#include <string_view>

namespace reginfo {

using Shard = std::uint8_t;

/// @param seed  Settings::hash_seed
/// @param aor   canonical
Shard shard_of(std::uint64_t seed, std::string_view aor);

/// Local tags and branches carry the shard in their first two hexadecimal digits: so does each
/// message that comes back, as a peer must mirror both.
constexpr std::uint64_t in_shard(Shard shard, std::uint64_t chance) {
    return std::uint64_t{shard} << 56U | chance >> 8U;
}

}  // namespace reginfo
