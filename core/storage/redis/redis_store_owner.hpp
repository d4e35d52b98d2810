/// @file
/// What the store in Redis asks of the process, and tells it.
#pragma once

#include "core/outbox.hpp"
#include "core/storage/load_report.hpp"
#include "core/storage/redis/redis_promise.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reginfo {

/// Why a store has come to its end.
enum class RedisLoss : std::uint8_t {
    unusable,  ///< this Redis is not one for us, and never was: somebody has to change something
    replaced,  ///< a newer process has the name of this node
    given_way  ///< another process has the shards; memory is of no more use
};

/// Called from within RedisStore::handle_*, commit(), deliver(), drain() and leave().
class RedisStoreOwner {
public:
    virtual ~RedisStoreOwner() = default;

    /// deliver() has something to do; or healthy(), may_speak(), has_wrong_redis(), owner(),
    /// members(), or whether there is trouble() has changed.
    virtual void wake() = 0;

    /// What Journal::on_done was told takes effect before this returns. Called by deliver().
    virtual void take_effect() = 0;

    /// Another node has the shards. Called when that is another one than before.
    virtual void handle_standing_by(const std::string& node) = 0;

    /// The shards are ours, and their records come next. @param hash_seed  of the cluster
    virtual void handle_claimed(std::uint64_t hash_seed) = 0;
    /// A record of before. @return whether it could be decoded
    virtual bool restore(const StoredRecord& record) = 0;
    /// All records have come, and commits are executed from now on.
    virtual void handle_opened(const LoadReport& report) = 0;

    /// The record of an AOR or dialog as memory has it, or an empty text if that is unsettled;
    /// nothing if there is none.
    virtual std::optional<std::string> present(Bucket bucket, std::string_view key) = 0;

    /// What Redis keeps by its settings; called when that is known, and when it has changed.
    virtual void handle_promise(const RedisPromise& promise) = 0;

    /// The store does nothing more. @param why  one line for people
    virtual void handle_lost(RedisLoss loss, const std::string& why) = 0;

    /// Performs I/O and timers for so long at most; for drain() and leave().
    virtual void run_for(std::chrono::milliseconds time) = 0;
};

}  // namespace reginfo
