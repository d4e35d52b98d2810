/// @file

#include "core/storage/redis/redis_store.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace reginfo {
RedisStore::RedisStore(
    RedisOptions options,
    ByteStream& stream,
    RedisStoreOwner& owner,
    Clock clock
)
    : options_(std::move(options)),
      stream_(stream),
      owner_(owner),
      clock_(std::move(clock)),
      session_(stream),
      greeting_(options_, session_),
      loader_(
          session_,
          options_.cluster + ":",
          [this](const StoredRecord& record) { return restore(record); }
      ),
      sender_([this](Bucket bucket, std::string_view key) { return owner_.present(bucket, key); }),
      wait_(
          options_,
          session_,
          [this](const std::string& trouble) { disconnect(options_.where + ": " + trouble); }
      ),
      lease_(options_.lease),
      promises_(options_, session_, owner),
      map_(options_.incarnation),
      backoff_(options_.retry_interval) {
    seen_.id = options_.cluster_id;
}

void RedisStore::connect() {
    connect_at_.reset();
    phase_ = Phase::connecting;
    answer_by_ = clock_() + options_.reply_timeout;
    stream_.connect();
}

void RedisStore::handle_bytes(std::string_view bytes) {
    if (phase_ == Phase::away || phase_ == Phase::lost) return;
    answer_by_.reset();
    const std::string error = session_.handle_bytes(bytes);
    if (!error.empty()) disconnect(options_.where + ": " + error);
    end_turn();
}

void RedisStore::handle_closed(const std::string& why) {
    if (phase_ == Phase::away || phase_ == Phase::lost) return;
    session_.reset();
    phase_ = Phase::away;
    trouble_at_redis(why);
    schedule_connect();
    end_turn();
}

void RedisStore::handle_time() {
    const TimePoint now = clock_();
    const auto is_due = [now](const std::optional<TimePoint>& time) {
        return time && *time <= now;
    };
    if (is_due(connect_at_)) connect();
    if (is_due(answer_by_)) disconnect(options_.where + ": no answer");
    if (is_due(send_at_)) send_at_.reset();
    if (is_due(beat_at_)) beat();
    sender_.give_up(now - options_.patience);
    end_turn();
}

TimePoint RedisStore::next_deadline() const {
    TimePoint next = TimePoint::max();
    for (const auto& time : {connect_at_, send_at_, beat_at_, answer_by_}) {
        if (time) next = std::min(next, *time);
    }
    if (may_speak()) next = std::min(next, lease_.until());
    if (const auto oldest = sender_.oldest()) next = std::min(next, *oldest + options_.patience);
    return next;
}

void RedisStore::deliver() {
    is_woken_ = false;
    const std::vector<GroupSender::Answer> answers = sender_.take_answers();
    for (const GroupSender::Answer& answer : answers) done_(answer.id, answer.ok);
    if (!answers.empty()) owner_.take_effect();
    end_turn();
}

bool RedisStore::drain(std::chrono::milliseconds patience) {
    TimePoint end = clock_() + patience;
    while (const std::uint64_t queued = sender_.stats().queued) {
        if (phase_ == Phase::lost || clock_() >= end) return false;
        owner_.run_for(std::chrono::milliseconds{10});
        if (sender_.stats().queued < queued) end = clock_() + patience;
    }
    return true;
}

bool RedisStore::leave(std::chrono::milliseconds patience) {
    if (phase_ != Phase::open) return false;
    is_leaving_ = true;
    beat_at_.reset();
    bool has_left = false;
    session_.ask(leave_call(options_, seen_), [this, &has_left](const RedisReply& reply) {
        has_left = !reply.is_error();
        stop();
    });
    session_.flush();
    const TimePoint end = clock_() + patience;
    while (phase_ == Phase::open && clock_() < end) owner_.run_for(std::chrono::milliseconds{10});
    stop();
    return has_left;
}

// The way to open shards.

void RedisStore::handle_greeted(const RedisGreeted& greeted) {
    if (!greeted.trouble.empty()) {
        if (greeted.is_final) return lose_if_never_joined(greeted.trouble);
        return disconnect(greeted.trouble);
    }
    new_run_id_ = greeted.run_id;
    if (!was_open_ && has_read_ && new_run_id_ != run_id_) {
        return lose(
            RedisLoss::given_way,
            options_.where + ": another Redis answers while the records are read"
        );
    }
    if (was_open_) {
        phase_ = Phase::resuming;
        seen_.view = 0;
        beat();
    } else {
        join();
    }
    promises_.handle_connected(clock_());
}

