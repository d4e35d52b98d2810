/// @file
/// A location table of Kamailio: documents that can be read, or an error. Input: the answer
/// of Kamailio's JSON-RPC to ul.dump.

#include "app/location_dump.hpp"
#include "core/event/persistence/location_import.hpp"
#include "core/reginfo/reader.hpp"
#include "tests/fuzz/support/require.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace reginfo;
using reginfo::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string json(reinterpret_cast<const char*>(data), size);
    try {
        const LocationDump dump = read_location_dump(json, "example.org");
        for (const auto& [aor, text] : dump.documents) {
            const auto document = read_document(text, {});
            if (!document) continue;  // the command reports it as skipped
            require(document->registrations.size() == 1, "one registration an AOR", text);
            const std::string_view own = document->registrations.front().aor;
            require(aor_key_of(own) == aor, "a document is of the AOR that it is kept by", json);
        }
    } catch (const DumpError& error) {
        require(*error.what() != '\0', "an error says why", json);
    }
    return 0;
}
