#include "core/event/notify/registration_writer.hpp"

#include "core/event/state/stable_id.hpp"
#include "core/reginfo/writer.hpp"
#include "core/sip/writer.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <limits>

namespace reginfo {
namespace {

/// Kamailio reads `expires` with atoi.
constexpr std::int64_t kExpiresMax = std::numeric_limits<std::int32_t>::max();

void append_attribute(std::string& out, std::string_view name, std::uint64_t value) {
    out.append(" ").append(name).append("=\"");
    sip::append_number(out, value);
    out.push_back('"');
}

/// The whole seconds left: rather too few, so that nobody counts on a contact that is gone.
std::int64_t seconds_left(TimePoint now, TimePoint deadline, std::int64_t least) {
    const auto left = std::chrono::floor<Seconds>(deadline - now).count();
    return std::clamp<std::int64_t>(left, least, kExpiresMax);
}

void append_contact_begin(
    std::string& out,
    const ContactState& contact,
    ContactEvent event,
    const Hash128& id
) {
    out.append("<contact id=\"");
    out.append(StableIdText('c', id));
    out.append(
        contact.active ? "\" state=\"active\" event=\"" : "\" state=\"terminated\" event=\""
    );
    out.append(text_of(event)).append("\"");
}

void append_expires(
    std::string& out,
    TimePoint now,
    const ContactState& contact,
    std::int64_t least
) {
    const auto left = contact.active ? seconds_left(now, contact.deadline, least) : 0;
    append_attribute(out, "expires", static_cast<std::uint64_t>(left));
}

/// Of a contact's attributes those of the schema (RFC 3680 §5.4), which come first: what else a
/// publisher lists, as the address of a phone behind its NAT, is for profiles that need it.
std::string_view schema_attributes(std::string_view attributes) {
    constexpr std::array<std::string_view, 3> kNames{" q=\"", " callid=\"", " cseq=\""};
    std::size_t end = 0;
    for (const std::string_view name : kNames) {
        if (!attributes.substr(end).starts_with(name)) continue;
        end = attributes.find('"', end + name.size()) + 1;
    }
    return attributes.substr(0, end);
}

/// With a time, and an event that Kamailio knows.
void append_contact_begin_for_kamailio(
    std::string& out,
    TimePoint now,
    const ContactState& contact,
    const Hash128& id
) {
    append_contact_begin(out, contact, event_for_kamailio(contact.event), id);
    append_expires(out, now, contact, kLeastForKamailio);
}

/// As Kamailio needs it: with callid and cseq, and nothing that it would take for something else.
void append_contact_for_kamailio(
    std::string& out,
    TimePoint now,
    const ContactState& contact,
    const Hash128& id
) {
    const ContactDetails& details = *contact.details;
    append_contact_begin_for_kamailio(out, now, contact, id);
    std::string_view attributes = details.attributes_xml();
    if (details.callid().empty()) {
        constexpr std::string_view kNoCallId = " callid=\"\"";
        const std::size_t empty = attributes.find(kNoCallId);
        if (empty != std::string_view::npos) {
            out.append(attributes.substr(0, empty));
            attributes.remove_prefix(empty + kNoCallId.size());
        }
        out.append(" callid=\"");
        out.append(StableIdText('c', details.id));
        out.push_back('"');
    }
    if (!details.cseq) append_attribute(out, "cseq", 0);
    out.append(attributes).append("><uri>").append(details.uri_xml());
    out.append("</uri></contact>");
}

/// For Kamailio's P-CSCF: with a time, and what it knows of.
void append_contact_for_pcscf(
    std::string& out,
    TimePoint now,
    const ContactState& contact,
    const Hash128& id
) {
    const ContactDetails& details = *contact.details;
    append_contact_begin_for_kamailio(out, now, contact, id);
    out.append(schema_attributes(details.attributes_xml())).append("><uri>");
    out.append(details.uri_xml()).append("</uri></contact>");
}

void append_contact(std::string& out, TimePoint now, const ContactState& contact) {
    const ContactDetails& details = *contact.details;
    append_contact_begin(out, contact, contact.event, details.id);
    // One without a time of its own lives as long as it is published: a refresh, which causes no
    // NOTIFY, would make any number here wrong.
    if (!contact.active || contact.own_clock) append_expires(out, now, contact, 0);
    if (contact.active && contact.since) {
        const auto bound = std::chrono::floor<Seconds>(now - *contact.since).count();
        append_attribute(
            out, "duration-registered", static_cast<std::uint64_t>(std::max<std::int64_t>(bound, 0))
        );
    }
    if (contact.event == ContactEvent::probation && details.retry_after) {
        append_attribute(
            out, "retry-after", static_cast<std::uint64_t>(details.retry_after->count())
        );
    }
    out.append(schema_attributes(details.attributes_xml()))
        .append("><uri>")
        .append(details.uri_xml())
        .append("</uri>");
    out.append(details.children_xml()).append("</contact>");
}

void append_contact_by_uri(
    std::string& out,
    TimePoint now,
    const Registered& of,
    const ContactState& contact,
    const Hash128& id
) {
    if (of.kind == DocumentKind::kamailio) {
        append_contact_for_kamailio(out, now, contact, id);
    } else if (is_safe_for_pcscf(contact.details->uri_xml())) {
        append_contact_for_pcscf(out, now, contact, id);
    }
}

/// A URI that Kamailio cannot parse is listed as any other: `reginfo_handle_notify` and usrloc keep
/// it as text and compare bytes, so that it costs nothing but calls to that contact.
void append_contacts_by_uri(std::string& out, TimePoint now, const Registered& of) {
    ListedUris ended(of.kind);
    for (const ContactState& contact : of.state.contacts) {
        const ContactDetails& details = *contact.details;
        if (!of.listing.has(contact)) continue;
        if (!contact.active && of.active.has(details.uri_xml())) continue;
        if (!contact.active) ended.add(details.uri_xml());
        append_contact_by_uri(out, now, of, contact, details.id);
    }
    ended.sort();
    for (const FormerUri& former : of.state.former_uris) {
        const std::string_view uri = former.details->uri_xml();
        if (former.left <= of.listing.from || of.active.has(uri) || ended.has(uri)) continue;
        ContactState left;
        left.details = former.details;
        left.active = false;
        left.event = ContactEvent::unregistered;
        // Its contact is listed as well, and has that id; no identity begins so.
        const std::string identity = std::string("\x01").append(uri);
        append_contact_by_uri(out, now, of, left, stable_id(of.aor, identity));
    }
}

}  // namespace

void append_registration(std::string& out, TimePoint now, const Registered& of) {
    RegistrationState state = of.state.state();
    if (of.kind == DocumentKind::linphone && state == RegistrationState::init) {
        state = RegistrationState::terminated;
    }
    if (of.kind == DocumentKind::pcscf && !is_safe_for_pcscf(of.aor_text, state)) return;
    append_registration_head(out, of.aor_text, StableIdText('r', stable_id(of.aor)), state);
    if (knows_uris(of.kind)) {
        append_contacts_by_uri(out, now, of);
    } else {
        for (const ContactState& contact : of.state.contacts) {
            if (of.listing.has(contact)) append_contact(out, now, contact);
        }
        out.append(of.state.extensions_xml());
    }
    append_registration_end(out);
}

}  // namespace reginfo
