/// @file
/// The HTTP side port of the running server: what it serves, and what it may touch.
#pragma once

#include "app/config.hpp"
#include "app/log.hpp"
#include "core/engine.hpp"
#include "core/outbox.hpp"
#include "metrics/collector.hpp"
#include "metrics/event_hub.hpp"
#include "metrics/http_server.hpp"
#include "metrics/lag_collector.hpp"
#include "metrics/process_collector.hpp"
#include "metrics/state_collector.hpp"
#include "transport/driver.hpp"

#include <boost/asio/io_context.hpp>
#include <prometheus/collectable.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace reginfo {

/// The server as the side port sees it. Called once it has started, on the reactor's thread.
struct SidePortAccess {
    std::function<Engine&()> engine;
    std::function<Driver&()> driver;
    std::function<std::string()> unready_because;                  ///< empty: ready
    std::function<void(const Note&)> note;                         ///< a line for the log
    std::vector<const prometheus::Collectable*> more;              ///< to be scraped as well
    std::function<void(std::vector<metrics::HeldBytes>&)> memory;  ///< adds what else is held
    std::function<void()> drain;
    std::function<std::string()> token;  ///< of actions; may change
};

class SidePort {
public:
    /// @param io  must run after stop() before this goes
    SidePort(boost::asio::io_context& io, const Config::Http& http, SidePortAccess access);

    /// @throw boost::system::system_error
    Endpoint open(const Endpoint& endpoint, std::optional<int> passed) {
        return server_.open(endpoint, passed);
    }

    /// @pre open() has returned, and engine and driver are there
    void start();
    void stop() { server_.stop(); }

    /// Of events that are kept for those who read along.
    std::size_t event_bytes() const { return events_.bytes(); }

    /// What the operator should know of how it is bound; empty if nothing.
    static std::string warning_for(const Config::Http& http);

private:
    metrics::CoreAccess core_access();
    ActionOutcome act(const OperatorAction& action);

    SidePortAccess access_;
    metrics::EventHub events_;
    metrics::HttpServer server_;
    metrics::CoreCollector core_collector_;
    metrics::StateCollector state_collector_;
    metrics::LagCollector lag_collector_;
    metrics::ProcessCollector process_collector_;
};

}  // namespace reginfo
