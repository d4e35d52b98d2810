/// @file

#include "core/event/records/identity_index.hpp"

#include "core/base/hash.hpp"
#include "core/base/heap_bytes.hpp"

#include <utility>

namespace reginfo {

std::uint64_t IdentityIndex::key_of(std::string_view identity) const {
    return Hasher(seed_, 3).add(identity).finish_low();
}

void IdentityIndex::update(Slot aor, const AorState& state) {
    Keys keys;
    for (const SetMember& member : state.members) {
        if (member.state.has_active_contact()) keys.push_back(key_of(member.aor));
    }
    const auto* const known = listed_.find(aor);
    if (known && known->second == keys) return;
    forget(aor);
    if (keys.empty()) return;
    for (const std::uint64_t key : keys) add(key, aor);
    key_bytes_ += heap_bytes(keys);
    listed_.emplace(aor, std::move(keys));
}

void IdentityIndex::forget(Slot aor) {
    const auto* const known = listed_.find(aor);
    if (!known) return;
    for (const std::uint64_t key : known->second) remove(key, aor);
    key_bytes_ -= heap_bytes(known->second);
    listed_.erase(aor);
}

/// Where there are too many, the newest takes the place of the one before.
void IdentityIndex::add(std::uint64_t key, Slot aor) {
    for (std::size_t n = 0; n < kHoldersMax; ++n) {
        auto* const at = slots_.find(key + n);
        if (!at) return slots_.emplace(key + n, aor);
        if (at->second == aor) return;
    }
    slots_.find(key + kHoldersMax - 1)->second = aor;
}

/// The last one takes the place of the one that goes.
void IdentityIndex::remove(std::uint64_t key, Slot aor) {
    std::size_t count = 0;
    std::size_t place = kHoldersMax;
    for (; count < kHoldersMax; ++count) {
        const auto* const at = slots_.find(key + count);
        if (!at) break;
        if (at->second == aor) place = count;
    }
    if (place == kHoldersMax) return;
    const std::uint64_t last = key + count - 1;
    slots_.find(key + place)->second = slots_.find(last)->second;
    slots_.erase(last);
}

IdentityIndex::Holders IdentityIndex::holders_of(std::string_view identity) const {
    Holders holders;
    const std::uint64_t key = key_of(identity);
    for (std::size_t n = 0; n < kHoldersMax; ++n) {
        const auto* const at = slots_.find(key + n);
        if (!at) break;
        holders.push_back(at->second);
    }
    return holders;
}

}  // namespace reginfo
