#include "core/event/records/lookup.hpp"

#include "core/base/hash.hpp"
#include "core/base/hex.hpp"
#include "core/event/records/aor_table.hpp"
#include "core/event/records/open_shards.hpp"
#include "core/event/records/subscription_store.hpp"
#include "core/sip/uri.hpp"
#include "core/sip/uri_comparison.hpp"

#include <cstddef>

namespace reginfo {

std::optional<std::string> canonical_aor(std::string_view uri) {
    const auto parsed = sip::parse_uri(uri);
    return parsed ? sip::canonical_aor(*parsed) : std::nullopt;
}

Aor* find_aor(AorTable& aors, const OpenShards& shards, std::string_view uri) {
    const auto name = canonical_aor(uri);
    Aor* const aor = name ? aors.find(*name) : nullptr;
    return aor && shards.has(aor->shard) ? aor : nullptr;
}

Subscription* find_subscription(
    SubscriptionStore& subscriptions,
    const OpenShards& shards,
    std::string_view id
) {
    constexpr std::size_t digits = 32;
    if (id.size() < digits) return nullptr;
    const auto high = parse_hex(id.substr(0, digits / 2));
    const auto low = parse_hex(id.substr(digits / 2, digits / 2));
    if (!high || !low) return nullptr;
    Dialog* dialog = subscriptions.find(Hash128{*high, *low});
    if (!dialog || !shards.has(dialog->shard)) return nullptr;
    std::optional<std::string_view> event_id;
    if (id.size() > digits) {
        if (id[digits] != '.') return nullptr;
        event_id = id.substr(digits + 1);
    }
    return SubscriptionStore::find(*dialog, event_id);
}

}  // namespace reginfo
