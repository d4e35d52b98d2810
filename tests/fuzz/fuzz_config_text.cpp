/// @file
/// The texts of the configuration with a grammar of ours: an accepted text is written so that it is
/// accepted again, with the same value. Input: a text.

#include "app/listen_address.hpp"
#include "app/profile_rule.hpp"
#include "tests/fuzz/support/require.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

using namespace reginfo;
using reginfo::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto listen = parse_listen(text)) {
        const std::string again = listen->to_string();
        const auto same = parse_listen(again);
        require(same && same->to_string() == again && same->bound == listen->bound, again);
    }
    if (const auto advertised = parse_advertised(text)) {
        const std::string again = advertised->to_string();
        const auto same = parse_advertised(again);
        require(same && same->host == advertised->host && same->port == advertised->port, again);
    }
    if (const auto rule = parse_profile_rule(text)) {
        const auto same = parse_profile_rule(to_string(*rule));
        require(same && *same == *rule, "a rule is the same again", to_string(*rule));
    }
    return 0;
}
