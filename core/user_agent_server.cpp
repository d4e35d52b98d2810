/// @file

#include "core/user_agent_server.hpp"

#include "core/bounds.hpp"
#include "core/event/package.hpp"
#include "core/event/watcher/profile.hpp"
#include "core/inspection.hpp"
#include "core/request_reader.hpp"
#include "core/request_shard.hpp"
#include "core/sip/value_list.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace reginfo {
namespace {

/// Small: after a longer one some clients leave this server (RULES.md, "IMS phones").
constexpr Seconds kOverloadRetryAfter{2};

/// Memory is freed when state expires, not in a moment.
constexpr Seconds kMemoryRetryAfter{60};

/// The last twentieth of limits.memory_bytes is for existing state.
constexpr std::uint64_t kMemoryKeptFree = 20;

/// Whether the request has a To tag, or a malformed To.
bool is_in_dialog(const sip::Message& request) {
    const auto to = request.first(sip::HeaderName::to);
    const auto address = to ? sip::parse_name_addr(*to) : std::nullopt;
    return !address || !address->tag.empty();
}

/// A SUBSCRIBE of which nothing lasts, so that nothing of it waits for the store.
bool is_fetch(const Request& request) {
    const sip::Message& message = request.message;
    return message.method == sip::Method::subscribe && request.to.tag.empty() &&
           message.first(sip::HeaderName::expires) == "0";
}

/// The part of the Request-URI that edges leave alone.
std::string_view user_and_host_of(const Request& request) {
    if (!request.uri || request.uri->host.empty()) return request.message.request_uri;
    const sip::Uri& uri = *request.uri;
    const char* const begin = uri.user.empty() ? uri.host.data() : uri.user.data();
    const char* const end = uri.host.data() + uri.host.size();
    return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace

void UserAgentServer::handle_message(
    TimePoint now,
    const Flow& flow,
    std::string_view bytes,
    Outbox& outbox
) {
    const bool trusted = settings_.trusts(flow.peer.address);
    if (!trusted) {
        note_refusal(Bound::untrusted_peer, {}, flow, stats_, outbox);
        refusals_.note_stranger(now, flow, outbox);
        if (!settings_.refuse_untrusted_with_403) return;
    }
    const sip::ParseError error = parse_message(bytes, settings_.limits.message, message_);
    if (error != sip::ParseError::none) {
        ++stats_.parse_errors[index_of(error)];
        if (trusted) refusals_.refuse_unread(message_, flow, error, outbox);
        return;
    }
    if (!trusted) {
        if (message_.is_request) refusals_.forbid(message_, flow, outbox);
    } else if (message_.is_request) {
        request(now, flow, bytes, outbox);
    } else {
        response(now, flow, outbox);
    }
}

void UserAgentServer::response(TimePoint now, const Flow& flow, Outbox& outbox) {
    ++stats_.notify_responses_received[index_of(flow.transport)]
                                      [static_cast<std::size_t>(message_.status) % kStatusCodes];
    sip::ValueList vias(message_, sip::HeaderName::via);
    const auto first = vias.next();
    const auto via = first ? sip::parse_via(*first) : std::nullopt;
    // RFC 3261 §8.1.3.3, §18.3
    const bool is_ours = via && !vias.next() && !message_.is_cut_short;
    if (!is_ours || !scheduler_.handle_response(now, message_, *via, outbox))
        ++stats_.stray_responses;
}

void UserAgentServer::request(
    TimePoint now,
    const Flow& flow,
    std::string_view bytes,
    Outbox& outbox
) {
    ++stats_.requests_received[index_of(message_.method)][index_of(flow.transport)];
    const auto via = top_via_of(message_);
    if (!via) return refusals_.refuse_without_via(message_, flow, outbox);
    const TransactionKey key = transactions_.key_of(message_, *via);
    if (message_.method == sip::Method::ack) return responder_.acknowledged(key);
    std::optional<Shard> shard;
    if (shards_.are_shared()) shard = shard_of_request(message_, settings_.hash_seed, aor_);
    if (!is_served(shard)) return refusals_.refuse(message_, flow, answer_of_none(), outbox);
    if (const ServerTransactions::Record* known = transactions_.find(key)) {
        ++stats_.retransmissions_received;
        if (!known->is_completed()) return;
        responder_.repeat(
            responder_.draft(message_, *via, flow, key, known->to_tag),
            transactions_.reply_of(key, *known),
            outbox
        );
        return;
    }
    Result<Request> read = read_message(flow, *via, key);
    const std::uint64_t identity = read ? identity_of(*read) : 0;
    if (const auto first = transactions_.same_request(identity); first.record) {
        ++stats_.repeats_received;
        return responder_.answer_as(first, *read, outbox);
    }
    if (is_suspended_ && read && is_fetch(*read))
        return;  // its 2xx could not leave before its NOTIFY
    if (!has_room(flow, outbox)) return;
    const bool is_shedding = pressure_ != Pressure::none || stats_.drain_phase != 0;
    if (is_shedding && shed(flow, outbox)) return;
    if (refuse_for_memory(flow, outbox)) return;

    // A response to CANCEL has the To tag of the response to the cancelled request (RFC 3261 §9.2).
    const auto* cancelled = cancelled_by(*via);
    const std::uint64_t to_tag = cancelled ? cancelled->to_tag : new_to_tag(read);
    if (!read) {
        transactions_.open(key, identity, to_tag, false, shard);
        outbox.note(
            Note::Severity::warning,
            "bad request",
            read.error().reason.empty() ? std::string("SIP version") : read.error().reason,
            flow
        );
        responder_.respond(
            now, responder_.draft(message_, *via, flow, key, to_tag), read.error(), outbox
        );
        return;
    }
    transactions_.open(key, identity, to_tag, !read->to.tag.empty(), shard);
    read->shard = shard;
    read->is_memory_full = is_memory_full_;
    execute(now, *read, bytes, outbox);
}

/// The request in message_, valid until the next one is read.
Result<Request> UserAgentServer::read_message(
    const Flow& flow,
    const sip::Via& top_via,
    const TransactionKey& key
) {
    Result<Request> request = read_request(message_, flow, top_via, key);
    if (!request) return request;
    const bool is_about_aor =
        message_.method == sip::Method::publish ||
        (message_.method == sip::Method::subscribe && request->to.tag.empty());
    if (is_about_aor) request->aor = aor_of(request->uri, aor_);
    return request;
}

/// Whether this process is the one to answer the request in message_. If not, 503 without
/// Retry-After sends an edge to the next one, and nothing of it is remembered here.
/// @param shard  that the request is about
bool UserAgentServer::is_served(std::optional<Shard> shard) const {
    if (is_standing_by_) return false;
    if (message_.method == sip::Method::options && is_suspended_) return false;
    return shard ? shards_.has(*shard) : shards_.has_any();
}

/// The answer to a request that another process is to serve. OPTIONS asks whether requests may come
/// here: they may if they go on from here.
Reply UserAgentServer::answer_of_none() const {
    const bool goes_on = is_standing_by_ && is_relaying_;
    return goes_on && message_.method == sip::Method::options ? Reply{} : refusal(503);
}

/// What the request in message_ is, whatever its way; 0 if nothing tells that. A CANCEL is of one
/// way (RFC 3261 §9.1).
std::uint64_t UserAgentServer::identity_of(const Request& request) const {
    if (request.from.tag.empty() || request.message.method == sip::Method::cancel) return 0;
    const std::string_view place =
        request.to.tag.empty() ? user_and_host_of(request) : request.to.tag;
    return transactions_.identity_of(request.from.tag, request.call_id, request.cseq, place);
}

/// That of a dialog carries the shard of its AOR.
std::uint64_t UserAgentServer::new_to_tag(const Result<Request>& request) {
    const std::uint64_t chance = tokens_.next();
    const bool makes_dialog =
        request && message_.method == sip::Method::subscribe && request->to.tag.empty();
    if (!makes_dialog || !request->aor) return chance;
    return in_shard(shard_of(settings_.hash_seed, *request->aor), chance);
}

/// Whether there is room for one more transaction. Finished ones are a cache: the oldest is dropped
/// for a new one. If transactions in progress fill all the room, the request in message_ is
/// refused. A part of the room is for requests within dialogs.
bool UserAgentServer::has_room(const Flow& flow, Outbox& outbox) {
    constexpr std::size_t kPartForDialogs = 16;
    const std::size_t limit = settings_.limits.transactions;
    const std::size_t left = limit - std::min(limit, transactions_.in_progress());
    const bool is_full = left == 0 || (left <= limit / kPartForDialogs && !is_in_dialog(message_));
    if (!is_full) {
        if (transactions_.size() < limit) return true;
        transactions_.forget_oldest();
        ++stats_.transactions_forgotten;
        return true;
    }
    note_refusal(Bound::transactions, {}, flow, stats_, outbox);
    if (comes_again_by_itself(flow)) return false;
    Reply busy = refusal(503);
    busy.retry_after = kOverloadRetryAfter;
    refusals_.refuse(message_, flow, busy, outbox);
    return false;
}

/// Whether the request in message_ should be left unanswered rather than refused: Kamailio
/// retransmits it, but never tries again after a refusal. Its PUBLISHes look like others, so this
/// is for all.
bool UserAgentServer::comes_again_by_itself(const Flow& flow) const {
    if (is_reliable(flow.transport)) return false;
    if (message_.method == sip::Method::publish) return true;
    if (message_.method != sip::Method::subscribe) return false;
    return profile_of(message_, flow.peer.address, settings_.profile_rules) == Profile::kamailio;
}

/// Whether the new request in message_ is not served, because of overload or because the server
/// will stop. It is refused only if its sender then tries again.
bool UserAgentServer::shed(const Flow& flow, Outbox& outbox) {
    if (message_.method == sip::Method::publish) {
        const bool is_read_later = is_reliable(flow.transport) && flow.relay == 0;
        if (pressure_ != Pressure::extreme || is_read_later) return false;
        note_refusal(Bound::overload_publish, {}, flow, stats_, outbox);
        return true;
    }
    if (message_.method != sip::Method::subscribe) return false;
    if (is_in_dialog(message_)) return false;
    const bool draining = stats_.drain_phase != 0;
    const Bound bound = draining ? Bound::draining : Bound::overload_subscribe;
    note_refusal(bound, {}, flow, stats_, outbox);
    const Profile profile = profile_of(message_, flow.peer.address, settings_.profile_rules);
    if (profile == Profile::kamailio && !is_reliable(flow.transport)) return true;
    Reply busy = refusal(503);
    busy.retry_after = kOverloadRetryAfter;
    if (draining) {
        busy.retry_after =
            std::min(settings_.drain.retry_after, traits_of(profile).retry_after_max);
    }
    refusals_.refuse(message_, flow, busy, outbox);
    return true;
}

/// Refuses the new request in message_ if memory is short and it makes new state. Returns whether
/// it did. Refreshes and removals are served: they need no more memory.
bool UserAgentServer::refuse_for_memory(const Flow& flow, Outbox& outbox) {
    const std::uint64_t limit = settings_.limits.memory_bytes;
    const std::uint64_t used = limit == 0 ? 0 : memory_of(memory_).used();
    is_memory_full_ = limit != 0 && used >= limit;
    if (limit == 0 || used < limit - limit / kMemoryKeptFree) return false;
    Reply busy = refusal(503, "Memory is short");
    busy.retry_after = kMemoryRetryAfter;
    if (message_.method == sip::Method::subscribe) {
        if (is_in_dialog(message_)) return false;
        const Profile profile = profile_of(message_, flow.peer.address, settings_.profile_rules);
        busy.retry_after = std::min(kMemoryRetryAfter, traits_of(profile).retry_after_max);
    } else if (message_.method != sip::Method::publish ||
               message_.first(sip::HeaderName::sip_if_match)) {
        return false;
    }
    note_refusal(Bound::memory, {}, flow, stats_, outbox);
    refusals_.refuse(message_, flow, busy, outbox);
    return true;
}

void UserAgentServer::execute(
    TimePoint now,
    const Request& request,
    std::string_view bytes,
    Outbox& outbox
) {
    const auto answer = [&](const Reply& reply) {
        responder_.respond(now, responder_.draft(request), reply, outbox);
    };
    switch (request.message.method) {
        case sip::Method::options:
        case sip::Method::publish:
        case sip::Method::subscribe:
            break;
        case sip::Method::cancel:
            // Every request is answered before its CANCEL comes, so CANCEL has no effect (RFC 3261
            // §9.2).
            return answer(cancelled_by(request.top_via) ? Reply{} : refusal(481));
        case sip::Method::notify:
            return answer(refusal(481));
        case sip::Method::invite:
        case sip::Method::ack:
        case sip::Method::bye:
        case sip::Method::register_:
        case sip::Method::prack:
        case sip::Method::update:
        case sip::Method::info:
        case sip::Method::refer:
        case sip::Method::message:
        case sip::Method::other:
            return answer(refusal(405));
    }
    if (const auto objection = inspect(request)) return answer(*objection);
    if (request.message.method == sip::Method::options) return answer(Reply{});
    recovery_.expire_first(now, request, outbox);
    if (request.message.method == sip::Method::publish) {
        compositor_.handle_publish(now, request, bytes, outbox);
    } else {
        notifier_.handle_subscribe(now, request, bytes, outbox);
    }
}

/// The transaction that the CANCEL in message_ cancels; nullptr if there is none, or if message_ is
/// another request.
const ServerTransactions::Record* UserAgentServer::cancelled_by(const sip::Via& top_via) const {
    if (message_.method != sip::Method::cancel) return nullptr;
    for (const sip::NamedMethod& other : sip::known_methods()) {
        if (other.method == sip::Method::ack || other.method == sip::Method::cancel) continue;
        const auto key = transactions_.key_of(message_, top_via, other.method, other.text);
        if (const auto* found = transactions_.find(key)) return found;
    }
    return nullptr;
}

/// The request was valid when it came. If limits were lowered since, it may be too large now. Then
/// it is dropped, and refused when it is retransmitted.
void UserAgentServer::handle_waiting(TimePoint now, const WaitingRequest& waiting, Outbox& outbox) {
    const auto error = parse_message(waiting.bytes, settings_.limits.message, message_);
    const auto via = error == sip::ParseError::none ? top_via_of(message_) : std::nullopt;
    if (!via) return responder_.abandon(waiting.key);
    Result<Request> read = read_message(waiting.flow, *via, waiting.key);
    if (!read) return responder_.abandon(waiting.key);
    read->wait_until = waiting.wait_until;
    read->shard = waiting.shard;
    read->is_memory_full = is_memory_full_;
    execute(now, *read, waiting.bytes, outbox);
}

void UserAgentServer::refuse_broken(
    const Flow& flow,
    std::string_view head,
    sip::ParseError error,
    Outbox& outbox
) {
    ++stats_.parse_errors[index_of(error)];
    if (!settings_.trusts(flow.peer.address)) return;
    parse_message(head, settings_.limits.message, message_);
    refusals_.refuse_unread(message_, flow, error, outbox);
}

}  // namespace reginfo
