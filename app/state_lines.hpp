/// @file
/// The lines of a dump of the state: JSON, one record each, between a line with their kind and one
/// with their number, so that a dump that was cut off is no dump.
#pragma once

#include "core/base/time.hpp"
#include "core/outbox.hpp"
#include "core/storage/stamp_clock.hpp"

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace reginfo {

/// The line is none of a dump. The reason is what(), as in "line 7 " + what().
class StateLineError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

struct StateHead {
    std::uint64_t hash_seed = 0;
    bool has_tail = true;       ///< not in the dumps of earlier versions
    bool has_unsettled = true;  ///< the same
};

std::string head_line(std::uint64_t hash_seed);

/// @throw StateLineError
StateHead parse_head_line(const std::string& text);

std::string tail_line(std::size_t records);

/// Whether it is the last line rather than a record.
bool is_tail_line(const std::string& text);

/// How many records there are in front of it.
/// @throw StateLineError
std::size_t parse_tail_line(const std::string& text);

struct StateLine {
    Write write;
    Stamp written = 0;
};

std::string line_of(const StoredRecord& record, Stamp written);

/// @throw StateLineError
StateLine parse_state_line(const std::string& text);

}  // namespace reginfo
