/// @file
/// A text that never changes, for records that there are very many of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace reginfo {

/// Takes exactly the bytes of the text on the heap.
class FixedText {
public:
    explicit FixedText(std::string_view text)
        : text_(std::make_unique_for_overwrite<char[]>(text.size())), size_(text.size()) {
        text.copy(text_.get(), text.size());
    }

    operator std::string_view() const { return {text_.get(), size_}; }  // NOLINT: it is one
    std::string string() const { return std::string(std::string_view(*this)); }
    std::size_t size() const { return size_; }

private:
    std::unique_ptr<char[]> text_;
    std::size_t size_;
};

}  // namespace reginfo
