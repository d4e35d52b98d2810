/// @file
/// Layout 3. The flags of an element are one number, and what follows from something else is left
/// out.

#include "core/event/persistence/aor_record.hpp"

#include "core/event/persistence/aor_record_parts.hpp"
#include "core/event/persistence/aor_record_v1_v2.hpp"
#include "core/event/persistence/record_layout.hpp"
#include "core/event/persistence/shared_texts.hpp"

#include <boost/container/small_vector.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace reginfo {
namespace {

using Flags = std::uint64_t;

// Flags of a state.
constexpr Flags kWasPublished = 1;
constexpr Flags kOtherName = 2;  ///< the published AOR differs from the canonical one, and follows
constexpr Flags kExtensions = 4;
constexpr Flags kFormerUris = 8;  ///< former URIs follow the contacts

// Flags of details.
constexpr Flags kCseq = 1;
constexpr Flags kRetryAfter = 2;
constexpr Flags kChildren = 4;
constexpr Flags kCallId = 8;         ///< its text follows
constexpr Flags kCallIdInside = 16;  ///< its text stands in the attributes
constexpr Flags kSharedEnd = 32;     ///< the attributes end with a shared text

// Flags of words and contacts; the bits from kEvent on are the event.
constexpr Flags kActive = 1;
constexpr Flags kSince = 2;
constexpr Flags kDeadline = 4;  ///< of words
constexpr Flags kOwnClock = 4;  ///< of contacts
constexpr unsigned kEvent = 3;

Flags flag_if(bool condition, Flags flag) { return condition ? flag : 0; }

/// The details of a state, each once, in the order in which words and contacts first refer to them.
/// Words and contacts have the place of their details instead.
class DetailsTable {
public:
    explicit DetailsTable(const AorState& state) {
        for (const Publication& publication : state.publications) add_all(publication.words);
        add_all(state.tombstones);
        for (const ContactState& contact : state.contacts) add(contact.details.get());
        for (const FormerUri& former : state.former_uris) add(former.details.get());
        std::sort(places_.begin(), places_.end());
        const auto same = [](const Place& a, const Place& b) { return a.first == b.first; };
        places_.erase(std::unique(places_.begin(), places_.end(), same), places_.end());
        number();
    }

    const auto& all() const { return all_; }
    std::uint64_t place_of(const DetailsPtr& details) const {
        return std::lower_bound(places_.begin(), places_.end(), Place{details.get(), 0})->second;
    }

private:
    using Place = std::pair<const ContactDetails*, std::uint64_t>;
    template <class T>
    using Few = boost::container::small_vector<T, 8>;

    void add_all(const std::vector<Word>& words) {
        for (const Word& word : words) add(word.details.get());
    }
    void add(const ContactDetails* details) { places_.emplace_back(details, places_.size()); }

    /// Replaces the number of the first reference by the place among all details.
    void number() {
        Few<Place*> in_order;
        for (Place& place : places_) in_order.push_back(&place);
        std::sort(in_order.begin(), in_order.end(), [](const Place* a, const Place* b) {
            return a->second < b->second;
        });
        for (Place* place : in_order) {
            place->second = all_.size();
            all_.push_back(place->first);
        }
    }

