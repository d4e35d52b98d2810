/// @file
/// The store in Redis as the service uses it: with its connection, its lines in the log, and one
/// life after the other as a member of the cluster.
#pragma once

#include "app/cluster_bus.hpp"
#include "app/config.hpp"
#include "app/log.hpp"
#include "app/service_storage.hpp"
#include "core/storage/redis/redis_promise.hpp"
#include "core/storage/redis/redis_store.hpp"
#include "core/storage/redis/redis_store_owner.hpp"
#include "core/storage/store.hpp"
#include "transport/redis_link.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace reginfo {

/// A process that loses its shards forgets them, and joins the cluster again as another
/// incarnation: so it is the stand-by of the one that has them now.
class RedisStorage final : public ServiceStorage, private Store, private RedisStoreOwner {
public:
    /// Of all lives.
    struct Counters {
        std::uint64_t take_overs = 0;
        std::uint64_t given_way = 0;
        std::uint64_t rewritten = 0;    ///< RedisStore::rewritten_records
        std::uint64_t short_waits = 0;  ///< RedisStore::short_waits
        Duration suspended{};
    };

    /// @param io, log  must outlive this
    RedisStorage(boost::asio::io_context& io, const Config& config, Log& log, StorageAccess access);

    Store& store() override { return *this; }
    void restore() override {}
    /// Begins a life.
    void start() override;
    /// Gives the shards to others, if it has them.
    void leave() override;
    void stop() override;

    bool may_speak() const override { return store_ && store_->may_speak(); }
    std::string unready_because() const override;
    bool has_state() const override { return is_serving_; }
    bool is_serving() const { return is_serving_; }
    bool has_wrong_redis() const { return store_ && store_->has_wrong_redis(); }
    Counters counters() const;
    /// Of the Redis that answered last.
    const RedisPromise& promise() const { return promise_; }

    /// What nodes pass on to one another; nullptr if they do not.
    ClusterBus* bus() { return bus_.get(); }
    const ClusterBus* bus() const { return bus_.get(); }

private:
    void on_done(Done done) override;
    void commit(Commit commit) override { store_->commit(std::move(commit)); }
    void deliver() override { store_->deliver(); }
    bool drain(std::chrono::milliseconds patience) override;
    std::uint64_t hash_seed() const override { return store_->hash_seed(); }
    bool healthy() const override { return store_ && store_->healthy(); }
    std::string trouble() const override { return store_ ? store_->trouble() : std::string(); }
    StoreStats stats() const override;

    void wake() override;
    void take_effect() override { access_.run_turn(); }
    void handle_standing_by(const std::string& node) override;
    void handle_claimed(std::uint64_t hash_seed) override;
    bool restore(const StoredRecord& record) override { return access_.restore(record); }
    void handle_opened(const LoadReport& report) override;
    std::optional<std::string> present(Bucket bucket, std::string_view key) override {
        return access_.present(bucket, key);
    }
    void handle_promise(const RedisPromise& promise) override;
    void handle_lost(RedisLoss loss, const std::string& why) override;
    void run_for(std::chrono::milliseconds time) override;

    void tell();
    void tell_bus();
    bool is_relaying() const;
    void tell_lease();
    void tell_trouble();
    void tell_wrong_redis();
    void keep_counters();

    boost::asio::io_context& io_;
    Log& log_;
    StorageAccess access_;
    RedisOptions options_;
    RedisLink link_;
    std::unique_ptr<RedisStore> store_;
    std::unique_ptr<ClusterBus> bus_;
    Done done_;

    bool is_serving_ = false;  ///< the shards are open, if suspended
    bool is_ending_ = false;   ///< there is no other life
    bool is_stopped_ = false;
    bool has_trouble_ = false;     ///< as was logged
    bool is_wrong_redis_ = false;  ///< as was logged
    RedisPromise promise_;
    std::optional<TimePoint> claimed_at_;
    std::optional<TimePoint> suspended_at_;
    Counters counters_;  ///< of the lives before
    StoreStats stats_;   ///< of the lives before
};

}  // namespace reginfo
