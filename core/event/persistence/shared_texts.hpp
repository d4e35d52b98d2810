/// @file
/// Texts that many records have in common, kept once.
#pragma once

#include "core/base/hash.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo {

/// Numbers the texts that several say, such as the names of phones' makes. What one alone says, as
/// a name with a serial number in it, is not taken in, however often it comes. What is taken in
/// stays while somebody uses it, and until another one needs its place: so nobody can fill the
/// places for longer than he has records that use them.
class SharedTexts {
public:
    /// @param seed  of the hashes: peers choose the texts
    explicit SharedTexts(std::uint64_t seed) : seed_(seed) {}

    /// A record is about to be written: it uses nothing yet.
    void start_record() { used_.clear(); }
    /// Nothing if the text is not taken in; else the record uses it.
    /// @param who  says it
    std::optional<std::uint32_t> number_of(std::string_view text, std::uint64_t who);
    /// What the record uses, as often as it does: each to be released when the record is gone.
    const std::vector<std::uint16_t>& used() const { return used_; }
    void release(std::uint16_t number);

    /// Empty for a number that was never given.
    std::string_view at(std::uint64_t number) const {
        return number < texts_.size() ? texts_[number].text : std::string_view();
    }

    std::size_t bytes() const { return bytes_; }

    static constexpr std::size_t kMost = 4'096;
    static constexpr std::size_t kLongest = 512;

private:
    struct Text {
        std::string text;
        Hash128 hash;
        std::uint32_t uses = 0;
        bool is_idle = false;  ///< it is in idle_, where it stays when it is used again

        std::size_t bytes() const;
    };
    struct Seen {
        std::uint64_t hash = 0;
        std::uint64_t who = 0;
    };

    std::uint32_t use(std::uint32_t number);
    std::optional<std::uint32_t> free_place();

    std::uint64_t seed_;
    std::deque<Text> texts_;
    std::deque<std::uint16_t> idle_;  ///< the one longest without use first
    boost::unordered_flat_map<Hash128, std::uint32_t> numbers_;
    std::array<Seen, kMost> seen_;  ///< of texts not taken in, each in its place
    std::vector<std::uint16_t> used_;
    std::size_t bytes_ = 0;
};

}  // namespace reginfo
