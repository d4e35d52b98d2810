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
    /// @param bytes  what is expected: so much costs one allocation
    explicit TextArena(std::size_t bytes)
        : memory_(std::make_unique<std::pmr::monotonic_buffer_resource>(bytes)) {}

    std::string_view keep(std::string_view text) {
        if (text.empty()) return {};
        return {keep_terminated(text), text.size()};
    }

    /// The same with a NUL behind it.
    char* keep_terminated(std::string_view text) {
        char* const copy = static_cast<char*>(memory_->allocate(text.size() + 1, 1));
        copy[text.copy(copy, text.size())] = '\0';
        return copy;
    }

private:
    std::unique_ptr<std::pmr::monotonic_buffer_resource> memory_;
};

}  // namespace reginfo
