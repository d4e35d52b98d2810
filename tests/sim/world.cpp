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

/// Calls of handle_timeout at one moment beyond which the engine is spinning.
constexpr int kSpinning = 2'000;

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
        {.profile = plan.profile, .user_agent = std::string(text_of(plan.profile))}};
    settings.durable = plan.durable;
    settings.hash_seed = plan.chance + 1U;
    settings.notify.recovery_rate = 20'000;
    settings.limits.open_states = plan.small_turns ? 0 : 2;
    if (plan.small_turns) {
        settings.limits.expiries_per_turn = 2;
        settings.notify.window_initial = 1;
        settings.notify.window_min = 1;
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
      store_fails_(plan.store == Store::failing) {
    engine_ = make_engine(network.now);
    engine_->observe(&witness_);
    network.weather = {plan.loss, plan.duplicates, milliseconds{50} * plan.delay};
    // With a late store several AORs may be due at once, and nobody outside could tell whose
    // expiry a commit is: one AOR then.
    const unsigned aors = plan.store == Store::at_once ? 2 : 1;
    for (unsigned i = 0; i < aors; ++i) {
        aors_.push_back("sip:user" + std::to_string(i) + "@example.com");
    }
    for (unsigned i = 0; i < 5; ++i) {
        publishers_.push_back(std::make_unique<Publisher>(*this, i, aors_[i % aors]));
    }
    for (unsigned i = 0; i < 6; ++i) watchers_.push_back(std::make_unique<Watcher>(*this, i));
}

// Time.

void World::handle_timeout() {
    expires_ = !plan_.durable;
    call([this] { engine_->handle_timeout(network.now, outbox_); });
    if (expires_) expire();
}

/// Does to the model what the engine does in this moment, at the latest at its end.
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
        const auto deadline = engine_ ? engine_->next_deadline() : std::nullopt;
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
        if (plan_.store == Store::at_once && unseen) {
            throw Violation("something is due and the engine has no deadline for it");
        }
        if (!event || *event > end) break;
        network.step();
    }
    network.now = std::max(network.now, end);
}

// Into the engine.

template <class Call>
void World::call(const Call& into_engine) {
    if (!engine_) return;
    witness_.changed_at_effect.reset();
    into_engine();
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
    trace("<-", flow, bytes);
    const Wire message(bytes);
    if (message.is_response()) notifies.answered(network.now, message);
    call([&] { engine_->handle_message(network.now, flow, bytes, outbox_); });
}

void World::finish(CommitId id, bool ok) {
    const PendingCommit commit = commits_.at(id);
    commits_.erase(id);
    begun_ = commit.begun;
    stores_response_ = ok && has_write_to(Bucket::transaction, commit.writes);
    if (ok) keep(commit);
    if (ok && commit.is_expiry) {
        model.expire(commit.begun);
        changed_at_ = network.now;
    }
    call([&] { engine_->handle_committed(network.now, id, ok, outbox_); });
    stores_response_ = false;
}

void World::keep(const PendingCommit& commit) {
    for (const Write& write : commit.writes) {
        if (write.value) {
            kept_[{write.bucket, write.key}] = {*write.value, commit.begun};
        } else {
            kept_.erase({write.bucket, write.key});
        }
    }
}

void World::flow_closed(const Flow& flow) {
    notifies.closed(network.now, flow);
    call([&] { engine_->handle_flow_closed(network.now, flow, outbox_); });
}

