/// @file
/// The one door of the core.
#pragma once

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
#include <string_view>

namespace reginfo {

/// A SIP event server for the package `reg` that does no I/O: bytes and time go in, effects come
/// out.
///
/// The contract, each reactor turn:
///   1. call handle_* functions, one for each thing that happened, handle_timeout among them if
///      next_deadline() is over;
///   2. call end_turn();
///   3. perform the outbox's effects in order, and clear it; what they lead to at once is a turn
///      as well.
///
/// `now` never goes back from one call to the next. The same calls give the same effects: the
/// engine reads no clock, no random device and no global. Not thread-safe; one reactor owns it.
class Engine {
public:
    /// @param seed  chance for tags, branches and entity-tags; from the system's source in service
    Engine(Settings settings, const Seed& seed);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    /// One whole SIP message: a UDP datagram, or a message that StreamFramer cut from a TCP stream.
    /// Returns whether it will have a response, now or later.
    bool handle_message(TimePoint now, const Flow& flow, std::string_view bytes, Outbox& outbox);

    /// What to shed from now on. Retransmissions and requests within dialogs are always served.
    void set_pressure(Pressure pressure);

    /// What the process holds besides what the engine counts itself (MemoryUse): of
    /// limits.memory_bytes that much is not the engine's to fill.
    void set_uncounted_memory(std::uint64_t bytes);

    /// A TCP stream lost its framing (StreamFramer::Frame::Kind::broken): refuses the request if
    /// it can be read that far, and closes the flow.
    void handle_broken_stream(
        const Flow& flow,
        std::string_view head,
        sip::ParseError error,
        Outbox& outbox
    );

    /// The connection is gone, or could not be made (then flow.connection is 0 and flow.peer says
    /// where to): NOTIFYs in flight on it have failed (RFC 3261 §17.1.4).
    void handle_flow_closed(TimePoint now, const Flow& flow, Outbox& outbox);

    /// A Send effect by UDP did not leave: of a request, its transaction has failed (RFC 3261
    /// §17.1.4, §18.4).
    /// @param head  of that effect
    void handle_unsent(
        TimePoint now,
        const Flow& flow,
        std::string_view head,
        Unsent why,
        Outbox& outbox
    );

    /// The answer to a Resolve effect, best first; empty if there is none. The next one is tried
    /// when one fails (RFC 3263 §4.3).
    void handle_resolved(
        TimePoint now,
        ResolveId id,
        std::span<const Target> targets,
        Outbox& outbox
    );

    /// The answer to a Commit effect. If it failed, memory is as before and the request that
    /// caused it is answered 503.
    void handle_committed(TimePoint now, CommitId id, bool ok, Outbox& outbox);

    /// Takes back a record of an earlier process, before anything else is handled: AORs before
    /// dialogs. Returns whether it could be read; if not, it is as if it had never been.
    bool restore(TimePoint now, const StoredRecord& record);

    /// An operator asks for something.
    ActionOutcome handle_action(TimePoint now, const OperatorAction& action, Outbox& outbox);

    /// All records are back: what was missed meanwhile is seen to, at notify.recovery_rate.
    void handle_restored(TimePoint now, Outbox& outbox);

    /// The process is to be stopped soon: new subscriptions are refused with 503 from now on, and
    /// all there are let go of as far as the store does not keep them
    /// (core/event/operation/drain.hpp).
    void handle_drain(TimePoint now);

    /// Whether that is over: nobody is left to be told that it ends, and every NOTIFY was answered.
    bool is_drained() const;

    /// Limits and policies are others from now on. What the sockets, the store and the timers of
    /// transactions were built on stays as it is: listeners, t1, t2, t4, durable and hash_seed.
    void handle_reload(const Settings& settings);

    /// The process is about to stop: stores CSeqs and versions as they are, of some thousand
    /// dialogs a call. Returns whether there are more; what the outbox has should be stored before
    /// they are asked for, so that memory stays bounded. Nothing may be handled afterwards but the
    /// answers to those commits.
    bool handle_stop(TimePoint now, Outbox& outbox);

    /// Acts on deadlines up to `now`, at most Settings::Limits::expiries_per_turn of them. The rest
    /// leave next_deadline() in the past, so the driver comes straight back after serving I/O.
    void handle_timeout(TimePoint now, Outbox& outbox);

    /// Does what follows from all that happened in this turn: serves requests that waited for a
    /// change, and turns changes into NOTIFYs, at most Settings::Limits::expiries_per_turn of each.
    /// So changes that come together cost a watcher one NOTIFY. The rest leave next_deadline() in
    /// the past.
    void end_turn(TimePoint now, Outbox& outbox);

    /// When handle_timeout and end_turn have something to do; nothing if never.
    std::optional<TimePoint> next_deadline() const;

    /// Where the heads of messages may be given back to once they are sent.
    SpareTexts& spare_texts();

    const Stats& stats() const;

    /// What the engine knows; to be read between calls.
    const Inspection& inspection() const;

    /// Whom to tell from now on; nullptr for nobody, which costs nothing.
    void observe(Observer* observer);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace reginfo
