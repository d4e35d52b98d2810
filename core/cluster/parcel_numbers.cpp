#include "core/cluster/parcel_numbers.hpp"

#include <algorithm>

namespace reginfo {

bool ParcelNumbers::take(std::uint64_t number, std::uint64_t floor) {
    floor_ = std::max(floor_, floor);
    seen_.erase(seen_.begin(), seen_.lower_bound(floor_));
    if (number < floor_ || !seen_.insert(number).second) return false;
    if (seen_.size() > kKept) {
        floor_ = *seen_.begin() + 1;
        seen_.erase(seen_.begin());
    }
    return true;
}

}  // namespace reginfo
