/// @file

#include "core/event/record_codec.hpp"

#include "core/bytes.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace reginfo {
namespace {

/// The first number of each record: what follows is laid out as that version did. Layout 1 did not
/// know since when a contact is bound.
constexpr std::uint64_t kLayout = 2;

class Encoder : public ByteWriter {
public:
    explicit Encoder(TimePoint now) : now_(now) { number(kLayout); }

    void time(TimePoint at) { signed_number((at - now_).count()); }
    void time(const std::optional<TimePoint>& at) {
        flag(at.has_value());
        if (at) time(*at);
    }
    void seconds(const std::optional<Seconds>& value) {
        flag(value.has_value());
        if (value) signed_number(value->count());
    }
    void cseq(const std::optional<std::uint32_t>& value) {
        flag(value.has_value());
        if (value) number(*value);
    }

private:
    TimePoint now_;
};

class Decoder : public ByteReader {
public:
    Decoder(std::string_view bytes, const RecordTime& time) : ByteReader(bytes), time_(time) {
        layout_ = number();
    }

    bool fits() const { return layout_ >= 1 && layout_ <= kLayout && ok() && at_end(); }

    TimePoint time() {
        // Bounded, so that no record, however damaged, overflows the sum.
        constexpr std::int64_t kFar = std::numeric_limits<std::int64_t>::max() / 4;
        const std::int64_t left = std::clamp(signed_number(), -kFar, kFar);
        return time_.now + Duration{left} - std::min(time_.age, Duration{kFar});
    }
    std::optional<TimePoint> optional_time() {
        return flag() ? std::optional(time()) : std::nullopt;
    }
    std::optional<TimePoint> since() { return layout_ >= 2 ? optional_time() : std::nullopt; }
    std::optional<Seconds> seconds() {
        return flag() ? std::optional(Seconds{signed_number()}) : std::nullopt;
    }
    std::optional<std::uint32_t> cseq() {
        return flag() ? std::optional(static_cast<std::uint32_t>(number())) : std::nullopt;
    }
    std::string string() { return std::string(text()); }

private:
    RecordTime time_;
    std::uint64_t layout_ = 0;
};

void put(Encoder& out, const ContactDetails& details) {
    out.number(details.id.high).number(details.id.low).text(details.callid());
    out.cseq(details.cseq);
    out.seconds(details.retry_after);
    out.text(details.attributes_xml()).text(details.uri_xml()).text(details.children_xml());
}

DetailsPtr get_details(Decoder& in) {
    Hash128 id;
    id.high = in.number();
    id.low = in.number();
    const std::string_view callid = in.text();
    const auto cseq = in.cseq();
    const auto retry_after = in.seconds();
    const std::string_view attributes_xml = in.text();
    const std::string_view uri_xml = in.text();
    return new ContactDetails(id, cseq, retry_after, {callid, attributes_xml, uri_xml, in.text()});
}

ContactEvent get_event(Decoder& in) {
    constexpr auto kLast = static_cast<std::uint64_t>(ContactEvent::terminated);
    return static_cast<ContactEvent>(std::min(in.number(), kLast));
}

/// Details are written once, in the order in which they come up, and referred to by their place:
/// words and contacts share them.
class DetailsTable {
public:
    explicit DetailsTable(const AorState& state) {
        for (const Publication& publication : state.publications) add_all(publication.words);
        add_all(state.tombstones);
        for (const ContactState& contact : state.contacts) add(contact.details.get());
        std::sort(places_.begin(), places_.end());
        const auto same = [](const Place& a, const Place& b) { return a.first == b.first; };
        places_.erase(std::unique(places_.begin(), places_.end(), same), places_.end());
        number();
    }

    void put_all(Encoder& out) const {
        out.number(all_.size());
        for (const ContactDetails* details : all_) put(out, *details);
    }

    std::uint64_t place_of(const DetailsPtr& details) const {
        return std::lower_bound(places_.begin(), places_.end(), Place{details.get(), 0})->second;
    }

private:
    using Place = std::pair<const ContactDetails*, std::uint64_t>;

