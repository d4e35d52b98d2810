/// @file
/// Which record goes to which shard of a cluster.
#pragma once

#include "app/store_shards.hpp"
#include "core/base/shard.hpp"
#include "core/outbox.hpp"
#include "core/storage/record_file.hpp"
#include "core/storage/redis/commit_group.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace reginfo {

/// Takes all records of a state, in any order, and then gives them back by shard.
class ShardPlan {
public:
    using Record = RecordFile::Stamped;

    explicit ShardPlan(const StoreShards& shards) : shards_(shards) {}

    void add(Record record);
    /// All is added. The entry of the unsettled that stands for all becomes one for each; those of
    /// nothing that is there are left out.
    void finish();

    /// What goes to the shard, and is taken out of the plan.
    std::vector<Record> take(Shard shard) { return std::move(records_.at(shard)); }

private:
    void place(Shard shard, Record record) { records_.at(shard).push_back(std::move(record)); }

    StoreShards shards_;
    std::array<std::vector<Record>, kShards> records_;
    boost::unordered_flat_set<std::string> unsettled_;
    bool are_all_unsettled_ = false;
};

}  // namespace reginfo
