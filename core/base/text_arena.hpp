/// @file
/// Texts that are freed together.
#pragma once

#include <bit>
#include <cstddef>
#include <memory>
#include <memory_resource>
#include <string_view>

namespace reginfo {

/// Holds copies of texts. A copy stays at its place until the arena ends or restarts, also if the
/// arena is moved.
class TextArena {
public:
    TextArena() : TextArena(256) {}
    /// @param bytes  the expected sum; beyond it there are more allocations
    explicit TextArena(std::size_t bytes) : memory_(std::make_unique<Memory>(bytes)) {}

    /// Frees all texts. The memory is used again if it is large enough and at most kKept.
    void restart(std::size_t bytes) {
        if (memory_ && bytes <= memory_->size && memory_->size <= kKept) {
            memory_->texts.release();
        } else {
            memory_ = std::make_unique<Memory>(std::bit_ceil(bytes));
        }
    }

    std::string_view keep(std::string_view text) {
        if (text.empty()) return {};
        return {keep_terminated(text), text.size()};
    }

    /// The same with a NUL behind the text.
    char* keep_terminated(std::string_view text) {
        char* const copy = static_cast<char*>(memory_->texts.allocate(text.size() + 1, 1));
        copy[text.copy(copy, text.size())] = '\0';
        return copy;
    }

private:
    static constexpr std::size_t kKept = 64 * 1024;

    struct Memory {
        explicit Memory(std::size_t bytes)
            : size(bytes),
              first(std::make_unique_for_overwrite<char[]>(bytes)),
              texts(first.get(), bytes) {}

        std::size_t size;
        std::unique_ptr<char[]> first;
        std::pmr::monotonic_buffer_resource texts;
    };
    std::unique_ptr<Memory> memory_;
};

}  // namespace reginfo
