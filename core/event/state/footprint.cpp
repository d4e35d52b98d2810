#include "core/event/state/footprint.hpp"

#include "core/base/heap_bytes.hpp"
#include "core/event/state/aor_state.hpp"

#include <vector>

namespace reginfo {
namespace {

/// The part of one owner in shared details.
std::size_t share_of(const DetailsPtr& details) {
    const std::size_t whole =
        heap_bytes(sizeof(ContactDetails)) + heap_bytes(details->texts.block_bytes());
    return whole / details->use_count();
}

std::size_t bytes_of(const std::vector<Word>& words) {
    std::size_t bytes = heap_bytes(words);
    for (const Word& word : words) bytes += share_of(word.details);
    return bytes;
}

}  // namespace

std::size_t footprint_of(const AorState& state) {
    std::size_t bytes = heap_bytes(state.texts.block_bytes()) + heap_bytes(state.publications) +
                        heap_bytes(state.contacts) + heap_bytes(state.members) +
                        heap_bytes(state.former_uris) + bytes_of(state.tombstones);
    for (const Publication& publication : state.publications) bytes += bytes_of(publication.words);
    for (const ContactState& contact : state.contacts) bytes += share_of(contact.details);
    for (const FormerUri& former : state.former_uris) bytes += share_of(former.details);
    for (const SetMember& member : state.members) {
        bytes += heap_bytes(member.aor) + footprint_of(member.state);
    }
    return bytes;
}

}  // namespace reginfo
