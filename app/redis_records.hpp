/// @file
/// The records of a cluster in Redis, of which no node lives.
#pragma once

#include "app/record_place.hpp"
#include "app/redis_caller.hpp"
#include "core/storage/redis/load_calls.hpp"
#include "core/storage/redis/redis_options.hpp"
#include "core/storage/redis/shard_loader.hpp"
#include "transport/redis_link_options.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace reginfo {

class ShardPlan;

/// A load makes a cluster of its own, with the seed of what is loaded. Whoever was a member before
/// cannot write to it, and nobody can join it before it is whole: a load that was cut short is one
/// that a start and check() refuse, and the next load replaces.
class RedisRecords final : public RecordPlace {
public:
    /// @param options  with all that is not configured filled in
    /// @throw StoreError  no Redis that can be used, or one whose cluster is in use
    RedisRecords(const RedisOptions& options, const RedisLinkOptions& link);

    /// For who wants to read. @throw StoreError  there is no such cluster
    void require_cluster() const;

    const std::string& name() const override { return name_; }
    std::uint64_t hash_seed() const override { return found_.hash_seed; }
    LoadReport load(const Visit& visit) override;
    bool holds_records() override;
    std::string where_else() const override {
        return "load into another cluster (cluster.name), or remove its keys";
    }
    void fill(std::uint64_t hash_seed, const Source& next) override;
    void write(const std::vector<Write>& writes) override;
    std::vector<std::string> check() override;

private:
    /// What look() has found of the cluster.
    struct Found {
        std::string id;  ///< empty: there is none
        std::uint64_t hash_seed = 0;
        bool is_loading = false;
        std::int64_t now = 0;    ///< the clock of Redis, in microseconds
        std::int64_t stamp = 0;  ///< that a record would get now
    };

    Found look();
    void require_whole() const;
    RedisReply moment();
    LoadReport read_shard(ShardId shard, const Visit& visit);
    LoadReport read(const std::function<bool(ShardId, const StoredRecord&)>& visit);
    RedisReply ask(const RedisWords& words, const std::string& what);
    void load_plan(ShardPlan& plan);
    bool take_back(bool has_begun);
    void send(const LoadCall& call) { ask(call.words(), "does not take records"); }
    void wait_for_replicas();

    RedisOptions options_;
    std::string name_;
    RedisCaller caller_;
    Found found_;
};

}  // namespace reginfo
