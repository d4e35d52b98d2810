/// @file
/// A search for the first byte of a kind, sixteen bytes at a time.
#pragma once

#include <cstddef>
#include <experimental/simd>
#include <string_view>

namespace reginfo {

/// The position of the first wanted byte at or behind `from`; text.size() if there is none.
/// @param is_wanted  takes one unsigned char, or a vector of them: a generic lambda that compares
///                   with numbers, such as `c == +'&' || c < 0x20`
/// @pre `from` is not behind the end
template <class Predicate>
[[gnu::flatten]] std::size_t find_byte(
    std::string_view text,
    std::size_t from,
    Predicate is_wanted
) {
    namespace stdx = std::experimental;
    using Bytes = stdx::fixed_size_simd<unsigned char, 16>;
    const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
    const std::size_t end = text.size();
    if (end - from >= Bytes::size()) {
        for (;;) {
            const auto hits = is_wanted(Bytes(bytes + from, stdx::element_aligned));
            if (stdx::any_of(hits)) {
                return from + static_cast<std::size_t>(stdx::find_first_set(hits));
            }
            from += Bytes::size();
            if (from == end) return end;
            // The last block overlaps with the one before, which has no wanted byte.
            if (end - from < Bytes::size()) from = end - Bytes::size();
        }
    }
    while (from < end && !is_wanted(bytes[from])) ++from;
    return from;
}

}  // namespace reginfo
