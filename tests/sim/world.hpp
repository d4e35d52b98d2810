/// @file
/// The engine among its peers, with a network, a store and a resolver that fail by a plan.
#pragma once

#include "core/engine.hpp"
#include "tests/sim/commands.hpp"
#include "tests/sim/edge.hpp"
#include "tests/sim/model.hpp"
#include "tests/sim/network.hpp"
#include "tests/sim/notify_log.hpp"
#include "tests/sim/peers.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace reginfo::sim {

/// The longest wait of a message while the reactor does something else.
inline constexpr Duration kBusyMax = std::chrono::milliseconds{60};

/// A PUBLISH on its way, for the model once it is acknowledged.
struct Publish {
    std::string aor;
    std::string tag;
    Seconds expires{0};
    std::optional<Body> body;
};

class World {
public:
    explicit World(const Plan& plan);

    void run(const Command& command);

    // The end of a run, in this order.
    void heal();         ///< ends all failures, and lets time pass until every NOTIFY was answered
    void compare();      ///< every live subscription has the state of the model
    void wind_down();    ///< no more requests; lets time pass until nothing is left
    void check_empty();  ///< nothing leaks

    const Plan& plan() const { return plan_; }
    /// Of all processes.
    template <class Count>
    std::uint64_t count(const Count& count) const {
        std::uint64_t sum = engine_ ? count(engine_->stats()) : 0;
        for (const Process& other : others_) sum += other.engine ? count(other.engine->stats()) : 0;
        return sum;
    }

    // For peers.
    Network network;
    Model model;
    NotifyLog notifies;
    void to_engine(const Flow& flow, const std::string& bytes);
    void expect(const std::string& branch, Publish publish);
    void expect_subscribe(const std::string& branch, std::string event_id, bool is_fetch);
    void close(ConnectionId connection);
    bool is_behind_edge(unsigned watcher) const {
        return edge_.exists() && (watcher == 0 || watcher == 2);
    }

private:
    /// Without a store there are no commits to show an expiry. The first new revision within a
    /// timeout does, with the number of effects before it.
    struct Witness final : Observer {
        explicit Witness(Outbox& outbox_) : outbox(outbox_) {}
        void registration_changed(TimePoint, const Aor&) override {
            if (!changed_at_effect) changed_at_effect = outbox.effects().size();
        }
        void subscription_changed(TimePoint, const Subscription&, SubscriptionEvent) override {}

        Outbox& outbox;
        std::optional<std::size_t> changed_at_effect;
    };
    struct PendingCommit {
        TimePoint begun;
        bool is_expiry = false;  ///< caused by time, not by a request
        std::vector<Write> writes;
        Shard shard = 0;
        unsigned epoch = 0;  ///< of the shard then
    };
    /// What is of one process. That of the one at work is in the members of the same names.
    struct Process {
        std::unique_ptr<Engine> engine;
        Outbox outbox;
        std::map<CommitId, PendingCommit> commits;
        std::vector<CommitId> done;
        bool is_suspended = false;
        std::vector<PendingCommit> durable;
    };
    /// A record in the store.
    struct Kept {
        std::string value;
        TimePoint written;
        Shard shard = 0;
        /// The delay of all its deadlines, because the clock was wrong at the last start.
        Duration later{};
    };
    /// A message that was not passed to the engine yet.
    struct Arrived {
        Flow flow;
        std::string bytes;
        unsigned to = 0;  ///< which process
    };