void RedisStore::join() {
    phase_ = Phase::joining;
    run_id_ = new_run_id_;
    claims_.start();
    const TimePoint asked = clock_();
    session_.ask(join_call(options_, seen_), [this, asked](const RedisReply& reply) {
        if (is_out(reply)) return lose_membership(reply);
        const std::string error = options_.where + ": " + join_trouble(reply);
        const bool has_joined = take_seen(reply, seen_);
        if (reply.is_error_of({"WRONG_CLUSTER", "WRONG_LAYOUT", "WRONG_ARGUMENT"})) {
            return lose_if_never_joined(error);
        }
        if (!has_joined) return disconnect(error);
        seen_.seen = asked;
        lease_.handle_answered(asked);
        beat_at_ = clock_() + options_.beat;
        if (map_.learn(reply)) ++views_;
        claim();
    });
}

/// Claims what is not ours yet.
void RedisStore::claim() {
    phase_ = Phase::claiming;
    if (std::exchange(is_claiming_, true)) return;
    session_.ask(claim_call(options_, seen_, claims_.missing()), [this](const RedisReply& reply) {
        handle_claims(reply);
    });
}

void RedisStore::handle_claims(const RedisReply& reply) {
    is_claiming_ = false;
    if (is_out(reply)) return lose_membership(reply);
    if (reply.is_error("NOT_READY")) return;  // the next beat comes first
    const ShardClaims::Outcome outcome = claims_.take(reply);
    if (!outcome.error.empty()) return disconnect(options_.where + ": " + outcome.error);
    if (has_read_ && !outcome.taken.empty()) return lose_to_another(outcome.taken);
    if (!outcome.owner.empty()) return tell_owner(outcome.owner);
    serve_none();
    load();
}

void RedisStore::claim_what_is_free() {
    const std::vector<ShardId> missing = claims_.missing();
    if (map_.has_free(missing)) return claim();
    tell_owner(map_.owner(missing));
}

void RedisStore::tell_owner(const NodeId& owner) {
    trouble_at_redis(owner.name + " has the shards");
    if (std::exchange(serving_, owner) == owner) return;
    ++views_;
    owner_.handle_standing_by(owner.name);
}

void RedisStore::load() {
    phase_ = Phase::loading;
    set_trouble({});
    if (!std::exchange(has_read_, true)) owner_.handle_claimed(seen_.hash_seed);
    const auto stamp = [this] { return seen_.stamp + (clock_() - seen_.seen).count(); };
    loader_.start(
        ShardClaims::all(),
        {stamp, seen_.now, options_.transaction_memory},
        [this](const std::string& trouble) {
            if (!trouble.empty()) return disconnect(options_.where + ": " + trouble);
            open_shards();
        }
    );
}

/// When this is answered, and replicas have it, no other process can have the shards.
void RedisStore::open_shards() {
    phase_ = Phase::opening;
    const std::string command =
        opening_command(options_, seen_.id, sender_.take_seq(), claims_.tokens());
    session_.ask_bytes(command, [this](const RedisReply& reply) {
        if (reply.kind != RedisReply::Kind::list) {
            return disconnect(options_.where + ": cannot open: " + reply.text);
        }
        if (!reply.items.empty()) return lose_to_another("a shard");
        wait_to_open();
    });
}

void RedisStore::wait_to_open() {
    wait_.ask_for_group([this](const std::string& trouble) {
        if (!trouble.empty()) {
            trouble_at_redis(trouble);
            return wait_to_open();
        }
        lease_.handle_durable();
        become_open();
    });
}

void RedisStore::become_open() {
    phase_ = Phase::open;
    run_id_ = new_run_id_;
    set_trouble({});
    if (!std::exchange(was_open_, true)) owner_.handle_opened(loader_.report());
}

// Beats.

void RedisStore::beat() {
    const TimePoint sent = clock_();
    beat_at_ = sent + options_.beat;
    session_.ask(beat_call(options_, seen_), [this, sent](const RedisReply& reply) {
        handle_beat(reply, sent);
    });
    promises_.handle_beat(sent);
    // A beat that no replica has does not count: beside a primary that is cut off we fall silent.
    if (!wait_.beats_wait()) return;
    wait_.ask_for_beat([this](const std::string& trouble) { handle_durable_beat(trouble); });
}

