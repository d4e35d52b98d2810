#include "core/event/operation/shard_drop.hpp"

namespace reginfo {
namespace {

/// Dialogs and AORs in one piece: some milliseconds.
constexpr std::size_t kPiece = 2'000;

}  // namespace

/// Dialogs first: they refer to AORs.
bool ShardDrop::run(TimePoint now, Shard shard) {
    close(now, shard);
    std::size_t left = kPiece;
    const auto& subscriptions = parts_.subscriptions.slots();
    for (std::size_t slot = 0; (slot = subscriptions.next_of(shard, slot)) < subscriptions.end();) {
        if (left-- == 0) return true;
        drop(now, subscriptions.at(slot)->dialog);
    }
    const auto& aors = parts_.aors.slots();
    std::size_t& next = next_aors_[shard];
    for (; (next = aors.next_of(shard, next)) < aors.end(); ++next) {
        if (left-- == 0) return true;
        drop(*aors.at(next));
    }
    next_aors_.erase(shard);
    parts_.documents.clear();
    parts_.transactions.drop(shard);
    parts_.stats.server_transactions = parts_.transactions.size();
    parts_.recovery.drop(shard);
    parts_.unsettled.drop(shard);
    return false;
}

/// What is bounded goes at once, and what refers to records from outside of the tables.
void ShardDrop::close(TimePoint now, Shard shard) {
    parts_.shards.close(shard);
    parts_.restorer.drop(shard);
    parts_.changes.drop(now, shard);
    abandon(parts_.waiting.take(shard));
}

void ShardDrop::drop(TimePoint now, Dialog& dialog) {
    abandon(parts_.waiting.take(dialog.requests));
    parts_.scheduler.drop(now, dialog);
    parts_.ends.forget(now, dialog);
}

/// One that is watched from another shard keeps its place, without its state.
void ShardDrop::drop(Aor& aor) {
    abandon(parts_.waiting.take(aor.requests));
    parts_.fan_out.forget(aor);
    for (Subscription& watcher : aor.watchers) {
        parts_.windows.leave(watcher);
        watcher.set_sent();
    }
    parts_.aors.forget(aor);
}

void ShardDrop::abandon(const std::vector<WaitingRequest>& requests) {
    for (const WaitingRequest& request : requests) parts_.responder.abandon(request.key);
}

}  // namespace reginfo
