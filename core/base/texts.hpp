/// @file
/// Several texts in one allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>

namespace reginfo {

/// A sequence of texts that seldom changes, for records that there are very many of. It costs a
/// pointer and, on the heap, the characters, one byte for each text shorter than 128 characters,
/// and one byte for all. Access to a text takes a step over each text before it.
class Texts {
public:
    Texts() = default;
    explicit Texts(std::span<const std::string_view> texts);
    Texts(std::initializer_list<std::string_view> texts);
    Texts(const Texts& other);
    Texts(Texts&&) = default;
    Texts& operator=(const Texts& other);
    Texts& operator=(Texts&&) = default;

    std::size_t size() const;  ///< how many
    /// The text at that place; empty beyond the last.
    std::string_view operator[](std::size_t place) const;
    /// Calls visit(text) for each from that place on.
    template <class Visitor>
    void for_each(std::size_t place, Visitor visit) const {
        const char* in = block_.get();
        std::size_t left = in ? take(in) : 0;
        for (; left > 0; --left) {
            const std::size_t size = take(in);
            if (place == 0) {
                visit(std::string_view(in, size));
            } else {
                --place;
            }
            in += size;
        }
    }

    std::size_t bytes() const;  ///< of all texts

    /// The same sequence with another text at one place.
    Texts with(std::size_t place, std::string_view text) const;

    std::size_t block_bytes() const;  ///< on the heap

    friend bool operator==(const Texts& a, const Texts& b) { return a.block() == b.block(); }

private:
    static std::size_t take(const char*& in) {
        std::size_t number = 0;
        for (unsigned shift = 0;; shift += 7) {
            const auto byte = static_cast<unsigned char>(*in++);
            number |= std::size_t{byte & 0x7fU} << shift;
            if (byte < 0x80U) return number;
        }
    }

    std::string_view block() const { return {block_.get(), block_bytes()}; }

    /// The number of texts, then each text behind its length; numbers in LEB128.
    std::unique_ptr<char[]> block_;
};

}  // namespace reginfo
