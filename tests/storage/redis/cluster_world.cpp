/// @file

#include "tests/storage/redis/cluster_world.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace reginfo::test {
namespace {

using namespace std::chrono_literals;

constexpr std::array<Duration, 10> kTimes = {1ms, 10ms, 100ms, 500ms, 1s, 2500ms, 4s, 6s, 11s, 20s};
constexpr Duration kServesWithin = 10s;  ///< after everything is healed
constexpr Duration kBehindMax = 12s;
constexpr int kTurnsMax = 200'000;  ///< of a run: more are a loop without end

Duration time_of(std::uint8_t how) { return kTimes.at(how % kTimes.size()); }

std::string incarnation_of(int process) {
    std::array<char, 17> text{};
    std::snprintf(text.data(), text.size(), "%016x", static_cast<unsigned>(process));
    return text.data();
}

/// The clocks of nodes have nothing in common.
Duration clock_of(std::size_t node) { return std::chrono::minutes{7} * static_cast<int>(node); }

/// REGINFO_SIM_TRACE=1 prints what happens.
bool is_traced() {
    static const bool kIsTraced = std::getenv("REGINFO_SIM_TRACE") != nullptr;
    return kIsTraced;
}

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what); }

}  // namespace

ClusterWorld::ClusterWorld(const ClusterPlan& plan)
    : plan_(plan),
      network_(redis_, {plan.chance, plan.is_slow ? 50ms : 3ms}, [this](std::size_t node) {
          const Duration pause = std::exchange(nodes_.at(node).pause_in_write, Duration::zero());
          if (pause > Duration::zero()) nodes_.at(node).paused_until = now_ + pause;
          return pause;
      }) {
    redis_.replicas = plan.is_replicated ? 1 : 0;
    for (std::size_t i = 0; i < plan.nodes; ++i) {
        nodes_.push_back({.name = "node-" + std::to_string(i), .process = nullptr});
    }
    network_.set_time(now_);
}

void ClusterWorld::run() {
    start(0);
    pass(plan_.is_slow ? 5s : 500ms);
    // Where the making of the cluster is forgotten, people have to decide.
    oldest_ = redis_.offset();
    for (std::size_t i = 1; i < nodes_.size(); ++i) start(i);
    for (const ClusterCommand& command : plan_.commands) {
        execute(command);
        check_leases();
    }
    heal();
}

void ClusterWorld::trace(const std::string& what) const {
    if (!is_traced()) return;
    std::cerr << seconds_of(now_.time_since_epoch() - std::chrono::hours{1}) << " " << what << "\n";
}

void ClusterWorld::execute(const ClusterCommand& command) {
    if (is_traced()) std::cerr << command << "\n";
    const std::size_t index = (owner() + command.node) % nodes_.size();
    Node& node = nodes_[index];
    const Duration time = time_of(command.how);
    switch (command.op) {
        case ClusterOp::wait:
            return pass(time);
        case ClusterOp::commit:
            for (int i = 0; i <= command.node; ++i)
                commit(static_cast<std::uint8_t>(command.how + i));
            return;
        case ClusterOp::kill:
            return end(index);
        case ClusterOp::start:
            return start(index);
        case ClusterOp::leave:
            return leave(index);
        case ClusterOp::pause:
            node.paused_until = now_ + time;
            return;
        case ClusterOp::pause_in_write:
            node.pause_in_write = time;
            return;
        case ClusterOp::cut:
            return network_.cut(index);
        case ClusterOp::cut_late:
            return network_.cut(index, time);
        case ClusterOp::silence_out:
            return network_.silence_out(index, time);
        case ClusterOp::silence_in:
            return network_.silence_in(index, time);
        case ClusterOp::stall:
            return network_.stall(time);
        case ClusterOp::clock_step:
            has_sound_leases_ = false;
            return network_.step_clock(command.node % 2 == 0 ? time * 5 : -time / 4);
        case ClusterOp::lag:
            return redis_.set_lagging(true);
        case ClusterOp::catch_up:
            return redis_.set_lagging(false);
        case ClusterOp::fail_over:
            return fail_over(command.how % 40U, command.node == 0 ? 0ms : 1500ms);
        case ClusterOp::down:
            return fail_over(0, time);
        case ClusterOp::count_:
            return;
    }
}

std::size_t ClusterWorld::owner() const {
    const std::string owner = witness_.owner();
    const auto found = std::ranges::find(nodes_, owner, &Node::incarnation);
    return found == nodes_.end() ? 0 : static_cast<std::size_t>(found - nodes_.begin());
}

