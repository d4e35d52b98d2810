/// @file
/// The ids of registrations and contacts in documents (RULES.md, "Stable ids").
#pragma once

#include "core/base/hash.hpp"
#include "core/base/hex.hpp"

#include <array>
#include <string_view>

namespace reginfo {

/// The id of an AOR or, with an identity, of one of its contacts.
Hash128 stable_id(std::string_view aor, std::string_view identity = {});

/// The id as documents have it: twenty-four hexadecimal digits behind a letter, never a number.
class StableIdText {
public:
    StableIdText(char prefix, const Hash128& id) {
        text_[0] = prefix;
        std::string_view(HexText(id.high)).copy(text_.data() + 1, 16);
        std::string_view(HexText(id.low)).copy(text_.data() + 17, 8, 8);
    }

    operator std::string_view() const { return {text_.data(), text_.size()}; }  // NOLINT

private:
    std::array<char, 25> text_;
};

}  // namespace reginfo
