/// @file

#include "core/event/publish/compositor.hpp"

#include "core/bounds.hpp"
#include "core/event/persistence/aor_record.hpp"
#include "core/event/publish/publish_bounds.hpp"
#include "core/event/publish/publish_log.hpp"
#include "core/event/state/footprint.hpp"
#include "core/sip/uri.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace reginfo {
namespace {

/// The most ended contacts of one AOR that are kept for watchers who lag; and URIs that were left.
constexpr std::size_t kEndedKept = 512;

/// A change that the store could not keep is tried again after this, if nobody asked for it.
constexpr Duration kRetryChange = std::chrono::seconds{1};

/// Bytes by which a modified publication may grow where memory is full: so that a phone that
/// registers again, with a Call-ID or a number that is a little longer, is not lost.
constexpr std::size_t kGrowthAllowed = 256;

}  // namespace

/// A new state of one AOR, and what happens once it is durable.
struct Compositor::Change final : PendingChange {
    /// @param keep  the AOR's own state stays as it is meanwhile, as the change may fail
    Change(Compositor& compositor_, Aor& aor_, StateReader state, bool keep)
        : compositor(compositor_),
          aor(aor_),
          next(keep ? std::move(state).copy() : std::move(state).release()) {
        shard = aor.shard;
    }
    /// One that only the store can refuse.
    Change(Compositor& compositor_, Aor& aor_)
        : Change(compositor_, aor_, aor_.state(), compositor_.settings_.durable) {}

    void finish(TimePoint now, bool ok, Outbox& outbox) override {
        give_back();
        ok ? compositor.apply(now, *this, outbox) : compositor.fail(now, *this, outbox);
    }
    void drop(TimePoint) override {
        give_back();
        if (draft) compositor.responder_.abandon(draft->key);
    }
    void give_back() const {
        if (!is_initial) return;
        assert(compositor.reserved_ > 0);
        --compositor.reserved_;
    }

    Compositor& compositor;
    Aor& aor;
    AorState next;
    MergeReport report;
    Stats::Counter Stats::* counted = nullptr;
    std::optional<ResponseDraft> draft;  ///< of the PUBLISH that asked for it
    TimePoint received = kNoNews;        ///< when that came
    TraceId trace = 0;                   ///< of it
    std::string record;                  ///< of `next`, where it is known already
    bool is_initial = false;             ///< there is one more publication afterwards
    bool is_stored = false;              ///< the store has a record of the AOR afterwards
    bool makes_unsettled = false;        ///< the store has an entry of it then (Unsettled)
    Reply reply;
};

void Compositor::handle_publish(
    TimePoint now,
    const Request& request,
    std::string_view bytes,
    Outbox& outbox
) {
    const std::optional<std::string_view> name = request.aor;  // step 1
    TraceId traced = 0;
    const auto refuse = [&](const Reply& reply) {
        if (traced != 0) {
            const std::string line = "answered " + std::to_string(reply.status);
            tracer_.log(traced, *name, line, request.flow, outbox);
        }
        responder_.respond(now, responder_.draft(request), reply, outbox);
    };
    const auto refuse_by = [&](Bound bound) {
        note_refusal(bound, *name, request.flow, stats_, outbox);
        refuse(refusal_by(bound));
    };
    if (!name) return refuse(refusal(404));
    const auto event = event_of(request.message);  // step 2
    if (!event) return refuse(event.error());

    Aor* aor = aors_.find(*name);
    if (aor && aor->requests.is_locked) {
        WaitingRequest waiting{request.key, request.flow, std::string(bytes), {}, request.shard};
        if (waiting_.hold(aor->requests, std::move(waiting), outbox)) return;
        return responder_.refuse_for_now(now, responder_.draft(request), refusal_for_now(), outbox);
    }
    if (changes_.is_full(request.flow, outbox)) {
        return responder_.refuse_for_now(now, responder_.draft(request), refusal_for_now(), outbox);
    }
    traced = trace_publish(tracer_, *name, request, outbox);
    StateReader state = aor ? aor->state() : StateReader(AorState{});
    const Result<PublishRequest> publish = reader_.read(request, *name, *state);  // steps 3 to 5
    if (!publish) {
        if (!publish.error().reason.empty()) {
            outbox.note(
                Note::Severity::warning,
                "PUBLISH refused",
                publish.error().reason + ", Request-URI " +
                    std::string(request.message.request_uri),
                request.flow
            );
        }
        return refuse(publish.error());
    }
    if (const auto bound =
            bound_reached(settings_.limits, stats_.publications + reserved_, *state, *publish)) {
        return refuse_by(*bound);
    }
    if (!aor) {
        if (publish->expires.count() == 0) {  // initial, and over at once: nothing to store
            Reply reply;
            reply.expires = Seconds{0};
            reply.etag = tokens_.next();
            return refuse(reply);
        }
        aor = &aors_.find_or_create(*name);
    }
    if (const auto bound = change(now, request, *publish, *aor, std::move(state), outbox)) {
        refuse_by(*bound);
    }
}

