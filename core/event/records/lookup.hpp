/// @file
/// How records are named from outside.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace reginfo {

class Aor;
class AorTable;
class OpenShards;
struct Subscription;
class SubscriptionStore;

/// The one text of a URI that names an AOR; nothing if it names none.
std::optional<std::string> canonical_aor(std::string_view uri);

/// By any URI that names the AOR; nullptr if nothing is known of it.
Aor* find_aor(AorTable& aors, const OpenShards& shards, std::string_view uri);

/// @param id  "DIALOG" or "DIALOG.EVENT-ID", the former 32 hexadecimal digits
Subscription* find_subscription(
    SubscriptionStore& subscriptions,
    const OpenShards& shards,
    std::string_view id
);

}  // namespace reginfo
