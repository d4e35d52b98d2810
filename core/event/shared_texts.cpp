/// @file

#include "core/event/shared_texts.hpp"

#include "core/event/footprint.hpp"

namespace reginfo {

std::optional<std::uint32_t> SharedTexts::number_of(std::string_view text, std::uint64_t who) {
    if (text.size() > kLongest) return std::nullopt;
    const Hash128 hash = Hasher(seed_, 3).add(text).finish();
    if (const auto known = numbers_.find(hash); known != numbers_.end()) return known->second;
    if (texts_.size() == kMost) return std::nullopt;
    Seen& seen = seen_[hash.low % kMost];
    if (seen.hash != hash.high) seen = {hash.high, who};
    if (seen.who == who) return std::nullopt;
    const auto number = static_cast<std::uint32_t>(texts_.size());
    texts_.emplace_back(text);
    numbers_.emplace(hash, number);
    bytes_ += heap_bytes(texts_.back()) + sizeof(std::string) + sizeof(Hash128) + sizeof number;
    return number;
}

}  // namespace reginfo
