/// @file
/// The interface of the core.
#pragma once

#include "core/base/shard.hpp"
#include "core/base/spare_texts.hpp"
#include "core/base/time.hpp"
#include "core/base/token_source.hpp"
#include "core/event/operation/operator_action.hpp"
#include "core/event/records/observer.hpp"
#include "core/inspection.hpp"
#include "core/outbox.hpp"
#include "core/pressure.hpp"
#include "core/settings.hpp"
#include "core/stats.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace reginfo {

/// A SIP event server for the package `reg` that does no I/O: bytes and time go in, effects come
/// out.
///
/// The contract, each reactor turn:
///   1. call a handle_* function for each event, and handle_timeout if next_deadline() has passed;
///   2. call end_turn();
///   3. perform the effects of the outbox in order, and clear it. Events that follow from them at
///      once are a turn of their own.
///
/// `now` never goes back from one call to the next. The same calls give the same effects: the
/// engine reads no clock, no random device and no global. Not thread-safe; one reactor owns it.
class Engine {
public:
    /// @param seed  for tags, branches and entity-tags; from the random source of the system
    Engine(Settings settings, const Seed& seed);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    /// One whole SIP message: a UDP datagram, or a message that StreamFramer cut from a TCP stream.
    /// Returns whether it gets a response, now or later.
    bool handle_message(TimePoint now, const Flow& flow, std::string_view bytes, Outbox& outbox);

    /// Sets what is shed from now on. Retransmissions and requests within dialogs are always
    /// served.
    void set_pressure(Pressure pressure);

    /// Whether requests that this process does not serve reach another one that does. Then OPTIONS
    /// is served without the state as well.
    void set_relaying(bool whether);

    /// Whether it has no state to speak of: from stand_by to handle_restored.
    bool is_standing_by() const;

    /// Sets the memory of the process that the engine does not count itself (MemoryUse). It is
    /// subtracted from limits.memory_bytes.
    void set_uncounted_memory(std::uint64_t bytes);

    /// A TCP stream lost its framing (StreamFramer::Frame::Kind::broken). Refuses the request if
    /// enough of it can be read, and closes the flow.
    void handle_broken_stream(
        const Flow& flow,
        std::string_view head,
        sip::ParseError error,
        Outbox& outbox
    );

    /// The connection has ended, or could not be established (then flow.connection is 0, and
    /// flow.peer is its destination). NOTIFYs in flight on it have failed (RFC 3261 §17.1.4).
    void handle_flow_closed(TimePoint now, const Flow& flow, Outbox& outbox);

    /// A Send effect over UDP could not be sent. The transaction of a request has failed (RFC 3261
    /// §17.1.4, §18.4).
    /// @param head  of the effect
    void handle_unsent(
        TimePoint now,
        const Flow& flow,
        std::string_view head,
        Unsent why,
        Outbox& outbox
    );

    /// The answer to a Resolve effect, best target first; empty if there is none. If a target
    /// fails, the next one is tried (RFC 3263 §4.3).
    void handle_resolved(
        TimePoint now,
        ResolveId id,
        std::span<const Target> targets,
        Outbox& outbox
    );

    /// The answer to a Commit effect. If it failed, memory is as before, and the request of the
    /// change is answered 503.
    void handle_committed(TimePoint now, CommitId id, bool ok, Outbox& outbox);

    /// Restores a record of an earlier process, the unsettled before AORs, and these before
    /// dialogs. Must be called before anything else is handled, or for a shard that is not open.
    /// Returns whether the record could be decoded; if not, it is ignored.
    bool restore(TimePoint now, const StoredRecord& record);

    /// Carries out an action for an operator.
    ActionOutcome handle_action(TimePoint now, const OperatorAction& action, Outbox& outbox);

    /// All records are restored. Starts the NOTIFYs that were missed meanwhile, at
    /// notify.recovery_rate.
    void handle_restored(TimePoint now, Outbox& outbox);

    /// The process will stop soon. New subscriptions are refused with 503 from now on, and existing
    /// ones are terminated unless the store keeps them
    /// (core/event/operation/drain.hpp).
    void handle_drain(TimePoint now);

