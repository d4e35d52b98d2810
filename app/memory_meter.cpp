#include "app/memory_meter.hpp"

#include <algorithm>

namespace reginfo {

std::uint64_t MemoryMeter::uncounted(std::uint64_t counted, std::uint64_t resident) {
    const std::uint64_t given_back = resident_ - std::min(resident_, resident);
    room_ = std::max(counted, room_ - std::min(room_, given_back));
    resident_ = resident;
    return resident - std::min(resident, room_);
}

}  // namespace reginfo
