#include "core/event/subscribe/subscribe_request.hpp"

#include "core/event/notify/documents.hpp"
#include "core/event/notify/forbidden_place.hpp"
#include "core/event/package.hpp"
#include "core/reginfo/document.hpp"
#include "core/sip/uri.hpp"
#include "core/sip/value_list.hpp"

namespace reginfo {
namespace {

/// Names the watcher, for bounds: the asserted identity, else From (RULES.md, "Everything is
/// bounded").
std::string_view watcher_identity(const Request& request) {
    const auto asserted = request.message.first(sip::HeaderName::p_asserted_identity);
    if (asserted) {
        sip::ValueList values(*asserted);
        const auto value = values.next();
        const auto address = value ? sip::parse_name_addr(*value) : std::nullopt;
        if (address) return address->uri;
    }
    return request.from.uri;
}

}  // namespace

Result<SubscribeRequest> read_subscribe(
    const Request& request,
    const Settings& settings,
    const SubscriptionStore& subscriptions
) {
    const sip::Message& message = request.message;
    const auto event = event_of(message);
    if (!event) return event.error();
    SubscribeRequest subscribe;
    if (event->id) subscribe.event_id = std::string(*event->id);
    subscribe.rates = rates_of(event->params);
    if (message.count(sip::HeaderName::suppress_if_match) > 1) {
        return refusal(400, "Several Suppress-If-Match headers");
    }
    subscribe.condition = message.first(sip::HeaderName::suppress_if_match);
    if (subscribe.condition && !sip::is_token(*subscribe.condition)) {  // "*" is one as well
        return refusal(400, "Malformed Suppress-If-Match header");
    }
    if (message.count(sip::HeaderName::accept) > 0 && !sip::accepts(message, kReginfoType)) {
        return refusal(406);
    }
    const auto expires = expires_of(message, settings.subscribe);
    if (!expires) return expires.error();
    subscribe.expires = *expires;

    sip::ValueList contacts(message, sip::HeaderName::contact);
    const auto contact = contacts.next();
    if (contact) {
        const auto address = sip::parse_name_addr(*contact);
        const auto uri = address ? sip::parse_uri(address->uri) : std::nullopt;
        if (!uri || !uri->is_sip()) return refusal(400, "Malformed Contact header");
        if (contacts.next()) return refusal(400, "Several Contacts");
        subscribe.party.target = address->uri;
        subscribe.contact_leads_to = forbidden_place(settings, *uri);
    }
    sip::ValueList routes(message, sip::HeaderName::record_route);
    while (const auto route = routes.next()) {
        const auto address = sip::parse_name_addr(*route);
        const auto uri = address ? sip::parse_uri(address->uri) : std::nullopt;
        // Without brackets its `lr` would be none of the URI's.
        const bool is_route = uri && uri->is_sip() && address->bracketed;
        if (!is_route) return refusal(400, "Malformed Record-Route header");
        if (subscribe.party.record_routes.empty()) {
            subscribe.route_leads_to = forbidden_place(settings, *uri);
        }
        subscribe.party.record_routes.push_back(*route);
    }
    subscribe.party.top_via = &request.top_via;
    subscribe.party.flow = request.flow;
    subscribe.profile = profile_of(message, request.flow.peer.address, settings.profile_rules);
    subscribe.watcher = subscriptions.watcher_of(watcher_identity(request));
    return subscribe;
}

bool is_condition_met(
    const SubscribeRequest& subscribe,
    Profile profile,
    std::string_view name,
    const Aor* aor,
    std::string_view aor_text
) {
    const ProfileTraits& traits = traits_of(profile);
    if (!subscribe.condition || !traits.entity_tags) return false;
    if (*subscribe.condition == "*") return true;
    const StateReader state = aor ? aor->state() : StateReader(AorState{});
    const EntityTag tag = entity_tag_of(name, *state, traits.documents, aor_text);
    return *subscribe.condition == std::string_view(tag_text(tag));
}

}  // namespace reginfo
