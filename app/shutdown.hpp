/// @file
/// From the request to stop to the stop: subscriptions are ended, and the answers to NOTIFYs are
/// awaited.
#pragma once

#include "app/config.hpp"
#include "app/log.hpp"
#include "core/base/time.hpp"
#include "core/engine.hpp"
#include "transport/driver.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

namespace reginfo {

/// What it acts on; the references must outlive it.
struct ShutdownParts {
    Engine& engine;
    Driver& driver;
    std::function<void()> stop;  ///< ends the process, with what the store has still to do
};

///     serving --drain--> grace --grace is over--> draining --nobody is left--> drained
///
/// During the grace all is served as before, so that who balances load has time to see that we are
/// not ready. stop() drains first and ends the process once drained; called again, at once.
class Shutdown {
public:
    /// All must outlive this.
    Shutdown(
        boost::asio::io_context& io,
        const Config::Drain& options,
        Log& log,
        ShutdownParts parts
    )
        : options_(options), log_(log), parts_(std::move(parts)), timer_(io) {}

    /// Gets ready to be stopped, and stays.
    void drain();
    void stop(std::string_view signal);

    bool has_begun() const { return begun_; }
    void cancel() { timer_.cancel(); }

private:
    void begin();
    void end_grace();
    void look();
    void look_in(Duration time, void (Shutdown::*then)());
    bool is_patience_over();
    void finish();

    const Config::Drain& options_;
    Log& log_;
    ShutdownParts parts_;
    boost::asio::steady_timer timer_;
    bool begun_ = false;
    bool draining_ = false;
    bool stopping_ = false;  ///< the process ends once drained
    std::optional<TimePoint> answers_until_;
};

}  // namespace reginfo