    void add_all(const std::vector<Word>& words) {
        for (const Word& word : words) add(word.details.get());
    }
    void add(const ContactDetails* details) { places_.emplace_back(details, places_.size()); }

    /// From when they came up first to their place among the others.
    void number() {
        std::vector<Place*> in_order;
        for (Place& place : places_) in_order.push_back(&place);
        std::sort(in_order.begin(), in_order.end(), [](const Place* a, const Place* b) {
            return a->second < b->second;
        });
        for (Place* place : in_order) {
            place->second = all_.size();
            all_.push_back(place->first);
        }
    }

    std::vector<const ContactDetails*> all_;
    std::vector<Place> places_;  ///< by address
};

/// The shared details of a record, by place; a bad place is nobody's and spoils the record.
struct DetailsList {
    std::vector<DetailsPtr> all;
    bool complete = true;

    DetailsPtr at(std::uint64_t place) {
        if (place < all.size()) return all[static_cast<std::size_t>(place)];
        complete = false;
        return new ContactDetails();
    }
};

void put(Encoder& out, const std::vector<Word>& words, const DetailsTable& table) {
    out.number(words.size());
    for (const Word& word : words) {
        out.number(table.place_of(word.details)).flag(word.active);
        out.number(static_cast<std::uint64_t>(word.event)).number(word.said);
        out.time(word.deadline);
        out.time(word.since);
    }
}

std::vector<Word> get_words(Decoder& in, DetailsList& details) {
    std::vector<Word> words(in.count());
    for (Word& word : words) {
        word.details = details.at(in.number());
        word.active = in.flag();
        word.event = get_event(in);
        word.said = in.number();
        word.deadline = in.optional_time();
        word.since = in.since();
    }
    return words;
}

void put(Encoder& out, const Flow& flow) {
    const IpAddress::Bytes& address = flow.peer.address.bytes();
    out.number(static_cast<std::uint64_t>(flow.transport)).number(flow.listener);
    out.text({reinterpret_cast<const char*>(address.data()), address.size()});
    out.number(flow.peer.port);
}

Flow get_flow(Decoder& in) {
    Flow flow;
    flow.transport = in.number() == 0 ? Transport::udp : Transport::tcp;
    flow.listener = static_cast<ListenerId>(in.number());
    IpAddress::Bytes address{};
    const std::string_view bytes = in.text();
    std::copy_n(bytes.begin(), std::min(bytes.size(), address.size()), address.begin());
    flow.peer = {IpAddress(address), static_cast<std::uint16_t>(in.number())};
    return flow;
}

void put(Encoder& out, const AorState& state) {
    const DetailsTable table(state);
    out.text(state.published_aor()).text(state.extensions_xml());
    out.number(state.incarnation).number(state.revision).number(state.own_changed);
    out.number(state.next_order).flag(state.known);
    table.put_all(out);
    out.number(state.publications.size());
    for (const Publication& publication : state.publications) {
        out.number(publication.etag);
        out.time(publication.deadline);
        put(out, publication.words, table);
        out.number(publication.others);
    }
    put(out, state.tombstones, table);
    out.number(state.contacts.size());
    for (const ContactState& contact : state.contacts) {
        out.number(table.place_of(contact.details)).flag(contact.active);
        out.number(static_cast<std::uint64_t>(contact.event));
        out.time(contact.deadline);
        out.time(contact.since);
        out.flag(contact.own_clock).number(contact.became).number(contact.changed);
    }
}

/// Without its members. Returns false for a damaged one.
bool get(Decoder& in, AorState& state) {
    const std::string_view published_aor = in.text();
    state.texts = {published_aor, in.text()};
    state.incarnation = in.number();
    state.revision = in.number();
    state.own_changed = in.number();
    state.next_order = in.number();
    state.known = in.flag();
    DetailsList details;
    details.all.resize(in.count());
    for (DetailsPtr& one : details.all) one = get_details(in);
    state.publications.resize(in.count());
    for (Publication& publication : state.publications) {
        publication.etag = in.number();
        publication.deadline = in.time();
        publication.words = get_words(in, details);
        publication.others = static_cast<std::size_t>(in.number());
    }
    state.tombstones = get_words(in, details);
    state.contacts.resize(in.count());
    for (ContactState& contact : state.contacts) {
        contact.details = details.at(in.number());
        contact.active = in.flag();
        contact.event = get_event(in);
        contact.deadline = in.time();
        contact.since = in.since();
        contact.own_clock = in.flag();
        contact.became = in.number();
        contact.changed = in.number();
    }
    const bool ended =
        std::none_of(state.tombstones.begin(), state.tombstones.end(), [](const Word& tombstone) {
            return tombstone.active;
        });
    return in.ok() && details.complete && ended;
}

}  // namespace

