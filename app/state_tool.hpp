/// @file
/// "reginfod state": work on the records of servers that are stopped.
#pragma once

#include "app/record_place.hpp"

#include <iosfwd>
#include <string>

namespace reginfo {

/// Every record as one line of JSON, between a line that says what they are and one that says how
/// many. Of a place that is damaged: what can be read of it, and then the error.
/// @throw StoreError
void dump_state(RecordPlace& place, std::ostream& out);

/// Takes what dump_state wrote into a place that holds nothing yet: all of it, or nothing if
/// something is wrong with it. Says on `out` how many records.
/// @param open  called when the dump has begun to be one
/// @throw StoreError
void load_state(const OpenPlace& open, std::istream& in, std::ostream& out);

/// Reads everything; says on `out` what is wrong. Returns whether nothing is.
/// @throw StoreError  it cannot be read
bool check_state(RecordPlace& place, std::ostream& out);

/// Adds the bindings of a Kamailio location table (read_location_dump), to be told until somebody
/// publishes them, in the place of those that were imported before. Says on `out` how many, and
/// which not.
/// @throw StoreError, DumpError
void import_state(
    const OpenPlace& open,
    std::istream& in,
    const std::string& domain,
    std::ostream& out
);

}  // namespace reginfo
