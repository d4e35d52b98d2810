/// @file

#include "core/storage/redis/group_sender.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace reginfo {

void GroupSender::add(Commit commit, TimePoint now) {
    queue_.push_back({.commit = std::move(commit), .arrived = now});
    ++stats_.queued;
}

const CommitGroup* GroupSender::next(TimePoint now) {
    if (state_ == State::none) gather(now);
    if (state_ != State::ready) return nullptr;
    state_ = State::sent;
    for (PendingCommit& pending : group_.commits) pending.is_doubtful = true;
    return &group_;
}

void GroupSender::gather(TimePoint now) {
    if (!rewrites_.empty()) {
        // Memory is up to date only when it knows the answers.
        if (answers_.empty()) gather_rewrites(now);
    } else if (!queue_.empty()) {
        group_ = CommitGroup::take(take_seq(), queue_);
        state_ = State::ready;
    }
}

void GroupSender::gather_rewrites(TimePoint now) {
    std::deque<PendingCommit> commits;
    std::size_t bytes = 0;
    while (!rewrites_.empty() && commits.size() < CommitGroup::kCommitsMax &&
           bytes < CommitGroup::kBytesMax) {
        const RewriteList::Entry& entry = rewrites_.front();
        const bool is_kept = entry.bucket == Bucket::transaction;
        Commit commit;
        commit.is_awaited = false;
        commit.shard = entry.shard;
        commit.writes.push_back(
            {entry.bucket, entry.key, is_kept ? entry.value : present_(entry.bucket, entry.key)}
        );
        bytes += bytes_of(commit);
        commits.push_back(
            {.commit = std::move(commit),
             .arrived = is_kept ? entry.changed : now,
             .is_rewrite = true}
        );
        rewrites_.pop_front();
    }
    group_ = {take_seq(), {}};
    group_.commits.assign(
        std::make_move_iterator(commits.begin()), std::make_move_iterator(commits.end())
    );
    state_ = State::ready;
}

void GroupSender::handle_refused() {
    ++stats_.failed_attempts;
    state_ = group_.empty() ? State::none : State::ready;
}

void GroupSender::handle_done(const std::vector<ShardId>& fenced, TimePoint now) {
    const auto is_fenced = [&](const PendingCommit& pending) {
        return std::ranges::find(fenced, pending.commit.shard) != fenced.end();
    };
    ++stats_.batches;
    stats_.batch_commits_max =
        std::max<std::uint64_t>(stats_.batch_commits_max, group_.commits.size());
    for (const PendingCommit& pending : group_.commits) {
        if (is_fenced(pending)) {
            if (!pending.is_rewrite) --stats_.queued;
            continue;
        }
        for (const Write& write : pending.commit.writes)
            changed_.add(write, pending.commit.shard, now);
        if (pending.is_rewrite) {
            ++rewritten_;
        } else {
            stats_.writes += pending.commit.writes.size();
            answer(pending, true, now);
        }
    }
    group_.commits.clear();
    state_ = State::none;
}

void GroupSender::answer(const PendingCommit& pending, bool ok, TimePoint now) {
    answers_.push_back({pending.commit.id, ok});
    --stats_.queued;
    ++(ok ? stats_.commits : stats_.commits_failed);
    if (!ok) return;
    const Duration took = now - pending.arrived;
    stats_.latency_sum += took;
    stats_.latency_max = std::max(stats_.latency_max, took);
}

void GroupSender::handle_same_redis() {
    if (state_ != State::sent) return;
    ++stats_.failed_attempts;
    state_ = group_.empty() ? State::none : State::ready;
}

void GroupSender::handle_another_redis() {
    // Under its old number the group could be passed over as done, after the rewrite has undone it.
    if (state_ != State::none) ++stats_.failed_attempts;
    for (auto pending = group_.commits.rbegin(); pending != group_.commits.rend(); ++pending) {
        if (!pending->is_rewrite) {
            queue_.push_front(std::move(*pending));
            continue;
        }
        Write& write = pending->commit.writes.front();
        rewrites_.push_front(
            {write.bucket,
             std::move(write.key),
             std::move(write.value),
             pending->arrived,
             pending->commit.shard}
        );
    }
    group_.commits.clear();
    state_ = State::none;
    std::vector<RewriteList::Entry> entries = changed_.entries();
    rewrites_.insert(
        rewrites_.end(),
        std::make_move_iterator(entries.begin()),
        std::make_move_iterator(entries.end())
    );
}

void GroupSender::give_up(TimePoint arrived_until) {
    give_up(group_.commits, arrived_until);
    give_up(queue_, arrived_until);
    if (state_ == State::ready && group_.empty()) state_ = State::none;
}

template <class Commits>
void GroupSender::give_up(Commits& commits, TimePoint arrived_until) {
    const auto is_given_up = [&](const PendingCommit& pending) {
        return pending.commit.is_awaited && pending.arrived <= arrived_until;
    };
    for (PendingCommit& pending : commits) {
        if (!is_given_up(pending)) continue;
        answer(pending, false, {});
        if (!pending.is_doubtful) continue;
        for (Write& write : pending.commit.writes) {
            rewrites_.push_back(
                {write.bucket, std::move(write.key), {}, pending.arrived, pending.commit.shard}
            );
        }
    }
    std::erase_if(commits, is_given_up);
}

std::optional<TimePoint> GroupSender::oldest() const {
    std::optional<TimePoint> oldest;
    const auto look = [&](const auto& commits) {
        for (const PendingCommit& pending : commits) {
            if (!pending.commit.is_awaited) continue;
            oldest = oldest ? std::min(*oldest, pending.arrived) : pending.arrived;
            return;
        }
    };
    look(group_.commits);
    look(queue_);
    return oldest;
}

}  // namespace reginfo