void RedisStore::handle_beat(const RedisReply& reply, TimePoint sent) {
    if (is_out(reply)) return lose_membership(reply);
    const std::int64_t turn = seen_.turn;
    ClusterSeen seen = seen_;
    seen.seen = clock_();
    if (!take_seen(reply, seen)) return disconnect(options_.where + ": " + reply.text);
    seen_ = std::move(seen);
    backoff_ = options_.retry_interval;
    lease_.handle_answered(sent);
    if (!wait_.beats_wait()) handle_durable_beat({});
    if (map_.learn(reply)) ++views_;
    if (phase_ == Phase::claiming) return claim_what_is_free();
    if (const auto other = claims_.find_other(reply)) return lose_to_another(name_of(*other));
    // Not by the time now: this answer may have waited while the process stood still.
    if (phase_ == Phase::open) return sender_.forget_before(sent - options_.replay);
    if (phase_ != Phase::resuming) return;
    if (new_run_id_ == run_id_ && seen_.turn >= turn) {
        sender_.handle_same_redis();
    } else {
        sender_.handle_another_redis();
        is_catching_up_ = sender_.rewrites() > 0;
    }
    become_open();
}

void RedisStore::handle_durable_beat(const std::string& trouble) {
    if (!trouble.empty()) {
        // Another one may be the primary by now.
        const bool is_hopeless = was_open_ && clock_() > lease_.until() + options_.lease;
        return is_hopeless ? disconnect(options_.where + ": " + trouble)
                           : trouble_at_redis(trouble);
    }
    lease_.handle_durable();
    if (phase_ == Phase::open && !is_refused_ && !is_executed_) set_trouble({});
}

// Groups.

void RedisStore::send_group() {
    if (phase_ != Phase::open || send_at_ || is_leaving_) return;
    const CommitGroup* group = sender_.next(clock_());
    if (group == nullptr) return;
    is_executed_ = false;
    session_.ask_bytes(
        group->command(options_, seen_.id, claims_.tokens(), clock_()),
        [this](const RedisReply& reply) { handle_group(reply); }
    );
    // On its heels, and not after the answer: a round trip less.
    if (!wait_.groups_wait()) return;
    wait_.ask_for_group([this](const std::string& trouble) { handle_waited(trouble); });
}

void RedisStore::handle_group(const RedisReply& reply) {
    if (reply.kind == RedisReply::Kind::list) {
        fenced_.clear();
        for (const RedisReply& item : reply.items) {
            if (const auto shard = shard_of(item)) fenced_.push_back(*shard);
        }
        is_executed_ = true;
        if (!wait_.groups_wait()) finish_group();
        return;
    }
    // These mean that another Redis has to be found, or the library loaded.
    if (reply.is_error_of({"READONLY", "WRONG_CLUSTER", "NOAUTH", "NOPERM", "ERR"})) {
        return disconnect(options_.where + ": " + reply.text);
    }
    trouble_at_redis(reply.text);
    is_refused_ = true;
    sender_.handle_refused();
    send_at_ = clock_() + options_.retry_interval;
}

void RedisStore::handle_waited(const std::string& trouble) {
    if (!is_executed_) return;
    if (trouble.empty()) return finish_group();
    trouble_at_redis(trouble);
    wait_.ask_for_group([this](const std::string& again) { handle_waited(again); });
}

void RedisStore::finish_group() {
    is_executed_ = is_refused_ = false;
    sender_.handle_done(fenced_, clock_());
    if (sender_.rewrites() == 0) is_catching_up_ = false;
    set_trouble({});
    if (!fenced_.empty()) lose_to_another(name_of(fenced_.front()));
}

// Every turn.

void RedisStore::end_turn() {
    send_group();
    session_.flush();
    const bool is_asked = session_.unanswered() > 0 || phase_ == Phase::connecting;
    if (!is_asked) answer_by_.reset();
    if (is_asked && !answer_by_) answer_by_ = clock_() + options_.reply_timeout;
    const std::array<std::uint64_t, 6> state = {
        healthy(), may_speak(), trouble_.empty(), is_wrong_redis_, is_owner(), views_
    };
    const bool has_changed = std::exchange(told_, state) != state;
    if ((!sender_.has_answers() || is_woken_) && !has_changed) return;
    is_woken_ = true;
    owner_.wake();
}

void RedisStore::disconnect(const std::string& trouble) {
    stream_.close();
    session_.reset();
    phase_ = Phase::away;
    set_trouble(trouble);
    schedule_connect();
}

void RedisStore::schedule_connect() {
    serve_none();
    is_claiming_ = false;
    answer_by_.reset();
    beat_at_.reset();
    send_at_.reset();
    connect_at_ = clock_() + backoff_;
    backoff_ = std::min(backoff_ * 2, options_.retry_interval_max);
}

void RedisStore::lose(RedisLoss loss, const std::string& why) {
    stop();
    set_trouble(why);
    owner_.handle_lost(loss, why);
}

void RedisStore::stop() {
    stream_.close();
    session_.reset();
    phase_ = Phase::lost;
    for (auto* time : {&connect_at_, &beat_at_, &send_at_, &answer_by_}) time->reset();
}

}  // namespace reginfo
