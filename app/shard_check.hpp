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
#include <utility>
#include <vector>

namespace reginfo {

/// Is told each record with its shard; then, if has_unsettled(), each a second time. Records that
/// cannot be decoded are not its business.
class ShardCheck {
public:
    explicit ShardCheck(const StoreShards& shards) : shards_(shards) {}

    void visit(Shard shard, const StoredRecord& record);
    /// The entry by which a shard finds a dialog that is in another one.
    void visit_elsewhere(Shard shard, const std::string& local_tag, const std::string& where);

    /// Whether there are entries of the unsettled, which tell their shard only together with their
    /// AORs and dialogs.
    bool has_unsettled() const { return !unsettled_.empty(); }
    void visit_again(const StoredRecord& record);

    /// A line for each of the first problems. @pre all was visited
    std::vector<std::string> problems();

private:
    using Place = std::pair<Shard, std::string>;

    void visit_dialog(Shard shard, const StoredRecord& record);
    void compare(const char* kind, Shard shard, Shard right, std::string_view key);

    StoreShards shards_;
    LoadReport found_;
    /// The shards that have the entry.
    boost::unordered_flat_map<std::string, std::bitset<kShards>> unsettled_;
    boost::unordered_flat_map<Place, Shard> elsewhere_;  ///< that there have to be
};

}  // namespace reginfo
