/// @file
/// Room for messages, used again and again.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace reginfo {

/// Strings that messages were written in and that were sent: the next messages are written in them
/// instead of in new ones. It keeps a bounded number of usual size; what is more or larger goes.
class SpareTexts {
public:
    /// An empty one, with room for a head of usual size.
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