void ClusterWorld::start(std::size_t index) {
    Node& node = nodes_[index];
    if (node.process) return;
    node.incarnation = incarnation_of(++processes_);
    RedisOptions options = store_options(node.name, node.incarnation);
    options.replicas = plan_.is_replicated ? 1 : 0;
    options.cluster_id = node.cluster_id;
    node.process = std::make_unique<StoreProcess>(options, network_.stream(index), [this, index] {
        return now_ + clock_of(index);
    });
    node.process->run = [this](std::chrono::milliseconds time) { pass(time); };
    node.answers = 0;
    node.was_opened = false;
    node.paused_until = now_;
    node.pause_in_write = {};
    node.start_at = TimePoint::max();
    trace(node.name + " starts as " + node.incarnation);
    node.process->store.start();
    settle(index);
}

void ClusterWorld::end(std::size_t index) {
    Node& node = nodes_[index];
    if (!node.process) return;
    trace(node.name + " ends. " + node.process->lost);
    network_.stream(index).close();
    ledger_.handle_ended(node.incarnation, records_in(*node.process));
    node.process.reset();
}

void ClusterWorld::leave(std::size_t index) {
    Node& node = nodes_[index];
    if (!is_running(node)) return;
    node.is_leaving = true;  // everything goes on meanwhile, but it stays until this is over
    if (node.process->store.drain(500ms) && node.process->lost.empty()) {
        node.process->store.leave(500ms);
    }
    node.is_leaving = false;
    end(index);
}

CommitId ClusterWorld::commit(std::uint8_t how) {
    Node* node = serving();
    if (node == nullptr || !is_running(*node)) return 0;
    constexpr std::array<const char*, 3> kKeys = {"x", "y", "z"};
    const std::string value =
        "v" + std::to_string(how) + "@" + std::to_string(now_.time_since_epoch().count());
    const std::string key = kKeys.at(how % kKeys.size());
    std::vector<Write> writes;
    const bool is_removed = how % 5 == 4;
    writes.push_back({Bucket::aor, key, is_removed ? std::nullopt : std::optional(value)});
    if (how % 2 == 0) writes.push_back({Bucket::dialog, key, value});
    if (how % 7 < 4) {
        writes.push_back(
            {Bucket::unsettled, key, how % 7 < 2 ? std::optional<std::string>("") : std::nullopt}
        );
    }
    const CommitId id = ledger_.add(now_, node->incarnation, writes);
    node->process->commit(id, std::move(writes));
    settle(static_cast<std::size_t>(node - nodes_.data()));
    return id;
}

void ClusterWorld::fail_over(std::uint64_t behind, Duration away) {
    const ClusterLedger::Records before = witness_.records();
    const std::string incarnation = witness_.owner();
    const Node& holder = nodes_[owner()];
    // Owners write again what is younger than `replay`; a replica that far behind is another fault.
    const auto kept = offsets_.upper_bound(now_ - kBehindMax);
    if (kept != offsets_.begin()) oldest_ = std::max(oldest_, std::prev(kept)->second);
    const std::uint64_t offset = std::max(redis_.kept_offset(behind), oldest_);
    offsets_.clear();
    if (!plan_.is_replicated && offset < redis_.offset()) has_sound_leases_ = false;
    redis_.fail_over(offset);
    redis_.set_lagging(false);
    witness_.handle_fail_over();
    const bool has_it = holder.process && holder.was_opened && holder.incarnation == incarnation;
    ledger_.handle_forgotten(before, has_it ? incarnation : "");
    network_.end_redis(away);
    trace("fail-over; writes left: " + std::to_string(redis_.offset()));
}

void ClusterWorld::heal() {
    trace("heal");
    redis_.set_lagging(false);
    network_.heal();
    for (Node& node : nodes_) {
        node.paused_until = std::min(node.paused_until, now_);
        node.pause_in_write = {};
    }
    for (std::size_t i = 0; i < nodes_.size(); ++i) start(i);
    const TimePoint end = now_ + kServesWithin;
    for (int steady = 0; steady < 3 && now_ < end;) {
        pass(500ms);
        steady = serving() == nullptr ? 0 : steady + 1;
    }
    if (serving() == nullptr) {
        std::string what = "after healing not exactly one node serves:";
        for (const Node& node : nodes_) {
            what += " " + node.name + ": " +
                    (node.process ? node.process->store.trouble() : std::string("is away"));
        }
        fail(what);
    }
    const CommitId last = commit(0);
    pass(1s);
    check_end(last);
}

void ClusterWorld::pass(Duration time) {
    const TimePoint end = now_ + time;
    for (int turns = 0; next() <= end; ++turns) {
        if (turns > kTurnsMax) fail("the simulation does not come to rest");
        now_ = std::max(now_, next());
        network_.set_time(now_);
        witness_.set_time(now_);
        network_.run_redis();
        offsets_[now_] = redis_.offset();
        for (std::size_t i = 0; i < nodes_.size(); ++i) run_node(i);
        check_leases();
    }
    now_ = end;
    network_.set_time(now_);
    witness_.set_time(now_);
}

