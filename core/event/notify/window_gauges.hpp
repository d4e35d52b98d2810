/// @file
/// What the windows of all next hops allow, without visiting them.
#pragma once

#include "core/event/notify/send_window.hpp"
#include "core/stats.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace reginfo {

/// Keeps Stats::windows and its companions; every change of a window's limit passes through here.
class WindowGauges {
public:
    explicit WindowGauges(Stats& stats) : stats_(stats) {}

    void added(const SendWindow& window) {
        ++stats_.windows;
        add(limit_of(window));
    }

    void removed(const SendWindow& window) {
        --stats_.windows;
        subtract(limit_of(window));
    }

    template <class Change>
    void change(SendWindow& window, Change change) {
        const std::uint64_t before = limit_of(window);
        change(window);
        const std::uint64_t after = limit_of(window);
        if (before == after) return;
        subtract(before);
        add(after);
    }

    /// The least that any window allows, rounded down to a power of two; 0 without windows.
    std::uint64_t least() const {
        for (std::size_t i = 0; i < by_width_.size(); ++i) {
            if (by_width_[i] > 0) return i == 0 ? 0 : std::uint64_t{1} << (i - 1);
        }
        return 0;
    }

private:
    static std::uint64_t limit_of(const SendWindow& window) {
        return static_cast<std::uint64_t>(window.limit());
    }
    void add(std::uint64_t limit) {
        stats_.window_limit_sum += limit;
        ++by_width_[static_cast<std::size_t>(std::bit_width(limit))];
    }
    void subtract(std::uint64_t limit) {
        stats_.window_limit_sum -= limit;
        --by_width_[static_cast<std::size_t>(std::bit_width(limit))];
    }

    Stats& stats_;
    std::array<std::uint64_t, 65> by_width_{};
};

}  // namespace reginfo
