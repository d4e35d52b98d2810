/// @file
/// What the layouts of AOR records have in common.
#pragma once

#include "core/event/state/aor_state.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace reginfo {

/// The shared details of a record, by place. A place outside of it makes the record a damaged one.
struct DetailsList {
    std::vector<DetailsPtr> all;
    bool complete = true;

    DetailsPtr at(std::uint64_t place) {
        if (place < all.size()) return all[static_cast<std::size_t>(place)];
        complete = false;
        return new ContactDetails();
    }
};

inline ContactEvent contact_event_of(std::uint64_t number) {
    constexpr auto kLast = static_cast<std::uint64_t>(ContactEvent::terminated);
    return static_cast<ContactEvent>(std::min(number, kLast));
}

}  // namespace reginfo