    /// The lease of this process has run out: others may serve what it serves. Until handle_resumed
    /// nothing leaves but 503, also to OPTIONS, and nothing happens by time: next_deadline() is
    /// never, and handle_timeout does nothing. Requests are handled, and what they change waits for
    /// the store. Commits that are durable take effect when it is over.
    void handle_suspended();

    /// The lease counts again, and all that was served still is. Each NOTIFY in flight is taken
    /// back, as its answer may be lost: its dialog is due at once, with the next CSeq. What is
    /// overdue is worked off at notify.recovery_rate. Nothing ends because of the silence. May be
    /// called without handle_suspended, where effects were thrown away.
    void handle_resumed(TimePoint now, Outbox& outbox);

    /// Others have the state, or it comes next: forgets everything, without a write, a message or
    /// an event, and all counters. Every request is refused with 503 without Retry-After, and
    /// without a transaction, until handle_restored. Records may be restored meanwhile.
    /// @param hash_seed  Settings::hash_seed from now on
    void stand_by(TimePoint now, std::uint64_t hash_seed);

    /// The record of an AOR or a dialog as the store should have it; nothing: there is none
    /// (core/event/records/present_record.hpp). Commits that were answered are in it.
    std::optional<std::string> present_record(TimePoint now, Bucket bucket, std::string_view key);

    /// This process shares the shards with others: it serves none before open_shard. Must be called
    /// before anything is handled or restored. Without this call it serves all of them.
    ///
    /// What is asked for in a shard that is not open gets 503, without a transaction. Where no
    /// shard is open, OPTIONS and all else does. Records may be restored into a shard that is not
    /// open at any time: they lie still until it is.
    void share_shards();

    /// The shard is ours, and all its records are restored. It is served from now on. What was
    /// missed is worked off at notify.recovery_rate.
    void open_shard(TimePoint now, Shard shard, Outbox& outbox);

    /// The shard is not ours any more. It is not served from the first call on, and forgotten some
    /// thousand records a call: without a write, a message or an event. Requests that waited stay
    /// unanswered; a commit that is answered later is nobody's. Returns whether there is more to
    /// forget; before the end of that nothing may be restored into the shard.
    bool drop_shard(TimePoint now, Shard shard);

    /// Whether the drain is over: every subscription to end has ended, and every NOTIFY was
    /// answered.
    bool is_drained() const;

    /// Replaces limits and policies. Settings of sockets, store and transaction timers stay as they
    /// are: listeners, t1, t2, t4, durable and hash_seed.
    void handle_reload(const Settings& settings);

    /// The process is about to stop. Stores the exact CSeqs and versions of some thousand dialogs.
    /// Returns whether there are more; the commits in the outbox should be answered before the next
    /// call, so that memory stays bounded. Afterwards only the answers to those commits may be
    /// handled.
    bool handle_stop(TimePoint now, Outbox& outbox);

    /// Handles deadlines up to `now`, at most Settings::Limits::expiries_per_turn of them. If there
    /// are more, next_deadline() stays in the past, so the driver calls again after serving I/O.
    void handle_timeout(TimePoint now, Outbox& outbox);

    /// Handles the results of the turn: serves all requests that waited for a change, and turns
    /// changes into NOTIFYs to at most Settings::Limits::expiries_per_turn watchers. So several
    /// changes of one turn cost a watcher one NOTIFY. If there are more watchers, next_deadline()
    /// stays in the past. Does nothing after handle_stop.
    void end_turn(TimePoint now, Outbox& outbox);

    /// When handle_timeout and end_turn have something to do; nothing if never.
    std::optional<TimePoint> next_deadline() const;

    /// Takes back the heads of messages that were sent.
    SpareTexts& spare_texts();

    const Stats& stats() const;

    /// The state of the engine, to be read between calls.
    const Inspection& inspection() const;

    /// Sets the observer; nullptr for none, which costs nothing.
    void observe(Observer* observer);

private:
    class Impl;

    SpareTexts spare_texts_;
    Pressure pressure_ = Pressure::none;
    std::uint64_t uncounted_memory_ = 0;
    Observer* observer_ = nullptr;
    bool is_draining_ = false;
    bool is_relaying_ = false;
    std::unique_ptr<Impl> impl_;
};

}  // namespace reginfo
