#include "metrics/state_json.hpp"

namespace reginfo::metrics {

Json to_json(const ContactView& contact) {
    Json json;
    json["id"] = contact.id;
    json["uri"] = contact.uri;
    json["state"] = contact.active ? "active" : "terminated";
    json["event"] = contact.event;
    json["expires"] = contact.expires ? Json(contact.expires->count()) : Json(nullptr);
    json["callid"] = contact.callid.empty() ? Json(nullptr) : Json(contact.callid);
    json["cseq"] = contact.cseq ? Json(*contact.cseq) : Json(nullptr);
    Json& attributes = json["attributes"] = Json::object();
    for (const auto& [name, value] : contact.attributes) attributes[name] = value;
    return json;
}

Json to_json(const PublicationView& publication) {
    Json json;
    json["aor"] = publication.aor;
    json["entity_tag"] = publication.entity_tag;
    json["expires"] = publication.expires.count();
    Json& contacts = json["contacts"] = Json::array();
    for (const ContactView& contact : publication.contacts) contacts.push_back(to_json(contact));
    json["contacts_listed"] = publication.contacts_listed;
    json["other_registrations"] = publication.other_registrations;
    return json;
}

Json to_json(const RegistrationView& registration) {
    Json json;
    json["aor"] = registration.aor;
    json["state"] = text_of(registration.state);
    json["revision"] = registration.revision;
    json["contacts_active"] = registration.contacts_active;
    json["contacts_ended"] = registration.contacts_ended;
    json["publications"] = registration.publications;
    json["watchers"] = registration.watchers;
    json["watchers_behind"] = registration.watchers_behind;
    return json;
}

Json to_json(const SubscriptionView& subscription) {
    Json json;
    json["id"] = subscription.id;
    json["aor"] = subscription.aor;
    json["identity"] = subscription.identity.empty() ? Json(nullptr) : Json(subscription.identity);
    json["watcher"] = subscription.watcher;
    json["remote_target"] = subscription.remote_target;
    json["call_id"] = subscription.call_id;
    json["local_tag"] = subscription.local_tag;
    json["event_id"] = subscription.event_id.empty() ? Json(nullptr) : Json(subscription.event_id);
    json["profile"] = subscription.profile;
    json["state"] = subscription.active ? "active" : "terminated";
    json["reason"] = subscription.reason.empty() ? Json(nullptr) : Json(subscription.reason);
    json["cseq"] = subscription.cseq;
    json["next_version"] = subscription.next_version;
    json["expires"] = subscription.expires.count();
    json["last_notify_status"] =
        subscription.last_status == 0 ? Json(nullptr) : Json(subscription.last_status);
    json["notify_in_flight"] = subscription.in_flight;
    json["notify_due"] = subscription.due;
    json["revision_told"] = subscription.revision_told;
    return json;
}

Json to_json(const RegistrationDetails& details) {
    Json json = to_json(details.summary);
    Json& contacts = json["contacts"] = Json::array();
    for (const ContactView& contact : details.contacts) contacts.push_back(to_json(contact));
    Json& publications = json["published"] = Json::array();
    for (const PublicationView& p : details.publications) publications.push_back(to_json(p));
    Json& watchers = json["watched_by"] = Json::array();
    for (const SubscriptionView& watcher : details.watchers) watchers.push_back(to_json(watcher));
    return json;
}

std::string dump(const Json& json) {
    constexpr bool ascii_only = false;
    return json.dump(-1, ' ', ascii_only, Json::error_handler_t::replace);
}

}  // namespace reginfo::metrics
