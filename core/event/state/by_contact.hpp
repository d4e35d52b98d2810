/// @file
/// Something for each contact of an AOR, of which most have few.
#pragma once

#include "core/base/hash.hpp"

#include <boost/container/small_vector.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <utility>

namespace reginfo {

/// A map by contact id: in one place and looked through while it is small, hashed once it is not.
///
/// Cost: O(1) for each operation; no allocation for up to kFew contacts.
template <class Value>
class ByContact {
public:
    static constexpr std::size_t kFew = 8;

    /// Puts it in unless there is one already. Returns the one that is there, until the next is put
    /// in, and whether it is new.
    std::pair<Value*, bool> try_emplace(const Hash128& id, Value value) {
        if (Value* const known = find(id)) return {known, false};
        if (!many_.empty()) return {&many_.emplace(id, std::move(value)).first->second, true};
        if (few_.size() < kFew) {
            few_.emplace_back(id, std::move(value));
            return {&few_.back().second, true};
        }
        for (auto& [known, one] : few_) many_.emplace(known, std::move(one));
        return {&many_.emplace(id, std::move(value)).first->second, true};
    }

    /// Null if there is none.
    Value* find(const Hash128& id) {
        if (!many_.empty()) {
            const auto at = many_.find(id);
            return at == many_.end() ? nullptr : &at->second;
        }
        for (auto& [known, one] : few_) {
            if (known == id) return &one;
        }
        return nullptr;
    }

private:
    /// Ids are hashes, but of what peers chose, with a key that is no secret.
    struct ByMixture {
        std::size_t operator()(const Hash128& id) const {
            return boost::hash<std::uint64_t>()(id.high ^ id.low);
        }
    };

    boost::container::small_vector<std::pair<Hash128, Value>, kFew>
        few_;  ///< all, unless many_ has
    boost::unordered_flat_map<Hash128, Value, ByMixture> many_;
};

}  // namespace reginfo
