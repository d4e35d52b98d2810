/// @file
/// "reginfod state": work on the file of a server that is stopped.
#pragma once

#include "core/storage/record_file.hpp"

#include <iosfwd>
#include <string>

namespace reginfo {

/// Every record as one line of JSON, behind a line that says what they are.
/// @throw StoreError
void dump_state(const RecordFileOptions& options, std::ostream& out);

/// Takes what dump_state wrote into a file that holds nothing yet. Returns how many records.
/// @throw StoreError
std::size_t load_state(const RecordFileOptions& options, std::istream& in);

/// Reads every page and every record; says on `out` what is wrong. Returns whether nothing is.
/// @throw StoreError  the file cannot be opened
bool check_state(const RecordFileOptions& options, std::ostream& out);

/// Adds the bindings of a Kamailio location table (read_location_dump), to be told until somebody
/// publishes them. Returns how many AORs.
/// @throw StoreError, DumpError
std::size_t import_state(
    const RecordFileOptions& options,
    std::istream& in,
    const std::string& domain,
    std::ostream& out
);

}  // namespace reginfo
