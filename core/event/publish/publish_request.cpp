/// @file
/// What a PUBLISH asks for, and which bound it would go over.

#include "core/bounds.hpp"
#include "core/event/publish/compositor.hpp"
#include "core/sip/uri.hpp"

#include <algorithm>
#include <charconv>

namespace reginfo {
namespace {

std::optional<EntityTag> parse_etag(std::string_view text) {
    EntityTag tag = 0;
    if (text.size() != 16) return std::nullopt;
    const auto [end, error] = std::from_chars(text.begin(), text.end(), tag, 16);
    if (error != std::errc{} || end != text.end() || std::string_view(tag_text(tag)) != text)
        return std::nullopt;
    return tag;
}

/// The registration of the AOR that is requested by that Request-URI, or of that canonical name.
std::optional<std::size_t> registration_of(
    const Document& document,
    std::string_view request_uri,
    std::string_view aor
) {
    for (std::size_t i = 0; i < document.registrations.size(); ++i) {
        const std::string_view text = document.registrations[i].aor;
        if (text == request_uri) return i;
        const auto uri = sip::parse_uri(text);
        if (uri && sip::canonical_aor(*uri) == aor) return i;
    }
    return std::nullopt;
}

/// Whether no registration but that one is of that canonical AOR.
bool names_once(const Document& document, std::size_t own, std::string_view aor) {
    for (std::size_t i = 0; i < document.registrations.size(); ++i) {
        if (i == own) continue;
        const auto uri = sip::parse_uri(document.registrations[i].aor);
        if (uri && sip::canonical_aor(*uri) == aor) return false;
    }
    return true;
}

std::size_t listed_in(const Document& document) {
    std::size_t listed = document.registrations.size() - 1;
    for (const Registration& registration : document.registrations) {
        listed += registration.contacts.size();
    }
    return listed;
}

/// Not less than what it adds to a record.
std::size_t bytes_of(const Document& document) {
    constexpr std::size_t kOfRegistration = 64;
    constexpr std::size_t kOfContact = 160;
    std::size_t bytes = 0;
    for (const Registration& registration : document.registrations) {
        bytes += kOfRegistration + 2 * registration.aor.size() + registration.extensions_xml.size();
        for (const Contact& contact : registration.contacts) {
            bytes += kOfContact + contact.callid.size() + contact.attributes_xml.size() +
                     contact.uri_xml.size() + contact.children_xml.size();
        }
    }
    return bytes;
}

}  // namespace

/// SIP-If-Match: the publication that it names, or 0 without one.
Result<EntityTag> Compositor::condition(const Request& request, const AorState& state) const {
    const std::size_t conditions = request.message.count(sip::HeaderName::sip_if_match);
    if (conditions == 0) return EntityTag{0};
    if (conditions > 1) return refusal(400, "Several SIP-If-Match headers");
    const std::string_view text = *request.message.first(sip::HeaderName::sip_if_match);
    if (!sip::is_token(text)) return refusal(400, "Malformed SIP-If-Match header");
    const auto tag = parse_etag(text);
    if (!tag || !state.has_publication(*tag)) return refusal(412);
    return *tag;
}

Result<Compositor::Wish> Compositor::read(
    const Request& request,
    std::string_view name,
    const AorState& state
) {
    Wish wish;
    const Result<EntityTag> current = condition(request, state);
    if (!current) return current.error();
    wish.current = *current;
    const auto expires = expires_of(request.message, records_.settings.publish);
    if (!expires) return expires.error();
    wish.expires = *expires;

    if (request.message.body.empty()) {
        if (wish.current == 0) return refusal(400, "Initial PUBLISH without a body");
        return wish;
    }
    const auto type = request.message.first(sip::HeaderName::content_type);
    if (!type || !sip::is_media_type(*type, kReginfoType) || !sip::is_utf8(*type)) {
        return refusal(415);
    }
    const auto document = reader_.read(
        request.message.body, records_.settings.limits.document, request.message.request_uri
    );
    if (!document) {
        const ReadError& error = document.error();
        if (error.kind != ReadError::Kind::wrong) {
            ++records_.stats.refused_by_bound[index_of(Bound::document)];
        }
        return refusal(error.kind == ReadError::Kind::too_large ? 413 : 400, error.reason);
    }
    const auto own = registration_of(**document, request.message.request_uri, name);
    if (!own) return refusal(400, "reginfo: no registration with the AOR of the Request-URI");
    if (!names_once(**document, *own, name)) {
        return refusal(400, "reginfo: two registrations with the AOR of the Request-URI");
    }
    wish.own = *own;
    wish.document = *document;
    return wish;
}

std::optional<Bound> Compositor::bound_reached(const AorState& state, const Wish& wish) const {
    if (wish.expires.count() == 0 || wish.current != 0) return std::nullopt;
    const Settings::Limits& limits = records_.settings.limits;
    if (state.publications.size() >= limits.publications_per_aor) {
        return Bound::publications_per_aor;
    }
    if (records_.stats.publications + reserved_ >= limits.publications) return Bound::publications;
    return std::nullopt;
}

/// Whether the change may come to more than an AOR may have: which of what it lists replaces
/// something, only the merge knows.
bool Compositor::is_near_bounds(const Aor& aor, const AorState& state, const Wish& wish) const {
    if (!wish.document || wish.expires.count() == 0) return false;
    const Settings::Limits& limits = records_.settings.limits;
    if (listed_in(*wish.document) + listed_in(state) > limits.contacts_per_aor) return true;
    const std::size_t held = std::size_t{1} << aor.summary().size_class;
    return held + bytes_of(*wish.document) > limits.aor_bytes;
}

Reply Compositor::refuse_by(Bound bound, std::string_view aor, const Flow& flow, Outbox& outbox) {
    note_refusal(bound, aor, flow, records_.stats, outbox);
    std::string reason = "Too many publications";
    if (bound == Bound::contacts_per_aor) reason = "Too many contacts";
    if (bound == Bound::aor_bytes) reason = "Too many bytes of this address-of-record";
    if (bound == Bound::memory) reason = "Memory is short";
    Reply reply = refusal(503, std::move(reason));
    reply.retry_after = Seconds{60};
    return reply;
}

}  // namespace reginfo
