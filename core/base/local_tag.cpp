#include "core/base/local_tag.hpp"

#include <charconv>
#include <cstddef>
#include <system_error>

namespace reginfo {

std::optional<Shard> shard_in(std::string_view tag) {
    constexpr std::size_t kDigits = 2;
    if (tag.size() < kDigits) return std::nullopt;
    Shard shard = 0;
    const char* const end = tag.data() + kDigits;
    const auto [at, error] = std::from_chars(tag.data(), end, shard, 16);
    if (error != std::errc{} || at != end) return std::nullopt;
    return shard;
}

}  // namespace reginfo
