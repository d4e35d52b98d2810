/// @file
/// "reginfod state": work on the records of servers that are stopped.
#pragma once

#include "app/record_place.hpp"

#include <iosfwd>
#include <string>

namespace reginfo {

/// Every record as one line of JSON, between a line with their kind and one with their
/// number. Of a place that is damaged: what can be read of it, and then the error.
/// @throw StoreError
void dump_state(RecordPlace& place, std::ostream& out);

/// Takes what dump_state wrote into a place that holds nothing yet: all of it, or nothing if
/// something is wrong with it. Writes the number of records to `out`.
/// @param open  called when the dump has begun to be one
/// @throw StoreError
void load_state(const OpenPlace& open, std::istream& in, std::ostream& out);

/// Reads everything, and writes what is wrong to `out`. Returns whether nothing is.
/// @throw StoreError  it cannot be read
bool check_state(RecordPlace& place, std::ostream& out);

/// Adds the bindings of a Kamailio location table (read_location_dump), to be told until somebody
/// publishes them, in the place of those that were imported before. Writes to `out` how many there
/// were, and which were left out.
/// @throw StoreError, DumpError
void import_state(
    const OpenPlace& open,
    std::istream& in,
    const std::string& domain,
    std::ostream& out
);

}  // namespace reginfo
