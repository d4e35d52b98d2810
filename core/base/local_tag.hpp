/// @file
/// What the local tags of dialogs tell.
#pragma once

#include "core/base/shard.hpp"

#include <optional>
#include <string_view>

namespace reginfo {

/// The shard in a local tag (in_shard); nothing if the tag can be none of ours.
std::optional<Shard> shard_in(std::string_view tag);

}  // namespace reginfo
