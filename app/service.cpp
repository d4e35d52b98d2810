#include "app/service.hpp"

#include "app/chance.hpp"
#include "app/clean_stop.hpp"
#include "app/ready_report.hpp"
#include "app/reload.hpp"
#include "app/sqlite_storage.hpp"
#include "core/storage/store_error.hpp"
#include "transport/host_addresses.hpp"
#include "transport/listeners.hpp"
#include "transport/steady_time.hpp"

#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include <csignal>
#include <cstdint>
#include <string_view>
#include <utility>

namespace reginfo {
namespace {

using Severity = Note::Severity;

constexpr std::chrono::seconds kSuppressedInterval{1};

/// Without Boost's source location behind the message.
std::string message_of(const boost::system::system_error& error) {
    const std::string_view what = error.what();
    return std::string(what.substr(0, what.find(" [")));
}

ConnectionBounds wanted_by(const Config& config) {
    return {config.transport.connections, config.http.listen ? config.http.connections : 0};
}

Config::Http within(Config::Http http, const ConnectionBounds& bounds) {
    http.connections = bounds.http;
    return http;
}

}  // namespace

Service::Service(
    Config config,
    Log& log,
    ConfigSource source,
    const ServiceManagerOptions& manager,
    PassedSockets passed
)
    : config_(std::move(config)),
      descriptor_limit_(descriptor_limit()),
      bounds_(fit_connections(wanted_by(config_), descriptor_limit_, config_.listen.size())),
      log_(log),
      signals_(io_),
      suppressed_timer_(io_),
      manager_(io_, manager),
      passed_(std::move(passed)),
      memory_({[this]() -> Engine& { return *engine_; }, [this] { return bytes_queued(); }}),
      transport_collector_([this]() -> const TransportStats& { return driver_->stats(); }),
      storage_collector_([this] { return storage_ ? storage_->store().stats() : StoreStats{}; }),
      cluster_collector_([this] { return redis_; }),
      log_collector_(log),
      source_(std::move(source)) {
    config_.transport.message = config_.settings.limits.message;
}

/// Handlers refer to members, so none may be left when they go.
Service::~Service() {
    stop();
    io_.restart();
    io_.run();
}

void Service::start() {
    passed_.require_use(config_.listen, config_.http.listen);
    passed_.tell(log_);
    open_store();
    open_listeners();
    open_http();
    know_host();

    engine_.emplace(config_.settings, random_seed());
    restore_state();
    open_driver();
    open_shutdown();
    open_side_port();
    driver_->tell_messages(config_.log.level == LogLevel::debug);
    driver_->listen(false);
    driver_->start();
    storage_ ? storage_->start() : serve();
    if (side_port_) side_port_->start();
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) signals_.add(signal);
    handle_signals();
    is_ready_ = true;
    tell_ready(
        log_, config_, http_endpoint_, warning_for(wanted_by(config_), bounds_, descriptor_limit_)
    );
    manager_.tell_ready();
}

