/// @file
/// The interface of a store: to make writes durable.
#pragma once

#include "core/outbox.hpp"

#include <functional>

namespace reginfo {

/// A store of records that outlive the process (core/storage). The driver passes Commit effects of
/// the engine to it, and its answers to Engine::handle_committed.
class Journal {
public:
    /// Called on the thread of the reactor; from within commit() if there is nothing to wait for.
    using Done = std::function<void(CommitId, bool ok)>;

    virtual ~Journal() = default;

    /// Sets the callback for answers. Must be called once, before the first commit.
    virtual void on_done(Done done) = 0;

    /// Makes the writes durable, all or none, after those of all earlier commits. Where another
    /// process writes that shard now, there is no answer, and Engine::drop_shard follows.
    virtual void commit(Commit commit) = 0;
};

}  // namespace reginfo
