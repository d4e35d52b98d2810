/// @file
/// Entity-tags of publications.
#pragma once

#include <cstdint>

namespace reginfo {

/// An entity-tag (RFC 3903 §8.1): opaque; its text is sixteen hexadecimal digits (tag_text).
using EntityTag = std::uint64_t;

}  // namespace reginfo
