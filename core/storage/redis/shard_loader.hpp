/// @file
/// Reads the records of shards, in pieces.
#pragma once

#include "core/base/hash.hpp"
#include "core/outbox.hpp"
#include "core/storage/load_report.hpp"
#include "core/storage/redis/commit_group.hpp"
#include "core/storage/redis/redis_session.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo {

/// The unsettled first, then AORs, dialogs, and transactions in the order of their writing. If the
/// connection ends, it starts over on the next one, and visits only what it has not visited.
/// Meanwhile nobody else may write these shards.
class ShardLoader {
public:
    /// @return whether it could decode the record
    using Visit = std::function<bool(const StoredRecord&)>;
    /// @param trouble  why it could not be read; empty at the end
    using Done = std::function<void(const std::string& trouble)>;

    struct Times {
        /// That a record would get if it was written now, in microseconds.
        std::function<std::int64_t()> stamp;
        std::int64_t now = 0;           ///< the clock of Redis
        Duration transaction_memory{};  ///< older transactions are left out
    };

    /// @param session  must outlive this
    ShardLoader(RedisSession& session, std::string prefix, Visit visit);

    void start(std::vector<ShardId> shards, const Times& times, Done done);

    const LoadReport& report() const { return report_; }

private:
    static constexpr std::size_t kShardsAtOnce = 32;
    /// Of a transaction that waits for its turn.
    struct Transaction {
        std::int64_t stamp = 0;
        ShardId shard = 0;
        std::string key;
        std::string value;
    };
    /// Where records of one kind and shard are.
    struct Keys {
        Bucket bucket = Bucket::aor;
        ShardId shard = 0;
        std::string name;
    };

    void next();
    void scan(const Keys& keys, const std::string& cursor);
    void handle_page(const Keys& keys, const RedisReply& reply);
    void take(const Keys& keys, const std::string& key, const std::string& stored);
    void visit(StoredRecord record, std::int64_t stamp);
    void visit_transactions();

    RedisSession& session_;
    std::string prefix_;
    Visit visit_;
    Done done_;
    std::vector<ShardId> shards_;
    Times times_;
    std::size_t phase_ = 0;   ///< the place in the order of buckets
    std::size_t next_ = 0;    ///< the next shard of this phase
    std::size_t active_ = 0;  ///< keys that are being read
    std::vector<Transaction> transactions_;
    boost::unordered_flat_set<Hash128> visited_;
    LoadReport report_;
};

}  // namespace reginfo
