/// @file

#include "core/event/documents.hpp"

#include "core/event/merge.hpp"
#include "core/reginfo/writer.hpp"
#include "core/sip/uri.hpp"
#include "core/sip/writer.hpp"

#include <boost/smart_ptr/make_local_shared.hpp>

#include <algorithm>
#include <chrono>
#include <limits>

namespace reginfo {
namespace {

/// Fan-outs of different AORs take turns; each has one kind of document, or a few.
constexpr std::size_t kCacheMax = 64;

/// Kamailio reads `expires` with atoi.
constexpr std::int64_t kExpiresMax = std::numeric_limits<std::int32_t>::max();

/// Twenty-four hexadecimal digits behind a letter: never a number, the same everywhere.
void append_id(std::string& out, char prefix, const Hash128& id) {
    out.push_back(prefix);
    append_hex(out, id.high, 16);
    append_hex(out, id.low, 8);
}

/// What `reginfo_handle_notify` knows (kamailio.md 15).
ContactEvent event_for_kamailio(ContactEvent event) {
    switch (event) {
        case ContactEvent::shortened:
            return ContactEvent::refreshed;
        case ContactEvent::probation:
        case ContactEvent::rejected:
        case ContactEvent::deactivated:
            return ContactEvent::unregistered;
        case ContactEvent::registered:
        case ContactEvent::created:
        case ContactEvent::refreshed:
        case ContactEvent::expired:
        case ContactEvent::unregistered:
        case ContactEvent::terminated:
            return event;
    }
    return event;
}

void append_attribute(std::string& out, std::string_view name, std::uint64_t value) {
    out.append(" ").append(name).append("=\"");
    sip::append_number(out, value);
    out.push_back('"');
}

/// The whole seconds left, of an active contact at least one.
std::int64_t seconds_left(TimePoint now, TimePoint deadline) {
    const auto left = std::chrono::ceil<Seconds>(deadline - now).count();
    return std::clamp<std::int64_t>(left, 1, kExpiresMax);
}

void append_contact(std::string& out, TimePoint now, const ContactState& contact, bool kamailio) {
    const ContactDetails& details = *contact.details;
    const ContactEvent event = kamailio ? event_for_kamailio(contact.event) : contact.event;
    out.append("<contact id=\"");
    append_id(out, 'c', details.id);
    out.append(
        contact.active ? "\" state=\"active\" event=\"" : "\" state=\"terminated\" event=\""
    );
    out.append(text_of(event)).append("\"");
    append_attribute(
        out,
        "expires",
        contact.active ? static_cast<std::uint64_t>(seconds_left(now, contact.deadline)) : 0
    );
    if (!kamailio && event == ContactEvent::probation && details.retry_after) {
        append_attribute(
            out, "retry-after", static_cast<std::uint64_t>(details.retry_after->count())
        );
    }
    if (kamailio && details.callid.empty()) {
        out.append(" callid=\"");
        append_id(out, 'c', details.id);
        out.push_back('"');
    }
    if (kamailio && !details.cseq) append_attribute(out, "cseq", 0);
    out.append(details.attributes_xml).append("><uri>").append(details.uri_xml).append("</uri>");
    if (!kamailio) out.append(details.children_xml);
    out.append("</contact>");
}

bool is_listed(const ContactState& contact, Revision from) {
    return contact.active || contact.became > from;
}

/// Kamailio keys its table on the user and crashes without one (kamailio.md 20).
bool has_user(std::string_view aor) { return aor.find('@') != std::string_view::npos; }

}  // namespace

NotifyBody Documents::body_for(TimePoint now, const Subscription& subscription) {
    const Aor& aor = subscription.aor;
    const ProfileTraits& traits = traits_of(subscription.profile);
    const Revision from = subscription.acked;
    NotifyBody body;
    body.carries = aor.state.revision;
    const auto& contacts = aor.state.contacts;
    if (traits.empty_body) {
        const bool any = std::any_of(contacts.begin(), contacts.end(), [&](const ContactState& c) {
            return is_listed(c, from);
        });
        if (!any || !has_user(aor.name)) return body;
    }
    const std::string_view aor_text = traits.kamailio_documents && !aor.state.published_aor.empty()
                                          ? std::string_view(aor.state.published_aor)
                                          : std::string_view(subscription.aor_text);

    const std::int64_t second = std::chrono::floor<Seconds>(now.time_since_epoch()).count();
    if (second != second_) {
        cache_.clear();
        second_ = second;
    }
    for (auto it = cache_.rbegin(); it != cache_.rend(); ++it) {
        const Kind& kind = it->kind;
        if (kind.aor == &aor && kind.from == from && kind.to == body.carries &&
            kind.kamailio == traits.kamailio_documents && it->aor_text == aor_text) {
            body.tail = it->tail;
            return body;
        }
    }
    body.tail = boost::make_local_shared<const std::string>(
        build(now, aor, aor_text, from, traits.kamailio_documents)
    );
    Cached cached{
        {&aor, from, body.carries, traits.kamailio_documents},
        std::string(aor_text),
        body.tail,
    };
    if (cache_.size() < kCacheMax) {
        cache_.push_back(std::move(cached));
    } else {
        cache_[next_victim_++ % kCacheMax] = std::move(cached);
    }
    return body;
}

std::string Documents::build(
    TimePoint now,
    const Aor& aor,
    std::string_view aor_text,
    Revision from,
    bool kamailio
) {
    ++stats_.documents_built;
    std::string out;
    out.reserve(256 + aor.state.contacts.size() * 320);
    std::string id;
    append_id(id, 'r', stable_id(aor.name));
    append_registration_head(out, aor_text, id, aor.state.state());
    for (const ContactState& contact : aor.state.contacts) {
        if (is_listed(contact, from)) append_contact(out, now, contact, kamailio);
    }
    if (!kamailio) out.append(aor.state.extensions_xml);
    append_registration_end(out);
    append_document_end(out);
    return out;
}

void Documents::forget(const Aor& aor) {
    std::erase_if(cache_, [&](const Cached& cached) { return cached.kind.aor == &aor; });
}

}  // namespace reginfo
