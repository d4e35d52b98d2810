/// @file

#include "tests/fuzz/engine/notify_checks.hpp"

#include "core/event/records/dialog_storage.hpp"
#include "core/reginfo/reader.hpp"
#include "core/sip/headers.hpp"
#include "tests/fuzz/support/require.hpp"

#include <algorithm>
#include <charconv>
#include <set>

namespace reginfo::fuzz {
namespace {

/// By default (RFC 3261 §17.1.1.1); the time of an unanswered NOTIFY after a refresh.
constexpr Duration kT1 = std::chrono::milliseconds{500};

/// Timer F (RFC 3261 §17.1.2.2) with the default T1.
constexpr Duration kTimerF = std::chrono::seconds{32};

constexpr ReaderLimits kUnlimited{
    .bytes = 1U << 26U,
    .depth = 32,
    .elements = 1U << 20U,
    .attributes = 256,
    .registrations = 1U << 16U,
    .contacts = 1U << 16U,
    .text_bytes = 1U << 24U,
    .namespaces = 256,
};

std::string tag_of(const sip::Message& message, std::string_view name) {
    const auto address = sip::parse_name_addr(field_of(message, name));
    require(address.has_value(), "From and To can be read", field_of(message, name));
    return std::string(address->tag);
}

/// The text between the first `before` and the next quote.
std::string_view quoted_after(std::string_view text, std::string_view before) {
    const std::size_t at = text.find(before);
    if (at == std::string_view::npos) return {};
    text.remove_prefix(at + before.size());
    return text.substr(0, text.find('"'));
}

/// No contact is listed twice, neither by id nor by identity. Kamailio identifies contacts by the
/// written URI, and gets no instances: in its documents two contacts may have one URI, but not an
/// ended one and an active one.
void check_contacts(std::string_view body, const Document& document, bool may_be_kamailio) {
    std::size_t contacts = 0;
    const bool by_uri =
        may_be_kamailio && body.find("name=\"+sip.instance\"") == std::string_view::npos;
    for (const Registration& registration : document.registrations) {
        std::map<std::string_view, bool> activity;
        for (const Contact& contact : registration.contacts) {
            const std::string_view key = by_uri ? contact.uri : contact.identity;
            const auto [known, is_new] = activity.emplace(key, contact.active);
            const bool fits = by_uri && known->second == contact.active;
            require(is_new || fits, "a contact is listed twice", body);
            require(contact.active || contact.expires == Seconds{0}, "an end has time left", body);
            ++contacts;
        }
    }
    std::set<std::string_view> ids;
    std::size_t found = 0;
    constexpr std::string_view kBegin = "<contact id=\"c";
    for (std::size_t at = body.find(kBegin); at != std::string_view::npos;
         at = body.find(kBegin, at + 1)) {
        ids.insert(quoted_after(body.substr(at), "id=\""));
        ++found;
    }
    // An extension may look like a contact; then nothing is checked.
    if (found == contacts) require(ids.size() == found, "one id serves two contacts", body);
}

}  // namespace

std::string_view field_of(const sip::Message& message, std::string_view name) {
    return message.first(sip::header_name_of(name)).value_or("");
}

void NotifyChecks::subscribed(const sip::Message& response) {
    const Key key{field_of(response, "Call-ID"), tag_of(response, "To"), tag_of(response, "From")};
    require(!std::get<1>(key).empty(), "a 2xx to SUBSCRIBE has a To tag");
    Dialog& dialog = dialogs_[key];
    if (response.status == 204) return;        // nothing new follows (RFC 5839 §6.3)
    for (auto& [id, usage] : dialog.usages) {  // which of them is meant cannot be seen here
        usage.over = false;
        usage.any_version = true;
    }
}

void NotifyChecks::sent(
    TimePoint now,
    const Flow& flow,
    std::string_view bytes,
    const sip::Message& notify
) {
    const Key key{field_of(notify, "Call-ID"), tag_of(notify, "From"), tag_of(notify, "To")};
    const auto at = dialogs_.find(key);
    require(at != dialogs_.end(), "a NOTIFY belongs to a dialog", bytes);
    Dialog& dialog = at->second;
    const auto via = sip::parse_via(field_of(notify, "Via"));
    const auto cseq = sip::parse_cseq(field_of(notify, "CSeq"));
    const auto event = sip::parse_event(field_of(notify, "Event"));
    require(via && cseq && event && event->package == "reg", "a NOTIFY is whole", bytes);
    if (via->branch == dialog.branch) {
        require(dialog.bytes == bytes, "a retransmission is the same", bytes);
        require(dialog.in_flight, "what was answered is not sent again", bytes);
        require(now - dialog.at < kTimerF, "timer F ends retransmissions", bytes);
        return;
    }
    check_turn(now, dialog, cseq->number);
    const bool same_again = cseq->number == dialog.cseq;
    dialog.branch = via->branch;
    dialog.bytes = bytes;
    dialog.cseq = cseq->number;
    dialog.jump = 0;
    dialog.usage = event->id.value_or("");
    dialog.flow = flow;
    dialog.at = now;
    dialog.in_flight = true;
    dialog.flow_lost = false;
    dialog.unsent = false;

    Usage& usage = dialog.usages[dialog.usage];
    const std::string_view state = field_of(notify, "Subscription-State");
    dialog.terminated = state.starts_with("terminated;reason=");
    require(dialog.terminated || state.starts_with("active;expires="), "Subscription-State", bytes);
    require(!usage.over, "nothing follows an answered `terminated`", bytes);
    if (same_again) usage.any_version = true;
    if (!dialog.terminated) dialog.firm_cseq = dialog.cseq;
    check_document(dialog, usage, notify);
}

bool NotifyChecks::may_be_given_up(TimePoint now, const Dialog& dialog) const {
    return dialog.flow_lost || now - dialog.at >= std::min({patience, kTimerF, kT1});
}

void NotifyChecks::check_turn(TimePoint now, const Dialog& dialog, std::uint32_t cseq) {
    const bool free = !dialog.in_flight || may_be_given_up(now, dialog);
    require(free, "one NOTIFY is in flight", dialog.bytes);
    if (dialog.cseq == 0) return;
    // One too large for UDP goes there after all, as the same request; or by TCP once more, where
    // it had to wait so long that this is tried again.
    const bool is_tried_again =
        dialog.unsent || (dialog.flow_lost && dialog.flow.transport == Transport::tcp);
    if (is_tried_again && cseq == dialog.cseq) return;
    require(
        cseq > dialog.cseq && cseq <= dialog.cseq + 1 + dialog.jump,
        "CSeq grows by one",
        dialog.bytes + "\n then " + std::to_string(cseq)
    );
}

void NotifyChecks::check_document(Dialog& dialog, Usage& usage, const sip::Message& notify) {
    dialog.full = false;
    if (notify.body.empty()) return;
    const auto document = read_document(notify.body, kUnlimited);
    require(document.has_value(), "a document is well-formed", notify.body);
    require(document->full || usage.full_answered, "a partial document follows a full one");
    check_contacts(notify.body, *document, patience < std::chrono::seconds{4});

    const std::size_t root = notify.body.find("<reginfo");
    require(root != std::string_view::npos, "the root has no prefix", notify.body);
    const std::string_view version = quoted_after(notify.body.substr(root), "version=\"");
    std::uint32_t number = 0;
    std::from_chars(version.data(), version.data() + version.size(), number);
    require(usage.any_version || number == usage.version + 1, "version grows by one", notify.body);
    usage.any_version = false;
    usage.version = number;
    dialog.full = document->full;
}

void NotifyChecks::answered(TimePoint now, std::string_view branch, int status) {
    if (status < 200) return;
    for (auto& [key, dialog] : dialogs_) {
        if (!dialog.in_flight || dialog.branch != branch) continue;
        dialog.in_flight = false;
        Usage& usage = dialog.usages[dialog.usage];
        usage.over = usage.over || (dialog.terminated && !may_be_given_up(now, dialog));
        if (status < 300 && dialog.full) usage.full_answered = true;
    }
}

void NotifyChecks::maybe_answered(std::string_view branch) {
    for (auto& [key, dialog] : dialogs_) {
        if (dialog.branch != branch) continue;
        dialog.flow_lost = true;
        dialog.usages[dialog.usage].full_answered = true;
    }
}

void NotifyChecks::closed(const Flow& flow) {
    for (auto& [key, dialog] : dialogs_) {
        Flow used = dialog.flow;
        used.listener = flow.listener;
        if (used == flow) dialog.flow_lost = true;
    }
}

void NotifyChecks::unsent(std::string_view branch) {
    for (auto& [key, dialog] : dialogs_) {
        if (dialog.branch == branch) dialog.flow_lost = dialog.unsent = true;
    }
}

void NotifyChecks::crashed() {
    for (auto& [key, dialog] : dialogs_) {
        dialog.in_flight = false;
        dialog.branch.clear();
        dialog.jump += kReservedRange + dialog.cseq - dialog.firm_cseq;
        dialog.cseq = dialog.firm_cseq;
        for (auto& [id, usage] : dialog.usages) usage = {};
    }
}

}  // namespace reginfo::fuzz
