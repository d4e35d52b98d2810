/// @file

#include "core/event/package.hpp"

#include "core/sip/uri.hpp"
#include "core/sip/uri_comparison.hpp"

#include <algorithm>

namespace reginfo {
namespace {

/// Empty if the From URI has none.
std::string_view from_domain_of(const sip::Message& request) {
    const auto from = request.first(sip::HeaderName::from);
    const auto party = from ? sip::parse_name_addr(*from) : std::nullopt;
    const auto uri = party ? sip::parse_uri(party->uri) : std::nullopt;
    return uri && uri->is_sip() ? uri->host : std::string_view{};
}

}  // namespace

std::optional<std::string_view> aor_of(
    const std::optional<sip::Uri>& request_uri,
    std::string& text
) {
    if (!request_uri || !sip::write_canonical_aor(text, *request_uri)) return std::nullopt;
    return text;
}

std::string aor_text_of(std::string_view request_uri) {
    return aor_text_of(request_uri, sip::parse_uri(request_uri));
}

std::string aor_text_of(std::string_view request_uri, const std::optional<sip::Uri>& uri) {
    if (!uri || !uri->is_sip()) {
        std::string text(request_uri.substr(0, request_uri.find(';')));
        const bool is_local = uri && !uri->user.starts_with('+');
        const auto context =
            is_local ? sip::find_param(uri->params, "phone-context") : std::nullopt;
        if (context) text.append(";phone-context=").append(*context);
        return text;
    }
    const std::size_t end =
        uri->params.empty() && uri->headers.empty()
            ? request_uri.size()
            : request_uri.find_first_of(
                  ";?", static_cast<std::size_t>(uri->host.data() - request_uri.data())
              );
    return std::string(request_uri.substr(0, end));
}

Result<sip::EventHeader> event_of(const sip::Message& request) {
    if (request.count(sip::HeaderName::event) > 1) return refusal(400, "Several Event headers");
    const auto value = request.first(sip::HeaderName::event);
    if (!value) return refusal(489);
    const auto event = sip::parse_event(*value);
    if (!event) return refusal(400, "Malformed Event header");
    if (event->package != "reg") return refusal(489);
    return *event;
}

Result<Seconds> expires_of(const sip::Message& request, const ExpiryPolicy& policy) {
    if (request.count(sip::HeaderName::expires) > 1) {
        return refusal(400, "Several Expires headers");
    }
    const auto value = request.first(sip::HeaderName::expires);
    if (!value) return std::min(policy.default_expires, policy.max_expires);
    const auto wanted = sip::parse_delta_seconds(*value);
    if (!wanted) return refusal(400, "Malformed Expires header");
    if (wanted->count() > 0 && *wanted < policy.min_expires) {
        Reply reply = refusal(423);
        reply.min_expires = policy.min_expires;
        return reply;
    }
    return std::min(*wanted, policy.max_expires);
}

Profile profile_of(
    const sip::Message& request,
    const IpAddress& address,
    std::span<const ProfileRule> rules
) {
    WatcherFacts facts;
    facts.address = address;
    facts.user_agent = request.first(sip::HeaderName::user_agent).value_or("");
    const bool is_domain_asked_for = std::any_of(rules.begin(), rules.end(), [](const auto& rule) {
        return !rule.from_domain.empty();
    });
    if (is_domain_asked_for) facts.from_domain = from_domain_of(request);
    return profile_for(rules, facts);
}

}  // namespace reginfo
