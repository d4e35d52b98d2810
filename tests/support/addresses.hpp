/// @file
/// Addresses that many tests use.

#pragma once

namespace reginfo::test {

inline constexpr const char* kA = "sip:a@192.0.2.10";
inline constexpr const char* kX = "sip:x@192.0.2.10";
inline constexpr const char* kY = "sip:y@192.0.2.20";
inline constexpr const char* kTel = "tel:+491234";

}  // namespace reginfo::test
