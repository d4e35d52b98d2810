/// @file
/// Objects in numbered slots, so that a list of them can be read page by page.
#pragma once

#include "core/base/shard.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace reginfo {

using Slot = std::uint32_t;

/// Refers to objects, each in a slot that it keeps for its life.
///
/// A slot is a cursor that needs no look-up and survives every change: a reader that goes on from a
/// slot sees each object that exists all the while exactly once. A hash table has no such order,
/// and a linked list loses its place if the element under the cursor is removed. Costs a pointer
/// and the slot, 13 bytes an object; grows without moving elements.
template <class T>
class SlotTable {
public:
    Slot add(T& object, Shard shard = 0) {
        if (free_.empty()) {
            slots_.push_back(&object);
            shards_.push_back(shard);
            return static_cast<Slot>(slots_.size() - 1);
        }
        const Slot slot = free_.back();
        free_.pop_back();
        slots_[slot] = &object;
        shards_[slot] = shard;
        return slot;
    }

    void remove(Slot slot) {
        slots_[slot] = nullptr;
        free_.push_back(slot);
    }

    /// One beyond the highest slot ever used.
    std::size_t end() const { return slots_.size(); }

    std::size_t bytes() const {
        return slots_.size() * sizeof(T*) + shards_.capacity() + free_.capacity() * sizeof(Slot);
    }

    /// The object in that slot; nullptr if there is none.
    T* at(std::size_t slot) const { return slot < slots_.size() ? slots_[slot] : nullptr; }

    /// The first slot from `slot` on with an object of that shard; end() if there is none. Looks at
    /// a byte a slot, so that a shard of a million objects among others is found in a millisecond.
    std::size_t next_of(Shard shard, std::size_t slot) const {
        for (; slot < shards_.size(); ++slot) {
            if (shards_[slot] == shard && slots_[slot]) break;
        }
        return slot;
    }

private:
    std::deque<T*> slots_;
    std::vector<Shard> shards_;  ///< of the object in each slot
    std::vector<Slot> free_;
};

}  // namespace reginfo
