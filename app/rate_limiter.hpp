/// @file
/// Keeps one kind of event from filling the log.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo {

/// Lets a few events of each kind pass in each second, and counts the others.
///
/// A kind's second begins with its first event. Kinds are fixed texts of the program, so their
/// number is bounded by it.
class RateLimiter {
public:
    using Clock = std::chrono::steady_clock;

    /// So many of one kind were not let pass since the last report.
    struct Suppressed {
        std::string what;
        std::uint64_t count = 0;

        friend bool operator==(const Suppressed&, const Suppressed&) = default;
    };

    explicit RateLimiter(std::uint32_t per_second) : per_second_(per_second) {}

    /// Whether this event may pass.
    bool admit(Clock::time_point now, std::string_view what);

    /// What was suppressed in seconds that are over; each is reported once.
    std::vector<Suppressed> take_suppressed(Clock::time_point now);

    /// Whether take_suppressed will have something to tell once the current seconds are over.
    bool has_suppressed() const { return suppressed_ > 0; }

private:
    struct Window {
        Clock::time_point begin;
        std::uint32_t passed = 0;
        std::uint64_t suppressed = 0;
    };

    std::uint32_t per_second_;
    std::uint64_t suppressed_ = 0;
    std::map<std::string, Window, std::less<>> windows_;
};

}  // namespace reginfo
