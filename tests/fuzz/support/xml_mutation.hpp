/// @file
/// Mutations by the parts of a reginfo document (RFC 3680 §5, XML 1.0).
#pragma once

#include "tests/fuzz/support/chance.hpp"

#include <string>
#include <string_view>

namespace reginfo::fuzz {

/// One to four changes to elements, attributes, texts or the markup around them. Mostly a
/// well-formed text stays well-formed. Any bytes may be given.
std::string mutate_reginfo(std::string_view document, Chance& chance);

/// A document with elements of another one in it.
std::string cross_reginfo(std::string_view left, std::string_view right, Chance& chance);

}  // namespace reginfo::fuzz
