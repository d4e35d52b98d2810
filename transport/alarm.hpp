/// @file
/// The time, and being woken at one: what waits without a socket, so that tests can move it.
#pragma once

#include "core/base/time.hpp"

#include <functional>

namespace reginfo {

class Alarm {
public:
    virtual ~Alarm() = default;

    virtual TimePoint now() const = 0;

    /// Whoever is to be told. Set once, before the first set().
    virtual void on_ring(std::function<void()> ring) = 0;

    /// Rings once at that time, and no longer at the one that was set before.
    virtual void set(TimePoint at) = 0;

    /// Does not ring any more.
    virtual void stop() = 0;
};

}  // namespace reginfo
