#include "core/event/publish/publish_request.hpp"

#include "core/base/hex.hpp"
#include "core/bounds.hpp"
#include "core/event/package.hpp"
#include "core/event/publish/compositor.hpp"
#include "core/outbox.hpp"
#include "core/sip/uri.hpp"
#include "core/sip/uri_comparison.hpp"

#include <algorithm>
#include <charconv>

namespace reginfo {
namespace {

std::optional<EntityTag> parse_etag(std::string_view text) {
    const std::optional<EntityTag> tag = parse_hex(text);
    // As it was given out, so in lower case.
    return tag && std::string_view(tag_text(*tag)) == text ? tag : std::nullopt;
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

/// SIP-If-Match: the publication that it names, or 0 without one.
Result<EntityTag> condition_of(const Request& request, const AorState& state) {
    const std::size_t conditions = request.message.count(sip::HeaderName::sip_if_match);
    if (conditions == 0) return EntityTag{0};
    if (conditions > 1) return refusal(400, "Several SIP-If-Match headers");
    const std::string_view text = *request.message.first(sip::HeaderName::sip_if_match);
    if (!sip::is_token(text)) return refusal(400, "Malformed SIP-If-Match header");
    const auto tag = parse_etag(text);
    if (!tag || !state.has_publication(*tag)) return refusal(412);
    return *tag;
}

}  // namespace

Result<PublishRequest> PublishReader::read(
    const Request& request,
    std::string_view name,
    const AorState& state
) {
    PublishRequest publish;
    const Result<EntityTag> current = condition_of(request, state);
    if (!current) return current.error();
    publish.current = *current;
    const auto expires = expires_of(request.message, settings_.publish);
    if (!expires) return expires.error();
    publish.expires = *expires;

    if (request.message.body.empty()) {
        if (publish.current == 0) return refusal(400, "Initial PUBLISH without a body");
        return publish;
    }
    const auto type = request.message.first(sip::HeaderName::content_type);
    if (!type || !sip::is_media_type(*type, kReginfoType) || !sip::is_utf8(*type)) {
        return refusal(415);
    }
    const auto document =
        reader_.read(request.message.body, settings_.limits.document, request.message.request_uri);
    if (!document) {
        const ReadError& error = document.error();
        if (error.kind != ReadError::Kind::wrong) {
            ++stats_.refused_by_bound[index_of(Bound::document)];
        }
        return refusal(error.kind == ReadError::Kind::too_large ? 413 : 400, error.reason);
    }
    const auto own = registration_of(**document, request.message.request_uri, name);
    if (!own) return refusal(400, "reginfo: no registration with the AOR of the Request-URI");
    if (!names_once(**document, *own, name)) {
        return refusal(400, "reginfo: two registrations with the AOR of the Request-URI");
    }
    publish.own = *own;
    publish.document = *document;
    return publish;
}

}  // namespace reginfo
