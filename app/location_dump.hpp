/// @file
/// A Kamailio location table, as "kamcmd ul.dump" or its JSON-RPC has it.
#pragma once

#include <cstddef>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace reginfo {

/// The text is no dump of a location table; says what is missing where.
class DumpError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

struct LocationDump {
    /// A reginfo document for each AOR, as pua_reginfo would publish it; by the AOR's URI.
    std::map<std::string, std::string> documents;
    std::size_t contacts = 0;
    std::size_t skipped = 0;  ///< contacts that have expired or have no address
};

/// @param json    the result of ul.dump, with or without its JSON-RPC envelope
/// @param domain  behind an AOR that is only a user, as where usrloc's use_domain is 0
/// @throw DumpError
LocationDump read_location_dump(const std::string& json, const std::string& domain);

}  // namespace reginfo
