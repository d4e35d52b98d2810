#include "core/base/shard.hpp"

#include "core/base/hash.hpp"

namespace reginfo {

Shard shard_of(std::uint64_t seed, std::string_view aor) {
    constexpr std::uint64_t kShardKey = 's';
    return static_cast<Shard>(Hasher(seed, kShardKey).add(aor).finish_low() >> 56U);
}

}  // namespace reginfo
