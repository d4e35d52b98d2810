/// @file
/// Mutations by the parts of a SIP message (RFC 3261 §7, §25).
#pragma once

#include "tests/fuzz/support/chance.hpp"

#include <string>
#include <string_view>

namespace reginfo::fuzz {

/// One to four changes to start line, header fields, their values and parameters, or the body.
/// Mostly the result can still be read to its end: Content-Length is put right more often than not.
/// Any bytes may be given.
std::string mutate_sip(std::string_view message, Chance& chance);

/// Header fields of two messages in one.
std::string cross_sip(std::string_view left, std::string_view right, Chance& chance);

}  // namespace reginfo::fuzz
