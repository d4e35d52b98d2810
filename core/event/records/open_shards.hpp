/// @file
/// Which shards this process serves.
#pragma once

#include "core/base/shard.hpp"

#include <bitset>
#include <cstddef>
#include <limits>

namespace reginfo {

/// All of them, or where the store is shared with other processes, those that were opened. Records
/// of the others may be in memory: read and not open yet, or not forgotten yet. They stand still:
/// what happens by time, or by a message, passes them over.
class OpenShards {
public:
    OpenShards() { open_.set(); }

    /// The store is shared: none is open.
    void share() {
        are_shared_ = true;
        open_.reset();
    }
    bool are_shared() const { return are_shared_; }

    void open(Shard shard) { open_.set(shard); }
    void close(Shard shard) { open_.reset(shard); }
    bool has(Shard shard) const { return open_[shard]; }
    bool has_any() const { return open_.any(); }

private:
    std::bitset<std::size_t{std::numeric_limits<Shard>::max()} + 1> open_;
    bool are_shared_ = false;
};

}  // namespace reginfo
