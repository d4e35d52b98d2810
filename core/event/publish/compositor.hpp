/// @file
/// The event state compositor: PUBLISH (RFC 3903 §6) and the expiry of what was published.
#pragma once

#include "core/base/time.hpp"
#include "core/base/token_source.hpp"
#include "core/event/package.hpp"
#include "core/event/publish/publish_request.hpp"
#include "core/event/records/aor_table.hpp"
#include "core/event/records/observer_link.hpp"
#include "core/event/records/pending_changes.hpp"
#include "core/event/records/tracer.hpp"
#include "core/event/records/unsettled.hpp"
#include "core/event/records/unused_aors.hpp"
#include "core/event/records/waiting_requests.hpp"
#include "core/event/state/merge.hpp"
#include "core/event/subscribe/fan_out.hpp"
#include "core/event/subscribe/identity_moves.hpp"
#include "core/outbox.hpp"
#include "core/settings.hpp"
#include "core/stats.hpp"
#include "core/transaction/responder.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo {

/// What the compositor works with; all of it must outlive the compositor.
struct CompositorParts {
    const Settings& settings;
    Stats& stats;
    const ObserverLink& observer;
    PendingChanges& changes;
    AorTable& aors;
    Unsettled& unsettled;
    UnusedAors& unused_aors;
    WaitingRequests& waiting;
    Responder& responder;
    FanOut& fan_out;
    IdentityMoves& moves;
    TokenSource& tokens;  ///< for entity-tags
    Tracer& tracer;
};

/// Changes AORs. With a store, each change is worked out on a copy of the AOR's state, given to the
/// store, and takes the original's place when the store has it; until then the AOR is locked.
class Compositor {
public:
    explicit Compositor(const CompositorParts& parts)
        : settings_(parts.settings),
          stats_(parts.stats),
          observer_(parts.observer),
          changes_(parts.changes),
          aors_(parts.aors),
          unsettled_(parts.unsettled),
          unused_aors_(parts.unused_aors),
          waiting_(parts.waiting),
          responder_(parts.responder),
          fan_out_(parts.fan_out),
          moves_(parts.moves),
          tokens_(parts.tokens),
          tracer_(parts.tracer),
          reader_(settings_, stats_) {}

    /// Carries out a PUBLISH, whole or not at all, or lets it wait its turn.
    ///
    /// Rejects  400 malformed, no body in an initial one, body without this AOR; 404 no AOR; 412 no
    ///          such publication of this AOR; 415 not reginfo; 423 too brief; 489 not `reg`; 503 a
    ///          bound of what is kept is reached. Over UDP it stays unanswered where it may succeed
    ///          when it comes again: publishers forget what was refused. Over TCP that is 503 too.
    /// Spec     RFC 3903 §6; the order of the checks is the order of its steps.
    void handle_publish(
        TimePoint now,
        const Request& request,
        std::string_view bytes,
        Outbox& outbox
    );

    /// Contacts or publications of the AOR are due.
    void handle_timeout(TimePoint now, Aor& aor, Outbox& outbox);

    /// What an operator asks for. @pre the AOR is not locked and has what is named
    void drop_publication(TimePoint now, Aor& aor, EntityTag tag, Outbox& outbox);
    void end_contact(TimePoint now, Aor& aor, Hash128 id, ContactEvent event, Outbox& outbox);

private:
    struct Change;

    std::optional<Bound> change(
        TimePoint now,
        const Request& request,
        const PublishRequest& publish,
        Aor& aor,
        StateReader state,
        Outbox& outbox
    );
    std::optional<Bound> outgrown(TimePoint now, Change& change);
    void note_given_up(const Change& change, Outbox& outbox);
    void merge(TimePoint now, Change& change, const PublishRequest& publish);
    void forget_old_ends(Change& change);
    static bool has_grown(const Change& change);
    void commit(TimePoint now, Change& change, Outbox& outbox);
    std::vector<Write> writes_of(TimePoint now, Change& change) const;
    bool is_to_be_unsettled(const Aor& aor) const;
    void set_lagging(TimePoint now, const Change& change, Outbox& outbox);
    void apply(TimePoint now, Change& change, Outbox& outbox);
    void fail(TimePoint now, Change& change, Outbox& outbox);
    void unlock(Aor& aor, TimePoint earliest, Outbox& outbox);

    const Settings& settings_;
    Stats& stats_;
    const ObserverLink& observer_;
    PendingChanges& changes_;
    AorTable& aors_;
    Unsettled& unsettled_;
    UnusedAors& unused_aors_;
    WaitingRequests& waiting_;
    Responder& responder_;
    FanOut& fan_out_;
    IdentityMoves& moves_;
    TokenSource& tokens_;
    Tracer& tracer_;
    PublishReader reader_;
    std::size_t reserved_ = 0;  ///< publications on their way to the store
};

}  // namespace reginfo
