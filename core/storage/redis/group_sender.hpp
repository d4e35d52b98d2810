/// @file
/// The queue of commits, and the one group of them that is under way.
#pragma once

#include "core/base/time.hpp"
#include "core/storage/redis/commit_group.hpp"
#include "core/storage/redis/redis_reply.hpp"
#include "core/storage/redis/rewrite_list.hpp"
#include "core/storage/store.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reginfo {

/// Which commits go next, under which number, and what has become of them. Knows no connection:
/// RedisStore sends what `next` gives.
///
/// Rewrites go before everything else: keys whose record in Redis may not be what memory has,
/// because another Redis answers now, or because a commit was given up whose outcome is unknown.
class GroupSender {
public:
    struct Answer {
        CommitId id = 0;
        bool ok = false;
    };
    using Present = std::function<std::optional<std::string>(Bucket, std::string_view)>;

    explicit GroupSender(Present present) : present_(std::move(present)) {}

    void add(Commit commit, TimePoint now);

    /// The group to send now, or again; nullptr if there is none, or one is under way.
    const CommitGroup* next(TimePoint now);

    /// It was refused before anything was written: it may be sent again, under its number.
    void handle_refused();
    /// It is durable, but for the commits of these shards, which are dropped without an answer.
    void handle_done(const std::vector<ShardId>& fenced, TimePoint now);

    /// The same Redis answers on another connection: the group goes again, under its number.
    void handle_same_redis();
    /// Another Redis answers: what changed lately goes first, then everything without an answer,
    /// under new numbers.
    void handle_another_redis();

    /// Answers what waits since then. What may be in Redis all the same is rewritten.
    void give_up(TimePoint arrived_until);
    /// When the oldest commit that can be given up came; nothing if there is none.
    std::optional<TimePoint> oldest() const;

    /// What changed before is kept by Redis, as far as it keeps anything.
    void forget_before(TimePoint time) { changed_.forget_before(time); }
    /// A record that was read, and may be as new as those that Redis forgets.
    void note_read(const StoredRecord& record, TimePoint changed) {
        changed_.add(
            {record.bucket, std::string(record.key), std::string(record.value)},
            record.shard,
            changed
        );
    }

    std::vector<Answer> take_answers() { return std::exchange(answers_, {}); }
    bool has_answers() const { return !answers_.empty(); }
    std::uint64_t take_seq() { return ++seq_; }

    /// All but `healthy`.
    const StoreStats& stats() const { return stats_; }
    std::uint64_t rewritten() const { return rewritten_; }
    std::size_t rewrites() const { return rewrites_.size(); }

private:
    enum class State : std::uint8_t { none, ready, sent };

    void gather(TimePoint now);
    void gather_rewrites(TimePoint now);
    void answer(const PendingCommit& pending, bool ok, TimePoint now);
    template <class Commits>
    void give_up(Commits& commits, TimePoint arrived_until);

    Present present_;
    std::deque<PendingCommit> queue_;
    CommitGroup group_;
    State state_ = State::none;
    std::uint64_t seq_ = 0;
    std::deque<RewriteList::Entry> rewrites_;
    RewriteList changed_;
    std::vector<Answer> answers_;
    StoreStats stats_;
    std::uint64_t rewritten_ = 0;
};

}  // namespace reginfo
