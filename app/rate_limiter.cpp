#include "app/rate_limiter.hpp"

#include <utility>

namespace reginfo {
namespace {

constexpr std::chrono::seconds kSecond{1};

}  // namespace

bool RateLimiter::admit(Clock::time_point now, std::string_view what) {
    auto found = windows_.find(what);
    if (found == windows_.end()) found = windows_.emplace(what, Window{now}).first;

    Window& window = found->second;
    if (now - window.begin >= kSecond) {
        window.begin = now;
        window.passed = 0;
    }
    if (window.passed < per_second_) return ++window.passed, true;
    ++window.suppressed;
    ++suppressed_;
    return false;
}

std::vector<RateLimiter::Suppressed> RateLimiter::take_suppressed(Clock::time_point now) {
    std::vector<Suppressed> result;
    for (auto& [what, window] : windows_) {
        if (window.suppressed == 0 || now - window.begin < kSecond) continue;
        suppressed_ -= window.suppressed;
        result.push_back({what, std::exchange(window.suppressed, 0)});
    }
    return result;
}

}  // namespace reginfo
