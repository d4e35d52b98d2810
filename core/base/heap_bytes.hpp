/// @file
/// The memory that allocations take.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace reginfo {

/// The bytes of one allocation with the word of the allocator, in steps of 16 (glibc).
constexpr std::size_t heap_bytes(std::size_t size) {
    constexpr std::size_t least = 32;
    if (size == 0) return 0;
    return size + 8 <= least ? least : (size + 8 + 15) / 16 * 16;
}

/// The bytes of a text outside of the object itself.
inline std::size_t heap_bytes(const std::string& text) {
    return text.capacity() < sizeof(std::string) / 2 ? 0 : heap_bytes(text.capacity() + 1);
}

template <class T>
std::size_t heap_bytes(const std::vector<T>& vector) {
    return heap_bytes(vector.capacity() * sizeof(T));
}

/// The bytes of a hash table with open addressing.
template <class Table>
std::size_t table_bytes(const Table& table) {
    return table.bucket_count() * (sizeof(typename Table::value_type) + 1);
}

}  // namespace reginfo
