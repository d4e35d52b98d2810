/// @file
/// "reginfod state": work on the file of a server that is stopped.
#pragma once

#include "core/storage/record_file.hpp"

#include <iosfwd>
#include <string>

namespace reginfo {

/// Every record as one line of JSON, between a line that says what they are and one that says how
/// many. Of a file that is damaged: what can be read of it, and then the error.
/// @throw StoreError
void dump_state(const RecordFileOptions& options, std::ostream& out);

/// Takes what dump_state wrote into a file that holds nothing yet: all of it, or nothing if
/// something is wrong with it. Says on `out` how many records.
/// @throw StoreError
void load_state(const RecordFileOptions& options, std::istream& in, std::ostream& out);

/// Reads every page and every record; says on `out` what is wrong. Returns whether nothing is.
/// @throw StoreError  the file cannot be opened
bool check_state(const RecordFileOptions& options, std::ostream& out);

/// Adds the bindings of a Kamailio location table (read_location_dump), to be told until somebody
/// publishes them, in the place of those that were imported before. Says on `out` how many, and
/// which not.
/// @throw StoreError, DumpError
void import_state(
    const RecordFileOptions& options,
    std::istream& in,
    const std::string& domain,
    std::ostream& out
);

}  // namespace reginfo
