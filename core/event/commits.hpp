/// @file
/// Changes on their way to the store (DESIGN.md rule 9), or into force where nothing is stored.
#pragma once

#include "core/outbox.hpp"
#include "core/stats.hpp"
#include "core/time.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace reginfo {

/// A change that is checked and worked out but not yet in force. Whoever makes one locks what it
/// touches, so that it still fits when the store has answered.
class PendingChange {
public:
    virtual ~PendingChange() = default;

    /// The store has answered. If it could not keep the change, memory stays as it is.
    virtual void finish(TimePoint now, bool ok, Outbox& outbox) = 0;
};

class Commits {
public:
    /// @param durable  whether there is a store (Settings::durable)
    Commits(bool durable, Stats& stats) : durable_(durable), stats_(stats) {}

    /// Without a store the change is in force at once: it finishes before this returns.
    template <class Change>
    void begin(TimePoint now, Change&& change, std::vector<Write> writes, Outbox& outbox) {
        if (!durable_) {
            change.finish(now, true, outbox);
            return;
        }
        const CommitId id = ++last_;
        pending_.emplace(id, std::make_unique<Change>(std::forward<Change>(change)));
        stats_.commits_pending = pending_.size();
        outbox.commit(id, std::move(writes), true);
    }

    /// Writes that nobody waits for.
    void begin(std::vector<Write> writes, Outbox& outbox) {
        outbox.commit(++last_, std::move(writes), false);
    }

    std::size_t pending() const { return pending_.size(); }

    /// Does nothing for an id that is not pending.
    void finish(TimePoint now, CommitId id, bool ok, Outbox& outbox) {
        const auto at = pending_.find(id);
        if (at == pending_.end()) return;
        const std::unique_ptr<PendingChange> change = std::move(at->second);
        pending_.erase(at);
        stats_.commits_pending = pending_.size();
        if (!ok) ++stats_.commits_failed;
        change->finish(now, ok, outbox);
    }

private:
    boost::unordered_flat_map<CommitId, std::unique_ptr<PendingChange>> pending_;
    CommitId last_ = 0;
    bool durable_;
    Stats& stats_;
};

}  // namespace reginfo
