/// @file
/// Which representation of a resource a client wants, and whether it has that already.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace reginfo::metrics {

/// The media type that a client likes best (RFC 9110 §12.5.1): of equal weights the one that is
/// named more exactly, then the first. What is not of Accept's form does not count; without a
/// range the first one is taken.
///
/// @param accept   the value of Accept; empty if there is none
/// @param offered  in lower case, without parameters; each is in UTF-8
/// @return  the place among those; nothing if the client takes none of them
std::optional<std::size_t> preferred_type(
    std::string_view accept,
    std::span<const std::string_view> offered
);

/// Whether If-None-Match lists the entity-tag, by the weak comparison (RFC 9110 §13.1.2, §8.8.3.2).
/// A value of another form lists nothing: its sender gets the whole answer.
/// @param opaque_tag  quoted, without "W/"
bool has_already(std::string_view if_none_match, std::string_view opaque_tag);

}  // namespace reginfo::metrics
