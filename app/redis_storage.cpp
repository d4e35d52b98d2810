#include "app/redis_storage.hpp"

#include "app/chance.hpp"
#include "app/redis_settings.hpp"
#include "app/restore_report.hpp"
#include "transport/steady_time.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace reginfo {
namespace {

using Severity = Note::Severity;

constexpr std::chrono::seconds kLeavePatience{2};

/// A Redis that has forgotten the last few still knows one of these.
constexpr std::size_t kIncarnationsMax = 16;

std::string milliseconds_text(Duration time) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
}

}  // namespace

RedisStorage::RedisStorage(
    boost::asio::io_context& io,
    const Config& config,
    Log& log,
    StorageAccess access
)
    : io_(io),
      log_(log),
      access_(std::move(access)),
      options_(redis_options_of(config)),
      link_(io, config.redis.link, boot_now) {
    if (!config.redis.relay) return;
    std::vector<Transport> listeners;
    for (const ListenAddress& listen : config.listen) listeners.push_back(listen.transport);
    ClusterBus::Access bus;
    bus.driver = access_.driver;
    bus.redis_now = [this] { return store_ ? store_->redis_now() : 0; };
    bus.speaks_until = [this] { return store_ ? store_->speaks_until() : 0; };
    bus_ = std::make_unique<ClusterBus>(io, config.redis.link, listeners, std::move(bus));
}

void RedisStorage::start() {
    if (is_stopped_) return;
    if (store_) {
        keep_counters();
        options_.cluster_id = store_->cluster_id();
        auto& before = options_.incarnations_before;
        before.push_back(options_.incarnation);
        if (before.size() > kIncarnationsMax) before.erase(before.begin());
    }
    options_.incarnation = random_name(16);
    claimed_at_.reset();
    store_ = std::make_unique<RedisStore>(
        options_, link_, static_cast<RedisStoreOwner&>(*this), boot_now
    );
    if (done_) store_->on_done(done_);
    link_.attach(*store_);
    store_->start();
    link_.poke();
    if (bus_) bus_->start(options_);
}

bool RedisStorage::drain(std::chrono::milliseconds patience) {
    is_ending_ = true;  // whoever waits in the store must find it again
    // After a lease others serve, whatever is still on its way.
    const auto lease = std::chrono::duration_cast<std::chrono::milliseconds>(options_.lease);
    return store_->drain(std::min(patience, lease));
}

void RedisStorage::leave() {
    is_serving_ = false;
    is_ending_ = true;
    if (store_) store_->leave(kLeavePatience);
    stop();
}

void RedisStorage::stop() {
    is_stopped_ = true;
    link_.stop();
    if (bus_) bus_->stop();
}

void RedisStorage::on_done(Done done) {
    done_ = std::move(done);
    if (store_) store_->on_done(done_);
}

std::string RedisStorage::unready_because() const {
    if (!store_) return "The server has only begun.";
    if (!is_serving_ && is_relaying()) return {};
    if (!store_->serving_node().empty()) {
        return "This node stands by: " + store_->serving_node() + " serves.";
    }
    if (has_wrong_redis()) {
        return "This Redis has not the data of this node's cluster, and nothing is written to "
               "it: " +
               store_->trouble() + ".";
    }
    if (!is_serving_) {
        const std::string trouble = store_->trouble();
        if (!trouble.empty()) return "Redis cannot be used: " + trouble + ".";
        return claimed_at_ ? "This node reads the state from Redis."
                           : "This node has not reached Redis yet.";
    }
    if (!store_->may_speak()) {
        const std::string trouble = store_->trouble();
        return "Redis has not renewed the lease of this node" +
               (trouble.empty() ? "." : ": " + trouble + ".");
    }
    if (!store_->healthy()) return "The store cannot be written.";
    return {};
}

bool RedisStorage::is_relaying() const { return bus_ && bus_->relay().is_usable(steady_now()); }

RedisStorage::Counters RedisStorage::counters() const {
    Counters all = counters_;
    if (!store_) return all;
    all.rewritten += store_->rewritten_records();
    all.short_waits += store_->short_waits();
    if (suspended_at_) all.suspended += boot_now() - *suspended_at_;
    return all;
}

StoreStats RedisStorage::stats() const {
    if (!store_) return stats_;
    StoreStats all = store_->stats();
    all.commits += stats_.commits;
    all.commits_failed += stats_.commits_failed;
    all.writes += stats_.writes;
    all.batches += stats_.batches;
    all.batch_commits_max = std::max(all.batch_commits_max, stats_.batch_commits_max);
    all.failed_attempts += stats_.failed_attempts;
    all.latency_sum += stats_.latency_sum;
    all.latency_max = std::max(all.latency_max, stats_.latency_max);
    if (!store_->serving_node().empty()) all.healthy = true;  // it is not for us to write
    return all;
}