    Few<const ContactDetails*> all_;
    Few<Place> places_;  ///< by address
};

/// The position in the attributes from which on many contacts have the same text.
std::size_t common_end(std::string_view attributes) {
    return std::min(attributes.find(" user_agent=\""), attributes.size());
}

void put(Encoder& out, const ContactDetails& details, SharedTexts* shared_texts) {
    const std::string_view attributes = details.attributes_xml();
    const std::string_view callid = details.callid();
    const std::size_t inside = callid.empty() ? std::string_view::npos : attributes.find(callid);
    const bool is_inside = inside != std::string_view::npos;
    const std::size_t end = shared_texts ? common_end(attributes) : attributes.size();
    const auto shared = end < attributes.size()
                            ? shared_texts->number_of(attributes.substr(end), details.id.low)
                            : std::nullopt;

    out.fixed(details.id.high).fixed(details.id.low);
    out.number(
        flag_if(details.cseq.has_value(), kCseq) |
        flag_if(details.retry_after.has_value(), kRetryAfter) |
        flag_if(!details.children_xml().empty(), kChildren) |
        flag_if(!callid.empty() && !is_inside, kCallId) | flag_if(is_inside, kCallIdInside) |
        flag_if(shared.has_value(), kSharedEnd)
    );
    out.text(shared ? attributes.substr(0, end) : attributes);
    if (shared) out.number(*shared);
    out.text(details.uri_xml());
    if (!details.children_xml().empty()) out.text(details.children_xml());
    if (is_inside) {
        out.number(inside).number(callid.size());
    } else if (!callid.empty()) {
        out.text(callid);
    }
    if (details.cseq) out.number(*details.cseq);
    if (details.retry_after) out.signed_number(details.retry_after->count());
}

/// @param scratch  for the attributes
DetailsPtr get_details(Decoder& in, const SharedTexts* shared_texts, std::string& scratch) {
    Hash128 id;
    id.high = in.fixed();
    id.low = in.fixed();
    const Flags flags = in.number();
    std::string_view attributes = in.text();
    if (flags & kSharedEnd) {
        const std::uint64_t number = in.number();
        if (!shared_texts) in.spoil();
        if (shared_texts) scratch.assign(attributes).append(shared_texts->at(number));
        attributes = scratch;
    }
    const std::string_view uri = in.text();
    const std::string_view children = flags & kChildren ? in.text() : std::string_view();
    std::string_view callid;
    if (flags & kCallIdInside) {
        const std::uint64_t begin = in.number();
        const std::uint64_t size = in.number();
        if (begin > attributes.size() || size > attributes.size() - begin) {
            in.spoil();
        } else {
            callid = attributes.substr(begin, size);
        }
    } else if (flags & kCallId) {
        callid = in.text();
    }
    std::optional<std::uint32_t> cseq;
    if (flags & kCseq) cseq = static_cast<std::uint32_t>(in.number());
    std::optional<Seconds> retry_after;
    if (flags & kRetryAfter) retry_after = Seconds{in.signed_number()};
    return new ContactDetails(id, cseq, retry_after, {callid, attributes, uri, children});
}

void put(Encoder& out, const std::vector<Word>& words, const DetailsTable& table) {
    out.number(words.size());
    for (const Word& word : words) {
        out.number(table.place_of(word.details));
        out.number(
            flag_if(word.active, kActive) | flag_if(word.since.has_value(), kSince) |
            flag_if(word.deadline.has_value(), kDeadline) | static_cast<Flags>(word.event) << kEvent
        );
        out.number(word.order);
        if (word.deadline) out.time(*word.deadline);
        if (word.since) out.time(*word.since);
    }
}

std::vector<Word> get_words(Decoder& in, DetailsList& details) {
    std::vector<Word> words(in.count());
    for (Word& word : words) {
        word.details = details.at(in.number());
        const Flags flags = in.number();
        word.active = flags & kActive;
        word.event = contact_event_of(flags >> kEvent);
        word.order = in.number();
        if (flags & kDeadline) word.deadline = in.time();
        if (flags & kSince) word.since = in.time();
    }
    return words;
}

void put(Encoder& out, const ContactState& contact, const DetailsTable& table) {
    out.number(table.place_of(contact.details));
    out.number(
        flag_if(contact.active, kActive) | flag_if(contact.since.has_value(), kSince) |
        flag_if(contact.own_clock, kOwnClock) | static_cast<Flags>(contact.event) << kEvent
    );
    out.time(contact.deadline);
    if (contact.since) out.time(*contact.since);
    out.number(contact.became).number(contact.changed);
}

ContactState get_contact(Decoder& in, DetailsList& details) {
    ContactState contact;
    contact.details = details.at(in.number());
    const Flags flags = in.number();
    contact.active = flags & kActive;
    contact.own_clock = flags & kOwnClock;
    contact.event = contact_event_of(flags >> kEvent);
    contact.deadline = in.time();
    if (flags & kSince) contact.since = in.time();
    contact.became = in.number();
    contact.changed = in.number();
    return contact;
}

/// Writes a state without its members.
void put(Encoder& out, std::string_view name, const AorState& state, SharedTexts* shared_texts) {
    const DetailsTable table(state);
    const bool has_other_name = state.published_aor() != name;
    out.number(
        flag_if(state.was_published, kWasPublished) | flag_if(has_other_name, kOtherName) |
        flag_if(!state.extensions_xml().empty(), kExtensions) |
        flag_if(!state.former_uris.empty(), kFormerUris)
    );
    if (has_other_name) out.text(state.published_aor());
    if (!state.extensions_xml().empty()) out.text(state.extensions_xml());
    out.fixed(state.incarnation);
    out.number(state.revision).number(state.own_changed).number(state.next_order);
    out.number(table.all().size());
    for (const ContactDetails* details : table.all()) put(out, *details, shared_texts);
    out.number(state.publications.size());
    for (const Publication& publication : state.publications) {
        out.fixed(publication.etag);
        out.time(publication.deadline);
        put(out, publication.words, table);
        out.number(publication.others);
    }
    put(out, state.tombstones, table);
    out.number(state.contacts.size());
    for (const ContactState& contact : state.contacts) put(out, contact, table);
    if (state.former_uris.empty()) return;
    out.number(state.former_uris.size());
    for (const FormerUri& former : state.former_uris) {
        out.number(table.place_of(former.details)).number(former.left);
    }
}

/// Reads a state without its members. Returns false for a damaged record.
bool get(Decoder& in, std::string_view name, AorState& state, const SharedTexts* shared_texts) {
    const Flags flags = in.number();
    const std::string_view published_aor = flags & kOtherName ? in.text() : name;
    state.texts = {published_aor, flags & kExtensions ? in.text() : std::string_view()};
    state.was_published = flags & kWasPublished;
    state.incarnation = in.fixed();
    state.revision = in.number();
    state.own_changed = in.number();
    state.next_order = in.number();
    DetailsList details;
    std::string scratch;
    details.all.resize(in.count());
    for (DetailsPtr& shared : details.all) {
        if (!in.ok()) return false;
        shared = get_details(in, shared_texts, scratch);
    }
    state.publications.resize(in.count());
    for (Publication& publication : state.publications) {
        publication.etag = in.fixed();
        publication.deadline = in.time();
        publication.words = get_words(in, details);
        publication.others = static_cast<std::size_t>(in.number());
    }
    state.tombstones = get_words(in, details);
    state.contacts.resize(in.count());
    for (ContactState& contact : state.contacts) contact = get_contact(in, details);
    if (flags & kFormerUris) {
        state.former_uris.resize(in.count());
        for (FormerUri& former : state.former_uris) {
            former.details = details.at(in.number());
            former.left = in.number();
        }
    }
    return details.complete;
}

bool get_any(Decoder& in, std::string_view name, AorState& state, const SharedTexts* shared_texts) {
    const bool whole =
        in.layout() < 3 ? decode_v1_v2(in, state) : get(in, name, state, shared_texts);
    const bool has_only_ended_tombstones =
        std::none_of(state.tombstones.begin(), state.tombstones.end(), [](const Word& tombstone) {
            return tombstone.active;
        });
    return in.ok() && whole && has_only_ended_tombstones;
}

}  // namespace

std::string encode(
    std::string_view aor,
    const AorState& state,
    TimePoint now,
    SharedTexts* shared_texts
) {
    Encoder out(now);
    put(out, aor, state, shared_texts);
    out.number(state.members.size());
    for (const SetMember& member : state.members) {
        out.text(member.aor);
        put(out, member.aor, member.state, shared_texts);
    }
    return out.take();
}

std::optional<AorState> decode_aor(
    std::string_view aor,
    std::string_view bytes,
    const RecordTime& time,
    const SharedTexts* shared_texts
) {
    Decoder in(bytes, time);
    AorState state;
    if (!get_any(in, aor, state, shared_texts)) return std::nullopt;
    state.members.resize(in.count());
    for (SetMember& member : state.members) {
        member.aor = in.string();
        if (!get_any(in, member.aor, member.state, shared_texts)) return std::nullopt;
    }
    if (!in.fits()) return std::nullopt;
    return state;
}

}  // namespace reginfo
