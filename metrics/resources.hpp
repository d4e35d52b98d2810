/// @file
/// The files of metrics/page and openapi.json, embedded at build time (embed.cmake).
#pragma once

#include <span>
#include <string_view>

namespace reginfo::metrics {

struct Resource {
    std::string_view name;  ///< "index.html"
    std::string_view bytes;
    std::string_view entity_tag;  ///< quoted (RFC 9110 §8.8.3); changes with the bytes
};

std::span<const Resource> all_resources();

}  // namespace reginfo::metrics
