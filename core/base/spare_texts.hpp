/// @file
/// Buffers for messages, used again and again.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace reginfo {

/// Strings of messages that were sent. The next messages are written into them, without an
/// allocation. At most kMax of usual size are kept.
class SpareTexts {
public:
    /// An empty string with room for a head of usual size.
    std::string take() {
        std::string text;
        if (texts_.empty()) {
            text.reserve(kRoom);
        } else {
            text = std::move(texts_.back());
            texts_.pop_back();
        }
        return text;
    }

    void give(std::string text) {
        if (text.capacity() < kRoom || text.capacity() > kRoomMax) return;
        if (texts_.size() == kMax) return;
        text.clear();
        texts_.push_back(std::move(text));
    }

private:
    static constexpr std::size_t kRoom = 1'200;
    static constexpr std::size_t kRoomMax = 4'800;
    static constexpr std::size_t kMax = 256;

    std::vector<std::string> texts_;
};

}  // namespace reginfo