/// Step 6: works the change out and gives it to the store. Returns the bound that it would go over.
std::optional<Bound> Compositor::change(
    TimePoint now,
    const Request& request,
    const PublishRequest& publish,
    Aor& aor,
    StateReader state,
    Outbox& outbox
) {
    const bool is_near = is_near_bounds(settings_.limits, aor, *state, publish);
    const bool may_fail = is_near || request.is_memory_full || settings_.durable;
    Change change(*this, aor, std::move(state), may_fail);
    merge(now, change, publish);
    if (request.is_memory_full && has_grown(change)) return Bound::memory;
    if (is_near) {
        if (const auto bound = outgrown(now, change)) {
            unused_aors_.drop_if_unused(aor, outbox);
            return bound;
        }
    }
    if (publish.document) note_left_out(request, *publish.document, stats_, outbox);
    change.draft = responder_.draft(request);
    commit(now, change, outbox);
    return std::nullopt;
}

/// Whether a modified publication takes more memory than before.
bool Compositor::has_grown(const Change& change) {
    if (change.counted != &Stats::publications_modified) return false;
    return footprint_of(change.next) > footprint_of(*change.aor.state()) + kGrowthAllowed;
}

void Compositor::merge(TimePoint now, Change& change, const PublishRequest& publish) {
    const Aor& aor = change.aor;
    const EntityTag tag = tokens_.next();
    const TimePoint deadline = now + publish.expires;
    Merge merging(aor.name, change.next, settings_.contact_grace);
    if (publish.expires.count() == 0) {
        if (publish.current != 0) change.report = merging.remove(publish.current);
        change.counted = &Stats::publications_removed;
    } else if (!publish.document) {
        merging.refresh(publish.current, tag, deadline);
        change.counted = &Stats::publications_refreshed;
    } else {
        change.report = merging.publish(
            now,
            publish.current,
            tag,
            deadline,
            *publish.document,
            publish.document->registrations[publish.own]
        );
        change.counted =
            publish.current == 0 ? &Stats::publications_created : &Stats::publications_modified;
    }
    change.received = now;
    change.trace = tracer_.latest(aor.name);
    change.reply.etag = tag;
    change.reply.expires =
        std::max(publish.expires - settings_.expires_offset, std::min(publish.expires, Seconds{1}));
    change.is_initial = publish.current == 0;
}

void Compositor::handle_timeout(TimePoint now, Aor& aor, Outbox& outbox) {
    if (aor.requests.is_locked) return;  // set again when the pending change is in force
    Change change(*this, aor);
    change.report = Merge(aor.name, change.next, settings_.contact_grace).expire(now);
    commit(now, change, outbox);
}

