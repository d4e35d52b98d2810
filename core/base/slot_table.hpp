/// @file
/// Things in numbered slots, so that a list of them can be read a page at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace reginfo {

using Slot = std::uint32_t;

/// Refers to things, each by a slot that it keeps for its life.
///
/// A slot is a cursor that needs no look-up and survives every change: reading on from one sees
/// each thing that is there all the while exactly once. A hash table has no such order, and a
/// linked list would have to find its place again when the entry under the cursor is gone. Costs
/// a pointer and the slot, 12 bytes a thing; grows without moving what is there.
template <class T>
class SlotTable {
public:
    Slot add(T& thing) {
        if (free_.empty()) {
            slots_.push_back(&thing);
            return static_cast<Slot>(slots_.size() - 1);
        }
        const Slot slot = free_.back();
        free_.pop_back();
        slots_[slot] = &thing;
        return slot;
    }

    void remove(Slot slot) {
        slots_[slot] = nullptr;
        free_.push_back(slot);
    }

    /// One beyond the highest slot ever used.
    std::size_t end() const { return slots_.size(); }

    std::size_t bytes() const {
        return slots_.size() * sizeof(T*) + free_.capacity() * sizeof(Slot);
    }

    /// The thing in that slot; nullptr if there is none.
    T* at(std::size_t slot) const { return slot < slots_.size() ? slots_[slot] : nullptr; }

private:
    std::deque<T*> slots_;
    std::vector<Slot> free_;
};

}  // namespace reginfo
