/// @file
/// The input of a stateful target: a row of steps of one size.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace reginfo::fuzz {

/// One step: the action, the peer, and the parameters.
struct Step {
    static constexpr std::size_t kBytes = 8;

    std::array<std::uint8_t, kBytes> bytes{};

    std::uint8_t op() const { return bytes[0]; }
    std::uint8_t who() const { return bytes[1]; }
    std::uint8_t how() const { return bytes[2]; }
    std::uint8_t option(std::size_t i) const { return bytes[3 + i]; }  ///< 0 to 4
    bool flag(unsigned bit) const { return (unsigned{bytes[3 + bit / 8]} >> (bit % 8) & 1U) != 0; }
};

/// Takes steps off a script; bytes that make no whole step at its end are none.
class Script {
public:
    explicit Script(std::span<const std::uint8_t> bytes) : rest_(bytes) {}

    bool at_end() const { return rest_.size() < Step::kBytes; }

    /// @pre not at_end()
    Step next() {
        Step step;
        for (std::size_t i = 0; i < Step::kBytes; ++i) step.bytes[i] = rest_[i];
        rest_ = rest_.subspan(Step::kBytes);
        return step;
    }

private:
    std::span<const std::uint8_t> rest_;
};

}  // namespace reginfo::fuzz
