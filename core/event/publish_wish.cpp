/// @file
/// What a PUBLISH asks for.

#include "core/event/compositor.hpp"
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

/// The reader found too much or too many of something, and not something else that is wrong.
bool is_limit(std::string_view reason) { return reason.find(" too ") != std::string_view::npos; }

/// Contacts of the AOR; other registrations, and contacts of theirs. Not the AOR's own
/// registration, nor ends that nobody lists any more.
std::size_t listed_in(const AorState& state) {
    std::size_t listed = 0;
    for (const Publication& publication : state.publications) listed += publication.words.size();
    for (const SetMember& member : state.members) listed += 1 + listed_in(member.state);
    return listed;
}

std::size_t listed_in(const Document& document) {
    std::size_t listed = document.registrations.size() - 1;
    for (const Registration& registration : document.registrations) {
        listed += registration.contacts.size();
    }
    return listed;
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
        const std::string& reason = document.error().reason;
        const bool is_too_large =
            request.message.body.size() > records_.settings.limits.document.bytes;
        if (is_limit(reason)) ++records_.stats.refused_by_bound[index_of(Bound::document)];
        return refusal(is_too_large ? 413 : 400, reason);
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
    if (wish.expires.count() == 0) return std::nullopt;
    const Settings::Limits& limits = records_.settings.limits;
    // Whatever it lists may come to what is listed: which of it replaces something, the merge
    // knows.
    if (wish.document && listed_in(*wish.document) + listed_in(state) > limits.contacts_per_aor) {
        return Bound::contacts_per_aor;
    }
    if (wish.current != 0) return std::nullopt;
    if (state.publications.size() >= limits.publications_per_aor) {
        return Bound::publications_per_aor;
    }
    if (records_.stats.publications >= limits.publications) return Bound::publications;
    return std::nullopt;
}

}  // namespace reginfo
