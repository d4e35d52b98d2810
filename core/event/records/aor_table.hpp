/// @file
/// All AORs, and how they are found.
#pragma once

#include "core/base/gradual_table.hpp"
#include "core/base/hash.hpp"
#include "core/base/slot_table.hpp"
#include "core/base/timer_queue.hpp"
#include "core/event/persistence/open_states.hpp"
#include "core/event/persistence/resting_state.hpp"
#include "core/event/records/aor.hpp"
#include "core/event/records/identity_index.hpp"
#include "core/stats.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace reginfo {

/// AORs by canonical name. An AOR stays as long as something is known of it. Keeps the gauges of
/// AORs true, and those of what is published in one that goes.
class AorTable {
public:
    struct Keys {
        std::uint64_t names = 0;
        std::uint64_t identities = 0;  ///< see IdentityIndex
        std::uint64_t shards = 0;      ///< see shard_of
    };

    /// @param open_states  see OpenStates
    /// @param stats        must outlive this
    AorTable(const Keys& keys, std::size_t open_states, Stats& stats)
        : identities(keys.identities),
          states_(open_states, keys.names),
          aors_(ByName{keys.names}),
          shard_seed_(keys.shards),
          stats_(stats) {}
    ~AorTable();
    AorTable(const AorTable&) = delete;
    AorTable& operator=(const AorTable&) = delete;

    Aor* find(std::string_view name);
    Aor& find_or_create(std::string_view name);

    /// @pre nothing is published for it
    void erase(Aor& aor);

    /// Forgets it with its state, from memory only. Who still watches the AOR, from a dialog of
    /// another shard, waits for it to come back.
    /// @pre no request for it waits
    void forget(Aor& aor);

    /// Of all AORs with what is published.
    std::size_t bytes() const { return bytes_ + states_.bytes(); }
    std::size_t index_bytes() const {
        return aors_.bytes() + slots_.bytes() + states_.shared_bytes();
    }

    template <class Visitor>
    void for_each(Visitor visit) {
        aors_.for_each([&](Aor* aor) { visit(*aor); });
    }

    /// Of one shard.
    template <class Visitor>
    void for_each_in(Shard shard, Visitor visit) {
        for (std::size_t slot = slots_.next_of(shard, 0); slot < slots_.end();
             slot = slots_.next_of(shard, slot + 1)) {
            visit(*slots_.at(slot));
        }
    }

    std::size_t size() const { return aors_.size(); }
    const SlotTable<Aor>& slots() const { return slots_; }

    /// When contacts or publications are due.
    TimerQueue<Aor, &Aor::timer> timers;
    /// AORs by what their sets list.
    IdentityIndex identities;

private:
    /// Seeded, as peers choose the names.
    struct ByName {
        using is_transparent = void;
        std::uint64_t seed = 0;
        std::size_t operator()(std::string_view name) const {
            return static_cast<std::size_t>(Hasher(seed, 0).add(name).finish_low());
        }
        std::size_t operator()(const Aor* aor) const { return (*this)(aor->name); }
    };
    struct SameName {
        using is_transparent = void;
        bool operator()(const Aor* a, const Aor* b) const { return a == b; }
        bool operator()(const Aor* a, std::string_view b) const { return a->name == b; }
        bool operator()(std::string_view a, const Aor* b) const { return b->name == a; }
    };

    void uncount(Aor& aor);
    void remove(Aor& aor);

    OpenStates states_;
    /// Owned. Names are not repeated here, nor keys of dialogs below: what finds a record is the
    /// smallest part of it, and hashed anew when the table grows.
    GradualTable<boost::unordered_flat_set<Aor*, ByName, SameName>> aors_;
    SlotTable<Aor> slots_;
    std::size_t bytes_ = 0;  ///< without the states
    std::uint64_t shard_seed_;
    std::uint64_t last_serial_ = 0;
    Stats& stats_;
};

}  // namespace reginfo