    void advance(Duration duration);
    void handle_timeout();
    void expire();
    void expire(const PendingCommit& commit);
    void handle_restored();
    void take_turn();
    void call(const std::function<void()>& into_engine);
    void check_bounds() const;
    std::string aor_of(const std::string& key) const;
    void perform(Effect& effect);
    void perform(const Send& send);
    void perform(const Commit& commit);
    void perform(const Resolve& question);
    void finish(CommitId id, bool ok);
    void keep(const PendingCommit& commit);
    // processes.cpp
    void start_processes();
    void enter(unsigned process);
    void for_each_process(const std::function<void()>& visit);
    std::optional<TimePoint> next_deadline() const;
    std::optional<unsigned> owner_of(const Wire& message) const;
    void knock_elsewhere(unsigned owner, const Flow& flow, const std::string& bytes);
    void suspend(const Command& command);
    void move(const Command& command);
    void set_suspended();
    void resume();
    std::vector<std::string> served() const;
    void settle(Shard shard);
    void open(Shard shard);
    void drop(Shard shard);
    bool is_fenced(const PendingCommit& commit);
    void check_idle() const;
    void check_may_speak(const Wire& message) const;
    // crash.cpp
    void crash(const Command& command);
    void restart(const Command& command);
    bool resolve_crashed_commit(const PendingCommit& commit);
    void replace_process(const Command& command);
    void step_clock(Duration ahead);
    std::unique_ptr<Engine> make_engine(TimePoint now, unsigned number) const;
    template <class Visit>
    void for_each_peer(Visit visit);
    void lose_connections();
    bool may_be_refused() const;
    Peer* peer_at(const Endpoint& endpoint, const Wire& message) const;
    void respond(const Wire& response, const std::string& bytes);
    void published(const Wire& response, const Publish& publish);
    void transmit(const Flow& flow, const std::string& bytes);
    void flow_closed(const Flow& flow, bool refused = false);
    void trace(const char* direction, const Flow& flow, const std::string& bytes) const;
    bool is_quiet() const;
    std::string difference(Watcher& watcher, const Watcher::View& view);
    void run_publisher(const Command& command);
    void run_watcher(const Command& command);

    Plan plan_;
    Settings settings_;
    std::unique_ptr<Engine> engine_;  ///< none between a crash and the next start
    unsigned process_ = 0;            ///< how many have ended
    Outbox outbox_;
    Witness witness_{outbox_};
    std::vector<std::unique_ptr<Publisher>> publishers_;
    std::vector<std::unique_ptr<Watcher>> watchers_;
    std::vector<std::string> aors_;

    std::map<CommitId, PendingCommit> commits_;
    std::vector<CommitId> done_;  ///< answered by the store that is never late
    bool is_suspended_ = false;
    /// Answered meanwhile, in order. Of a process that does not go on, the store may not have them.
    std::vector<PendingCommit> durable_;
    std::deque<PendingCommit> answered_;  ///< those of them whose responses are about to leave

    unsigned at_ = 0;                   ///< the process at work
    std::array<Process, 2> others_;     ///< the place of that one is empty
    std::map<Shard, unsigned> epochs_;  ///< grow whenever a shard is claimed
    std::map<Shard, unsigned> owners_;  ///< which process serves a shard, if one does
    std::map<std::pair<Bucket, std::string>, Kept> kept_;
    TimePoint store_free_at_;  ///< the late store keeps its order
    TimePoint begun_;          ///< of the commit that is being answered
    Edge edge_;
    bool clock_was_wrong_ = false;
    bool store_fails_ = false;
    bool connects_fail_ = false;
    unsigned dns_ = 0;  ///< 0 at once, 1 late, 2 empty, 3 very late, 4 not before heal()
    std::vector<Network::Event> questions_;  ///< unanswered ones
    std::vector<Arrived> arrived_;
    std::map<std::string, Publish> publishes_;      ///< by branch
    std::map<std::string, std::string> event_ids_;  ///< of SUBSCRIBEs, by branch
    std::map<std::string, std::string> responses_;  ///< by branch
    std::set<std::string> fetches_;                 ///< branches
    std::set<std::string> acknowledged_;            ///< branches whose response is in the store
    bool stores_response_ = false;                  ///< of the commit that is being answered
    bool is_late_answer_ = false;                   ///< of one that was durable earlier
    TimePoint changed_at_;
    bool expires_ = false;  ///< expiries are not applied to the model yet
    const bool traced_ = std::getenv("REGINFO_SIM_TRACE") != nullptr;
};

/// All of it. Throws Violation.
void simulate(const Plan& plan);

bool has_write_to(Bucket bucket, const std::vector<Write>& writes);

}  // namespace reginfo::sim
