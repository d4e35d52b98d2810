/// @file
/// The end of a process, and the start of the next one with the records of the store.

#include "tests/sim/world.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

namespace reginfo::sim {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t kDownMilliseconds[] = {0, 300, 3'000, 15'000, 100'000};

/// The jump of the wall clock meanwhile.
constexpr std::int64_t kAheadSeconds[] = {0, 0, 0, 600, -10, -5'000, 100'000};

}  // namespace

/// A part of the pending commits is durable, although they were not answered.
void World::crash(const Command& command) {
    if (!plan_.durable) return;
    const std::map<CommitId, PendingCommit> pending = std::exchange(commits_, {});
    done_.clear();
    arrived_.clear();
    engine_.reset();
    std::erase_if(responses_, [&](const auto& response) {
        return !acknowledged_.contains(response.first);
    });
    std::uint64_t durable = network.roll(pending.size() + 1);
    for (const auto& [id, commit] : pending) {
        if (durable-- == 0 || !resolve_crashed_commit(commit)) break;
    }
    notifies.crashed(network.now);
    replace_process(command);
}

void World::restart(const Command& command) {
    if (!plan_.durable) return;
    while (!commits_.empty()) finish(commits_.begin()->first, true);
    while (engine_->handle_stop(network.now, outbox_)) engine_->end_turn(network.now, outbox_);
    engine_->end_turn(network.now, outbox_);
    for (const Effect& effect : outbox_.effects()) {
        const Commit& commit = std::get<Commit>(effect);
        keep({network.now, false, commit.writes, commit.shard});
    }
    outbox_.clear();
    arrived_.clear();
    engine_.reset();
    std::erase_if(responses_, [&](const auto& response) {
        return !acknowledged_.contains(response.first);
    });
    // If such a store refused the removal of a dialog, its record is left, with its reservation.
    plan_.store == Store::failing ? notifies.crashed(network.now) : notifies.stopped(network.now);
    replace_process(command);
}

/// Makes a commit durable that was not answered before the crash. Its request is retransmitted, and
/// answered from the store; the model applies that answer already now. Returns false, and the
/// commit is not durable, if its peer has given up: then there is no answer for the model.
bool World::resolve_crashed_commit(const PendingCommit& commit) {
    const auto kept_before = kept_;
    const bool is_of_request = has_write_to(Bucket::transaction, commit.writes);
    if (is_of_request && commit.is_expiry) return false;
    bool is_told = false;
    keep(commit);
    begun_ = commit.begun;
    if (commit.is_expiry) expire(commit);
    const std::unique_ptr<Engine> heir =
        make_engine(commit.begun, process_);  // only for its answers
    stores_response_ = true;
    for_each_peer([&](Peer& peer) {
        if (!peer.is_busy() || peer.transport() != Transport::udp) return;
        Outbox answers;
        heir->handle_message(commit.begun, peer.flow(), peer.last_request(), answers);
        for (const Effect& effect : answers.effects()) {
            const auto* send = std::get_if<Send>(&effect);
            if (send == nullptr || send->tail || !Wire(send->head).is_response()) continue;
            const Wire response(send->head);
            const bool is_fetch = fetches_.contains(response.branch());  // not stored: a new one
            const bool is_known = responses_.contains(response.branch());
            if (response.status() == 200 && !is_fetch && !is_known) {
                is_told = true;
                respond(response, send->head);
            }
        }
    });
    stores_response_ = false;
    if (is_of_request && !is_told) kept_ = kept_before;
    return is_told || !is_of_request;
}

/// Lets time pass without a process, and starts another one.
void World::replace_process(const Command& command) {
    ++process_;
    lose_connections();
    advance(milliseconds{kDownMilliseconds[command.how % std::size(kDownMilliseconds)]});
    lose_connections();
    step_clock(std::chrono::seconds{kAheadSeconds[command.how / 5U % std::size(kAheadSeconds)]});
    engine_ = make_engine(network.now, process_);
    handle_restored();
}

/// The age of records is computed from a clock that was right when they were written, and is never
/// negative. A record that is written again has the right time again.
void World::step_clock(Duration ahead) {
    clock_was_wrong_ = clock_was_wrong_ || ahead != Duration::zero();
    for (auto& [key, kept] : kept_) {
        if (key.first == Bucket::transaction) continue;  // a copy is another request
        const Duration age = network.now - kept.written;
        const Duration later = age - std::max(age + ahead, Duration::zero());
        const Duration more = later - std::exchange(kept.later, later);
        if (key.first == Bucket::aor) model.shift(aor_of(key.second), more);
        if (key.first != Bucket::dialog || more >= Duration::zero()) continue;
        for (const auto& watcher : watchers_) {
            const bool its = key.second.find(watcher->call_id()) != std::string::npos;
            if (its && !watcher->call_id().empty()) watcher->shorten(-more);
        }
    }
}

/// @param number  that no other process has
std::unique_ptr<Engine> World::make_engine(TimePoint now, unsigned number) const {
    auto engine = std::make_unique<Engine>(settings_, plan_.chance + 1U + number);
    for (const bool is_unsettled : {true, false}) {
        for (const auto& [key, kept] : kept_) {
            if ((key.first == Bucket::unsettled) != is_unsettled) continue;
            const Duration age = std::max(now - kept.written - kept.later, Duration::zero());
            if (!engine->restore(now, {key.first, key.second, kept.value, age})) {
                throw Violation("a record cannot be read");
            }
        }
    }
    return engine;
}

template <class Visit>
void World::for_each_peer(Visit visit) {
    for (const auto& publisher : publishers_) visit(*publisher);
    for (const auto& watcher : watchers_) visit(*watcher);
}

/// Requests on their way over TCP are lost with the connections, with an unknown result.
void World::lose_connections() {
    network.close_all();
    for_each_peer([&](Peer& peer) {
        if (peer.transport() != Transport::tcp || !peer.is_busy()) return;
        if (const auto* watcher = dynamic_cast<Watcher*>(&peer)) {
            notifies.unreachable(watcher->call_id());
        }
        peer.lose_request();
    });
}

}  // namespace reginfo::sim
