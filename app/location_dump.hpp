/// @file
/// A Kamailio location table, as its JSON-RPC has it: "kamctl rpc ul.dump". (kamcmd writes no
/// JSON.)
#pragma once

#include <cstddef>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace reginfo {

/// The text is no dump of a location table. what() names what is missing, and the place.
class DumpError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

struct LocationDump {
    /// A reginfo document for each AOR, as pua_reginfo would publish it; by the canonical AOR. It
    /// has the contacts of every spelling of the AOR and of every table in the dump.
    std::map<std::string, std::string> documents;
    std::vector<std::string> strangers;  ///< what stands for an AOR and is none
    std::size_t expired = 0;             ///< contacts whose time is over, or without an address
};

/// @param json    the result of ul.dump, with or without its JSON-RPC envelope
/// @param domain  behind an AOR that is only a user, as where usrloc's use_domain is 0
/// @throw DumpError
LocationDump read_location_dump(const std::string& json, const std::string& domain);

}  // namespace reginfo
