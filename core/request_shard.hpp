/// @file
/// Which shard a request is about, before anything else is known of it.
#pragma once

#include "core/base/shard.hpp"
#include "core/sip/message.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace reginfo {

/// Of a request within a dialog, the shard in its To tag, which is ours. Of a PUBLISH, a SUBSCRIBE
/// and a CANCEL of one, that of the AOR in the Request-URI. Nothing if it is about none.
/// @param seed     see shard_of
/// @param scratch  overwritten
std::optional<Shard> shard_of_request(
    const sip::Message& request,
    std::uint64_t seed,
    std::string& scratch
);

}  // namespace reginfo
