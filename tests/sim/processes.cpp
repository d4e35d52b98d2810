/// @file
/// Two processes that share the store: shards move between them, and leases run out.

#include "tests/sim/world.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

namespace reginfo::sim {
namespace {

using std::chrono::milliseconds;

/// Its tags and branches are others.
constexpr unsigned kOtherNumber = 1'000;

constexpr std::int64_t kSilentMilliseconds[] = {0, 300, 3'000, 15'000, 40'000, 100'000};

Duration silence_of(const Command& command) {
    return milliseconds{kSilentMilliseconds[command.how % std::size(kSilentMilliseconds)]};
}

bool is_refusal_elsewhere(const Effect& effect) {
    const auto* const send = std::get_if<Send>(&effect);
    if (send == nullptr || send->tail) return false;
    const Wire response(send->head);
    return response.is_response() && response.status() == 503 &&
           response.header("Retry-After").empty();
}

}  // namespace

/// The first one serves all.
void World::start_processes() {
    others_[1].engine = make_engine(network.now, kOtherNumber);
    for (Engine* const engine : {engine_.get(), others_[1].engine.get()}) engine->share_shards();
    for (const std::string& aor : aors_) owners_[shard_of(settings_.hash_seed, aor)] = 0;
    for (const auto& [shard, owner] : owners_) engine_->open_shard(network.now, shard, outbox_);
}

void World::enter(unsigned process) {
    if (process == at_) return;
    const auto swap_with = [this](Process& place) {
        engine_.swap(place.engine);
        outbox_.swap(place.outbox);
        commits_.swap(place.commits);
        done_.swap(place.done);
        std::swap(is_suspended_, place.is_suspended);
        durable_.swap(place.durable);
    };
    swap_with(others_[at_]);
    swap_with(others_[process]);
    at_ = process;
}

void World::for_each_process(const std::function<void()>& visit) {
    const unsigned before = at_;
    for (unsigned process = 0; process < (plan_.shared ? 2U : 1U); ++process) {
        enter(process);
        visit();
    }
    enter(before);
}

std::optional<TimePoint> World::next_deadline() const {
    std::optional<TimePoint> next;
    const auto consider = [&](const std::unique_ptr<Engine>& engine) {
        const auto deadline = engine ? engine->next_deadline() : std::nullopt;
        if (deadline && (!next || *deadline < *next)) next = deadline;
    };
    consider(engine_);
    for (const Process& other : others_) consider(other.engine);
    return next;
}

/// Nothing while its shard is on its way: then the message is lost.
std::optional<unsigned> World::owner_of(const Wire& message) const {
    if (!plan_.shared) return at_;
    const std::string aor = message.uri(message.is_response() ? "From" : "To");
    const auto owner = owners_.find(shard_of(settings_.hash_seed, aor));
    if (owner == owners_.end()) return std::nullopt;
    return owner->second;
}

/// Some messages come to the other process first: an edge does not know who serves.
void World::knock_elsewhere(unsigned owner, const Flow& flow, const std::string& bytes) {
    if (!network.happens(10)) return;
    enter(1 - owner);
    engine_->handle_message(network.now, flow, bytes, outbox_);
    engine_->end_turn(network.now, outbox_);
    Outbox effects;
    effects.swap(outbox_);
    const bool is_request = !Wire(bytes).is_response();
    for (Effect& effect : effects.effects()) {
        if (is_request && is_refusal_elsewhere(effect)) continue;
        if (std::get_if<Send>(&effect)) throw Violation("answered by who does not serve: " + bytes);
        perform(effect);  // what it does for its own
    }
}

void World::set_suspended() {
    is_suspended_ = true;
    for (const std::string& aor : served()) notifies.suspended(network.now, aor);
    engine_->handle_suspended();
}

/// The lease of one process runs out for a while, and nobody else claims anything.
void World::suspend(const Command& command) {
    enter(command.peer % 2U);
    const unsigned process = at_;
    set_suspended();
    advance(silence_of(command));
    enter(process);
    resume();
}

void World::resume() {
    if (!arrived_.empty()) take_turn();
    is_suspended_ = false;
    for (const std::string& aor : served()) notifies.taken_back(aor);
    const std::vector<PendingCommit> durable = std::exchange(durable_, {});
    for (const PendingCommit& commit : durable) keep(commit);
    for (const PendingCommit& commit : durable) {
        if (has_write_to(Bucket::transaction, commit.writes)) answered_.push_back(commit);
    }
    call([&] {
        engine_->handle_resumed(network.now, outbox_);
        for (const PendingCommit& commit : durable) {
            if (!commit.is_expiry) continue;
            expire(commit);
            changed_at_ = network.now;
        }
    });
    answered_.clear();
}

/// The AORs of the process at work.
std::vector<std::string> World::served() const {
    std::vector<std::string> all;
    for (const std::string& aor : aors_) {
        const auto owner = owners_.find(shard_of(settings_.hash_seed, aor));
        if (owner != owners_.end() && owner->second == at_) all.push_back(aor);
    }
    return all;
}

/// The lease of the owner of a shard runs out, and the other process claims it. The owner hears of
/// that before or after the other one serves.
void World::move(const Command& command) {
    const std::string& aor = aors_[command.peer % aors_.size()];
    const Shard shard = shard_of(settings_.hash_seed, aor);
    if (!arrived_.empty()) take_turn();
    const unsigned from = owners_.at(shard);
    enter(from);
    set_suspended();
    advance(silence_of(command));
    if (!arrived_.empty()) take_turn();
    enter(from);
    settle(shard);
    owners_.erase(shard);
    ++epochs_[shard];
    const bool hears_first = command.how / 6U % 2U == 0;
    if (hears_first) drop(shard);
    advance(silence_of({Op::wait, 0, static_cast<std::uint8_t>(command.how / 12U % 3U), {}}));
    enter(1 - from);
    open(shard);
    if (hears_first) return;
    advance(milliseconds{100} * (command.how % 4U));
    enter(from);
    drop(shard);
}

/// A part of what the owner has not heard, or has not told, is in the store. The rest is fenced.
void World::settle(Shard shard) {
    std::vector<PendingCommit> untold;
    const auto is_its = [&](const auto& commit) { return commit.shard == shard; };
    std::copy_if(durable_.begin(), durable_.end(), std::back_inserter(untold), is_its);
    std::erase_if(durable_, is_its);
    for (const auto& [id, commit] : commits_) {
        if (is_its(commit)) untold.push_back(commit);
    }
    std::erase_if(responses_, [&](const auto& response) {
        const Wire message(response.second);
        return shard_of(settings_.hash_seed, message.uri("To")) == shard &&
               !acknowledged_.contains(response.first);
    });
    std::uint64_t durable = network.roll(untold.size() + 1);
    is_late_answer_ = true;
    for (const PendingCommit& commit : untold) {
        if (durable-- == 0 || !resolve_crashed_commit(commit)) break;
    }
    is_late_answer_ = false;
    for (const std::string& aor : aors_) {
        if (shard_of(settings_.hash_seed, aor) == shard) notifies.crashed(network.now, aor);
    }
}

/// A commit of a process that has not the shard any more, or again: it is never answered.
bool World::is_fenced(const PendingCommit& commit) {
    if (!plan_.shared) return false;
    const auto owner = owners_.find(commit.shard);
    const bool is_owner = owner != owners_.end() && owner->second == at_;
    return !is_owner || commit.epoch != epochs_[commit.shard];
}

void World::open(Shard shard) {
    ++epochs_[shard];
    for (const bool is_unsettled : {true, false}) {
        for (const auto& [key, kept] : kept_) {
            if (kept.shard != shard || (key.first == Bucket::unsettled) != is_unsettled) continue;
            const Duration age = std::max(network.now - kept.written, Duration::zero());
            if (!engine_->restore(network.now, {key.first, key.second, kept.value, age, shard})) {
                throw Violation("a record cannot be read");
            }
        }
    }
    owners_[shard] = at_;
    call([&] { engine_->open_shard(network.now, shard, outbox_); });
}

/// In pieces, without an effect. Then its lease counts again, for what is left.
void World::drop(Shard shard) {
    while (engine_->drop_shard(network.now, shard)) {
    }
    if (!outbox_.empty()) throw Violation("a shard was dropped with an effect");
    if (std::ranges::none_of(owners_, [&](const auto& one) { return one.second == at_; })) {
        check_idle();
    }
    resume();
}

void World::check_may_speak(const Wire& message) const {
    if (!plan_.shared || (message.is_response() && message.status() == 503)) return;
    if (is_suspended_) throw Violation("sent without a lease: " + message.first_line);
    const std::string aor = message.uri(message.is_response() ? "To" : "From");
    const auto owner = owners_.find(shard_of(settings_.hash_seed, aor));
    if (owner == owners_.end() || owner->second != at_) {
        throw Violation("sent by who does not serve: " + message.first_line);
    }
}

/// Nothing is left of what was dropped.
void World::check_idle() const {
    const Stats& left = engine_->stats();
    const MemoryUse memory = engine_->inspection().memory();
    const std::pair<const char*, std::uint64_t> sizes[] = {
        {"AORs", left.aors},
        {"publications", left.publications},
        {"active contacts", left.contacts_active},
        {"ended contacts", left.contacts_ended},
        {"subscriptions", left.subscriptions},
        {"dialogs", left.dialogs},
        {"server transactions", left.server_transactions},
        {"NOTIFYs in flight", left.notifies_in_flight},
        {"NOTIFYs queued", left.notifies_queued},
        {"commits", left.commits_pending},
        {"missed", left.missed},
        {"bytes of AORs", memory.publications},
        {"bytes of subscriptions", memory.subscriptions},
        {"bytes of NOTIFYs", memory.notifies},
        {"bytes of waiting requests", memory.waiting_requests},
    };
    for (const auto& [name, size] : sizes) {
        if (size != 0) throw Violation("dropped, and left: " + std::string(name));
    }
}

}  // namespace reginfo::sim
