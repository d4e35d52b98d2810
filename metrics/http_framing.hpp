/// @file
/// Where a request ends, beyond doubt (RFC 9112 §6, §11.2).
#pragma once

#include "metrics/http_codec.hpp"

#include <optional>
#include <string_view>

namespace reginfo::metrics {

/// The refusal of a request whose length another reader of the same bytes could see differently:
/// the connection is to be closed after it. Nothing if there is no doubt.
///
/// @param head     as it came, with the empty line at its end
/// @param request  the same, parsed
std::optional<HttpResponse> refusal_of_framing(std::string_view head, const BeastRequest& request);

}  // namespace reginfo::metrics