std::string encode(const AorState& state, TimePoint now) {
    Encoder out(now);
    put(out, state);
    out.number(state.members.size());
    for (const SetMember& member : state.members) {
        out.text(member.aor);
        put(out, member.state);
    }
    return out.take();
}

std::optional<AorState> decode_aor(std::string_view bytes, const RecordTime& time) {
    Decoder in(bytes, time);
    AorState state;
    if (!get(in, state)) return std::nullopt;
    state.members.resize(in.count());
    for (SetMember& member : state.members) {
        member.aor = in.string();
        if (!get(in, member.state)) return std::nullopt;
    }
    if (!in.fits()) return std::nullopt;
    return state;
}

std::string encode(const DialogRecord& dialog, TimePoint now) {
    Encoder out(now);
    const DialogState& state = dialog.state;
    out.text(state.call_id()).text(state.local_tag()).text(state.remote_tag());
    out.text(state.local_party()).text(state.remote_party()).text(state.remote_target());
    out.number(state.routes());
    for (std::size_t i = 0; i < state.routes(); ++i) out.text(state.route(i));
    out.number(state.local_cseq).number(state.remote_cseq);
    put(out, state.flow);
    out.number(dialog.subscriptions.size());
    for (const SubscriptionRecord& subscription : dialog.subscriptions) {
        out.flag(subscription.event_id.has_value());
        out.text(subscription.event_id.value_or(""));
        out.text(subscription.aor).text(subscription.aor_text).number(subscription.watcher);
        out.text(text_of(subscription.profile));
        out.number(subscription.version).number(subscription.acked).flag(subscription.owed);
        out.number(subscription.rates.max).number(subscription.rates.min);
        out.number(subscription.rates.adaptive_min);
        out.time(subscription.deadline);
    }
    return out.take();
}

std::optional<DialogRecord> decode_dialog(std::string_view bytes, const RecordTime& time) {
    Decoder in(bytes, time);
    DialogRecord dialog;
    DialogState& state = dialog.state;
    DialogTexts texts;
    for (std::string_view* text :
         {&texts.call_id,
          &texts.local_tag,
          &texts.remote_tag,
          &texts.local_party,
          &texts.remote_party,
          &texts.remote_target}) {
        *text = in.text();
    }
    texts.route_set.resize(in.count());
    for (std::string_view& route : texts.route_set) route = in.text();
    state.texts = DialogState(texts).texts;
    state.local_cseq = static_cast<std::uint32_t>(in.number());
    state.remote_cseq = static_cast<std::uint32_t>(in.number());
    state.flow = get_flow(in);
    dialog.subscriptions.resize(in.count());
    for (SubscriptionRecord& subscription : dialog.subscriptions) {
        const bool has_id = in.flag();
        std::string id = in.string();
        if (has_id) subscription.event_id = std::move(id);
        subscription.aor = in.string();
        subscription.aor_text = in.string();
        subscription.watcher = in.number();
        subscription.profile = profile_named(in.text()).value_or(Profile::standard);
        subscription.version = static_cast<std::uint32_t>(in.number());
        subscription.acked = in.number();
        subscription.owed = in.flag();
        subscription.rates.max = in.number();
        subscription.rates.min = in.number();
        subscription.rates.adaptive_min = in.number();
        subscription.deadline = in.time();
    }
    if (!in.fits()) return std::nullopt;
    return dialog;
}

}  // namespace reginfo