void Compositor::drop_publication(TimePoint now, Aor& aor, EntityTag tag, Outbox& outbox) {
    Change change(*this, aor);
    assert(change.next.has_publication(tag));
    change.report = Merge(aor.name, change.next, settings_.contact_grace).remove(tag);
    change.counted = &Stats::publications_removed;
    commit(now, change, outbox);
}

void Compositor::end_contact(
    TimePoint now,
    Aor& aor,
    Hash128 id,
    ContactEvent event,
    Outbox& outbox
) {
    Change change(*this, aor);
    Merge merging(aor.name, change.next, settings_.contact_grace);
    assert(std::ranges::any_of(change.next.contacts, [&](const ContactState& contact) {
        return contact.active && contact.details->id == id;
    }));
    change.report = merging.end_contact(id, event);
    commit(now, change, outbox);
}

void Compositor::commit(TimePoint now, Change& change, Outbox& outbox) {
    assert(!change.aor.requests.is_locked);
    change.aor.requests.is_locked = true;
    if (change.is_initial) ++reserved_;
    forget_old_ends(change);
    std::vector<Write> writes = writes_of(now, change);
    change.is_stored = !writes.empty() && writes.front().value.has_value();
    changes_.commit(now, std::move(change), std::move(writes), outbox);
}

/// Which bound of an AOR the change has gone over, if it has brought it there or further. Older
/// ends that are kept for watchers who lag give way to what is live.
std::optional<Bound> Compositor::outgrown(TimePoint now, Change& change) {
    const Settings::Limits& limits = settings_.limits;
    const Aor& aor = change.aor;
    const std::size_t listed = listed_in(change.next);
    if (listed > limits.contacts_per_aor && listed > listed_in(*aor.state())) {
        return Bound::contacts_per_aor;
    }
    forget_old_ends(change);
    change.record = encode(aor.name, change.next, now);
    if (change.record.size() <= limits.aor_bytes) return std::nullopt;
    const auto unsent = [&] {
        return change.next.contacts.size() + change.next.former_uris.size();
    };
    const std::size_t before = unsent();
    Merge(aor.name, change.next, settings_.contact_grace).forget_ended(aor.revision(), kEndedKept);
    change.report.ends_given_up += before - unsent();
    change.record = encode(aor.name, change.next, now);
    const bool fits = change.record.size() <= limits.aor_bytes ||
                      change.record.size() <= encode(aor.name, *aor.state(), now).size();
    return fits ? std::nullopt : std::optional(Bound::aor_bytes);
}

/// Ends that all watchers know are forgotten, and the oldest of too many. May be done twice.
void Compositor::forget_old_ends(Change& change) {
    const Aor& aor = change.aor;
    const bool all_told = aor.lagging() == 0;
    change.report.ends_given_up +=
        Merge(aor.name, change.next, settings_.contact_grace)
            .forget_ended(all_told ? aor.revision() : Revision{0}, kEndedKept);
    if (change.next.incarnation == 0) change.next.incarnation = tokens_.next();
}

/// What the store must keep, if it keeps anything: an AOR without publications and watchers is
/// none.
std::vector<Write> Compositor::writes_of(TimePoint now, Change& change) const {
    std::vector<Write> writes;
    if (!settings_.durable) return writes;
    const bool needed = !change.next.publications.empty() || change.aor.watcher_count > 0 ||
                        change.aor.arriving > 0;
    writes.push_back({Bucket::aor, change.aor.name.string(), std::nullopt});
    if (needed) {
        writes.back().value = change.record.empty() ? encode(change.aor.name, change.next, now)
                                                    : std::move(change.record);
    }
    change.makes_unsettled = change.report.visible && is_to_be_unsettled(change.aor);
    if (change.makes_unsettled) writes.push_back(unsettled_.entry_of(change.aor));
    if (change.draft) {
        writes.push_back(responder_.write_of(*change.draft, change.reply));
    }
    return writes;
}

