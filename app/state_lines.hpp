/// @file
/// The lines of a dump of the state: JSON, one record each, behind a line that says what they are.
#pragma once

#include "core/outbox.hpp"
#include "core/storage/stamp_clock.hpp"
#include "core/time.hpp"

#include <cstdint>
#include <stdexcept>
#include <string>

namespace reginfo {

/// The line is none of a dump; says what is wrong.
class StateLineError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

std::string head_line(std::uint64_t hash_seed);

/// Returns the hash seed.
/// @throw StateLineError
std::uint64_t parse_head_line(const std::string& text);

struct StateLine {
    Write write;
    Stamp written = 0;
};

std::string line_of(const StoredRecord& record, Stamp written);

/// @throw StateLineError
StateLine parse_state_line(const std::string& text);

}  // namespace reginfo
