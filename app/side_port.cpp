#include "app/side_port.hpp"

#include "app/chance.hpp"
#include "app/version.hpp"
#include "core/base/hash.hpp"
#include "core/base/network.hpp"
#include "metrics/routes.hpp"
#include "transport/steady_time.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace reginfo {
namespace {

/// Tell the event ids of this process from those of any other.
constexpr int kEpochDigits = 12;

bool is_loopback(const IpAddress& address) {
    static const Network v4 = *Network::parse("127.0.0.0/8");
    static const Network v6 = *Network::parse("::1");
    return v4.contains(address) || v6.contains(address);
}

}  // namespace

metrics::HttpOptions SidePort::options_of(
    const Config::Http& http,
    std::function<void(const Note&)> note
) {
    metrics::HttpOptions options;
    options.hosts = http.hosts;
    options.connections = http.connections;
    options.connections_per_peer = http.connections_per_peer;
    options.request_timeout = http.request_timeout;
    options.idle_timeout = http.idle_timeout;
    options.fault = [note = std::move(note)](std::string what) {
        Note line;
        line.severity = Note::Severity::error;
        line.what = "http request failed";
        line.detail = std::move(what);
        note(line);
    };
    return options;
}

SidePort::SidePort(boost::asio::io_context& io, SidePortParts parts)
    : parts_(std::move(parts)),
      events_(core_access(), random_name(kEpochDigits)),
      core_collector_(
          [this]() -> const Stats& { return parts_.engine.stats(); },
          std::string(version())
      ),
      state_collector_(
          core_access(),
          [this](std::vector<metrics::HeldBytes>& kinds) { add_memory(kinds); }
      ),
      lag_collector_(io) {}

/// What is held besides the memory of the engine.
void SidePort::add_memory(std::vector<metrics::HeldBytes>& kinds) const {
    const TransportStats& stats = parts_.driver.stats();
    kinds.push_back({"events", events_.bytes()});
    kinds.push_back({"udp_queues", stats.datagram_bytes_queued});
    kinds.push_back({"tcp_queues", stats.stream_bytes_queued});
    kinds.push_back({"tcp_input", stats.stream_input_bytes});
}

metrics::CoreAccess SidePort::core_access() {
    metrics::CoreAccess core;
    core.stats = [this]() -> const Stats& { return parts_.engine.stats(); };
    core.inspection = [this]() -> const Inspection& { return parts_.engine.inspection(); };
    core.now = [] { return steady_now(); };
    // An exception out of the core ends the process, as everywhere.
    core.act = [this](const OperatorAction& action) noexcept { return act(action); };
    core.observe = [this](Observer* observer) { parts_.engine.observe(observer); };
    core.log = [this](std::string what) {
        Note line;
        line.what = "operator action";
        line.detail = std::move(what);
        line.limited = false;
        parts_.note(line);
    };
    core.warn = [this](std::string what) {
        Note line;
        line.severity = Note::Severity::warning;
        line.what = "wrong token";
        line.detail = std::move(what);
        parts_.note(line);
    };
    core.drain = [this] { parts_.shutdown.drain(); };
    return core;
}

/// The turn is over when run_turn returns, unless the server is stopping: then there is none.
ActionOutcome SidePort::act(const OperatorAction& action) {
    const auto outcome = std::make_shared<std::optional<ActionOutcome>>();
    parts_.driver.run_turn([this, action, outcome](TimePoint now, Outbox& outbox) {
        *outcome = parts_.engine.handle_action(now, action, outbox);
    });
    return outcome->value_or(ActionOutcome::stopping);
}

void SidePort::start() {
    metrics::RouteSources sources;
    sources.collectables = {
        &core_collector_,
        &state_collector_,
        &events_,
        &lag_collector_,
        &parts_.server,
        &process_collector_
    };
    sources.collectables.insert(sources.collectables.end(), parts_.more.begin(), parts_.more.end());
    sources.unready_because = parts_.unready_because;
    sources.version = std::string(version());
    sources.core = core_access();
    sources.events = &events_;
    sources.token = [this] { return parts_.config.token; };
    parts_.server.start(metrics::make_routes(std::move(sources)));
}

std::string SidePort::warning_for(const Config::Http& http) {
    if (!http.listen || is_loopback(http.listen->address)) return {};
    const std::string actions =
        http.token.empty() ? "actions are off without http.token" : "actions need http.token";
    return "the side port is open beyond this host: anybody who reaches it can read the state; " +
           actions;
}

}  // namespace reginfo
