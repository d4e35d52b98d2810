/// @file

#include "core/texts.hpp"

#include <cstring>
#include <vector>

namespace reginfo {

Texts::Texts(std::initializer_list<std::string_view> texts)
    : Texts(std::span(texts.begin(), texts.size())) {}

Texts::Texts(std::span<const std::string_view> texts) {
    std::size_t total = sizeof(std::uint32_t) * (1 + texts.size());
    const std::size_t head = total;
    for (const std::string_view text : texts) total += text.size();
    block_ = std::make_unique_for_overwrite<char[]>(total);
    char* out = block_.get();
    const auto put = [&](std::size_t value) {
        const auto number = static_cast<std::uint32_t>(value);
        std::memcpy(out, &number, sizeof number);
        out += sizeof number;
    };
    put(texts.size());
    std::size_t end = 0;
    for (const std::string_view text : texts) put(end += text.size());
    out = block_.get() + head;
    for (const std::string_view text : texts) out += text.copy(out, text.size());
}

Texts::Texts(const Texts& other) {
    const std::string_view block = other.block();
    if (block.empty()) return;
    block_ = std::make_unique_for_overwrite<char[]>(block.size());
    block.copy(block_.get(), block.size());
}

Texts& Texts::operator=(const Texts& other) {
    if (this != &other) *this = Texts(other);
    return *this;
}

std::uint32_t Texts::number(std::size_t index) const {
    std::uint32_t number = 0;
    std::memcpy(&number, block_.get() + sizeof number * index, sizeof number);
    return number;
}

std::string_view Texts::operator[](std::size_t place) const {
    if (place >= size()) return {};
    const std::size_t begin = place == 0 ? 0 : number(place);
    return {block_.get() + head_bytes() + begin, number(place + 1) - begin};
}

std::size_t Texts::bytes() const { return size() == 0 ? 0 : number(size()); }

std::size_t Texts::block_bytes() const { return block_ ? head_bytes() + bytes() : 0; }

Texts Texts::with(std::size_t place, std::string_view text) const {
    std::vector<std::string_view> row(size());
    for (std::size_t i = 0; i < row.size(); ++i) row[i] = i == place ? text : (*this)[i];
    return Texts(row);
}

}  // namespace reginfo
