/// @file
/// Subscriptions to identities that are registered nowhere now.
#pragma once

#include "core/base/gradual_table.hpp"
#include "core/base/heap_bytes.hpp"
#include "core/base/slot_table.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace reginfo {

/// Each stays with its last set, and moves as soon as another one lists its
/// identity (IdentityMoves::follow): found here by then. Refers to them by their slots.
class Strays {
public:
    /// @param identity  its key (IdentityIndex::key_of), here and below
    /// @pre it is not there
    void add(std::uint64_t identity, Slot subscription) {
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

    /// @pre it is there
    void remove(std::uint64_t identity, Slot subscription) {
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

    const std::vector<Slot>* of(std::uint64_t identity) const {
        const auto* const at = by_identity_.find(identity);
        return at ? &at->second : nullptr;
    }
    bool is_empty() const { return by_identity_.size() == 0; }
    std::size_t bytes() const { return by_identity_.bytes() + slot_bytes_; }

private:
    using Slots = std::vector<Slot>;  ///< in order: as many as watch one AOR come and go

    GradualTable<boost::unordered_flat_map<std::uint64_t, Slots>> by_identity_;
    std::size_t slot_bytes_ = 0;  ///< of the vectors in it
};

}  // namespace reginfo
