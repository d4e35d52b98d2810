/// @file
/// Which parcels of another node have come.
#pragma once

#include <cstdint>
#include <set>

namespace reginfo {

/// Knows a parcel that comes again, however much later: as long as its sender may repeat it.
class ParcelNumbers {
public:
    /// @param floor  Parcel::floor
    /// @return whether the parcel has not come before
    bool take(std::uint64_t number, std::uint64_t floor);

private:
    /// A sender has no more parcels unacknowledged.
    static constexpr std::size_t kKept = 16'384;

    std::uint64_t floor_ = 0;
    std::set<std::uint64_t> seen_;  ///< of those that are not below the floor
};

}  // namespace reginfo
