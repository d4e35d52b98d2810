#include "app/service.hpp"

#include "app/version.hpp"
#include "metrics/routes.hpp"
#include "transport/listeners.hpp"
#include "transport/socket_address.hpp"

#include <boost/system/system_error.hpp>

#include <csignal>
#include <cstdint>
#include <random>
#include <string_view>
#include <utility>

namespace reginfo {
namespace {

using Severity = Note::Severity;

constexpr std::chrono::seconds kSuppressedInterval{1};

metrics::HttpOptions http_options_of(const Config::Http& http) {
    metrics::HttpOptions options;
    options.hosts = http.hosts;
    options.connections = http.connections;
    options.request_timeout = http.request_timeout;
    options.idle_timeout = http.idle_timeout;
    return options;
}

std::uint64_t random_seed() {
    std::random_device source;
    return std::uint64_t{source()} << 32U | source();
}

/// Without Boost's source location behind the message.
std::string message_of(const boost::system::system_error& error) {
    const std::string_view what = error.what();
    return std::string(what.substr(0, what.find(" [")));
}

/// What peers are told: as configured, else where the socket is bound.
ListenerSettings settings_of(
    const ListenAddress& listen,
    const Endpoint& bound,
    const std::optional<Advertised>& server_address
) {
    ListenerSettings settings{listen.transport, bound, bound.address.to_uri_host(), bound.port};
    std::optional<Advertised> advertise = listen.advertise;
    if (!advertise && bound.address.is_unspecified()) advertise = server_address;
    if (!advertise) return settings;
    settings.advertise_host = advertise->host;
    if (advertise->port != 0) settings.advertise_port = advertise->port;
    return settings;
}

std::string text_of(const ListenerSettings& listener) {
    const std::string_view scheme = listener.transport == Transport::udp ? "udp:" : "tcp:";
    return std::string(scheme) + listener.bound.to_string();
}

}  // namespace

Service::Service(Config config, Log& log)
    : config_(std::move(config)),
      log_(log),
      signals_(io_),
      suppressed_timer_(io_),
      http_(io_, http_options_of(config_.http)),
      core_collector_(
          [this]() -> const Stats& { return engine_->stats(); },
          std::string(version())
      ),
      transport_collector_([this]() -> const TransportStats& { return driver_->stats(); }) {
    config_.transport.message = config_.settings.limits.message;
}

/// Handlers refer to members, so none may be left when they go.
Service::~Service() {
    stop();
    io_.restart();
    io_.run();
}

void Service::start() {
    open_listeners();
    open_http();

    engine_.emplace(config_.settings, random_seed());
    DriverParts parts{io_, *engine_, store_, [this](const Note& line) { note(line); }};
    driver_.emplace(std::move(parts), std::move(*sockets_), config_.transport);
    sockets_.reset();
    driver_->start();
    if (http_endpoint_) start_http();
    handle_signals();
    is_ready_ = true;
    log_ready();
}

void Service::run() { io_.run(); }

void Service::stop() {
    if (stopping_) return;
    stopping_ = true;
    is_ready_ = false;
    boost::system::error_code ignored;
    signals_.clear(ignored);  // from now on a signal ends the process
    signals_.cancel(ignored);
    http_.stop();
    if (driver_) driver_->stop();
    suppressed_timer_.cancel();
}

void Service::open_listeners() {
    std::vector<ListenerConfig> configs;
    for (const ListenAddress& listen : config_.listen) {
        configs.push_back({listen.transport, to_asio(listen.bound.address), listen.bound.port});
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
        http_endpoint_ = http_.open(*config_.http.listen);
    } catch (const boost::system::system_error& error) {
        throw StartError(
            "cannot listen on http:" + config_.http.listen->to_string() + ": " +
            error.code().message()
        );
    }
}

void Service::start_http() {
    metrics::RouteSources sources;
    sources.collectables = {&core_collector_, &transport_collector_, &http_, &process_collector_};
    sources.is_ready = [this] { return is_ready_; };
    sources.version = std::string(version());
    http_.start(metrics::make_routes(std::move(sources)));
}

void Service::handle_signals() {
    signals_.add(SIGINT);
    signals_.add(SIGTERM);
    signals_.async_wait([this](const boost::system::error_code& error, int signal) {
        if (error) return;
        log_.write(Severity::info, "stopping", {{"signal", signal == SIGINT ? "INT" : "TERM"}});
        stop();
    });
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

void Service::log_ready() {
    for (const ListenerSettings& listener : config_.settings.listeners) {
        const std::string port = std::to_string(listener.advertise_port);
        log_.write(
            Severity::info,
            "listening",
            {{"listen", text_of(listener)}, {"advertise", listener.advertise_host + ":" + port}}
        );
    }
    if (http_endpoint_) {
        log_.write(Severity::info, "listening", {{"http", http_endpoint_->to_string()}});
    }
    if (!config_.storage.state_dir.empty()) {
        log_.write(
            Severity::info,
            "state_dir is not used",
            {{"state_dir", config_.storage.state_dir}, {"storage", "memory"}}
        );
    }
    log_.write(
        Severity::info, "ready", {{"version", std::string(version())}, {"storage", "memory"}}
    );
}

}  // namespace reginfo
