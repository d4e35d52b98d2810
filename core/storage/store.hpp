/// @file
/// What the server needs of a store beside what it writes.
#pragma once

#include "core/base/time.hpp"
#include "core/event/persistence/journal.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace reginfo {

/// Counters of a store.
struct StoreStats {
    std::uint64_t commits = 0;         ///< made durable
    std::uint64_t commits_failed = 0;  ///< answered with failure
    std::uint64_t writes = 0;          ///< records in commits made durable
    std::uint64_t batches = 0;         ///< groups of commits, each made durable at once
    std::uint64_t batch_commits_max = 0;
    std::uint64_t failed_attempts = 0;  ///< batches that could not be written, and were tried again
    std::uint64_t lost_records = 0;     ///< damaged or unreadable when the store was read
    std::uint64_t lost_changes = 0;     ///< acknowledged, but missing when the store was read
    std::uint64_t queued = 0;           ///< commits not answered yet
    Duration latency_sum{};             ///< from commit() to durable
    Duration latency_max{};
    bool healthy = true;
};

/// A journal that gathers commits and answers them later, by deliver(). All functions are called on
/// the thread of the reactor.
class Store : public Journal {
public:
    /// The key of the hashes in records; made with the store.
    virtual std::uint64_t hash_seed() const = 0;

    /// Calls `done` (Journal::on_done) for the answered commits.
    virtual void deliver() = 0;

    /// Waits until every commit is answered; deliver() follows. Returns false after `patience`.
    virtual bool drain(std::chrono::milliseconds patience) = 0;

    /// Whether the last attempt to write succeeded.
    virtual bool healthy() const = 0;
    /// The last error; empty if healthy.
    virtual std::string trouble() const = 0;
    virtual StoreStats stats() const = 0;
};

}  // namespace reginfo