void World::close(ConnectionId id) {
    network.after({}, [this, id, process = process_] {
        if (process != process_) return;
        Network::Connection* connection = network.find(id);
        if (connection == nullptr) return;
        connection->open = false;
        const bool used = connection->used_by_peer;
        Flow flow{Transport::tcp, 1, connection->peer, id};
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
    // What no request asked for is an expiry; there may be one before a request, after a start.
    const bool is_expiry = has_write_to(Bucket::aor, commit.writes) &&
                           !has_write_to(Bucket::transaction, commit.writes);
    commits_[commit.id] = {network.now, is_expiry, commit.writes};
    if (plan_.store == Store::at_once) {
        done_.push_back(commit.id);
        return;
    }
    const auto delay = milliseconds{20} * static_cast<std::int64_t>(1 + network.roll(100));
    store_free_at_ = std::max(store_free_at_, network.now + delay);
    const bool ok = !store_fails_ || !network.happens(35);
    network.at(store_free_at_, [this, id = commit.id, ok, process = process_] {
        if (process == process_) finish(id, ok);
    });
}

void World::perform(const Resolve& question) {
    const auto answer = [this, question, dns = dns_, process = process_] {
        if (process != process_) return;
        // The name is the watcher's: w4.example.com.
        const auto index = static_cast<std::size_t>(question.host[1] - '0');
        const Transport transport = question.transport.value_or(Transport::udp);
        std::vector<Target> targets;
        if (dns != 2) targets.push_back({transport, watchers_.at(index)->endpoint()});
        if (dns == 2) notifies.unreachable(watchers_.at(index)->call_id());
        call([&] { engine_->handle_resolved(network.now, question.id, targets, outbox_); });
    };
    network.after(dns_ == 0 ? milliseconds{1} : milliseconds{700}, answer);
}

void World::perform(const Send& send) {
    const std::string bytes = send.head + (send.tail ? *send.tail : std::string());
    const Wire message(bytes);
    if (message.is_response()) {
        respond(message, bytes);
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

void World::transmit(const Flow& flow, const std::string& bytes) {
    trace("->", flow, bytes);
    const auto peer_at = [this](const Endpoint& endpoint) -> Peer* {
        for (const auto& p : publishers_) {
            if (p->endpoint().address == endpoint.address) return p.get();
        }
        for (const auto& w : watchers_) {
            if (w->endpoint().address == endpoint.address) return w.get();
        }
        return nullptr;
    };
    Peer* peer = peer_at(flow.peer);
    if (peer == nullptr) throw Violation("sent to nobody: " + bytes);
    if (flow.transport == Transport::udp) {
        network.datagram([peer, flow, bytes] { peer->receive(Wire(bytes), flow); });
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
            if (process == process_) flow_closed(flow);
        });
        return;
    }
    network.stream(used.connection, [peer, used, bytes] { peer->receive(Wire(bytes), used); });
}

// What the engine acknowledges.

void World::expect(const std::string& branch, Publish publish) {
    publishes_.emplace(branch, std::move(publish));
}

void World::expect_subscribe(const std::string& branch, std::string event_id, bool is_fetch) {
    event_ids_.emplace(branch, std::move(event_id));
    if (is_fetch) fetches_.insert(branch);
}

void World::respond(const Wire& response, const std::string& bytes) {
    const auto [at, first] = responses_.emplace(response.branch(), bytes);
    if (!first) {
        if (at->second != bytes) throw Violation("another response: " + at->second + bytes);
        return;
    }
    if (stores_response_ && response.status() == 200 && !fetches_.contains(response.branch())) {
        acknowledged_.insert(response.branch());
    }
    if (const auto publish = publishes_.find(response.branch()); publish != publishes_.end()) {
        published(response, publish->second);
        return;
    }
    const int status = response.status();
    if (status == 200) {
        notifies.subscribed(
            network.now,
            response.header("Call-ID"),
            event_ids_.at(response.branch()),
            plan_.suppress
        );
    }
    if (status == 204 && plan_.suppress) return;
    if (status == 480 && plan_.profile == Profile::ims) {
        const Expected& expected = model.expected(response.uri("To"));
        if (expected.active.empty() || !expected.undecided.empty()) return;
    }
    // The 503 is not stored: to the next process a copy of its request is one that came before.
    if (status == 500 && plan_.store == Store::failing && process_ > 0) return;
    if (status != 200 && status != 481 && status != 503) throw Violation("SUBSCRIBE: " + bytes);
    if (status == 503 && plan_.store != Store::failing) throw Violation("SUBSCRIBE: " + bytes);
}

void World::published(const Wire& response, const Publish& publish) {
    const int status = response.status();
    const bool known = publish.tag.empty() || model.has(publish.aor, publish.tag);
    if (status == 412 && !known) return;
    if (status == 503 && plan_.store == Store::failing) return;
    if (status != 200 || !known) {
        throw Violation("PUBLISH: " + response.first_line + ", entity-tag " + publish.tag);
    }
    const std::string next = response.header("SIP-ETag");
    if (next.empty() || response.header("Expires") != std::to_string(publish.expires.count())) {
        throw Violation("200 to PUBLISH without SIP-ETag or Expires as asked");
    }
    const bool is_at_once = plan_.store == Store::at_once || !plan_.durable;
    const TimePoint begun = is_at_once ? network.now : begun_;
    const TimePoint deadline = begun + publish.expires;
    changed_at_ = network.now;
    if (publish.expires.count() == 0) {
        model.remove(publish.aor, publish.tag);
    } else if (publish.body) {
        model.publish(begun, publish.aor, publish.tag, next, deadline, *publish.body);
    } else {
        model.refresh(publish.aor, publish.tag, next, deadline);
    }
}

}  // namespace reginfo::sim
