/// @file
/// The parts that a client of the side port chooses: the target, a query, escapes, Host, Accept,
/// Accept-Encoding and If-None-Match. The results are parts of the input, no other host counts as
/// ours, and a preferred type is an accepted one. Input: a text.

#include "core/base/ascii.hpp"
#include "metrics/gzip.hpp"
#include "metrics/host_check.hpp"
#include "metrics/http_codec.hpp"
#include "metrics/http_message.hpp"
#include "metrics/http_target.hpp"
#include "metrics/representation.hpp"
#include "tests/fuzz/support/require.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace reginfo::metrics;
using reginfo::fuzz::require;

namespace {

void check_target(std::string_view text) {
    const auto target = parse_target(text);
    if (!target) return;
    require(target->path.starts_with('/'), "a path begins with a slash", text);
    require(target->path.find('?') == std::string_view::npos, "a path ends at its query", text);
    if (!target->authority.empty()) {
        std::string_view rest = text.substr(text.find("//") + 2);
        require(rest.starts_with(target->authority), "an authority follows the slashes", text);
        rest.remove_prefix(target->authority.size());
        const bool is_whole = rest.empty() || rest.front() == '/' || rest.front() == '?';
        require(is_whole, "an authority ends where the path or the query begins", text);
    }
    std::string again(target->path);
    if (!target->query.empty()) again.append("?").append(target->query);
    const auto same = parse_target(again);
    require(same && same->path == target->path && same->query == target->query, text);
}

void check_host(std::string_view text) {
    const std::array<std::string, 1> names{"reg.example"};
    if (!is_our_host(text, {}) && !is_our_host(text, names)) return;
    const std::string lower = reginfo::lower_case(text);
    const bool is_name = lower.starts_with("localhost") || lower.starts_with("reg.example");
    const bool is_address = lower.find_first_not_of("0123456789abcdef.:[]") == std::string::npos;
    require(is_name || is_address, "Host names us", text);
}

void check_accept(std::string_view text) {
    const std::array<std::string_view, 2> offered{"application/json", "application/reginfo+xml"};
    const auto chosen = preferred_type(text, offered);
    if (chosen) {
        require(*chosen < offered.size(), "one of those that are offered", text);
        const auto alone = preferred_type(text, {&offered[*chosen], 1});
        require(alone == 0, "what is preferred is taken alone as well", text);
    }
    constexpr std::string_view tag = "\"0123456789abcdef\"";
    const bool is_listed = text.find(tag) != std::string_view::npos;
    const bool is_any = text.find('*') != std::string_view::npos;
    require(!has_already(text, tag) || is_listed || is_any, "a tag that is not there", text);
}

void check_accept_encoding(std::string_view text) {
    const std::string lower = reginfo::lower_case(text);
    const bool is_named =
        lower.find("gzip") != std::string::npos || lower.find('*') != std::string::npos;
    require(!accepts_gzip(text) || is_named, "gzip for who does not name it", text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check_target(text);
    check_host(text);
    check_accept(text);
    check_accept_encoding(text);
    if (const auto plain = percent_decoded(text)) {
        require(plain->size() <= text.size(), "decoding never grows", text);
    }
    if (const auto query = parse_query(text)) {
        require(query->size() <= text.size() + 1, "a parameter takes a byte", text);
    }
    return 0;
}
