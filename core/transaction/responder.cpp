/// @file

#include "core/transaction/responder.hpp"

#include "core/dialog/dialog_state.hpp"
#include "core/reginfo/document.hpp"
#include "core/sip/uri.hpp"
#include "core/sip/value_list.hpp"
#include "core/sip/writer.hpp"
#include "core/transaction/transaction_record.hpp"

#include <algorithm>
#include <utility>

namespace reginfo {
namespace {

/// Further ways of one request, and of all, that wait for an answer.
constexpr std::size_t kJoinedMax = 4;
constexpr std::size_t kAllJoinedMax = 16'384;

constexpr std::string_view kOkLine = "SIP/2.0 200 OK\r\n";

/// Whether the dialog of this request is one of SIPS (RFC 3261 §12.1.1).
bool is_secure(const sip::Message& request) {
    if (is_sips(request.request_uri)) return true;
    const bool routed = request.count(sip::HeaderName::record_route) > 0;
    const auto value =
        sip::ValueList(request, routed ? sip::HeaderName::record_route : sip::HeaderName::contact)
            .next();
    const auto address = value ? sip::parse_name_addr(*value) : std::nullopt;
    return address && is_sips(address->uri);
}

void append_seconds(std::string& out, std::string_view name, Seconds value) {
    sip::append_header(out, name, static_cast<std::uint64_t>(value.count()));
}

}  // namespace

HexText tag_text(std::uint64_t tag) { return HexText(tag); }

/// The destination of a response (RFC 3261 §18.2.2, RFC 3581 §4). A maddr outside of the trusted
/// networks is ignored: otherwise any client could direct responses to any address.
Flow Responder::way_back(const Flow& flow, const sip::Via& top_via) const {
    if (is_reliable(flow.transport)) return flow;
    Flow back = flow;
    const auto maddr = IpAddress::parse(top_via.maddr);
    const bool by_maddr =
        maddr && maddr->is_v4() == flow.peer.address.is_v4() && settings_.trusts(*maddr);
    if (by_maddr) back.peer.address = *maddr;
    if (by_maddr || !top_via.has_rport) back.peer.port = sip::port_or_default(top_via.port);
    return back;
}

ResponseDraft Responder::draft(
    const sip::Message& request,
    const sip::Via& top_via,
    const Flow& flow,
    const TransactionKey& key,
    std::uint64_t to_tag
) {
    ++drafts_;
    ResponseDraft draft;
    draft.key = key;
    draft.to = way_back(flow, top_via);
    if (is_reliable(flow.transport)) draft.reconnect_port = sip::port_or_default(top_via.port);
    draft.listener = flow.listener;
    draft.method = request.method;
    draft.head = spare_texts_.take();
    sip::begin_response(draft.head, request, top_via, flow.peer, 200, "", tag_text(to_tag));
    if (request.method == sip::Method::subscribe) {
        sip::copy_headers(draft.record_route, request, sip::HeaderName::record_route);
        draft.secure = is_secure(request);
    }
    return draft;
}

ResponseDraft Responder::draft(const Request& request) {
    return draft(request.message, request.top_via, request.flow, request.key, to_tag(request));
}

std::uint64_t Responder::to_tag(const Request& request) const {
    const ServerTransactions::Record* record = transactions_.find(request.key);
    return record ? record->to_tag : 0;
}

void Responder::count(const ResponseDraft& draft, int status) {
    ++stats_.responses_sent[index_of(draft.method)][index_of(draft.to.transport)]
                           [static_cast<std::size_t>(status)];
}

void Responder::respond(TimePoint now, ResponseDraft draft, const Reply& reply, Outbox& outbox) {
    if (reply.status == 400) ++stats_.bad_requests;
    if (reply.status == 412) ++stats_.etag_mismatches;
    transactions_.complete(now, draft.key, reply, is_reliable(draft.to.transport));
    stats_.server_transactions = transactions_.size();
    const TransactionKey key = draft.key;
    const Drafts joined = take_joined(key);
    if (!may_leave(reply)) return;
    count(draft, reply.status);
    const Flow to = draft.to;
    const bool again = draft.method == sip::Method::invite && !is_reliable(to.transport);
    const std::uint16_t reconnect_port = draft.reconnect_port;
    std::string response = finish(std::move(draft), reply);
    if (again) invite_refusals_.sent(now, key, to, response);
    outbox.respond(to, std::move(response), reconnect_port);
    for (const ResponseDraft& other : joined) {
        count(other, reply.status);
        repeat(other, reply, outbox);
    }
}

void Responder::refuse_for_now(
    TimePoint now,
    ResponseDraft draft,
    const Reply& reply,
    Outbox& outbox
) {
    for (const ResponseDraft& other : take_joined(draft.key)) {
        if (!is_reliable(other.to.transport)) continue;
        count(other, reply.status);
        repeat(other, reply, outbox);
    }
    if (!is_reliable(draft.to.transport)) return abandon(draft.key);
    respond(now, std::move(draft), reply, outbox);
}

void Responder::answer_as(
    const ServerTransactions::Same& first,
    const Request& request,
    Outbox& outbox
) {
    const auto copy = [&] {
        return draft(
            request.message, request.top_via, request.flow, request.key, first.record->to_tag
        );
    };
    if (first.record->is_completed()) {
        return repeat(copy(), transactions_.reply_of(first.key, *first.record), outbox);
    }
    Drafts& joined = joined_[first.key];
    const auto is_copy = [&](const ResponseDraft& other) { return other.key == request.key; };
    if (std::ranges::any_of(joined, is_copy)) return;
    if (joined.size() == kJoinedMax || joined_count_ == kAllJoinedMax) {
        if (joined.empty()) return;
        joined.erase(joined.begin());  // the newest way is the one that is listened to
        --joined_count_;
    }
    joined.push_back(copy());
    ++joined_count_;
}

Responder::Drafts Responder::take_joined(const TransactionKey& first) {
    const auto at = joined_.find(first);
    if (at == joined_.end()) return {};
    Drafts joined = std::move(at->second);
    joined_count_ -= joined.size();
    joined_.erase(at);
    return joined;
}

void Responder::abandon(const TransactionKey& key) {
    take_joined(key);
    transactions_.abandon(key);
    stats_.server_transactions = transactions_.size();
}

void Responder::handle_timeout(TimePoint now, std::size_t count, Outbox& outbox) {
    invite_refusals_.run(now, count, outbox);
}

Write Responder::write_of(const ResponseDraft& draft, const Reply& reply) const {
    TransactionRecord record = transactions_.record_of(draft.key);
    record.reply = reply;
    return {Bucket::transaction, transaction_key(draft.key), encode(record)};
}

void Responder::repeat(ResponseDraft draft, const Reply& reply, Outbox& outbox) const {
    if (!may_leave(reply)) return;
    const Flow to = draft.to;
    const std::uint16_t reconnect_port = draft.reconnect_port;
    outbox.respond(to, finish(std::move(draft), reply), reconnect_port);
}

std::string Responder::finish(ResponseDraft draft, const Reply& reply) const {
    std::string out = std::move(draft.head);
    if (reply.status != 200 || !reply.reason.empty()) {
        std::string line = "SIP/2.0 ";
        sip::append_number(line, static_cast<std::uint64_t>(reply.status));
        line.append(" ");
        line.append(
            reply.reason.empty() ? sip::reason_of(reply.status) : std::string_view(reply.reason)
        );
        line.append("\r\n");
        out.replace(0, kOkLine.size(), line);
    }
    if (reply.makes_dialog) {
        out.append(draft.record_route).append("Contact: <");
        append_contact_uri(out, settings_.listeners[draft.listener], draft.secure);
        out.append(">\r\n");
    }
    if (reply.expires) append_seconds(out, "Expires", *reply.expires);
    if (reply.etag) sip::append_header(out, "SIP-ETag", tag_text(*reply.etag));
    append_explanations(out, draft.method, reply);
    if (!settings_.server_name.empty()) sip::append_header(out, "Server", settings_.server_name);
    sip::end_head(out, 0);
    return out;
}

/// Appends the fields with which a client can do better (RFC 3261 §8.2, RFC 6665 §8.3, RFC 3903
/// §11.2).
void Responder::append_explanations(std::string& out, sip::Method method, const Reply& reply)
    const {
    if (reply.min_expires) append_seconds(out, "Min-Expires", *reply.min_expires);
    if (reply.retry_after) append_seconds(out, "Retry-After", *reply.retry_after);
    const bool options = reply.status == 200 && method == sip::Method::options;
    if (reply.status == 405 || options) sip::append_header(out, "Allow", kAllow);
    if (reply.status == 406 || reply.status == 415 || options) {
        sip::append_header(out, "Accept", kReginfoType);
    }
    if (reply.status == 415 || options) sip::append_header(out, "Accept-Encoding", "identity");
    if (options) sip::append_header(out, "Accept-Language", "en");
    if (reply.status == 489 || options || reply.makes_dialog) {
        sip::append_header(out, "Allow-Events", "reg");  // RFC 6665 §4.4.4
    }
    if (options) out.append("Supported: \r\n");
    if (!reply.unsupported.empty()) sip::append_header(out, "Unsupported", reply.unsupported);
}

}  // namespace reginfo
