/// @file
/// How many bytes of memory allocations take.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace reginfo {

/// What an allocation takes: with the allocator's own word, in steps of 16 (glibc).
constexpr std::size_t heap_bytes(std::size_t size) {
    constexpr std::size_t least = 32;
    if (size == 0) return 0;
    return size + 8 <= least ? least : (size + 8 + 15) / 16 * 16;
}

/// What a text takes outside of itself.
inline std::size_t heap_bytes(const std::string& text) {
    return text.capacity() < sizeof(std::string) / 2 ? 0 : heap_bytes(text.capacity() + 1);
}

template <class T>
std::size_t heap_bytes(const std::vector<T>& vector) {
    return heap_bytes(vector.capacity() * sizeof(T));
}

/// What a hash table with open addressing takes; `buckets` as its bucket_count() says.
template <class Table>
std::size_t table_bytes(const Table& table) {
    return table.bucket_count() * (sizeof(typename Table::value_type) + 1);
}

}  // namespace reginfo
