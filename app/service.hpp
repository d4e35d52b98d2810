/// @file
/// The running server: everything wired together.
#pragma once

#include "app/cluster_collector.hpp"
#include "app/config.hpp"
#include "app/descriptors.hpp"
#include "app/log.hpp"
#include "app/log_collector.hpp"
#include "app/memory_watch.hpp"
#include "app/passed_sockets.hpp"
#include "app/redis_storage.hpp"
#include "app/service_manager.hpp"
#include "app/service_storage.hpp"
#include "app/shutdown.hpp"
#include "app/side_port.hpp"
#include "app/storage_collector.hpp"
#include "app/transport_collector.hpp"
#include "core/engine.hpp"
#include "core/storage/store.hpp"
#include "metrics/http_server.hpp"
#include "transport/driver.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace reginfo {

/// The server cannot start: a port is taken, an address is not ours, its state cannot be read.
class StartError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Owns the reactor, the engine and the sockets.
class Service {
public:
    /// Reads the configuration anew. @throw ConfigError
    using ConfigSource = std::function<Config()>;

    /// @param log      must outlive the service
    /// @param source   asked at SIGHUP; nullptr: the configuration stays
    /// @param manager  who is told that it serves, and that it still does
    /// @param passed   used where a listener has their address
    Service(
        Config config,
        Log& log,
        ConfigSource source = nullptr,
        const ServiceManagerOptions& manager = {},
        PassedSockets passed = {}
    );
    ~Service();
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    /// Opens every listener, and logs one line `ready`.
    /// @throw StartError   nothing is open then
    /// @throw ConfigError  a socket was passed that no listener has
    void start();

    /// Serves until stop(), or until a SIGINT or SIGTERM and what follows from it (Shutdown). A
    /// second one stops at once, and one after that ends the process.
    /// @throw ConfigError, std::runtime_error  it cannot go on: the store is none for it
    void run();

    /// Closes everything, without waiting for the store; run() returns soon. May be called twice.
    void stop();

    /// Answers what the store has still to confirm, stores CSeqs and versions exactly, and stops.
    /// Blocks while the store works, until it has got nowhere for ten seconds.
    void stop_cleanly();

    /// What was bound, in the order of the configuration.
    const std::vector<ListenerSettings>& listeners() const { return config_.settings.listeners; }
    std::optional<Endpoint> http_endpoint() const { return http_endpoint_; }

    /// For tests that run it themselves.
    boost::asio::io_context& io() { return io_; }

private:
    void open_store();
    StorageAccess storage_access();
    void restore_state();
    void serve();
    void stand_by(std::uint64_t hash_seed);
    void end(std::exception_ptr why);
    std::string unready_because() const;
    std::uint64_t bytes_queued() const;
    void open_listeners();
    void open_http();
    void know_host();
    void open_driver();
    void open_shutdown();
    void open_side_port();
    void end_cleanly();
    Admission admission_of(const IpAddress& peer) const;
    void handle_signals();
    void reload();
    void note(const Note& note);
    void tell_suppressed_later();

    Config config_;
    std::size_t descriptor_limit_;
    ConnectionBounds bounds_;  ///< what the configuration wants, as far as the limit allows
    Log& log_;
    boost::asio::io_context io_{1};
    boost::asio::signal_set signals_;
    boost::asio::steady_timer suppressed_timer_;
    ServiceManager manager_;
    PassedSockets passed_;
    MemoryWatch memory_;
    bool is_suppressed_timer_armed_ = false;
    bool is_ready_ = false;
    bool ends_cleanly_ = false;  ///< run() is to do so
    bool stopping_ = false;

    std::optional<Listeners> sockets_;         ///< until the driver takes them
    std::unique_ptr<ServiceStorage> storage_;  ///< none: nothing is kept
    RedisStorage* redis_ = nullptr;            ///< storage_, if it is one
    std::exception_ptr failure_;               ///< for which it stopped
    std::optional<Engine> engine_;
    std::optional<Driver> driver_;

    TransportCollector transport_collector_;
    StorageCollector storage_collector_;
    ClusterCollector cluster_collector_;
    LogCollector log_collector_;
    std::optional<metrics::HttpServer> http_;  ///< none: there is no side port
    std::optional<Endpoint> http_endpoint_;
    std::optional<Shutdown> shutdown_;
    std::optional<SidePort> side_port_;
    ConfigSource source_;
};

}  // namespace reginfo
