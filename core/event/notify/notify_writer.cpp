#include "core/event/notify/notify_writer.hpp"

#include "core/event/records/aor.hpp"
#include "core/reginfo/writer.hpp"
#include "core/sip/writer.hpp"
#include "core/transaction/responder.hpp"

#include <algorithm>
#include <chrono>

namespace reginfo {
namespace {

void append_state(std::string& out, TimePoint now, const Subscription& subscription) {
    // Never more than is left: the refresh must come in time (RFC 6665 §4.2.2).
    const auto append_seconds = [&](std::int64_t seconds) {
        sip::append_number(out, static_cast<std::uint64_t>(std::max<std::int64_t>(seconds, 0)));
    };
    out.append("Subscription-State: ");
    if (subscription.state == Subscription::State::active) {
        out.append("active;expires=");
        append_seconds(std::chrono::floor<Seconds>(subscription.deadline - now).count());
        if (const auto* rates = subscription.rates()) append_rates(out, rates->rates());
    } else {
        out.append("terminated;reason=").append(text_of(subscription.reason));
        if (subscription.reason == TerminationReason::probation) {
            out.append(";retry-after=");
            append_seconds(std::chrono::ceil<Seconds>(subscription.deadline - now).count());
        }
    }
    out.append("\r\n");
}

}  // namespace

std::string NotifyWriter::head_of(
    TimePoint now,
    const Subscription& subscription,
    const Flow& flow,
    std::uint64_t branch,
    const NotifyBody& body
) {
    const DialogState& dialog = subscription.dialog.state;
    auto& form = subscription.dialog.request_form;
    if (!form) form = request_form_of(dialog);
    std::string head = spare_texts_.take();
    append_request_head(
        head,
        dialog,
        {
            .method = "NOTIFY",
            .cseq = dialog.local_cseq,
            .branch = branch,
            .via = &settings_.listeners[flow.listener],
            .contact = &settings_.listeners[dialog.flow.listener],
            .secure = is_sips(subscription.aor_text()),
            .form = &*form,
        }
    );
    head.append("Event: reg");
    if (const auto id = subscription.event_id()) head.append(";id=").append(*id);
    head.append("\r\n");
    append_state(head, now, subscription);
    if (body.entity_tag) sip::append_header(head, "SIP-ETag", tag_text(*body.entity_tag));
    if (!settings_.server_name.empty()) {
        sip::append_header(head, "User-Agent", settings_.server_name);
    }
    if (!body.tail) {
        sip::end_head(head, 0);
        return head;
    }
    document_head_.clear();
    append_document_head(document_head_, subscription.version, body.full);
    sip::append_header(head, "Content-Type", kReginfoType);
    sip::end_head(head, document_head_.size() + body.tail->size());
    head.append(document_head_);
    return head;
}

std::size_t notify_size(const DialogState& dialog, const SharedBytes& tail) {
    constexpr std::size_t kFixedHeadBytes = 480;  // besides the dialog's own texts
    return kFixedHeadBytes + dialog.bytes() + (tail ? tail->size() : 0);
}

}  // namespace reginfo
