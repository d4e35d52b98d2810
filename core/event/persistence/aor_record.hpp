/// @file
/// Pieces that the layouts of AOR records share.
#pragma once

#include "core/event/persistence/record_layout.hpp"
#include "core/event/state/aor_state.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace reginfo {

/// The shared details of a record, by place; a bad place is nobody's and spoils the record.
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

/// Of layouts 1 and 2, without its members. Returns false for a damaged one.
bool get_old(Decoder& in, AorState& state);

}  // namespace reginfo
