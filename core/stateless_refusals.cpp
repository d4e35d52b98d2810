#include "core/stateless_refusals.hpp"

#include "core/request_reader.hpp"
#include "core/sip/value_list.hpp"

#include <string>
#include <utility>

namespace reginfo {
namespace {

/// Notes on untrusted peers in a second. More than the log accepts of one kind, so that it reports
/// the suppressed ones.
constexpr std::uint32_t kStrangersNoted = 8;

}  // namespace

void StatelessRefusals::note_stranger(TimePoint now, const Flow& flow, Outbox& outbox) {
    if (now - strangers_since_ >= std::chrono::seconds{1}) {
        strangers_since_ = now;
        strangers_noted_ = 0;
    }
    if (strangers_noted_ == kStrangersNoted) return;
    ++strangers_noted_;
    outbox.note(
        Note::Severity::warning,
        "untrusted peer",
        "message ignored or forbidden; see access.trusted_networks",
        flow
    );
}

void StatelessRefusals::refuse_unread(
    const sip::Message& request,
    const Flow& flow,
    sip::ParseError error,
    Outbox& outbox
) {
    if (error == sip::ParseError::empty) return;
    // A stream that lost its framing may still have a readable head.
    const bool has_defect = error == sip::ParseError::none;
    const std::string why(has_defect ? request.defect : sip::text_of(error));
    outbox.note(Note::Severity::warning, "unreadable message", why, flow);
    if (error == sip::ParseError::bad_start_line || !request.is_request) return;
    const bool too_large = error == sip::ParseError::head_too_large ||
                           error == sip::ParseError::too_many_headers ||
                           error == sip::ParseError::body_too_large;
    refuse(request, flow, too_large ? refusal(513) : refusal(400, why), outbox);
}

void StatelessRefusals::refuse(
    const sip::Message& request,
    const Flow& flow,
    const Reply& reply,
    Outbox& outbox
) {
    const auto via = top_via_of(request);
    if (!via || request.method == sip::Method::ack) return;
    const TransactionKey key = transactions_.key_of(request, *via);
    send(responder_.draft(request, *via, flow, key, key.low), reply, outbox);
}

void StatelessRefusals::forbid(const sip::Message& request, const Flow& flow, Outbox& outbox) {
    const auto via = top_via_of(request);
    if (via && request.method != sip::Method::ack) {
        const TransactionKey key = transactions_.key_of(request, *via);
        ResponseDraft draft = responder_.draft(request, *via, flow, key, key.low);
        draft.reconnect_port = 0;
        send(std::move(draft), refusal(403), outbox);
    }
    if (is_reliable(flow.transport)) outbox.close(flow);
}

void StatelessRefusals::send(ResponseDraft draft, const Reply& reply, Outbox& outbox) {
    if (!responder_.may_leave(reply)) return;
    ++stats_.responses_sent[index_of(draft.method)][index_of(draft.to.transport)]
                           [static_cast<std::size_t>(reply.status)];
    responder_.repeat(std::move(draft), reply, outbox);
}

void StatelessRefusals::refuse_without_via(
    const sip::Message& request,
    const Flow& flow,
    Outbox& outbox
) {
    const auto value = sip::ValueList(request, sip::HeaderName::via).next();
    if (!value || request.method == sip::Method::ack) {
        ++stats_.unanswerable;
        outbox.note(Note::Severity::warning, "unanswerable request", "no usable Via", flow);
        return;
    }
    sip::Via via;
    via.text = *value;
    via.address = flow.peer.address;
    const TransactionKey key = transactions_.key_of(request, via);
    ResponseDraft draft = responder_.draft(request, via, flow, key, key.low);
    draft.to = flow;
    draft.reconnect_port = 0;
    const Reply reply = refusal(400, "Malformed Via header");
    outbox.note(Note::Severity::warning, "bad request", reply.reason, flow);
    send(std::move(draft), reply, outbox);
}

}  // namespace reginfo
