/// @file
/// A location table of Kamailio: documents that can be read, or an error. Input: what "kamcmd
/// ul.dump" printed.

#include "app/location_dump.hpp"
#include "core/reginfo/reader.hpp"
#include "tests/fuzz/support/require.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

using namespace reginfo;
using reginfo::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string json(reinterpret_cast<const char*>(data), size);
    try {
        const LocationDump dump = read_location_dump(json, "example.org");
        std::size_t contacts = 0;
        for (const auto& [aor, text] : dump.documents) {
            const auto document = read_document(text, {});
            if (!document) continue;  // told as skipped by the command
            require(document->registrations.size() == 1, "one registration an AOR", text);
            contacts += document->registrations.front().contacts.size();
        }
        require(contacts <= dump.contacts, "no contact comes from nowhere", json);
    } catch (const DumpError& error) {
        require(*error.what() != '\0', "an error says why", json);
    }
    return 0;
}
