/// @file
/// Texts that go away together.
#pragma once

#include <cstddef>
#include <memory>
#include <memory_resource>
#include <string_view>

namespace reginfo {

/// Keeps texts where they are until it is gone; moving it does not move them.
class TextArena {
public:
    TextArena() : TextArena(256) {}
    /// @param bytes  what is expected: more costs more allocations
    explicit TextArena(std::size_t bytes) : memory_(std::make_unique<Memory>(bytes)) {}

    std::string_view keep(std::string_view text) {
        if (text.empty()) return {};
        return {keep_terminated(text), text.size()};
    }

    /// The same with a NUL behind it.
    char* keep_terminated(std::string_view text) {
        char* const copy = static_cast<char*>(memory_->texts.allocate(text.size() + 1, 1));
        copy[text.copy(copy, text.size())] = '\0';
        return copy;
    }

private:
    struct Memory {
        explicit Memory(std::size_t bytes)
            : first(std::make_unique_for_overwrite<char[]>(bytes)), texts(first.get(), bytes) {}

        std::unique_ptr<char[]> first;
        std::pmr::monotonic_buffer_resource texts;
    };
    std::unique_ptr<Memory> memory_;
};

}  // namespace reginfo
