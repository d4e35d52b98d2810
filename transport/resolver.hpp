/// @file
/// Where URIs lead to, behind an interface that another resolver can take.
#pragma once

#include "core/outbox.hpp"

#include <functional>
#include <span>

namespace reginfo {

/// Answers every question once, unless stopped before.
class Resolver {
public:
    /// Called on the reactor's thread, also from within resolve(). No targets: there are none.
    using Done = std::function<void(ResolveId, std::span<const Target>)>;

    virtual ~Resolver() = default;

    /// Whoever is to be told. Set once, before the first question.
    virtual void on_done(Done done) = 0;

    virtual void resolve(const Resolve& question) = 0;

    /// Gives no answers any more.
    virtual void stop() = 0;
};

}  // namespace reginfo
