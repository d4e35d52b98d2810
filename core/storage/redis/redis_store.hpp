/// @file
/// The store in a Redis that several nodes share.
#pragma once

#include "core/base/time.hpp"
#include "core/cluster/node_id.hpp"
#include "core/storage/redis/byte_stream.hpp"
#include "core/storage/redis/commit_group.hpp"
#include "core/storage/redis/group_sender.hpp"
#include "core/storage/redis/node_lease.hpp"
#include "core/storage/redis/redis_calls.hpp"
#include "core/storage/redis/redis_greeting.hpp"
#include "core/storage/redis/redis_options.hpp"
#include "core/storage/redis/redis_promise.hpp"
#include "core/storage/redis/redis_session.hpp"
#include "core/storage/redis/redis_store_owner.hpp"
#include "core/storage/redis/replica_wait.hpp"
#include "core/storage/redis/shard_claims.hpp"
#include "core/storage/redis/shard_loader.hpp"
#include "core/storage/redis/shard_map.hpp"
#include "core/storage/store.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reginfo {

/// Group commit: the commits that arrive while a group is under way go into the next one. A group
/// is one call of a function, which compares the token of each shard as it writes.
///
/// A group that was not answered goes again on the next connection, under its number if it is the
/// same Redis: it takes effect at most once. Another Redis gets first what changed lately. A commit
/// that has waited for `patience` is answered `false`, and its keys are written as memory has them.
///
/// While another node has the shards it stands by, and claims them when a beat says that they are
/// free.
///
/// It does no I/O: bytes leave by ByteStream, and whoever has that calls handle_*.
class RedisStore final : public Store, public ByteStreamUser {
public:
    using Clock = std::function<TimePoint()>;

    /// All must outlive this.
    /// @param clock  monotonic; counts while the machine sleeps
    RedisStore(RedisOptions options, ByteStream& stream, RedisStoreOwner& owner, Clock clock);

    /// Connects, joins, claims the shards and reads them. Commits wait until that is done.
    void start() { connect(); }
    /// Releases the shards, so that others need not wait for the lease. It is the end.
    bool leave(std::chrono::milliseconds patience);

    void handle_connected() override {
        if (phase_ != Phase::connecting) return;
        phase_ = Phase::greeting;
        greeting_.start([this](const RedisGreeted& greeted) { handle_greeted(greeted); });
        end_turn();
    }
    void handle_bytes(std::string_view bytes) override;
    void handle_closed(const std::string& why) override;
    void handle_time() override;
    TimePoint next_deadline() const override;

    void on_done(Done done) override { done_ = std::move(done); }
    void commit(Commit commit) override {
        sender_.add(std::move(commit), clock_());
        end_turn();
    }
    void deliver() override;
    bool drain(std::chrono::milliseconds patience) override;
    /// Of the cluster. @pre RedisStoreOwner::handle_claimed was called
    std::uint64_t hash_seed() const override { return seen_.hash_seed; }
    bool healthy() const override {
        return phase_ == Phase::open && trouble_.empty() && may_speak();
    }
    std::string trouble() const override { return trouble_; }
    StoreStats stats() const override {
        StoreStats stats = sender_.stats();
        stats.lost_records = loader_.report().damaged + loader_.report().unreadable;
        stats.healthy = healthy();
        return stats;
    }

    /// Whether what depends on state may leave now. Read anew before each use: a pause of the
    /// process ends it.
    bool may_speak() const {
        return was_open_ && phase_ != Phase::lost && !is_leaving_ && !is_catching_up_ &&
               !lease_.is_over(clock_());
    }
    /// Whether the Redis that answered last has not what this process has seen of its cluster: it
    /// was emptied, filled with something else, or from an old copy. Then nothing is written to it
    /// until the right one answers.
    bool has_wrong_redis() const { return is_wrong_redis_; }
    /// The node that has the shards; empty if that is us, or nobody.
    const std::string& serving_node() const { return serving_.name; }
    /// The process that has the shards, this one or another; empty if nobody is known to have them.
    NodeId owner() const {
        return is_owner() ? NodeId{options_.node, options_.incarnation} : serving_;
    }
    /// The nodes that lived when the view of the cluster changed last.
    std::vector<NodeId> members() const { return map_.living(); }
    /// The clock of Redis now, in microseconds since 1970.
    std::int64_t redis_now() const { return redis_time(clock_()); }
    /// When may_speak() ends unless a beat renews it, by that clock.
    std::int64_t speaks_until() const { return redis_time(lease_.until()); }
    /// Of the cluster, for RedisOptions::cluster_id; empty before the first join.
    const std::string& cluster_id() const { return seen_.id; }

