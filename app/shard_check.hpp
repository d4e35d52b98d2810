/// @file
/// Whether the records of a cluster are where its nodes look for them.
#pragma once

#include "app/store_shards.hpp"
#include "core/base/shard.hpp"
#include "core/outbox.hpp"
#include "core/storage/load_report.hpp"
#include "core/storage/redis/commit_group.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <bitset>
#include <string>
#include <vector>

namespace reginfo {

/// Is told each record with its shard; then, if has_unsettled(), each a second time. Records that
/// cannot be decoded are not its business.
class ShardCheck {
public:
    explicit ShardCheck(const StoreShards& shards) : shards_(shards) {}

    void visit(Shard shard, const StoredRecord& record);

    /// Whether there are entries of the unsettled, which tell their shard only together with their
    /// AORs and dialogs.
    bool has_unsettled() const { return !unsettled_.empty(); }
    void visit_again(const StoredRecord& record);

    /// A line for each of the first problems. @pre all was visited
    std::vector<std::string> problems();

private:
    void compare(const char* kind, Shard shard, Shard right, std::string_view key);

    StoreShards shards_;
    LoadReport found_;
    /// The shards that have the entry.
    boost::unordered_flat_map<std::string, std::bitset<kShards>> unsettled_;
};

}  // namespace reginfo
