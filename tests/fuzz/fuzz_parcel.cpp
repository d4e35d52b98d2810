/// @file
/// What comes over the bus of a cluster. A parcel that can be read is read again from its own bytes
/// as it was, and within its bounds.

#include "core/cluster/parcel.hpp"
#include "tests/fuzz/support/require.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

using namespace reginfo;
using reginfo::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const std::optional<Parcel> parcel = decode_parcel(bytes);
    if (!parcel) return 0;
    require(!parcel->from.empty(), "it is somebody's", bytes);
    require(parcel->frames.size() <= kParcelFrames, "frames are bounded", bytes);
    require(parcel->acknowledged.size() <= kParcelAcknowledged, "numbers are bounded", bytes);
    const std::optional<Parcel> again = decode_parcel(encode(*parcel));
    require(again.has_value(), "it is read again", bytes);
    require(encode(*again) == encode(*parcel), "as it was", bytes);
    return 0;
}
