/// @file
/// What one node publishes for another at once.
#pragma once

#include "core/cluster/frame.hpp"
#include "core/cluster/node_id.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo {

/// Frames, and which parcels of the other side have come. A parcel is repeated until it is
/// acknowledged; its number is the same then.
struct Parcel {
    NodeId from;
    std::uint64_t number = 0;  ///< grows with each parcel of `from`; 0: it has no frames
    std::uint64_t floor = 0;   ///< no parcel of `from` below that will come again
    std::vector<std::uint64_t> acknowledged;
    std::vector<Frame> frames;
};

/// Bounds of a parcel.
constexpr std::size_t kParcelFrames = 64;
constexpr std::size_t kParcelBytes = std::size_t{256} << 10U;  ///< of frames before the last one
constexpr std::size_t kParcelAcknowledged = 1024;

std::string encode(const Parcel& parcel);

/// Nothing if these are the bytes of no parcel, or of one of another layout.
std::optional<Parcel> decode_parcel(std::string_view bytes);

}  // namespace reginfo
