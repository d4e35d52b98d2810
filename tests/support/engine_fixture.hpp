/// @file
/// An engine in a world of its own: simulated time, a store that answers on request, and peers that
/// the test drives.
#pragma once

#include "core/engine.hpp"
#include "tests/support/sip_builder.hpp"
#include "tests/support/watcher_fold.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reginfo::test {

/// A message that the engine sent, parsed.
struct Sent {
    TimePoint at;
    Flow flow;
    std::shared_ptr<const std::string> bytes;
    sip::Message message;  ///< views into `bytes`
    std::uint16_t reconnect_port = 0;

    bool is(sip::Method method) const { return message.is_request && message.method == method; }
    bool is_notify() const { return is(sip::Method::notify); }
    int status() const { return message.is_request ? 0 : message.status; }
    std::string_view body() const { return message.body; }
    /// The value of the first field of that name, written in full; "" if there is none.
    std::string header(std::string_view name) const;
    bool has(std::string_view name) const;
    std::uint32_t cseq() const;
};

Endpoint endpoint(std::string_view address, std::uint16_t port = 5060);
Flow udp_flow(std::string_view address, std::uint16_t port = 5060, ListenerId listener = 0);
Flow tcp_flow(std::string_view address, std::uint16_t port, ConnectionId connection);

/// Listeners: 0 UDP and 1 TCP on 192.0.2.1:5060, 2 UDP on [2001:db8::1]:5060. The documentation
/// networks are trusted. Pacing is off.
Settings test_settings();

/// Drives one engine as transport/ does, and keeps its effects.
class World {
public:
    explicit World(Settings settings = test_settings(), std::uint64_t seed = 1);

    /// Whether commits are answered by hand, with `commit`, or in the same turn.
    bool store_answers_late = false;

    /// What each peer answers to a NOTIFY at once: a status, or nothing for silence.
    std::function<std::optional<int>(const Sent&)> answers = [](const Sent&) { return 200; };

    void receive(const Flow& flow, std::string_view bytes);
    void answer(const Sent& notify, int status, const std::vector<std::string>& more = {});
    void close(const Flow& flow);
    /// The network leads there no more: datagrams do not leave.
    std::function<bool(const Flow&)> is_cut_off = [](const Flow&) { return false; };
    void resolved(ResolveId id, const std::vector<Target>& targets);
    /// The same by the transport that was asked for, else UDP.
    void resolved(ResolveId id, const std::vector<Endpoint>& endpoints);

    /// The store's answer to the oldest commit that waits for one.
    void commit(bool ok = true);
    std::size_t commits_waiting() const { return commits_.size(); }

    /// A new process with the store's records, after some time in which there was none. Commits
    /// that the store had not answered never happened, and nothing that was sent before is left to
    /// take.
    /// @param clock_back  by how much the wall clock was set back meanwhile
    void crash(Duration down = Duration::zero(), Duration clock_back = Duration::zero());
    /// The same after a clean stop.
    void restart(Duration down = Duration::zero());
    /// The same by a stop that does not wait for the store's answers, which has everything all the
    /// same.
    void restart_while_storing();
    std::size_t records_kept() const { return kept_.size(); }
    std::size_t unsettled_kept() const;
    /// The store is as one of an earlier version, which had no bucket of the unsettled.
    void keep_all_unsettled();

    /// Others have the state (Engine::stand_by); it is ours, as the store has it.
    void stand_by() { engine_->stand_by(now_, settings_.hash_seed); }
    void serve() { restore(); }
    /// Engine::present_record
    std::optional<std::string> present(Bucket bucket, const std::string& key) {
        return engine_->present_record(now_, bucket, key);
    }
    /// What the store has there.
    std::optional<std::string> kept(Bucket bucket, const std::string& key) const {
        const auto found = kept_.find({bucket, key});
        return found == kept_.end() ? std::nullopt : std::optional(found->second.value);
    }
    std::vector<std::string> keys_kept(Bucket bucket) const {
        std::vector<std::string> keys;
        for (const auto& [key, kept] : kept_) {
            if (key.first == bucket) keys.push_back(key.second);
        }
        return keys;
    }

