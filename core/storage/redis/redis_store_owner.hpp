/// @file
/// What the store in Redis asks of the process, and tells it.
#pragma once

#include "core/outbox.hpp"
#include "core/storage/load_report.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reginfo {

/// Called from within RedisStore::handle_*, drain() and leave().
class RedisStoreOwner {
public:
    virtual ~RedisStoreOwner() = default;

    /// deliver() has something to do, or healthy() has changed.
    virtual void wake() = 0;

    /// The shards are ours, and their records come next. @param hash_seed  of the cluster
    virtual void handle_claimed(std::uint64_t hash_seed) = 0;
    /// A record of before. @return whether it could be decoded
    virtual bool restore(const StoredRecord& record) = 0;
    /// All records have come, and commits are executed from now on.
    virtual void handle_opened(const LoadReport& report) = 0;

    /// The record of an AOR or dialog as memory has it, or an empty text if that is unsettled;
    /// nothing if there is none. What deliver() has answered before handle_* has taken effect.
    virtual std::optional<std::string> present(Bucket bucket, std::string_view key) = 0;

    /// Another process owns what was ours, or this Redis cannot be used by this process: it has to
    /// end. @param why  one line for people
    virtual void handle_lost(const std::string& why) = 0;

    /// Performs I/O and timers for so long at most; for drain() and leave().
    virtual void run_for(std::chrono::milliseconds time) = 0;
};

}  // namespace reginfo
