/// @file
/// Texts that many records have in common, kept once.
#pragma once

#include "core/hash.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace reginfo {

/// Numbers the texts that several say, such as the names of phones' makes. What one alone says, as
/// a name with a serial number in it, is not taken in, however often it comes; nor is anything when
/// it is full. What is taken in stays.
class SharedTexts {
public:
    /// @param seed  of the hashes: peers choose the texts
    explicit SharedTexts(std::uint64_t seed) : seed_(seed) {}

    /// Nothing if the text is not taken in.
    /// @param who  says it
    std::optional<std::uint32_t> number_of(std::string_view text, std::uint64_t who);
    /// Empty for a number that was never given.
    std::string_view at(std::uint64_t number) const {
        return number < texts_.size() ? texts_[number] : std::string_view();
    }

    std::size_t bytes() const { return bytes_; }

    static constexpr std::size_t kMost = 4'096;
    static constexpr std::size_t kLongest = 512;

private:
    std::uint64_t seed_;
    std::deque<std::string> texts_;
    boost::unordered_flat_map<Hash128, std::uint32_t> numbers_;
    struct Seen {
        std::uint64_t hash = 0;
        std::uint64_t who = 0;
    };
    std::array<Seen, kMost> seen_;  ///< of texts not taken in, each in its place
    std::size_t bytes_ = 0;
};

}  // namespace reginfo
