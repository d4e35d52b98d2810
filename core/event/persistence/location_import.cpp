/// @file

#include "core/event/persistence/location_import.hpp"

#include "core/event/persistence/aor_record.hpp"
#include "core/event/state/merge.hpp"
#include "core/sip/uri.hpp"
#include "core/sip/uri_comparison.hpp"

#include <algorithm>
#include <utility>

namespace reginfo {
namespace {

/// The lifetime of a contact without a time of its own.
constexpr Seconds kPermanent{86'400};

bool is_imported(const Publication& publication) {
    const auto& words = publication.words;
    return !words.empty() && std::all_of(words.begin(), words.end(), [](const Word& word) {
        return word.order == kImported;
    });
}

}  // namespace

std::optional<std::string> aor_key_of(std::string_view uri) {
    const auto parsed = sip::parse_uri(uri);
    if (!parsed) return std::nullopt;
    return sip::canonical_aor(*parsed);
}

std::optional<std::string> import_record(
    std::string_view key,
    std::string_view existing,
    const RecordTime& time,
    EntityTag etag,
    const Document& document
) {
    AorState state;
    if (!existing.empty()) {
        auto decoded = decode_aor(key, existing, time);
        if (!decoded) return std::nullopt;
        state = std::move(*decoded);
    }
    std::erase_if(state.publications, is_imported);
    const Registration& own = document.registrations.front();
    Seconds longest{0};
    for (const Contact& contact : own.contacts) {
        longest = std::max(longest, contact.expires.value_or(kPermanent));
    }
    const Order next_order = state.next_order;
    Merge merge(key, state, Duration{0});
    merge.publish(time.now, 0, etag, time.now + longest, document, own);
    for (Word& word : state.publications.back().words) word.order = kImported;
    state.next_order = next_order;
    merge.refresh(etag, etag, time.now + longest);  // only to fold the changed words
    return encode(key, state, time.now);
}

}  // namespace reginfo
