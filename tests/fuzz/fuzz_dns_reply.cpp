/// @file
/// DNS messages as c-ares and we read them: bounded, and names as queries have them. Input: byte 0
/// chooses SRV or NAPTR; the rest is the message.

#include "tests/fuzz/support/require.hpp"
#include "transport/ares_reply.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

using namespace reginfo;
using reginfo::fuzz::require;

namespace {

void check_name(std::string_view name) {
    for (const char c : name) require(c < 'A' || c > 'Z', "names are in lower case", name);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0 || size > 65'536) return 0;
    const DnsType type = data[0] % 2 == 0 ? DnsType::srv : DnsType::naptr;
    const DnsAnswer answer = read_records(type, data + 1, static_cast<int>(size - 1));
    require(answer.ttl.count() >= 0, "a time to live is not negative");
    require(answer.srv.size() <= 256 && answer.naptr.size() <= 256, "answers are bounded");
    require(answer.srv.empty() || answer.naptr.empty(), "one type is asked for");
    for (const auto& srv : answer.srv) check_name(srv.target);
    for (const auto& naptr : answer.naptr) check_name(naptr.replacement);
    return 0;
}
