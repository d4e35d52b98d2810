/// @file
/// A body that is made piece by piece while it is sent.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace reginfo::metrics {

/// Made by a handler, drawn from by the server: one step, one write, and then others have their
/// turn. A step does a bounded amount of work, so a long list holds nobody up and needs no memory.
class BodyStream {
public:
    enum class Step : std::uint8_t {
        more,  ///< call again
        wait,  ///< call again after on_ready's callback
        end,
        drop,  ///< cannot go on: close the connection, so that the peer sees that it is cut
    };

    virtual ~BodyStream() = default;

    /// Appends the next piece, possibly nothing.
    virtual Step next(std::string& out) = 0;

    /// Called before each wait: whom to tell, once, when there is more.
    virtual void on_ready(std::function<void()>) {}

    /// Appends what keeps an idle connection alive.
    virtual void keep_alive(std::string&) {}

    virtual bool may_compress() const { return true; }
};

}  // namespace reginfo::metrics
