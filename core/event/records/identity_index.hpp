/// @file
/// In which implicit registration sets an identity is registered (TS 24.229 §5.4.2.1.1).
#pragma once

#include "core/base/gradual_table.hpp"
#include "core/base/slot_table.hpp"
#include "core/event/state/aor_state.hpp"

#include <boost/container/static_vector.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace reginfo {

/// Finds the AORs whose published sets list an identity with an active contact: a member of their
/// states. Keeps hashes of the names and the AORs' slots, so a reader that finds an AOR here checks
/// himself whether it is one.
///
/// An AOR without members costs nothing. Of those that list one identity sixteen are known: more
/// are nobody's registration, and must not make a look-up long.
class IdentityIndex {
public:
    static constexpr std::size_t kHoldersMax = 16;
    using Holders = boost::container::static_vector<Slot, kHoldersMax>;

    explicit IdentityIndex(std::uint64_t seed) : seed_(seed) {}

    std::uint64_t key_of(std::string_view identity) const;

    /// That is the AOR's state now.
    void update(Slot aor, const AorState& state);
    void forget(Slot aor);

    Holders holders_of(std::string_view identity) const;

    std::size_t bytes() const { return slots_.bytes() + listed_.bytes() + key_bytes_; }

private:
    using Keys = std::vector<std::uint64_t>;

    void add(std::uint64_t key, Slot aor);
    void remove(std::uint64_t key, Slot aor);

    /// The n-th AOR that lists an identity stands at the identity's key plus n.
    GradualTable<boost::unordered_flat_map<std::uint64_t, Slot>> slots_;
    GradualTable<boost::unordered_flat_map<Slot, Keys>> listed_;  ///< what each AOR lists
    std::size_t key_bytes_ = 0;                                   ///< of the vectors in it
    std::uint64_t seed_;
};

}  // namespace reginfo
