#include "core/event/records/pending_changes.hpp"

#include "core/bounds.hpp"

namespace reginfo {

bool PendingChanges::is_full(const Flow& flow, Outbox& outbox) const {
    if (pending_.size() < settings_.limits.pending_commits) return false;
    note_refusal(Bound::pending_commits, {}, flow, stats_, outbox);
    return true;
}

void PendingChanges::drop(TimePoint now, Shard shard) {
    boost::unordered::erase_if(pending_, [&](const auto& entry) {
        PendingChange& change = *entry.second;
        if (change.shard != shard) return false;
        change.drop(now);
        return true;
    });
    stats_.commits_pending = pending_.size();
}

void PendingChanges::finish(TimePoint now, CommitId id, bool ok, Outbox& outbox) {
    const auto at = pending_.find(id);
    if (at == pending_.end()) return;
    const std::unique_ptr<PendingChange> change = std::move(at->second);
    pending_.erase(at);
    stats_.commits_pending = pending_.size();
    if (!ok) ++stats_.commits_failed;
    change->finish(now, ok, outbox);
}

}  // namespace reginfo
