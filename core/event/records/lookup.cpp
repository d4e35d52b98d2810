#include "core/event/records/lookup.hpp"

#include "core/base/hash.hpp"
#include "core/event/records/records.hpp"
#include "core/sip/uri.hpp"
#include "core/sip/uri_comparison.hpp"

#include <charconv>
#include <cstddef>

namespace reginfo {

std::optional<std::string> canonical_aor(std::string_view uri) {
    const auto parsed = sip::parse_uri(uri);
    return parsed ? sip::canonical_aor(*parsed) : std::nullopt;
}

Aor* find_aor(Records& records, std::string_view uri) {
    const auto name = canonical_aor(uri);
    Aor* const aor = name ? records.aors.find(*name) : nullptr;
    return aor && records.shards.has(aor->shard) ? aor : nullptr;
}

Subscription* find_subscription(Records& records, std::string_view id) {
    constexpr std::size_t digits = 32;
    if (id.size() < digits) return nullptr;
    Hash128 key;
    const char* middle = id.data() + digits / 2;
    const char* end = id.data() + digits;
    if (std::from_chars(id.data(), middle, key.high, 16).ptr != middle) return nullptr;
    if (std::from_chars(middle, end, key.low, 16).ptr != end) return nullptr;
    Dialog* dialog = records.subscriptions.find(key);
    if (!dialog || !records.shards.has(dialog->shard)) return nullptr;
    std::optional<std::string_view> event_id;
    if (id.size() > digits) {
        if (id[digits] != '.') return nullptr;
        event_id = id.substr(digits + 1);
    }
    return SubscriptionStore::find(*dialog, event_id);
}

}  // namespace reginfo
