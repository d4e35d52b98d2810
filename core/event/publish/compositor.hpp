/// @file
/// The event state compositor: PUBLISH (RFC 3903 §6) and the expiry of what was published.
#pragma once

#include "core/base/time.hpp"
#include "core/base/token_source.hpp"
#include "core/event/package.hpp"
#include "core/event/records/records.hpp"
#include "core/event/records/tracer.hpp"
#include "core/event/records/waiting_requests.hpp"
#include "core/event/state/merge.hpp"
#include "core/outbox.hpp"
#include "core/reginfo/reader.hpp"
#include "core/transaction/responder.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo {

class Notifier;

/// What the compositor works with; all of it must outlive the compositor.
struct CompositorParts {
    Records& records;
    WaitingRequests& waiting;
    Responder& responder;
    Notifier& notifier;
    TokenSource& tokens;  ///< for entity-tags
    Tracer& tracer;
};

/// Changes AORs. With a store, each change is worked out on a copy of the AOR's state, given to the
/// store, and takes the original's place when the store has it; until then the AOR is locked.
class Compositor {
public:
    explicit Compositor(const CompositorParts& parts)
        : records_(parts.records),
          waiting_(parts.waiting),
          responder_(parts.responder),
          notifier_(parts.notifier),
          tokens_(parts.tokens),
          tracer_(parts.tracer) {}

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

    /// What a PUBLISH asks for, checked.
    struct Wish {
        EntityTag current = 0;  ///< 0: an initial publication
        Seconds expires{0};
        const Document* document = nullptr;  ///< none in a refresh or a removal; of `reader_`
        std::size_t own = 0;                 ///< the registration of this AOR
    };

    Result<EntityTag> condition(const Request& request, const AorState& state) const;
    Result<Wish> read(const Request& request, std::string_view name, const AorState& state);
    std::optional<Bound> bound_reached(const AorState& state, const Wish& wish) const;
    bool is_near_bounds(const Aor& aor, const AorState& state, const Wish& wish) const;
    std::optional<Bound> start(
        TimePoint now,
        const Request& request,
        const Wish& wish,
        Aor& aor,
        StateReader state,
        Outbox& outbox
    );
    std::optional<Bound> outgrown(TimePoint now, Change& change);
    Reply refuse_by(Bound bound, std::string_view aor, const Flow& flow, Outbox& outbox);
    void note_left_out(const Request& request, const Document& document, Outbox& outbox);
    void note_given_up(const Change& change, Outbox& outbox);
    void come_again(TimePoint now, ResponseDraft draft, const Reply& reply, Outbox& outbox);
    TraceId trace(std::string_view aor, const Request& request, Outbox& outbox);
    void trace_in_force(const Change& change, Outbox& outbox);
    void carry_out(TimePoint now, Change& change, const Wish& wish);
    void round_off(Change& change);
    static bool has_grown(const Change& change);
    void begin(TimePoint now, Change& change, Outbox& outbox);
    std::vector<Write> writes_of(TimePoint now, Change& change) const;
    void apply(TimePoint now, Change& change, Outbox& outbox);
    void fail(TimePoint now, Change& change, Outbox& outbox);
    void unlock(Aor& aor, TimePoint earliest, Outbox& outbox);

    Records& records_;
    WaitingRequests& waiting_;
    Responder& responder_;
    Notifier& notifier_;
    TokenSource& tokens_;
    Tracer& tracer_;
    DocumentReader reader_;
    std::size_t reserved_ = 0;  ///< publications on their way to the store
    std::string name_;          ///< scratch: of the AOR
};

}  // namespace reginfo
