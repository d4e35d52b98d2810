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

/// Gives numbers to texts that several contacts have, such as the User-Agent of a phone model. A
/// text that one contact alone has, such as a name with a serial number, gets none, however often
/// it comes. A text stays while a record uses it, and after that until another text needs its
/// place. So a peer holds places only as long as it has records that use them.
class SharedTexts {
public:
    /// @param seed  of the hashes: peers choose the texts
    explicit SharedTexts(std::uint64_t seed) : seed_(seed) {}

    /// Begins a record, which uses no text yet.
    void start_record() { used_.clear(); }
    /// The number of the text, which the record then uses; nothing if the text gets none.
    /// @param holder  identifies the contact that has the text
    std::optional<std::uint32_t> number_of(std::string_view text, std::uint64_t holder);
    /// The numbers that the record uses, each as often as it does. Each must be released once the
    /// record is gone.
    const std::vector<std::uint16_t>& used() const { return used_; }
    void release(std::uint16_t number);

    /// Empty for an unknown number.
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
        bool is_idle = false;  ///< in idle_, also after it is used again

        std::size_t bytes() const;
    };
    struct Seen {
        std::uint64_t hash = 0;
        std::uint64_t holder = 0;
    };

    std::uint32_t use(std::uint32_t number);
    std::optional<std::uint32_t> free_place();

    std::uint64_t seed_;
    std::deque<Text> texts_;
    std::deque<std::uint16_t> idle_;  ///< least recently used first
    boost::unordered_flat_map<Hash128, std::uint32_t> numbers_;
    std::array<Seen, kMost> seen_;  ///< the last holder of texts without a number, by hash
    std::vector<std::uint16_t> used_;
    std::size_t bytes_ = 0;
};

}  // namespace reginfo
