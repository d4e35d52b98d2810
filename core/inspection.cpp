#include "core/inspection.hpp"

#include "core/base/hex.hpp"
#include "core/event/notify/documents.hpp"
#include "core/event/notify/window_gauges.hpp"
#include "core/event/package.hpp"
#include "core/event/records/aor_table.hpp"
#include "core/event/records/implicit_sets.hpp"
#include "core/event/records/lookup.hpp"
#include "core/event/records/notify_queue.hpp"
#include "core/event/records/open_shards.hpp"
#include "core/event/records/subscription_store.hpp"
#include "core/event/state/stable_id.hpp"
#include "core/reginfo/writer.hpp"
#include "core/sip/uri.hpp"
#include "core/transaction/responder.hpp"

#include <algorithm>
#include <chrono>
#include <type_traits>

namespace reginfo {
namespace {

/// Replaces the predefined entities and character references of stored XML text.
std::string unescaped(std::string_view xml) {
    static constexpr std::pair<std::string_view, char> kEntities[] = {
        {"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}
    };
    std::string out;
    out.reserve(xml.size());
    while (!xml.empty()) {
        const auto* const entity =
            std::find_if(std::begin(kEntities), std::end(kEntities), [&](const auto& e) {
                return xml.starts_with(e.first);
            });
        if (entity != std::end(kEntities)) {
            out.push_back(entity->second);
            xml.remove_prefix(entity->first.size());
        } else {
            out.push_back(xml.front());
            xml.remove_prefix(1);
        }
    }
    return out;
}

/// Splits ContactDetails::attributes_xml, ` name="value"` and so on.
std::vector<std::pair<std::string, std::string>> attributes_of(std::string_view xml) {
    std::vector<std::pair<std::string, std::string>> attributes;
    for (;;) {
        const std::size_t name = xml.find_first_not_of(' ');
        const std::size_t quote = xml.find("=\"");
        if (name == std::string_view::npos || quote == std::string_view::npos) return attributes;
        const std::size_t end = xml.find('"', quote + 2);
        if (end == std::string_view::npos) return attributes;
        const std::string_view key = xml.substr(name, quote - name);
        if (key != "callid" && key != "cseq") {
            attributes.emplace_back(key, unescaped(xml.substr(quote + 2, end - quote - 2)));
        }
        xml.remove_prefix(end + 1);
    }
}

Seconds seconds_left(TimePoint now, TimePoint deadline) {
    return std::max(std::chrono::floor<Seconds>(deadline - now), Seconds{0});
}

ContactView contact_of(const ContactDetails& details, bool active, ContactEvent event) {
    ContactView view;
    view.id = std::string_view(StableIdText('c', details.id));
    view.uri = unescaped(details.uri_xml());
    view.active = active;
    view.event = text_of(event);
    view.callid = details.callid();
    view.cseq = details.cseq;
    view.attributes = attributes_of(details.attributes_xml());
    return view;
}

/// Of "sip:user@host:port" user and host. Of other URIs, `user` is all behind the scheme.
struct AorParts {
    std::string_view user;
    std::string_view domain;
};

AorParts parts_of(std::string_view aor) {
    aor.remove_prefix(std::min(aor.find(':') + 1, aor.size()));
    const std::size_t at = aor.rfind('@');
    if (at == std::string_view::npos) return {aor, aor};
    std::string_view domain = aor.substr(at + 1);
    const bool is_ipv6 = domain.starts_with('[');
    domain = domain.substr(0, is_ipv6 ? domain.find(']') + 1 : domain.find(':'));
    return {aor.substr(0, at), domain};
}

bool matches(std::string_view name, const RegistrationFilter& filter) {
    if (filter.aor && name != *filter.aor) return false;
    if (!filter.prefix.empty() && !name.starts_with(filter.prefix) &&
        !parts_of(name).user.starts_with(filter.prefix)) {
        return false;
    }
    return filter.domain.empty() || parts_of(name).domain == filter.domain;
}

bool matches(const Aor& aor, const RegistrationFilter& filter) {
    return matches(std::string_view(aor.name), filter) &&
           (!filter.state || aor.summary().state() == *filter.state);
}

/// By its AOR, or by the identity subscribed to.
bool matches(const Subscription& subscription, const RegistrationFilter& filter) {
    if (matches(subscription.aor(), filter)) return true;
    if (!filter.aor || (filter.state && subscription.aor().summary().state() != *filter.state)) {
        return false;
    }
    return matches(std::string_view(identity_of(subscription)), filter);
}

}  // namespace

RegistrationView view_of(const Aor& aor) {
    RegistrationView view;
    view.aor = aor.name;
    const StateSummary& summary = aor.summary();
    view.state = summary.state();
    view.revision = summary.revision;
    view.contacts_active = summary.contacts_active;
    view.contacts_ended = summary.contacts_ended;
    view.publications = summary.publications;
    view.watchers = aor.watcher_count;
    view.watchers_behind = aor.lagging();
    return view;
}

ContactView view_of(TimePoint now, const ContactState& contact) {
    ContactView view = contact_of(*contact.details, contact.active, contact.event);
    view.expires = contact.active ? seconds_left(now, contact.deadline) : Seconds{0};
    return view;
}

/// @param room  for contacts; reduced by the number shown
static PublicationView view_of(
    TimePoint now,
    const Aor& aor,
    const Publication& publication,
    std::size_t& room
) {
    PublicationView view;
    view.aor = aor.name;
    view.entity_tag = tag_text(publication.etag).text();
    view.expires = seconds_left(now, publication.deadline);
    view.contacts_listed = publication.words.size();
    view.other_registrations = publication.others;
    for (const Word& word : publication.words) {
        if (room == 0) break;
        --room;
        view.contacts.push_back(contact_of(*word.details, word.active, word.event));
        if (word.active && word.deadline)
            view.contacts.back().expires = seconds_left(now, *word.deadline);
    }
    return view;
}

/// Without watchers.
static RegistrationDetails details_of(TimePoint now, const Aor& aor) {
    RegistrationDetails details;
    details.summary = view_of(aor);
    const StateReader state = aor.state();
    for (const ContactState& contact : state->contacts) {
        if (details.contacts.size() == Inspection::kContactsShown) break;
        details.contacts.push_back(view_of(now, contact));
    }
    std::size_t room = Inspection::kContactsShown;
    for (const Publication& publication : state->publications) {
        details.publications.push_back(view_of(now, aor, publication, room));
    }
    return details;
}

SubscriptionView Inspection::view(TimePoint now, const Subscription& subscription) const {
    const Dialog& dialog = subscription.dialog;
    const Hash128 key = subscriptions_.key_of(dialog.state.id());
    SubscriptionView view;
    append_hex(view.id, key.high, 16);
    append_hex(view.id, key.low, 16);
    if (const auto id = subscription.event_id()) {
        view.event_id = *id;
        view.id.append(".").append(*id);
    }
    view.aor = subscription.aor().name;
    view.identity = identity_of(subscription);
    if (view.identity == view.aor) view.identity.clear();
    view.watcher = dialog.state.remote_party();
    view.remote_target = dialog.state.remote_target();
    view.call_id = dialog.state.call_id();
    view.local_tag = dialog.state.local_tag();
    view.profile = text_of(subscription.profile);
    view.active = subscription.state == Subscription::State::active;
    if (!view.active) view.reason = text_of(subscription.reason);
    view.cseq = dialog.state.local_cseq;
    view.next_version = subscription.version;
    view.expires = seconds_left(now, subscription.deadline);
    view.last_status = subscription.last_status;
    view.in_flight = dialog.in_flight && dialog.in_flight->subscription == &subscription;
    view.due = subscription.is_due();
    view.revision_told = subscription.acked;
    return view;
}

namespace {

// Appends the elements of one slot to a list. Returns their weight.

std::size_t append(TimePoint, const Aor& aor, std::vector<RegistrationView>& out) {
    out.push_back(view_of(aor));
    return 1;
}

std::size_t append(TimePoint now, const Aor& aor, std::vector<PublicationView>& out) {
    std::size_t room = Inspection::kContactsShown;
    const StateReader state = aor.state();
    for (const Publication& publication : state->publications) {
        out.push_back(view_of(now, aor, publication, room));
    }
    return state->publications.size() + Inspection::kContactsShown - room;
}

std::size_t append(TimePoint now, const Aor& aor, std::vector<RegistrationDetails>& out) {
    const RegistrationDetails& added = out.emplace_back(details_of(now, aor));
    std::size_t weight = 1 + added.contacts.size() + added.publications.size();
    for (const PublicationView& publication : added.publications) {
        weight += publication.contacts.size();
    }
    return weight;
}

}  // namespace

template <class View>
std::optional<std::size_t> Inspection::list(
    TimePoint now,
    std::size_t cursor,
    const Step& step,
    const RegistrationFilter& filter,
    std::vector<View>& out
) const {
    constexpr bool of_subscriptions = std::is_same_v<View, SubscriptionView>;
    const auto& slots = [this]() -> const auto& {
        if constexpr (of_subscriptions) {
            return subscriptions_.slots();
        } else {
            return aors_.slots();
        }
    }();
    const std::size_t full = out.size() + step.results;
    const std::size_t last = std::min(slots.end(), cursor + std::min(step.slots, slots.end()));
    for (std::size_t weight = 0; cursor < last && out.size() < full && weight < step.weight;) {
        const auto* const thing = slots.at(cursor++);
        if (!thing || !matches(*thing, filter)) continue;
        if constexpr (of_subscriptions) {
            out.push_back(view(now, *thing));
            ++weight;
        } else {
            weight += append(now, *thing, out);
        }
    }
    if (cursor >= slots.end()) return std::nullopt;
    return cursor;
}

template std::optional<std::size_t> Inspection::
    list(TimePoint, std::size_t, const Step&, const RegistrationFilter&, std::vector<RegistrationView>&)
        const;
template std::optional<std::size_t> Inspection::
    list(TimePoint, std::size_t, const Step&, const RegistrationFilter&, std::vector<PublicationView>&)
        const;
template std::optional<std::size_t> Inspection::
    list(TimePoint, std::size_t, const Step&, const RegistrationFilter&, std::vector<SubscriptionView>&)
        const;
template std::optional<std::size_t> Inspection::
    list(TimePoint, std::size_t, const Step&, const RegistrationFilter&, std::vector<RegistrationDetails>&)
        const;

std::optional<RegistrationDetails> Inspection::registration(
    TimePoint now,
    std::string_view uri,
    std::size_t watchers
) const {
    const Aor* aor = find_aor(aors_, shards_, uri);
    if (!aor) return std::nullopt;
    RegistrationDetails details = details_of(now, *aor);
    for (const Subscription& subscription : aor->watchers) {
        if (details.watchers.size() >= watchers) break;
        details.watchers.push_back(view(now, subscription));
    }
    return details;
}

std::optional<RegistrationDocument> Inspection::document(TimePoint now, std::string_view uri)
    const {
    const Aor* aor = find_aor(aors_, shards_, uri);
    if (!aor) return std::nullopt;
    const NotifyBody body = documents_.first_body_for(now, *aor, aor_text_of(uri));
    RegistrationDocument document;
    constexpr bool full = true;
    append_document_head(document.xml, 0, full);
    document.xml.append(*body.tail);
    document.entity_tag = tag_text(*body.entity_tag).text();
    return document;
}

std::optional<SubscriptionView> Inspection::subscription(TimePoint now, std::string_view id) const {
    const Subscription* subscription = find_subscription(subscriptions_, shards_, id);
    if (!subscription) return std::nullopt;
    return view(now, *subscription);
}

std::string_view Inspection::domain_of(std::string_view aor) { return parts_of(aor).domain; }

Duration Inspection::oldest_queued(TimePoint now) const { return queue_.oldest(now); }

std::uint64_t Inspection::least_window() const { return windows_.least(); }

}  // namespace reginfo