void Service::run() {
    io_.run();
    if (std::exchange(ends_cleanly_, false)) {
        io_.restart();
        stop_cleanly();
        io_.run();
    }
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void Service::stop() {
    if (stopping_) return;
    stopping_ = true;
    is_ready_ = false;
    boost::system::error_code ignored;
    signals_.clear(ignored);  // from now on a signal ends the process
    signals_.cancel(ignored);
    if (shutdown_) shutdown_->cancel();
    if (http_) http_->stop();
    if (driver_) driver_->stop();
    if (storage_) storage_->stop();
    suppressed_timer_.cancel();
    manager_.stop();
}

void Service::stop_cleanly() {
    if (stopping_) return;
    is_ready_ = false;
    manager_.tell_stopping();
    boost::system::error_code ignored;
    signals_.clear(ignored);
    bool is_stored = true;
    if (storage_ && storage_->has_state() && driver_) {
        is_stored = store_all(storage_->store(), *engine_, *driver_, log_);
        if (is_stored) storage_->leave();
    }
    stop();
    if (is_stored) log_.write(Severity::info, "stopped");
}

void Service::open_store() {
    config_.settings.durable = config_.storage.kind != StorageKind::memory;
    if (config_.storage.kind == StorageKind::redis) {
        try {
            auto redis = std::make_unique<RedisStorage>(io_, config_, log_, storage_access());
            redis_ = redis.get();
            storage_ = std::move(redis);
        } catch (const ConfigError&) {
            throw;
        } catch (const std::runtime_error& error) {
            throw StartError(std::string("cannot look up the names of Redis: ") + error.what());
        }
    } else if (config_.storage.kind == StorageKind::sqlite) {
        try {
            storage_ = std::make_unique<SqliteStorage>(io_, config_, log_, storage_access());
        } catch (const StoreError& error) {
            throw StartError(error.what());
        }
    }
}

StorageAccess Service::storage_access() {
    StorageAccess access;
    access.driver = [this]() -> Driver& { return *driver_; };
    access.refuse = [this] { driver_->listen(true); };
    access.take_over = [this](std::uint64_t hash_seed) {
        if (driver_) driver_->listen(false);
        stand_by(hash_seed);
    };
    access.restore = [this](const StoredRecord& record) {
        return engine_->restore(steady_now(), record);
    };
    access.serve = [this] { serve(); };
    access.present = [this](Bucket bucket, std::string_view key) {
        return engine_->present_record(steady_now(), bucket, key);
    };
    access.run_turn = [this] { driver_->run_turn([](TimePoint, Outbox&) {}); };
    access.give_way = [this] { stand_by(config_.settings.hash_seed); };
    access.end = [this](std::exception_ptr why) { end(std::move(why)); };
    return access;
}

void Service::restore_state() {
    if (!storage_) return;
    stand_by(random_number());
    try {
        storage_->restore();
    } catch (const StoreError& error) {
        throw StartError(error.what());
    }
}

/// Without state, until serve().
void Service::stand_by(std::uint64_t hash_seed) {
    config_.settings.hash_seed = hash_seed;
    engine_->stand_by(steady_now(), hash_seed);
}

/// All records are restored.
void Service::serve() {
    driver_->listen(true);
    driver_->run_turn([this](TimePoint now, Outbox& outbox) {
        engine_->handle_restored(now, outbox);
    });
}

void Service::end(std::exception_ptr why) {
    failure_ = std::move(why);
    boost::asio::post(io_, [this] { stop(); });
}

void Service::open_listeners() {
    std::vector<ListenerConfig> configs;
    for (const ListenAddress& listen : config_.listen) {
        configs.push_back(passed_.config_of(listen));
    }
    try {
        sockets_.emplace(Listeners::open(io_, configs));
    } catch (const boost::system::system_error& error) {
        throw StartError("cannot listen on " + message_of(error));
    }
    config_.settings.listeners.clear();
    for (std::size_t i = 0; i < config_.listen.size(); ++i) {
        const Endpoint bound = sockets_->bound(static_cast<ListenerId>(i));
        config_.settings.listeners.push_back(
            settings_of(config_.listen[i], bound, config_.server_address)
        );
    }
}

void Service::open_http() {
    if (!config_.http.listen) return;
    try {
        const auto passed = passed_.take(Transport::tcp, *config_.http.listen);
        http_.emplace(
            io_,
            SidePort::options_of(
                within(config_.http, bounds_), [this](const Note& line) { note(line); }
            )
        );
        http_endpoint_ = http_->open(*config_.http.listen, passed);
    } catch (const boost::system::system_error& error) {
        throw StartError(
            "cannot listen on http:" + config_.http.listen->to_string() + ": " +
            error.code().message()
        );
    }
}

/// Where no request of ours may be led to, beside the listeners.
void Service::know_host() {
    config_.settings.host = host_addresses();
    if (http_endpoint_) config_.settings.host.sockets.push_back(*http_endpoint_);
}

void Service::open_driver() {
    Store* const store = storage_ ? &storage_->store() : nullptr;
    DriverParts parts{io_, *engine_, store, [this](const Note& line) { note(line); }};
    parts.admission = [this](const IpAddress& peer) { return admission_of(peer); };
    parts.turn_ended = [this](TimePoint now) { memory_.turn_ended(now); };
    if (redis_) {
        parts.may_speak = [this] { return redis_->may_speak(); };
        if (ClusterBus* const bus = redis_->bus()) parts.relay = &bus->relay();
    }
    TransportOptions options = config_.transport;
    options.connections = bounds_.tcp;
    try {
        driver_.emplace(std::move(parts), std::move(*sockets_), options);
    } catch (const boost::system::system_error& error) {
        throw StartError(
            "cannot send copies to hep.server " + message_of(error) +
            "; name the address of one host, or none"
        );
    } catch (const std::runtime_error& error) {
        throw StartError(
            std::string("cannot look up names: ") + error.what() +
            "; see resolver.servers, or without them /etc/resolv.conf"
        );
    }
    sockets_.reset();
}

void Service::open_shutdown() {
    ShutdownParts parts{*engine_, *driver_, [this] { end_cleanly(); }};
    shutdown_.emplace(io_, config_.drain, log_, std::move(parts));
}

/// run() goes on outside of any handler, as the store may need the reactor for the rest.
void Service::end_cleanly() {
    ends_cleanly_ = true;
    io_.stop();
}

void Service::open_side_port() {
    if (!http_) return;
    SidePortParts parts{
        .server = *http_,
        .engine = *engine_,
        .driver = *driver_,
        .shutdown = *shutdown_,
        .config = config_.http,
        .unready_because = [this] { return unready_because(); },
        .note = [this](const Note& line) { note(line); },
        .more = {&transport_collector_, &storage_collector_, &cluster_collector_, &log_collector_},
    };
    side_port_.emplace(io_, std::move(parts));
}

/// By sockets and by the side port, for which the engine cannot know.
std::uint64_t Service::bytes_queued() const {
    const TransportStats& stats = driver_->stats();
    return stats.datagram_bytes_queued + stats.stream_bytes_queued + stats.stream_input_bytes +
           (side_port_ ? side_port_->event_bytes() : 0);
}

/// Why SIP should not be sent here now; empty if it may.
std::string Service::unready_because() const {
    if (!is_ready_ || shutdown_->has_begun()) return "The server is to be stopped.";
    return storage_ ? storage_->unready_because() : std::string();
}

Admission Service::admission_of(const IpAddress& peer) const {
    if (config_.settings.trusts(peer)) return Admission::served;
    return config_.settings.refuse_untrusted_with_403 ? Admission::forbidden : Admission::ignored;
}

void Service::handle_signals() {
    signals_.async_wait([this](const boost::system::error_code& error, int signal) {
        if (error) return;
        if (signal == SIGHUP) {
            reload();
        } else {
            shutdown_->stop(signal == SIGINT ? "INT" : "TERM");
        }
        if (!stopping_) handle_signals();
    });
}

/// All that can change does, or nothing.
void Service::reload() {
    if (!source_) return log_.write(Severity::warning, "not reloaded", {{"why", "no source"}});
    try {
        Reload fresh = reginfo::reload(config_, source_());
        config_ = std::move(fresh.config);
        know_host();
        engine_->handle_reload(config_.settings);
        config_.transport.message = config_.settings.limits.message;
        driver_->set_message_limits(config_.transport.message);
        driver_->tell_messages(config_.log.level == LogLevel::debug);
        log_.set_level(config_.log.level);
        log_.write(Severity::info, "reloaded", {{"changed", joined(fresh.changed)}});
        if (fresh.kept.empty()) return;
        log_.write(Severity::warning, "takes a restart", {{"keys", joined(fresh.kept)}});
    } catch (const ConfigError& error) {
        log_.write(Severity::error, "not reloaded", {{"why", error.what()}});
    }
}

void Service::note(const Note& note) {
    log_.note(RateLimiter::Clock::now(), note);
    if (log_.has_suppressed()) tell_suppressed_later();
}

void Service::tell_suppressed_later() {
    if (is_suppressed_timer_armed_ || stopping_) return;
    is_suppressed_timer_armed_ = true;
    suppressed_timer_.expires_after(kSuppressedInterval);
    suppressed_timer_.async_wait([this](const boost::system::error_code&) {
        is_suppressed_timer_armed_ = false;
        log_.tell_suppressed(RateLimiter::Clock::now());
        if (log_.has_suppressed()) tell_suppressed_later();
    });
}

}  // namespace reginfo
