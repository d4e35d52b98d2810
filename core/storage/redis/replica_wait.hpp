/// @file
/// Whether replicas have what was written.
#pragma once

#include "core/storage/redis/redis_options.hpp"
#include "core/storage/redis/redis_reply.hpp"
#include "core/storage/redis/redis_session.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace reginfo {

/// Asks with WAIT, which covers all that was written before on the connection.
class ReplicaWait {
public:
    /// @param trouble  why it is not enough, for people; empty if as many have it as are needed
    using Answered = std::function<void(const std::string& trouble)>;

    /// Both must outlive this.
    ReplicaWait(const RedisOptions& options, RedisSession& session)
        : options_(options), session_(session) {}

    /// Answers at once if none is needed.
    void ask(Answered answered);

    /// How often fewer had it in time.
    std::uint64_t short_waits() const { return short_waits_; }

private:
    std::string trouble_in(const RedisReply& reply);

    const RedisOptions& options_;
    RedisSession& session_;
    std::uint64_t short_waits_ = 0;
};

}  // namespace reginfo
