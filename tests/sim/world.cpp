/// @file

#include "tests/sim/world.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <span>
#include <variant>

namespace reginfo::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// More calls of handle_timeout than this at one moment mean that the engine spins.
constexpr int kSpinning = 2'000;

/// Bounds of an AOR in plans that reach them.
constexpr std::size_t kTightPublications = 2;
constexpr std::size_t kTightSubscriptions = 1;

Settings settings_of(const Plan& plan) {
    Settings settings;
    const Endpoint bound{IpAddress::v4(0xc0000201U), 5060};
    settings.listeners = {
        {Transport::udp, bound, "192.0.2.1", 5060},
        {Transport::tcp, bound, "192.0.2.1", 5060},
    };
    settings.trusted_networks = {*reginfo::Network::parse("192.0.2.0/24")};
    settings.notify.min_interval = plan.paced ? seconds{5} : seconds{0};
    settings.notify.burst = 3;
    settings.profile_rules = {
        {.profile = plan.profile, .user_agent = std::string(text_of(plan.profile))}
    };
    settings.durable = plan.durable;
    settings.hash_seed = plan.chance + 1U;
    settings.notify.recovery_rate = 20'000;
    settings.limits.open_states = plan.small_turns ? 0 : 2;
    if (plan.small_turns) {
        settings.limits.expiries_per_turn = 2;
        settings.notify.window_initial = 1;
        settings.notify.window_min = 1;
    }
    if (plan.large) settings.notify.udp_bytes_max = 600;
    if (plan.tight) {
        settings.limits.publications_per_aor = kTightPublications;
        settings.limits.subscriptions_per_aor = kTightSubscriptions;
        settings.limits.pending_commits = 4;
        settings.limits.waiting_requests = 2;
    }
    return settings;
}

}  // namespace

bool has_write_to(Bucket bucket, const std::vector<Write>& writes) {
    return std::any_of(writes.begin(), writes.end(), [&](const Write& write) {
        return write.bucket == bucket;
    });
}

World::World(const Plan& plan)
    : network(plan.chance),
      model(Settings{}.contact_grace),
      notifies(model),
      plan_(plan),
      settings_(settings_of(plan)),
      edge_(plan.edge),
      store_fails_(plan.store == Store::failing) {
    engine_ = make_engine(network.now, process_);
    engine_->observe(&witness_);
    notifies.has_all_times = plan.profile == Profile::pcscf;
    network.weather = {plan.loss, plan.duplicates, milliseconds{50} * plan.delay};
    for (const char* user : {"user0", "user1"}) {
        aors_.push_back("sip:" + std::string(user) + "@example.com");
    }
    for (unsigned i = 0; i < 5; ++i) {
        publishers_.push_back(std::make_unique<Publisher>(*this, i, aors_[i % aors_.size()]));
    }
    if (plan.shared) start_processes();
    for (unsigned i = 0; i < 6; ++i) watchers_.push_back(std::make_unique<Watcher>(*this, i));
}

// Time.

void World::handle_timeout() {
    expires_ = !plan_.durable;
    for_each_process([this] {
        const auto deadline = engine_ ? engine_->next_deadline() : std::nullopt;
        if (!deadline || *deadline > network.now) return;
        call([this] { engine_->handle_timeout(network.now, outbox_); });
    });
    if (expires_) expire();
}

/// Applies to the model the expiries of the engine at this moment, at the latest at its end.
void World::expire() {
    expires_ = false;
    const auto due = model.next_deadline();
    if (!due || *due > network.now) return;
    model.expire(network.now);
    changed_at_ = network.now;
}

void World::handle_restored() {
    call([this] { engine_->handle_restored(network.now, outbox_); });
}

void World::advance(Duration duration) {
    const TimePoint end = network.now + duration;
    int spins = 0;
    while (true) {
        const auto event = network.next();
        const auto deadline = next_deadline();
        if (deadline && *deadline <= end && (!event || *deadline <= *event)) {
            spins = *deadline > network.now ? 0 : spins + 1;
            if (spins > kSpinning) throw Violation("handle_timeout gets nowhere");
            network.now = std::max(network.now, *deadline);
            handle_timeout();
            continue;
        }
        const auto due = model.next_deadline();
        const TimePoint next = std::max(network.now, std::min(event.value_or(end), end));
        const bool unseen =
            engine_ && due && *due < next && (!deadline || *deadline > std::max(*due, network.now));
        if (plan_.store == Store::at_once && unseen && !plan_.shared) {
            throw Violation("something is due and the engine has no deadline for it");
        }
        if (!event || *event > end) break;
        network.step();
    }
    network.now = std::max(network.now, end);
}

// Into the engine.

