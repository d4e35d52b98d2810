/// @file
/// A dump of the state: each line is one that is written the same way again, or an error.
/// Input: lines.

#include "app/state_lines.hpp"
#include "tests/fuzz/support/require.hpp"

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>

using namespace reginfo;
using reginfo::fuzz::require;

namespace {

template <class Check>
void unless_refused(const std::string& text, const Check& check) {
    try {
        check();
    } catch (const StateLineError& error) {
        require(*error.what() != '\0', "an error says why", text);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::istringstream lines(std::string(reinterpret_cast<const char*>(data), size));
    std::string text;
    while (std::getline(lines, text)) {
        unless_refused(text, [&] {
            const std::uint64_t seed = parse_head_line(text).hash_seed;
            const StateHead again = parse_head_line(head_line(seed));
            require(again.hash_seed == seed, "the head is the same again", text);
            require(again.has_tail, "what is written has a tail", text);
        });
        unless_refused(text, [&] {
            const std::size_t records = parse_tail_line(text);
            require(is_tail_line(tail_line(records)), "a tail is known as one", text);
            require(parse_tail_line(tail_line(records)) == records, "the tail is the same", text);
        });
        unless_refused(text, [&] {
            const StateLine line = parse_state_line(text);
            const StoredRecord record{line.write.bucket, line.write.key, *line.write.value, {}};
            const StateLine again = parse_state_line(line_of(record, line.written));
            require(again.write.bucket == line.write.bucket, "the bucket", text);
            require(again.write.key == line.write.key, "the key", text);
            require(again.write.value == line.write.value, "the value", text);
            require(again.written == line.written, "the time", text);
        });
    }
    return 0;
}
