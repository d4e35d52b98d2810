/// @file
/// Whether replicas and disks have what was written.
#pragma once

#include "core/storage/redis/redis_options.hpp"
#include "core/storage/redis/redis_reply.hpp"
#include "core/storage/redis/redis_session.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace reginfo {

/// Asks with WAIT or WAITAOF, which cover all that was written before on the connection.
class ReplicaWait {
public:
    /// @param trouble  why it is not enough yet, for people; empty if as many have it as are needed
    using Answered = std::function<void(const std::string& trouble)>;
    /// @param trouble  why it cannot be asked; asking again does not help
    using Failed = std::function<void(const std::string& trouble)>;

    /// `options` and `session` must outlive this.
    ReplicaWait(const RedisOptions& options, RedisSession& session, Failed failed)
        : options_(options), session_(session), failed_(std::move(failed)) {}

    /// For a beat: whether the replicas have it, be it on their disks or not. A slow disk must not
    /// end the lease.
    bool beats_wait() const { return options_.replicas > 0; }
    void ask_for_beat(Answered answered) { ask_wait(std::move(answered)); }

    /// For a group: on the disks too, if `fsync` is asked for.
    bool groups_wait() const { return options_.replicas > 0 || options_.fsync; }
    /// Answers at once if nothing is needed.
    void ask_for_group(Answered answered);

    /// How often fewer had it in time.
    std::uint64_t short_waits() const { return short_waits_; }

private:
    void ask_wait(Answered answered);
    void ask_waitaof(Answered answered);
    std::string needed() const;
    std::string timeout() const;
    std::string replicas_short(std::int64_t count, const std::string& where);

    const RedisOptions& options_;
    RedisSession& session_;
    Failed failed_;
    std::uint64_t short_waits_ = 0;
};

}  // namespace reginfo
