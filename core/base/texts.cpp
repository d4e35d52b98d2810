/// @file

#include "core/base/texts.hpp"

#include <vector>

namespace reginfo {
namespace {

std::size_t digits_of(std::size_t number) {
    std::size_t digits = 1;
    while (number >>= 7U) ++digits;
    return digits;
}

void put(char*& out, std::size_t number) {
    for (; number >= 0x80U; number >>= 7U) {
        *out++ = static_cast<char>(static_cast<unsigned char>(number | 0x80U));
    }
    *out++ = static_cast<char>(static_cast<unsigned char>(number));
}

}  // namespace

Texts::Texts(std::initializer_list<std::string_view> texts)
    : Texts(std::span(texts.begin(), texts.size())) {}

Texts::Texts(std::span<const std::string_view> texts) {
    std::size_t total = digits_of(texts.size());
    for (const std::string_view text : texts) total += digits_of(text.size()) + text.size();
    block_ = std::make_unique_for_overwrite<char[]>(total);
    char* out = block_.get();
    put(out, texts.size());
    for (const std::string_view text : texts) {
        put(out, text.size());
        out += text.copy(out, text.size());
    }
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

std::size_t Texts::size() const {
    const char* in = block_.get();
    return in ? take(in) : 0;
}

std::string_view Texts::operator[](std::size_t place) const {
    const char* in = block_.get();
    if (!in || place >= take(in)) return {};
    for (;; --place) {
        const std::size_t size = take(in);
        if (place == 0) return {in, size};
        in += size;
    }
}

std::size_t Texts::bytes() const {
    std::size_t bytes = 0;
    for_each(0, [&](std::string_view text) { bytes += text.size(); });
    return bytes;
}

std::size_t Texts::block_bytes() const {
    const char* in = block_.get();
    for (std::size_t left = in ? take(in) : 0; left > 0; --left) {
        const std::size_t size = take(in);
        in += size;
    }
    return static_cast<std::size_t>(in - block_.get());
}

Texts Texts::with(std::size_t place, std::string_view text) const {
    std::vector<std::string_view> row;
    for_each(0, [&](std::string_view each) { row.push_back(row.size() == place ? text : each); });
    return Texts(row);
}

}  // namespace reginfo
