#include "core/event/persistence/shared_texts.hpp"

#include "core/base/heap_bytes.hpp"

#include <cassert>

namespace reginfo {

std::size_t SharedTexts::Text::bytes() const {
    return heap_bytes(text) + sizeof(Text) + sizeof(Hash128) + sizeof(std::uint32_t);
}

std::optional<std::uint32_t> SharedTexts::number_of(std::string_view text, std::uint64_t holder) {
    if (text.size() > kLongest) return std::nullopt;
    const Hash128 hash = Hasher(seed_, 3).add(text).finish();
    if (const auto entry = numbers_.find(hash); entry != numbers_.end()) return use(entry->second);
    Seen& seen = seen_[hash.low % kMost];
    if (seen.hash != hash.high) seen = {hash.high, holder};
    if (seen.holder == holder) return std::nullopt;
    const auto number = free_place();
    if (!number) return std::nullopt;
    Text& taken = texts_[*number];
    taken.text.assign(text);
    taken.hash = hash;
    numbers_.emplace(hash, *number);
    bytes_ += taken.bytes();
    return use(*number);
}

std::uint32_t SharedTexts::use(std::uint32_t number) {
    ++texts_[number].uses;
    used_.push_back(static_cast<std::uint16_t>(number));
    return number;
}

void SharedTexts::release(std::uint16_t number) {
    Text& text = texts_[number];
    assert(text.uses > 0);
    if (--text.uses > 0 || text.is_idle) return;
    text.is_idle = true;
    idle_.push_back(number);
}

/// A new place, or the place of a text that no record uses; nothing if all are in use.
std::optional<std::uint32_t> SharedTexts::free_place() {
    if (texts_.size() < kMost) {
        texts_.emplace_back();
        return static_cast<std::uint32_t>(texts_.size() - 1);
    }
    while (!idle_.empty()) {
        const std::uint16_t number = idle_.front();
        idle_.pop_front();
        Text& text = texts_[number];
        text.is_idle = false;
        if (text.uses > 0) continue;
        bytes_ -= text.bytes();
        numbers_.erase(text.hash);
        text = Text();
        return number;
    }
    return std::nullopt;
}

}  // namespace reginfo
