/// @file
/// A map by contact, for few contacts.
#pragma once

#include "core/base/hash.hpp"

#include <boost/container/small_vector.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <utility>

namespace reginfo {

/// A map by contact id: a list while it is small, then a hash table.
///
/// Cost: O(1) for each operation; no allocation for up to kFew contacts.
template <class Value>
class ByContact {
public:
    static constexpr std::size_t kFew = 8;

    /// Inserts the value if there is none for the id. Returns the value of the id, valid until the
    /// next insertion, and whether it is new.
    std::pair<Value*, bool> try_emplace(const Hash128& id, Value value) {
        if (Value* const found = find(id)) return {found, false};
        if (!many_.empty()) return {&many_.emplace(id, std::move(value)).first->second, true};
        if (few_.size() < kFew) {
            few_.emplace_back(id, std::move(value));
            return {&few_.back().second, true};
        }
        for (auto& [contact, old] : few_) many_.emplace(contact, std::move(old));
        return {&many_.emplace(id, std::move(value)).first->second, true};
    }

    /// nullptr if there is none.
    Value* find(const Hash128& id) {
        if (!many_.empty()) {
            const auto entry = many_.find(id);
            return entry == many_.end() ? nullptr : &entry->second;
        }
        for (auto& [contact, value] : few_) {
            if (contact == id) return &value;
        }
        return nullptr;
    }

private:
    /// Ids are hashes of texts that peers choose, with a key that is no secret.
    struct IdHash {
        std::size_t operator()(const Hash128& id) const {
            return boost::hash<std::uint64_t>()(id.high ^ id.low);
        }
    };

    boost::container::small_vector<std::pair<Hash128, Value>, kFew>
        few_;  ///< all, unless many_ has
    boost::unordered_flat_map<Hash128, Value, IdHash> many_;
};

}  // namespace reginfo