    /// Records that were written again: for another Redis, or since an outcome was unknown.
    std::uint64_t rewritten_records() const { return sender_.rewritten(); }
    /// How often fewer replicas than `replicas` had a group in time.
    std::uint64_t short_waits() const { return wait_.short_waits(); }

private:
    /// Of a connection, and `lost` for ever.
    enum class Phase : std::uint8_t {
        away,
        connecting,
        greeting,
        joining,
        claiming,
        loading,
        opening,
        resuming,
        open,
        lost
    };

    void connect();
    void handle_greeted(const RedisGreeted& greeted);
    void join();
    void claim();
    void handle_claims(const RedisReply& reply);
    void claim_what_is_free();
    void tell_owner(const NodeId& owner);
    void serve_none() {
        serving_ = {};
        ++views_;
    }
    void load();
    bool restore(const StoredRecord& record) {
        // It may be as new as what a Redis forgets that has only just begun.
        if (record.age < options_.replay) sender_.note_read(record, clock_() - record.age);
        return owner_.restore(record);
    }
    void open_shards();
    void wait_to_open();
    void beat();
    /// The reply to a join or a beat. Any other error says nothing of whose Redis it is.
    bool take_seen(const RedisReply& reply, ClusterSeen& seen) {
        const bool is_ours = read_seen(reply, seen);
        is_wrong_redis_ = is_of_another(reply) || (is_wrong_redis_ && !is_ours);
        return is_ours;
    }
    void handle_beat(const RedisReply& reply, TimePoint sent);
    void handle_durable_beat(const std::string& trouble);
    void become_open();

    void send_group();
    void handle_group(const RedisReply& reply);
    void handle_waited(const std::string& trouble);
    void finish_group();

    void end_turn();
    void disconnect(const std::string& trouble);
    void schedule_connect();
    void lose(RedisLoss loss, const std::string& why);
    std::int64_t redis_time(TimePoint at) const { return seen_.now + (at - seen_.seen).count(); }
    bool is_owner() const { return was_open_ && phase_ != Phase::lost && !is_leaving_; }
    /// Who has been a member keeps trying: its cluster is there, if not in this Redis.
    void lose_if_never_joined(const std::string& why) {
        seen_.id.empty() ? lose(RedisLoss::unusable, why) : disconnect(why);
    }
    void lose_membership(const RedisReply& reply) {
        const bool is_replaced = reply.is_error("REPLACED");
        const RedisLoss loss = is_replaced ? RedisLoss::replaced : RedisLoss::given_way;
        lose(loss, options_.where + ": " + reply.text);
    }
    void lose_to_another(const std::string& what) {
        lose(RedisLoss::given_way, options_.where + ": another node took " + what + " over");
    }
    void stop();
    void set_trouble(std::string trouble) { trouble_ = std::move(trouble); }
    void trouble_at_redis(const std::string& what) { set_trouble(options_.where + ": " + what); }

    RedisOptions options_;
    ByteStream& stream_;
    RedisStoreOwner& owner_;
    Clock clock_;
    Done done_;

    Phase phase_ = Phase::away;
    RedisSession session_;
    RedisGreeting greeting_;
    ShardLoader loader_;
    GroupSender sender_;
    ReplicaWait wait_;
    NodeLease lease_;
    RedisPromises promises_;

    ClusterSeen seen_;
    std::string run_id_;           ///< of the Redis that has what was acknowledged
    std::string new_run_id_;       ///< of the one that answers
    bool is_wrong_redis_ = false;  ///< another cluster, or older than what was seen
    bool is_leaving_ = false;      ///< Redis may have released the shards already
    bool is_claiming_ = false;     ///< a claim is not answered yet
    bool has_read_ = false;        ///< some of the records
    bool was_open_ = false;        ///< memory is what was acknowledged
    bool is_catching_up_ = false;  ///< another Redis does not have all that yet
    ShardClaims claims_;
    ShardMap map_;
    std::vector<ShardId> fenced_;  ///< of the group that waits for replicas
    bool is_executed_ = false;     ///< the group waits for replicas
    bool is_refused_ = false;      ///< the group goes again

    NodeId serving_;           ///< another process that has the shards
    std::uint64_t views_ = 0;  ///< changes of serving_ and members()
    std::string trouble_;
    /// healthy(), may_speak(), no trouble(), has_wrong_redis(), is_owner(), views_, as the owner
    /// knows.
    std::array<std::uint64_t, 6> told_{0, 0, 1, 0, 0, 0};
    bool is_woken_ = false;
    Duration backoff_{};
    std::optional<TimePoint> connect_at_;
    std::optional<TimePoint> send_at_;  ///< a refused group goes again
    std::optional<TimePoint> beat_at_;
    std::optional<TimePoint> answer_by_;  ///< or the connection is made anew
};

}  // namespace reginfo