    /// The lease has run out; it counts again (Engine::handle_suspended, handle_resumed).
    void suspend();
    void resume();

    /// Reads what the store of that world has of the shard, and opens it.
    void take_over(Shard shard, const World& from);
    /// Reads it only.
    void load(Shard shard, const World& from);
    void open(Shard shard);
    /// Forgets a piece of the shard (Engine::drop_shard).
    bool drop(Shard shard);
    /// The store answers no commit of before any more: others write there now.
    void fence() { commits_.clear(); }

    /// Lets time pass, acting on every deadline on the way.
    void pass(Duration time);

    /// What was sent since the last call, all of it or those messages that fit.
    std::vector<Sent> take();
    std::vector<Sent> take_notifies();
    /// The only message sent since the last call; an empty one and a failure if it is not one.
    Sent take_one();

    /// Sends a request and returns the only response to it, leaving all else for take().
    Sent ask(const Flow& flow, std::string_view request);

    /// What an operator asks for.
    ActionOutcome act(const OperatorAction& action);

    /// Somebody wants the server to stop (Engine::handle_drain).
    void drain();

    Engine& engine() { return *engine_; }
    const Stats& stats() const { return engine_->stats(); }
    std::optional<TimePoint> next_deadline() const { return engine_->next_deadline(); }
    TimePoint now() const { return now_; }

    std::vector<Resolve> resolves;
    std::vector<std::size_t> stop_steps;  ///< how many commits each step of the last clean stop had
    std::vector<Note> notes;
    std::vector<Flow> closes;

private:
    /// A record in the store.
    struct Kept {
        std::string value;
        TimePoint written;
        Shard shard = 0;
    };

    void stop();
    void restore();
    void perform();
    void hand_in(Commit commit);
    void keep(const Commit& commit);
    void sent(const Send& send);

    TimePoint now_{Duration{1'000'000'000}};
    Settings settings_;
    std::optional<Engine> engine_;
    Outbox outbox_;
    std::deque<Commit> commits_;
    std::map<std::pair<Bucket, std::string>, Kept> kept_;
    std::vector<Sent> sent_;
    std::deque<Sent> to_answer_;
};

/// The subscriber's side of a dialog.
struct Watcher {
    explicit Watcher(std::string name_, std::string_view address = "198.51.100.1");

    std::string name;
    std::string aor = "sip:alice@example.org";
    Flow flow;
    std::string contact;
    std::string user_agent;
    std::string event = "reg";
    std::vector<std::string> more;  ///< whole header lines
    std::string to_tag;             ///< once there is a dialog
    unsigned cseq = 0;

    /// The next SUBSCRIBE, in the dialog if there is one.
    RequestText subscribe(int expires = 3600);

    /// Subscribes or refreshes, and returns the response.
    Sent subscribe(World& world, int expires = 3600);

    bool owns(const Sent& notify) const;
};

/// A publisher with one publication.
struct Publisher {
    Flow flow = udp_flow("203.0.113.1");
    std::string aor = "sip:alice@example.org";
    std::string etag;

    RequestText request(int expires, std::string body = {}) const;

    /// Publishes, refreshes (no body) or removes (0), keeps the entity-tag; returns the response.
    Sent publish_text(World& world, std::string body, int expires = 3600);
    Sent publish(World& world, std::vector<ContactText> contacts, int expires = 3600);
    Sent refresh(World& world, int expires = 3600) { return publish_text(world, {}, expires); }
    Sent remove(World& world) { return publish_text(world, {}, 0); }

    /// The entity-tag in a response.
    void learn(const Sent& response);
};

}  // namespace reginfo::test
