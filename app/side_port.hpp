/// @file
/// The HTTP side port of the running server: what it serves, and what it may touch.
#pragma once

#include "app/config.hpp"
#include "app/shutdown.hpp"
#include "core/engine.hpp"
#include "core/outbox.hpp"
#include "metrics/collector.hpp"
#include "metrics/event_hub.hpp"
#include "metrics/http_options.hpp"
#include "metrics/http_server.hpp"
#include "metrics/lag_collector.hpp"
#include "metrics/process_collector.hpp"
#include "metrics/state_collector.hpp"
#include "transport/driver.hpp"

#include <boost/asio/io_context.hpp>
#include <prometheus/collectable.h>

#include <functional>
#include <string>
#include <vector>

namespace reginfo {

/// What the side port shows and acts on. The references must outlive it.
struct SidePortParts {
    metrics::HttpServer& server;  ///< open
    Engine& engine;
    Driver& driver;
    Shutdown& shutdown;
    const Config::Http& config;                        ///< whose token may change
    std::function<std::string()> unready_because;      ///< empty: ready
    std::function<void(const Note&)> note;             ///< a line for the log
    std::vector<const prometheus::Collectable*> more;  ///< to be scraped as well
};

class SidePort {
public:
    /// The HTTP server opens before there is an engine, whose settings name its port.
    /// @param note  a line for the log
    static metrics::HttpOptions options_of(
        const Config::Http& http,
        std::function<void(const Note&)> note
    );

    /// @param io  must run after the server was stopped, before this goes
    SidePort(boost::asio::io_context& io, SidePortParts parts);

    void start();

    /// Of events that are kept for those who read along.
    std::size_t event_bytes() const { return events_.bytes(); }

    /// What the operator should know of how it is bound; empty if nothing.
    static std::string warning_for(const Config::Http& http);

private:
    metrics::CoreAccess core_access();
    ActionOutcome act(const OperatorAction& action);
    void add_memory(std::vector<metrics::HeldBytes>& kinds) const;

    SidePortParts parts_;
    metrics::EventHub events_;
    metrics::CoreCollector core_collector_;
    metrics::StateCollector state_collector_;
    metrics::LagCollector lag_collector_;
    metrics::ProcessCollector process_collector_;
};

}  // namespace reginfo
