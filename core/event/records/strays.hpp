/// @file
/// Subscriptions to identities that are registered nowhere now.
#pragma once

#include "core/base/gradual_table.hpp"
#include "core/base/slot_table.hpp"
#include "core/event/records/identity_index.hpp"
#include "core/event/records/subscription.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace reginfo {

/// Each stays with its last set, and moves as soon as another one lists its
/// identity (IdentityMoves::follow): found here by then. Refers to them by their slots.
class Strays {
public:
    /// @param identities  whose keys are those of the identities here; must outlive this
    explicit Strays(const IdentityIndex& identities) : identities_(identities) {}

    /// What the subscription is to is registered nowhere now; or it is registered again, or the
    /// subscription ends.
    void set(Subscription& subscription, bool is_stray);

    const std::vector<Slot>* of(std::uint64_t identity) const {
        const auto* const at = by_identity_.find(identity);
        return at ? &at->second : nullptr;
    }
    bool is_empty() const { return by_identity_.size() == 0; }
    std::size_t bytes() const { return by_identity_.bytes() + slot_bytes_; }

private:
    using Slots = std::vector<Slot>;  ///< in order: as many as watch one AOR come and go

    void add(std::uint64_t identity, Slot subscription);
    void remove(std::uint64_t identity, Slot subscription);

    const IdentityIndex& identities_;
    GradualTable<boost::unordered_flat_map<std::uint64_t, Slots>> by_identity_;
    std::size_t slot_bytes_ = 0;  ///< of the vectors in it
};

}  // namespace reginfo