/// Whether watchers have to be told of a change, and the store does not know that of an earlier
/// one.
bool Compositor::is_to_be_unsettled(const Aor& aor) const {
    const bool is_watched = aor.watcher_count > 0 || aor.arriving > 0;
    return settings_.durable && is_watched && !aor.is_unsettled;
}

/// The change is visible: all watchers lag. Some may have come while it was being stored.
void Compositor::set_lagging(TimePoint now, const Change& change, Outbox& outbox) {
    Aor& aor = change.aor;
    aor.all_lag();
    aor.news_at = change.received;
    aor.is_unsettled = aor.is_unsettled || change.makes_unsettled;
    if (is_to_be_unsettled(aor)) {
        aor.is_unsettled = true;
        changes_.write(aor.shard, {unsettled_.entry_of(aor)}, outbox);
    }
    unsettled_.look_whether_settled(now, aor);
}

/// The change is durable: it takes effect, is answered, and makes NOTIFYs due.
void Compositor::apply(TimePoint now, Change& change, Outbox& outbox) {
    Aor& aor = change.aor;
    const StateSummary before = aor.summary();
    aor.set_state(std::move(change.next));
    aor.is_stored = change.is_stored;
    if (change.report.visible) set_lagging(now, change, outbox);

    const StateSummary& after = aor.summary();
    stats_.contacts_active += std::uint64_t{after.contacts_active} - before.contacts_active;
    stats_.contacts_ended += std::uint64_t{after.contacts_ended} - before.contacts_ended;
    stats_.publications += std::uint64_t{after.publications} - before.publications;
    stats_.publications_expired += change.report.publications_expired;
    stats_.contacts_expired += change.report.contacts_expired;
    stats_.merge_conflicts += change.report.conflicts;
    if (change.counted) ++(stats_.*change.counted);
    if (change.report.visible) ++stats_.revisions;

    note_given_up(change, outbox);
    if (change.trace != 0) {
        const InForce in_force{change.reply.etag.value_or(0), change.report.visible};
        trace_in_force(tracer_, change.trace, aor, in_force, outbox);
    }
    if (change.draft) responder_.respond(now, std::move(*change.draft), change.reply, outbox);
    if (change.report.visible) {
        if (before.has_members || after.has_members) {
            aors_.identities.update(aor.slot, *aor.state());
        }
        observer_.registration_changed(now, aor);
        moves_.registered(aor);
        fan_out_.aor_changed(aor);
    }
    unlock(aor, now, outbox);
}

/// Bounds that refuse nobody: what is over them is forgotten.
void Compositor::note_given_up(const Change& change, Outbox& outbox) {
    const auto note = [&](Bound bound, std::size_t count) {
        if (count == 0) return;
        note_refusal(bound, change.aor.name, {}, stats_, outbox);
        stats_.refused_by_bound[index_of(bound)] += count - 1;
    };
    note(Bound::ended_contacts, change.report.ends_given_up);
    note(Bound::ended_words, change.report.words_given_up);
}

void Compositor::fail(TimePoint now, Change& change, Outbox& outbox) {
    Aor& aor = change.aor;
    if (change.draft) {
        tracer_.log(change.trace, aor.name, "not stored", {}, outbox);
        responder_.refuse_for_now(now, std::move(*change.draft), refusal_unstored(), outbox);
    }
    unlock(aor, now + kRetryChange, outbox);
}

/// @param earliest  when what is overdue is looked at again
void Compositor::unlock(Aor& aor, TimePoint earliest, Outbox& outbox) {
    assert(aor.requests.is_locked);
    waiting_.release(aor);
    auto deadline = next_deadline_of(*aor.state(), settings_.contact_grace);
    if (deadline) deadline = std::max(*deadline, earliest);
    aors_.timers.set(aor, deadline);
    unused_aors_.drop_if_unused(aor, outbox);
}

}  // namespace reginfo