void World::call(const std::function<void()>& into_engine) {
    if (!engine_) return;
    witness_.changed_at_effect.reset();
    into_engine();
    engine_->end_turn(network.now, outbox_);
    Outbox effects;
    effects.swap(outbox_);
    std::size_t performed = 0;
    for (Effect& effect : effects.effects()) {
        if (expires_ && witness_.changed_at_effect == performed++) expire();
        perform(effect);
    }
    while (!done_.empty()) {
        const CommitId id = done_.front();
        done_.erase(done_.begin());
        finish(id, true);
    }
    if (plan_.tight) check_bounds();
}

void World::check_bounds() const {
    const Stats& stats = engine_->stats();
    if (stats.publications > aors_.size() * kTightPublications) throw Violation("publications");
    if (stats.subscriptions > aors_.size() * kTightSubscriptions) throw Violation("subscriptions");
}

void World::trace(const char* direction, const Flow& flow, const std::string& bytes) const {
    if (!traced_) return;
    const auto ms = std::chrono::duration_cast<milliseconds>(network.now.time_since_epoch());
    std::cerr << ms.count() << " ms " << direction << ' ' << flow.peer.to_string() << '/'
              << flow.connection << '\n'
              << bytes << '\n';
}

void World::to_engine(const Flow& flow, const std::string& bytes) {
    if (!engine_) return;
    const auto owner = owner_of(Wire(bytes));
    if (!owner) return;
    if (plan_.shared) knock_elsewhere(*owner, flow, bytes);
    arrived_.push_back({flow, bytes, *owner});
    if (!plan_.batches) return take_turn();
    if (arrived_.size() > 1) return;
    const auto busy =
        static_cast<std::int64_t>(network.roll(1 + static_cast<std::uint64_t>(kBusyMax.count())));
    network.after(Duration{busy}, [this, process = process_] {
        if (process == process_) take_turn();
    });
}

/// Passes all arrived messages to the engine before any effect is performed, as the reactor does.
void World::take_turn() {
    const std::vector<Arrived> arrived = std::exchange(arrived_, {});
    for_each_process([&] {
        const auto is_its = [this](const Arrived& one) { return one.to == at_; };
        if (std::ranges::none_of(arrived, is_its)) return;
        call([&] {
            for (const auto& [flow, bytes, to] : arrived) {
                if (to != at_) continue;
                trace("<-", flow, bytes);
                const Wire message(bytes);
                if (message.is_response()) notifies.answered(network.now, message);
                engine_->handle_message(network.now, flow, bytes, outbox_);
            }
        });
    });
}

std::string World::aor_of(const std::string& key) const {
    for (const std::string& aor : aors_) {
        if (key.find(aor.substr(4)) != std::string::npos) return aor;
    }
    throw Violation("a record of no AOR: " + key);
}

/// Applies to the model a commit that no request caused.
void World::expire(const PendingCommit& commit) {
    for (const Write& write : commit.writes) {
        if (write.bucket == Bucket::aor) model.expire(commit.begun, aor_of(write.key));
    }
}

void World::finish(CommitId id, bool ok) {
    const PendingCommit commit = commits_.at(id);
    commits_.erase(id);
    if (is_fenced(commit)) return;
    if (ok && is_suspended_) {
        durable_.push_back(commit);
        return call([&] { engine_->handle_committed(network.now, id, true, outbox_); });
    }
    begun_ = commit.begun;
    stores_response_ = ok && has_write_to(Bucket::transaction, commit.writes);
    if (ok) keep(commit);
    call([&] {
        engine_->handle_committed(network.now, id, ok, outbox_);
        if (!ok || !commit.is_expiry) return;
        expire(commit);
        changed_at_ = network.now;
    });
    stores_response_ = false;
}

void World::keep(const PendingCommit& commit) {
    for (const Write& write : commit.writes) {
        if (write.value) {
            kept_[{write.bucket, write.key}] = {*write.value, commit.begun, commit.shard};
        } else {
            kept_.erase({write.bucket, write.key});
        }
    }
}

void World::flow_closed(const Flow& flow, bool refused) {
    if (!arrived_.empty()) take_turn();
    notifies.closed(network.now, flow, refused);
    for_each_process([&] { call([&] { engine_->handle_flow_closed(network.now, flow, outbox_); }); }
    );
}

void World::close(ConnectionId id) {
    network.after({}, [this, id, process = process_] {
        if (process != process_) return;
        Network::Connection* connection = network.find(id);
        if (connection == nullptr) return;
        connection->open = false;
        const bool used = connection->used_by_peer;
        Flow flow{Transport::tcp, 1, connection->peer, 0, id};
        flow_closed(flow);
        flow.connection = 0;
        if (used) flow_closed(flow);
    });
}

// Out of the engine.

void World::perform(Effect& effect) {
    if (const auto* send = std::get_if<Send>(&effect)) {
        perform(*send);
    } else if (const auto* commit = std::get_if<Commit>(&effect)) {
        perform(*commit);
    } else if (const auto* question = std::get_if<Resolve>(&effect)) {
        perform(*question);
    } else if (const auto* over = std::get_if<Close>(&effect)) {
        throw Violation("closed: " + over->flow.peer.to_string());
    }
}

