/// @file
/// What the core asks of a store: to make writes durable and say so.
#pragma once

#include "core/outbox.hpp"

#include <functional>

namespace reginfo {

/// A store of records that outlive the process (core/storage). The engine never sees it: the
/// driver hands it Commit effects and returns its answers to Engine::handle_committed.
class Journal {
public:
    /// Called on the reactor's thread; from within commit() where a store has nothing to wait for.
    using Done = std::function<void(CommitId, bool ok)>;

    virtual ~Journal() = default;

    /// Whoever is to be told. Set once, before the first commit.
    virtual void on_done(Done done) = 0;

    /// Makes the writes durable, all or none, after those of all earlier commits.
    virtual void commit(Commit commit) = 0;
};

}  // namespace reginfo
