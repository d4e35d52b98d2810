#include "core/event/records/strays.hpp"

#include "core/base/heap_bytes.hpp"
#include "core/event/records/implicit_sets.hpp"

#include <algorithm>
#include <cassert>

namespace reginfo {

void Strays::set(Subscription& subscription, bool is_stray) {
    if (subscription.is_stray == is_stray) return;
    subscription.is_stray = is_stray;
    const std::uint64_t identity = identities_.key_of(identity_of(subscription));
    is_stray ? add(identity, subscription.slot) : remove(identity, subscription.slot);
}

void Strays::add(std::uint64_t identity, Slot subscription) {
    auto* at = by_identity_.find(identity);
    if (!at) {
        by_identity_.emplace(identity, Slots());
        at = by_identity_.find(identity);
    }
    Slots& slots = at->second;
    slot_bytes_ -= heap_bytes(slots);
    slots.insert(std::lower_bound(slots.begin(), slots.end(), subscription), subscription);
    slot_bytes_ += heap_bytes(slots);
}

void Strays::remove(std::uint64_t identity, Slot subscription) {
    auto* const at = by_identity_.find(identity);
    assert(at);
    Slots& slots = at->second;
    const auto place = std::lower_bound(slots.begin(), slots.end(), subscription);
    assert(place != slots.end() && *place == subscription);
    slots.erase(place);
    if (!slots.empty()) return;
    slot_bytes_ -= heap_bytes(slots);
    by_identity_.erase(identity);
}

}  // namespace reginfo
