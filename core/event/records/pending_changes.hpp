/// @file
/// Changes on their way to the store, or into force where nothing is stored.
#pragma once

#include "core/base/time.hpp"
#include "core/outbox.hpp"
#include "core/settings.hpp"
#include "core/stats.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace reginfo {

/// A change that is checked and worked out but not yet in force. Its maker locks what it
/// touches, so that it still fits when the store has answered.
class PendingChange {
public:
    virtual ~PendingChange() = default;

    /// The store has answered. If it could not keep the change, memory stays as it is.
    virtual void finish(TimePoint now, bool ok, Outbox& outbox) = 0;

    /// It comes to nothing, without a word, as its shard is not ours any more: gives back what was
    /// reserved for it, and leaves its request unanswered.
    virtual void drop(TimePoint) {}

    Shard shard = 0;  ///< of all that it writes
};

class PendingChanges {
public:
    /// Both must outlive this.
    PendingChanges(const Settings& settings, Stats& stats) : settings_(settings), stats_(stats) {}

    /// Gives the change to the store. Without a store (Settings::durable) the change is in force at
    /// once: it finishes before this returns.
    template <class Change>
    void commit(TimePoint now, Change&& change, std::vector<Write> writes, Outbox& outbox) {
        if (!settings_.durable) {
            change.finish(now, true, outbox);
            return;
        }
        const CommitId id = ++last_;
        const Shard shard = change.shard;
        pending_.emplace(id, std::make_unique<Change>(std::forward<Change>(change)));
        stats_.commits_pending = pending_.size();
        outbox.commit(id, std::move(writes), true, shard);
    }

    /// Writes that nobody waits for.
    void write(Shard shard, std::vector<Write> writes, Outbox& outbox) {
        outbox.commit(++last_, std::move(writes), false, shard);
    }

    /// So many are on their way to the store that no more is taken on; counted and noted.
    /// @param flow  of the request that is refused
    bool is_full(const Flow& flow, Outbox& outbox) const;

    /// Numbers go on where another one's are.
    void number_after(const PendingChanges& other) { last_ = other.last_; }

    /// Those of the shard come to nothing: an answer that comes later is nobody's.
    void drop(TimePoint now, Shard shard);

    /// The store has answered. Does nothing for an id that is not pending.
    void finish(TimePoint now, CommitId id, bool ok, Outbox& outbox);

private:
    const Settings& settings_;
    Stats& stats_;
    boost::unordered_flat_map<CommitId, std::unique_ptr<PendingChange>> pending_;
    CommitId last_ = 0;
};

}  // namespace reginfo
