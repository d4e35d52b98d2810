/// @file

#include "core/event/documents.hpp"

#include "core/event/footprint.hpp"
#include "core/event/implicit_sets.hpp"
#include "core/event/kamailio_terms.hpp"
#include "core/event/merge.hpp"
#include "core/reginfo/writer.hpp"
#include "core/sip/uri.hpp"
#include "core/sip/writer.hpp"

#include <boost/container/small_vector.hpp>
#include <boost/smart_ptr/make_local_shared.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>

namespace reginfo {
namespace {

/// Fan-outs of different AORs take turns; each has one kind of document, or a few.
constexpr std::size_t kCacheMax = 64;

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
/// publisher says, as where a phone is behind its NAT, is for those who ask for it.
std::string_view schema_attributes(std::string_view attributes) {
    constexpr std::array<std::string_view, 3> kNames{" q=\"", " callid=\"", " cseq=\""};
    std::size_t end = 0;
    for (const std::string_view name : kNames) {
        if (!attributes.substr(end).starts_with(name)) continue;
        end = attributes.find('"', end + name.size()) + 1;
    }
    return attributes.substr(0, end);
}

/// As Kamailio needs it: with callid and cseq, and nothing that it would take for something else.
void append_contact_for_kamailio(
    std::string& out,
    TimePoint now,
    const ContactState& contact,
    const Hash128& id
) {
    const ContactDetails& details = *contact.details;
    append_contact_begin(out, contact, event_for_kamailio(contact.event), id);
    append_expires(out, now, contact, kLeastForKamailio);
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
    append_contact_begin(out, contact, event_for_kamailio(contact.event), id);
    append_expires(out, now, contact, kLeastForKamailio);
    out.append(schema_attributes(details.attributes_xml())).append("><uri>");
    out.append(details.uri_xml()).append("</uri></contact>");
}

void append_contact(std::string& out, TimePoint now, const ContactState& contact) {
    const ContactDetails& details = *contact.details;
    append_contact_begin(out, contact, contact.event, details.id);
    // One without a time of its own lives as long as it is published: a refresh, which is not told,
    // would make any number here wrong.
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

/// What a document lists: all that is active, or what changed since, and what ended since.
struct Listing {
    Revision from = 0;
    bool full = true;
    bool only_ends = false;

    bool has(const ContactState& contact) const {
        if (!contact.active) return contact.became > from;
        return !only_ends && (full || contact.changed > from);
    }
};

/// Kamailio keys its table on the user and crashes without one (kamailio.md 20).
bool has_user(std::string_view aor) { return aor.find('@') != std::string_view::npos; }

/// How a document of that kind names the AOR: for Kamailio, and for who watches another identity,
/// as the publisher did.
std::string_view aor_text_in(
    std::string_view aor,
    const AorState& state,
    DocumentKind kind,
    std::string_view as_the_watcher_wrote_it
) {
    const std::string_view published = state.published_aor();
    if (kind == DocumentKind::kamailio) {
        return published.empty() ? as_the_watcher_wrote_it : published;
    }
    if (!tells_whole_set(kind) || identity_of(as_the_watcher_wrote_it) == aor) {
        return as_the_watcher_wrote_it;
    }
    return published.empty() ? aor : published;
}

/// What a document says of one registration.
struct Registered {
    std::string_view aor;       ///< canonical
    std::string_view aor_text;  ///< as the watcher reads it
    const AorState& state;
    Listing listing;
    DocumentKind kind = DocumentKind::standard;
    const ListedUris& active;  ///< of the whole document
};

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

/// A text that is counted as long as somebody holds it.
struct Counted {
    Counted(std::string text_, boost::local_shared_ptr<std::size_t> bytes_)
        : text(std::move(text_)), bytes(std::move(bytes_)) {
        *bytes += size();
    }
    ~Counted() { *bytes -= size(); }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;

    std::size_t size() const { return heap_bytes(sizeof *this) + heap_bytes(text); }

    std::string text;
    boost::local_shared_ptr<std::size_t> bytes;
};

SharedBytes counted(std::string text, const boost::local_shared_ptr<std::size_t>& bytes) {
    const auto whole = boost::make_local_shared<Counted>(std::move(text), bytes);
    return {whole, &whole->text};
}

}  // namespace

Documents::Documents(Stats& stats)
    : bytes_(boost::make_local_shared<std::size_t>(std::size_t{0})), stats_(stats) {}

EntityTag entity_tag_of(
    std::string_view aor,
    const AorState& state,
    DocumentKind kind,
    std::string_view aor_text
) {
    return Hasher(0x7265'6769'6e66'6f64U, 0x7266'6335'3833'3900U)
        .add(aor)
        .add(static_cast<std::uint64_t>(kind))
        .add(aor_text)
        .add(state.incarnation)
        .add(newest_of(state, kind))
        .finish()
        .low;
}

NotifyBody Documents::body_for(TimePoint now, const Subscription& subscription) {
    const Aor& aor = subscription.aor();
    const ProfileTraits& traits = traits_of(subscription.profile);
    const Kind kind{
        .aor = &aor,
        .from =
            subscription.abridged == Abridged::without_ends ? aor.revision() : subscription.acked,
        .to = aor.revision(),
        .document = traits.documents,
        .full = !traits.partial || subscription.full_next || subscription.abridged != Abridged::no,
        .none_if_empty = traits.empty_body,
        .only_ends = subscription.abridged == Abridged::only_ends,
    };
    NotifyBody body;
    body.carries = kind.to;
    body.full = kind.full;
    if (subscription.abridged == Abridged::without_body) return body;
    if (kind.none_if_empty && !has_user(aor.name)) return body;
    if (subscription.extras().known_to_watcher == kind.to) {
        const StateReader state = aor.state();
        if (is_told(*state, kind)) {
            body.entity_tag =
                entity_tag_of(aor.name, *state, kind.document, subscription.aor_text());
        }
        return body;
    }
    const Built document = document_of(now, kind, subscription.aor_text());
    if (!document.tail) return body;
    body.tail = document.tail;
    if (traits.entity_tags) body.entity_tag = document.entity_tag;
    return body;
}

NotifyBody Documents::first_body_for(TimePoint now, const Aor& aor, std::string_view aor_text) {
    const Revision newest = aor.revision();
    const Built document = build(now, {.aor = &aor, .from = newest, .to = newest}, aor_text);
    NotifyBody body;
    body.tail = document.tail;
    body.entity_tag = document.entity_tag;
    body.carries = newest;
    return body;
}

/// Whether there is a document to send at all.
bool Documents::is_told(const AorState& state, const Kind& kind) {
    const Listing listing{kind.from, kind.full, kind.only_ends};
    const auto is_listed = [&](const ContactState& contact) { return listing.has(contact); };
    const auto has_left = [&](const FormerUri& former) { return former.left > kind.from; };
    return !kind.none_if_empty || std::ranges::any_of(state.contacts, is_listed) ||
           std::ranges::any_of(state.former_uris, has_left);
}

/// Taken from the cache if it was built in this second: then the state need not be opened. What a
/// single watcher gets is asked for once.
/// @param aor_text  as the watcher wrote it
Documents::Built Documents::document_of(
    TimePoint now,
    const Kind& kind,
    std::string_view aor_text
) {
    const std::int64_t second = std::chrono::floor<Seconds>(now.time_since_epoch()).count();
    if (second != second_) {
        cache_.clear();
        second_ = second;
    }
    if (kind.aor->watcher_count == 1) return build(now, kind, aor_text);
    for (auto it = cache_.rbegin(); it != cache_.rend(); ++it) {
        if (it->kind == kind && it->aor_text == aor_text) return it->document;
    }
    Cached cached{kind, std::string(aor_text), build(now, kind, aor_text)};
    if (cache_.size() < kCacheMax) return cache_.emplace_back(std::move(cached)).document;
    return (cache_[next_victim_++ % kCacheMax] = std::move(cached)).document;
}

Documents::Built Documents::build(TimePoint now, const Kind& kind, std::string_view aor_text) {
    const StateReader state = kind.aor->state();
    const std::string_view text = aor_text_in(kind.aor->name, *state, kind.document, aor_text);
    return {
        is_told(*state, kind) ? counted(write(now, kind, *state, text), bytes_) : SharedBytes(),
        entity_tag_of(kind.aor->name, *state, kind.document, aor_text),
    };
}

std::string Documents::write(
    TimePoint now,
    const Kind& kind,
    const AorState& state,
    std::string_view aor_text
) {
    ++stats_.documents_built;
    const Aor& aor = *kind.aor;
    std::string out;
    out.reserve(256 + state.contacts.size() * 320);
    const DocumentKind how = kind.document;
    const ListedUris uris(how, state);
    Listing listing{kind.from, kind.full, kind.only_ends};
    append_registration(out, now, {aor.name, aor_text, state, listing, how, uris});
    listing.full = true;
    if (tells_whole_set(how)) {
        for (const SetMember& member : state.members) {
            const AorState& of = member.state;
            append_registration(out, now, {member.aor, of.published_aor(), of, listing, how, uris});
        }
    }
    append_document_end(out);
    return out;
}

void Documents::forget(const Aor& aor) {
    std::erase_if(cache_, [&](const Cached& cached) { return cached.kind.aor == &aor; });
}

}  // namespace reginfo
