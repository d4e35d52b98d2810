#include "core/event/persistence/aor_record_v1_v2.hpp"

#include "core/event/persistence/aor_record_parts.hpp"

#include <cstddef>
#include <vector>

namespace reginfo {
namespace {

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

std::vector<Word> get_former_words(Decoder& in, DetailsList& details) {
    std::vector<Word> words(in.count());
    for (Word& word : words) {
        word.details = details.at(in.number());
        word.active = in.flag();
        word.event = contact_event_of(in.number());
        word.order = in.number();
        word.deadline = in.optional_time();
        word.since = in.since();
    }
    return words;
}

}  // namespace

bool decode_v1_v2(Decoder& in, AorState& state) {
    const std::string_view published_aor = in.text();
    state.texts = {published_aor, in.text()};
    state.incarnation = in.number();
    state.revision = in.number();
    state.own_changed = in.number();
    state.next_order = in.number();
    state.was_published = in.flag();
    DetailsList details;
    details.all.resize(in.count());
    for (DetailsPtr& shared : details.all) {
        if (!in.ok()) return false;
        shared = get_details(in);
    }
    state.publications.resize(in.count());
    for (Publication& publication : state.publications) {
        publication.etag = in.number();
        publication.deadline = in.time();
        publication.words = get_former_words(in, details);
        publication.others = static_cast<std::size_t>(in.number());
    }
    state.tombstones = get_former_words(in, details);
    state.contacts.resize(in.count());
    for (ContactState& contact : state.contacts) {
        contact.details = details.at(in.number());
        contact.active = in.flag();
        contact.event = contact_event_of(in.number());
        contact.deadline = in.time();
        contact.since = in.since();
        contact.own_clock = in.flag();
        contact.became = in.number();
        contact.changed = in.number();
    }
    return details.complete;
}

}  // namespace reginfo