void World::perform(const Commit& commit) {
    // A commit without a request is an expiry. After a start there may be one before a request.
    const bool is_expiry = has_write_to(Bucket::aor, commit.writes) &&
                           !has_write_to(Bucket::transaction, commit.writes);
    for (const Write& write : commit.writes) {
        const bool is_aor = plan_.shared && write.bucket == Bucket::aor;
        if (is_aor && shard_of(settings_.hash_seed, write.key) != commit.shard) {
            throw Violation("a write of another shard than its commit: " + write.key);
        }
    }
    commits_[commit.id] = {
        network.now, is_expiry, commit.writes, commit.shard, epochs_[commit.shard]
    };
    if (plan_.store == Store::at_once) {
        done_.push_back(commit.id);
        return;
    }
    const auto delay = milliseconds{20} * static_cast<std::int64_t>(1 + network.roll(100));
    store_free_at_ = std::max(store_free_at_, network.now + delay);
    const bool fails = store_fails_ && network.happens(35);
    const bool ok = !fails || !commit.is_awaited;  // else it is retried
    network.at(store_free_at_, [this, id = commit.id, ok, process = process_, at = at_] {
        if (process != process_) return;
        enter(at);
        finish(id, ok);
    });
}

void World::perform(const Resolve& question) {
    const auto answer = [this, question, dns = dns_, process = process_, at = at_] {
        if (process != process_) return;
        enter(at);
        // The name identifies the watcher: w4.example.com.
        const auto index = static_cast<std::size_t>(question.host[1] - '0');
        const Transport transport = question.transport.value_or(Transport::udp);
        std::vector<Target> targets;
        if (dns != 2) targets.push_back({transport, watchers_.at(index)->endpoint()});
        if (dns >= 2) notifies.unreachable(watchers_.at(index)->call_id());
        call([&] { engine_->handle_resolved(network.now, question.id, targets, outbox_); });
    };
    constexpr Duration kAfter[] = {
        milliseconds{1}, milliseconds{700}, milliseconds{700}, seconds{40}
    };
    if (dns_ < std::size(kAfter)) return network.after(kAfter[dns_], answer);
    questions_.push_back(answer);
}

void World::perform(const Send& send) {
    const std::string bytes = send.head + (send.tail ? *send.tail : std::string());
    const Wire message(bytes);
    check_may_speak(message);
    if (message.is_response()) {
        is_late_answer_ = !answered_.empty();
        if (is_late_answer_) {
            begun_ = answered_.front().begun;
            stores_response_ = true;
            answered_.pop_front();
        }
        respond(message, bytes);
        stores_response_ = stores_response_ && !std::exchange(is_late_answer_, false);
    } else {
        notifies.sent(network.now, message, bytes, send.flow);
    }
    Flow flow = send.flow;
    if (send.reconnect_port != 0 && network.find(flow.connection) == nullptr) {
        flow.connection = 0;  // RFC 3261 §18.2.2
        flow.peer.port = send.reconnect_port;
    }
    transmit(flow, bytes);
}

/// The peer at that address; behind the edge, the peer in the message.
Peer* World::peer_at(const Endpoint& endpoint, const Wire& message) const {
    const std::string named =
        message.is_response() ? message.branch().substr(7) : message.first_line.substr(11);
    const auto find = [&](const auto& peers) -> Peer* {
        for (const auto& peer : peers) {
            if (peer->endpoint().address != endpoint.address) continue;
            if (endpoint.address != kEdge.address || named.starts_with(peer->name()))
                return peer.get();
        }
        return nullptr;
    };
    Peer* const publisher = find(publishers_);
    return publisher != nullptr ? publisher : find(watchers_);
}

void World::transmit(const Flow& flow, const std::string& bytes) {
    trace("->", flow, bytes);
    const Wire message(bytes);
    Peer* const peer = peer_at(flow.peer, message);
    if (peer == nullptr) throw Violation("sent to nobody: " + bytes);
    if (flow.transport == Transport::udp) {
        const auto deliver = [peer, flow, bytes] { peer->receive(Wire(bytes), flow); };
        if (flow.peer != kEdge || message.is_response()) return network.datagram(deliver);
        const auto passed = edge_.pass(network.now);
        if (passed) network.at(*passed, [this, deliver] { network.datagram(deliver); });
        return;
    }
    Flow used = flow;
    if (flow.connection == 0) {
        used.connection = network.connection_to(flow.peer);
        if (used.connection == 0 && !connects_fail_) used.connection = network.connect(flow.peer);
        if (used.connection != 0) network.find(used.connection)->used_by_peer = true;
    }
    if (network.find(used.connection) == nullptr) {
        network.after(milliseconds{1}, [this, flow, process = process_] {
            if (process == process_) flow_closed(flow, flow.connection == 0);
        });
        return;
    }
    network.stream(used.connection, [peer, used, bytes] { peer->receive(Wire(bytes), used); });
}

}  // namespace reginfo::sim
