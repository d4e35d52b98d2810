/// @file
/// What another Redis may not have: the keys that changed lately.
#pragma once

#include "core/base/time.hpp"
#include "core/outbox.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace reginfo {

/// Replication loses the last writes when the primary dies. The owner has in memory all that it
/// acknowledged, so keys are enough; of transactions, which are small and never change, the record
/// is kept.
class RewriteList {
public:
    struct Entry {
        Bucket bucket = Bucket::aor;
        std::string key;
        std::optional<std::string> value;  ///< of a transaction
        TimePoint changed;
        Shard shard = 0;
    };

    void add(const Write& write, Shard shard, TimePoint changed);
    /// Forgets what changed before.
    void forget_before(TimePoint time);
    /// Each key once.
    std::vector<Entry> entries() const;

private:
    using Key = std::pair<char, std::string>;
    struct Change {
        std::optional<std::string> value;
        TimePoint changed;
        Shard shard = 0;
    };

    boost::unordered_flat_map<Key, Change> changes_;
    std::deque<std::pair<TimePoint, Key>> order_;  ///< a key as often as it changed
};

}  // namespace reginfo