TimePoint ClusterWorld::next() const {
    TimePoint next = network_.next();
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        const Node& node = nodes_[i];
        next = std::min(next, node.start_at);
        if (!node.process) continue;
        const TimePoint due = std::min(deadline_of(i), network_.next_arrival(i));
        next = std::min(next, std::max(due, node.paused_until));
    }
    return next;
}

TimePoint ClusterWorld::deadline_of(std::size_t index) const {
    const TimePoint deadline = nodes_[index].process->store.next_deadline();
    return deadline == TimePoint::max() ? deadline : deadline - clock_of(index);
}

void ClusterWorld::run_node(std::size_t index) {
    Node& node = nodes_[index];
    if (node.start_at <= now_) start(index);
    while (is_running(node)) {
        const auto arrival = network_.take_arrival(index);
        if (!arrival) break;
        handle(index, *arrival);
    }
    if (!is_running(node) || deadline_of(index) > now_) return;
    node.process->store.handle_time();
    settle(index);
}

void ClusterWorld::handle(std::size_t index, const ClusterNetwork::Arrival& arrival) {
    RedisStore& store = nodes_[index].process->store;
    switch (arrival.kind) {
        case ClusterNetwork::Arrival::Kind::connected:
            store.handle_connected();
            break;
        case ClusterNetwork::Arrival::Kind::refused:
            store.handle_closed("connection refused");
            break;
        case ClusterNetwork::Arrival::Kind::closed:
            store.handle_closed("connection reset");
            break;
        case ClusterNetwork::Arrival::Kind::bytes:
            store.handle_bytes(arrival.bytes);
            break;
    }
    settle(index);
}

void ClusterWorld::settle(std::size_t index) {
    Node& node = nodes_[index];
    StoreProcess& process = *node.process;
    while (std::exchange(process.is_woken, false)) process.store.deliver();
    if (process.opened && !std::exchange(node.was_opened, true)) {
        trace(node.name + " serves");
        check_opening(node);
    }
    for (; node.answers < process.answers.size(); ++node.answers) {
        const auto [id, ok] = process.answers[node.answers];
        trace("commit " + std::to_string(id) + (ok ? " is acknowledged" : " has failed"));
        check_answer(id, ok);
        ledger_.handle_answered(now_, id, ok);
    }
    if (process.lost.empty() || node.is_leaving) return;
    node.cluster_id = process.store.cluster_id();
    end(index);
    node.start_at = now_ + 1s;
}

/// I5: who may speak has the shards.
void ClusterWorld::check_leases() const {
    if (!has_sound_leases_) return;
    for (const Node& node : nodes_) {
        if (!is_running(node) || node.is_leaving || !node.process->store.may_speak()) continue;
        if (witness_.owner() == node.incarnation) continue;
        fail(
            "I5: " + node.incarnation + " may speak, but the shards belong to " + witness_.owner()
        );
    }
}

/// I6.
void ClusterWorld::check_opening(const Node& node) const {
    const ClusterWitness::Opening* opening = witness_.opening(node.incarnation);
    if (opening == nullptr) fail("I6: open without an opening commit: " + node.incarnation);
    if (records_in(*node.process) != opening->records) {
        fail("I6: " + node.incarnation + " opens with other records than are stored");
    }
    for (const auto& [key, value] : opening->transactions) {
        if (!node.process->memory.contains(key)) {
            fail("I6: " + node.incarnation + " opens without transaction " + key.second);
        }
    }
}

/// I3.
void ClusterWorld::check_answer(CommitId id, bool ok) const {
    if (!ok) return;
    const auto executed = witness_.executed(id);
    const std::string what = "I3: commit " + std::to_string(id) + " is acknowledged, but not ";
    if (!executed && !witness_.was_executed(id)) fail(what + "executed");
    if (plan_.is_replicated && (!executed || *executed > redis_.acknowledged_offset())) {
        fail(what + "replicated");
    }
}

void ClusterWorld::check_end(CommitId last) {
    if (!ledger_.is_acknowledged(last)) fail("a commit after healing is not answered");
    ledger_.check();
    if (records_in(*serving()->process) != witness_.records()) {
        fail("I7: Redis has other records than the node that serves");
    }
}

bool ClusterWorld::serves(const Node& node) {
    return node.process && node.was_opened && node.process->store.healthy();
}

ClusterWorld::Node* ClusterWorld::serving() {
    if (std::ranges::count_if(nodes_, serves) != 1) return nullptr;
    return &*std::ranges::find_if(nodes_, serves);
}

ClusterLedger::Records ClusterWorld::records_in(const StoreProcess& process) {
    ClusterLedger::Records records = process.memory;
    std::erase_if(records, [](const auto& item) {
        return item.first.first == Bucket::transaction;
    });
    return records;
}

}  // namespace reginfo::test
