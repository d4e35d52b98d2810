#include "core/inspection.hpp"

#include "core/event/records.hpp"
#include "core/event/window_gauges.hpp"
#include "core/sip/uri.hpp"
#include "core/transaction/responder.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace reginfo {
namespace {

/// What a record costs besides its struct: tree and table nodes, strings, allocator overhead.
/// Estimated for Kamailio's documents and dialogs behind one proxy.
constexpr std::uint64_t kAorExtra = 256;
constexpr std::uint64_t kContactExtra = 420;
constexpr std::uint64_t kPublicationExtra = 160;
constexpr std::uint64_t kSubscriptionExtra = 620;
constexpr std::uint64_t kTransactionExtra = 160;
constexpr std::uint64_t kInFlightBytes = 900;

/// Of XML text as the reader keeps it: with the predefined entities and character references.
std::string unescaped(std::string_view xml) {
    static constexpr std::pair<std::string_view, char> kEntities[] = {
        {"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}};
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

/// ` name="value"` and so on, as ContactDetails::attributes_xml has them.
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
    return std::max(std::chrono::ceil<Seconds>(deadline - now), Seconds{0});
}

ContactView contact_of(const ContactDetails& details, bool active, ContactEvent event) {
    ContactView view;
    view.id = contact_id_text(details.id);
    view.uri = unescaped(details.uri_xml);
    view.active = active;
    view.event = text_of(event);
    view.callid = details.callid;
    view.cseq = details.cseq;
    view.attributes = attributes_of(details.attributes_xml);
    return view;
}

/// Of "sip:user@host:port": user and host; of others, all behind the scheme is user.
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

bool matches(const Aor& aor, const RegistrationFilter& filter) {
    if (filter.aor && aor.name != *filter.aor) return false;
    if (!filter.prefix.empty() && !aor.name.starts_with(filter.prefix) &&
        !parts_of(aor.name).user.starts_with(filter.prefix)) {
        return false;
    }
    if (!filter.domain.empty() && parts_of(aor.name).domain != filter.domain) return false;
    return !filter.state || aor.state.state() == *filter.state;
}

/// Visits slots from the cursor on, until the step is used up.
/// @param visit  appends to `out` what it takes
template <class T, class Out, class Visit>
std::optional<std::size_t> page(
    const SlotTable<T>& slots,
    std::size_t cursor,
    const Inspection::Step& step,
    const Out& out,
    Visit visit
) {
    const std::size_t full = out.size() + step.results;
    const std::size_t last = std::min(slots.end(), cursor + std::min(step.slots, slots.end()));
    while (cursor < last && out.size() < full) {
        if (const T* thing = slots.at(cursor)) visit(*thing);
        ++cursor;
    }
    if (cursor >= slots.end()) return std::nullopt;
    return cursor;
}

}  // namespace

std::string contact_id_text(const Hash128& id) {
    std::string text = "c";
    append_hex(text, id.high, 16);
    append_hex(text, id.low, 8);
    return text;
}

Aor* find_aor(Records& records, std::string_view uri) {
    const auto name = Inspection::canonical(uri);
    return name ? records.aors.find(*name) : nullptr;
}

/// "DIALOG" or "DIALOG.EVENT-ID", the former 32 hexadecimal digits.
Subscription* find_subscription(Records& records, std::string_view id) {
    constexpr std::size_t digits = 32;
    if (id.size() < digits) return nullptr;
    Hash128 key;
    const char* middle = id.data() + digits / 2;
    const char* end = id.data() + digits;
    if (std::from_chars(id.data(), middle, key.high, 16).ptr != middle) return nullptr;
    if (std::from_chars(middle, end, key.low, 16).ptr != end) return nullptr;
    Dialog* dialog = records.subscriptions.find(key);
    if (!dialog) return nullptr;
    std::optional<std::string_view> event_id;
    if (id.size() > digits) {
        if (id[digits] != '.') return nullptr;
        event_id = id.substr(digits + 1);
    }
    return SubscriptionStore::find(*dialog, event_id);
}

RegistrationView view_of(const Aor& aor) {
    RegistrationView view;
    view.aor = aor.name;
    view.state = aor.state.state();
    view.revision = aor.state.revision;
    for (const ContactState& contact : aor.state.contacts) {
        ++(contact.active ? view.contacts_active : view.contacts_ended);
    }
    view.publications = aor.state.publications.size();
    view.watchers = aor.watcher_count;
    view.watchers_behind = aor.lagging;
    return view;
}

ContactView view_of(TimePoint now, const ContactState& contact) {
    ContactView view = contact_of(*contact.details, contact.active, contact.event);
    view.expires = contact.active ? seconds_left(now, contact.deadline) : Seconds{0};
    return view;
}

PublicationView view_of(TimePoint now, const Aor& aor, const Publication& publication) {
    PublicationView view;
    view.aor = aor.name;
    view.entity_tag = tag_text(publication.etag);
    view.expires = seconds_left(now, publication.deadline);
    view.other_registrations = publication.others;
    for (const Word& word : publication.words) {
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
    for (const ContactState& contact : aor.state.contacts) {
        details.contacts.push_back(view_of(now, contact));
    }
    for (const Publication& publication : aor.state.publications) {
        details.publications.push_back(view_of(now, aor, publication));
    }
    return details;
}

SubscriptionView Inspection::view(TimePoint now, const Subscription& subscription) const {
    const Dialog& dialog = subscription.dialog;
    const Hash128 key = records_.subscriptions.key_of(dialog.state.id());
    SubscriptionView view;
    append_hex(view.id, key.high, 16);
    append_hex(view.id, key.low, 16);
    if (subscription.event_id) {
        view.event_id = *subscription.event_id;
        view.id.append(".").append(*subscription.event_id);
    }
    view.aor = subscription.aor.name;
    view.watcher = dialog.state.remote_party;
    view.remote_target = dialog.state.remote_target;
    view.call_id = dialog.state.call_id;
    view.local_tag = dialog.state.local_tag;
    view.profile = text_of(subscription.profile);
    view.active = subscription.state == Subscription::State::active;
    if (!view.active) view.reason = text_of(subscription.reason);
    view.cseq = dialog.state.local_cseq;
    view.next_version = subscription.version;
    view.expires = seconds_left(now, subscription.deadline);
    view.last_status = subscription.last_status;
    view.in_flight = dialog.in_flight && dialog.in_flight->subscription == &subscription;
    view.due = subscription.due;
    view.revision_told = subscription.acked;
    return view;
}

std::optional<std::size_t> Inspection::registrations(
    std::size_t cursor,
    const Step& step,
    const RegistrationFilter& filter,
    std::vector<RegistrationView>& out
) const {
    return page(records_.aors.slots(), cursor, step, out, [&](const Aor& aor) {
        if (matches(aor, filter)) out.push_back(view_of(aor));
    });
}

std::optional<std::size_t> Inspection::publications(
    TimePoint now,
    std::size_t cursor,
    const Step& step,
    const RegistrationFilter& filter,
    std::vector<PublicationView>& out
) const {
    return page(records_.aors.slots(), cursor, step, out, [&](const Aor& aor) {
        if (!matches(aor, filter)) return;
        for (const Publication& p : aor.state.publications) out.push_back(view_of(now, aor, p));
    });
}

std::optional<std::size_t> Inspection::subscriptions(
    TimePoint now,
    std::size_t cursor,
    const Step& step,
    const RegistrationFilter& filter,
    std::vector<SubscriptionView>& out
) const {
    const auto& slots = records_.subscriptions.slots();
    return page(slots, cursor, step, out, [&](const Subscription& subscription) {
        if (matches(subscription.aor, filter)) out.push_back(view(now, subscription));
    });
}

std::optional<std::size_t> Inspection::details(
    TimePoint now,
    std::size_t cursor,
    const Step& step,
    std::vector<RegistrationDetails>& out
) const {
    return page(records_.aors.slots(), cursor, step, out, [&](const Aor& aor) {
        out.push_back(details_of(now, aor));
    });
}

std::optional<RegistrationDetails> Inspection::registration(
    TimePoint now,
    std::string_view uri,
    std::size_t watchers
) const {
    const Aor* aor = find_aor(records_, uri);
    if (!aor) return std::nullopt;
    RegistrationDetails details = details_of(now, *aor);
    for (const Subscription& subscription : aor->watchers) {
        if (details.watchers.size() >= watchers) break;
        details.watchers.push_back(view(now, subscription));
    }
    return details;
}

std::optional<SubscriptionView> Inspection::subscription(TimePoint now, std::string_view id) const {
    const Subscription* subscription = find_subscription(records_, id);
    if (!subscription) return std::nullopt;
    return view(now, *subscription);
}

std::optional<std::string> Inspection::canonical(std::string_view uri) {
    const auto parsed = sip::parse_uri(uri);
    return parsed ? sip::canonical_aor(*parsed) : std::nullopt;
}

std::string_view Inspection::domain_of(std::string_view aor) { return parts_of(aor).domain; }

Duration Inspection::oldest_queued(TimePoint now) const { return records_.queue_ages.oldest(now); }

std::uint64_t Inspection::least_window() const { return windows_.least(); }

MemoryEstimate Inspection::memory() const {
    const Stats& stats = records_.stats;
    MemoryEstimate estimate;
    estimate.aors = stats.aors * (sizeof(Aor) + kAorExtra);
    estimate.contacts = (stats.contacts_active + stats.contacts_ended) *
                        (sizeof(ContactState) + sizeof(ContactDetails) + kContactExtra);
    estimate.publications =
        stats.publications * (sizeof(Publication) + sizeof(Word) + kPublicationExtra);
    estimate.subscriptions = stats.subscriptions * (sizeof(Subscription) + kSubscriptionExtra) +
                             stats.dialogs * sizeof(Dialog);
    estimate.transactions = stats.server_transactions * kTransactionExtra;
    estimate.notifies_in_flight = stats.notifies_in_flight * kInFlightBytes;
    return estimate;
}

}  // namespace reginfo
