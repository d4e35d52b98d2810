/// @file
/// What a SUBSCRIBE asks for.

#include "core/event/notify/forbidden_place.hpp"
#include "core/event/subscribe/notifier.hpp"
#include "core/reginfo/document.hpp"
#include "core/sip/uri.hpp"

#include <utility>

namespace reginfo {
namespace {

/// Who watches, for bounds: the asserted identity, else From (DESIGN.md rule 10).
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

Result<Notifier::Wish> Notifier::read(const Request& request) const {
    const sip::Message& message = request.message;
    const auto event = event_of(message);
    if (!event) return event.error();
    Wish wish;
    if (event->id) wish.event_id = std::string(*event->id);
    wish.rates = rates_of(event->params);
    if (message.count(sip::HeaderName::suppress_if_match) > 1) {
        return refusal(400, "Several Suppress-If-Match headers");
    }
    wish.condition = message.first(sip::HeaderName::suppress_if_match);
    if (wish.condition && !sip::is_token(*wish.condition)) {  // "*" is one as well
        return refusal(400, "Malformed Suppress-If-Match header");
    }
    if (message.count(sip::HeaderName::accept) > 0 && !sip::accepts(message, kReginfoType)) {
        return refusal(406);
    }
    const auto expires = expires_of(message, records_.settings.subscribe);
    if (!expires) return expires.error();
    wish.expires = *expires;

    sip::ValueList contacts(message, sip::HeaderName::contact);
    const auto contact = contacts.next();
    if (contact) {
        const auto address = sip::parse_name_addr(*contact);
        const auto uri = address ? sip::parse_uri(address->uri) : std::nullopt;
        if (!uri || !uri->is_sip()) return refusal(400, "Malformed Contact header");
        if (contacts.next()) return refusal(400, "Several Contacts");
        wish.party.target = address->uri;
        wish.contact_leads_to = forbidden_place(records_.settings, *uri);
    }
    sip::ValueList routes(message, sip::HeaderName::record_route);
    while (const auto route = routes.next()) {
        const auto address = sip::parse_name_addr(*route);
        const auto uri = address ? sip::parse_uri(address->uri) : std::nullopt;
        // Without brackets its `lr` would be none of the URI's.
        const bool is_route = uri && uri->is_sip() && address->bracketed;
        if (!is_route) return refusal(400, "Malformed Record-Route header");
        if (wish.party.record_routes.empty()) {
            wish.route_leads_to = forbidden_place(records_.settings, *uri);
        }
        wish.party.record_routes.push_back(*route);
    }
    wish.party.top_via = &request.top_via;
    wish.party.flow = request.flow;
    wish.profile =
        profile_for(records_.settings.profile_rules, facts_of(message, request.flow.peer.address));
    wish.watcher = records_.subscriptions.watcher_of(watcher_identity(request));
    return wish;
}

/// Whether the dialog's requests would go to a forbidden place, the first route's or else the
/// Contact's: then the SUBSCRIBE is refused. They do not while they go back on the connection that
/// it came by.
bool Notifier::forbids(
    TimePoint now,
    const Wish& wish,
    const DialogState& state,
    const Request& request,
    Outbox& outbox
) {
    const bool has_route = state.routes() > 0;
    const std::string_view place = has_route ? wish.route_leads_to : wish.contact_leads_to;
    if (place.empty() || state.reuse_connection) return false;
    std::string why(has_route ? "Record-Route" : "Contact");
    why.append(" leads to ").append(place);
    note_forbidden_place(why, request.flow, records_.stats, outbox);
    refuse(now, request, refusal(403, std::move(why)), outbox);
    return true;
}

/// Whether the watcher does not want the state that it would get (RFC 5839 §5.2).
bool Notifier::is_met(
    const Wish& wish,
    Profile profile,
    std::string_view name,
    const Aor* aor,
    std::string_view aor_text
) {
    const ProfileTraits& traits = traits_of(profile);
    if (!wish.condition || !traits.entity_tags) return false;
    if (*wish.condition == "*") return true;
    const StateReader state = aor ? aor->state() : StateReader(AorState{});
    const EntityTag tag = entity_tag_of(name, *state, traits.documents, aor_text);
    return *wish.condition == std::string_view(tag_text(tag));
}

}  // namespace reginfo
