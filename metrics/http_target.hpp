/// @file
/// What a client writes in a request's target: path, query, escapes (RFC 3986, RFC 9112 §3.2).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reginfo::metrics {

/// A target taken apart, its parts percent-encoded, as views into it.
struct Target {
    std::string_view authority;  ///< of the absolute form; else empty
    std::string_view path;
    std::string_view query;  ///< behind the question mark; empty if there is none
};

/// A target in origin form or absolute form; nothing for anything else.
std::optional<Target> parse_target(std::string_view text);

/// The text without percent-encoding; nothing if an escape is broken.
std::optional<std::string> percent_decoded(std::string_view text);

/// Names and values of a query, decoded, where a plus sign is one: it begins a telephone number.
/// Nothing if an escape is broken.
using Query = std::vector<std::pair<std::string, std::string>>;
std::optional<Query> parse_query(std::string_view query);

}  // namespace reginfo::metrics