/// The life that is over counts no more.
void RedisStorage::keep_counters() {
    stats_ = stats();
    stats_.queued = 0;
    counters_ = counters();
    suspended_at_.reset();
}

void RedisStorage::wake() {
    boost::asio::post(io_, [this] {
        if (is_stopped_) return;
        store_->deliver();
        tell_bus();
        access_.run_turn();
        tell();
        link_.poke();
    });
}

void RedisStorage::tell_bus() {
    if (!bus_) return;
    // Before the records are restored, the state is nowhere.
    const bool is_here = store_->owner() == NodeId{options_.node, options_.incarnation};
    bus_->see(is_here && !is_serving_ ? NodeId() : store_->owner(), store_->members());
}

void RedisStorage::handle_standing_by(const std::string& node) {
    log_.write(Severity::info, "stands by", {{"node", options_.node}, {"serving", node}});
    access_.refuse();
}

void RedisStorage::handle_claimed(std::uint64_t hash_seed) {
    ++counters_.take_overs;
    claimed_at_ = boot_now();
    log_.write(Severity::info, "takes over", {{"node", options_.node}});
    access_.take_over(hash_seed);
}

void RedisStorage::handle_opened(const LoadReport& report) {
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
        boot_now() - claimed_at_.value_or(boot_now())
    );
    tell_restored(log_, report, took, options_.where);
    is_serving_ = true;
    has_trouble_ = false;
    log_.write(Severity::info, "serves", {{"node", options_.node}, {"store", options_.where}});
    access_.serve();
    tell_bus();
}

/// One line when it is less than what is asked for, or another part of it is, and one when it is
/// not.
void RedisStorage::handle_promise(const RedisPromise& promise) {
    const std::string before = std::exchange(promise_, promise).broken();
    const std::string broken = promise.broken();
    if (broken == before) return;
    if (broken.empty()) {
        log_.write(Severity::info, "Redis keeps what is asked of it", {{"store", options_.where}});
    } else {
        log_.write(
            Severity::warning,
            "Redis keeps less than is asked of it",
            {{"store", options_.where}, {"why", broken}}
        );
    }
}

void RedisStorage::handle_lost(RedisLoss loss, const std::string& why) {
    switch (loss) {
        case RedisLoss::unusable:
            return access_.end(std::make_exception_ptr(ConfigError(why)));
        case RedisLoss::replaced:
            return access_.end(std::make_exception_ptr(
                std::runtime_error(why + "; each node needs a cluster.node of its own")
            ));
        case RedisLoss::given_way:
            break;
    }
    ++counters_.given_way;
    is_serving_ = false;
    log_.write(Severity::warning, "gives way", {{"node", options_.node}, {"why", why}});
    // The store that called this is about to go.
    boost::asio::post(io_, [this] {
        if (is_stopped_ || is_ending_) return;
        access_.give_way();
        start();
    });
}

void RedisStorage::run_for(std::chrono::milliseconds time) { io_.run_for(time); }

void RedisStorage::tell() {
    tell_wrong_redis();
    tell_lease();
    tell_trouble();
}

void RedisStorage::tell_lease() {
    if (!is_serving_) return;
    const bool is_suspended = !store_->may_speak();
    if (is_suspended == suspended_at_.has_value()) return;
    if (is_suspended) {
        suspended_at_ = boot_now();
        log_.write(
            Severity::warning,
            "suspended",
            {{"node", options_.node}, {"why", "Redis has not renewed its lease in time"}}
        );
    } else {
        const Duration took = boot_now() - *suspended_at_;
        counters_.suspended += took;
        suspended_at_.reset();
        log_.write(
            Severity::info, "resumes", {{"node", options_.node}, {"ms", milliseconds_text(took)}}
        );
    }
}

/// One line, whatever other trouble there was before, and one when the right one is back: until
/// then each try has the same end.
void RedisStorage::tell_wrong_redis() {
    if (std::exchange(is_wrong_redis_, has_wrong_redis()) == is_wrong_redis_) return;
    if (is_wrong_redis_) {
        log_.write(
            Severity::error, "wrong Redis", {{"node", options_.node}, {"why", store_->trouble()}}
        );
    } else {
        log_.write(Severity::info, "right Redis again", {{"node", options_.node}});
    }
}

/// One line when Redis cannot be used, and one when it can again.
void RedisStorage::tell_trouble() {
    const bool stands_by = !store_->serving_node().empty();
    const std::string trouble = stands_by ? std::string() : store_->trouble();
    if (trouble.empty() != has_trouble_) return;
    has_trouble_ = !trouble.empty();
    if (has_trouble_) {
        log_.write(Severity::error, "store cannot be written", {{"why", trouble}});
        if (!is_serving_) access_.refuse();
    } else if (is_serving_) {
        log_.write(Severity::info, "store can be written again", {});
    }
}

}  // namespace reginfo
