/// @file
/// Records as memory has them, for a store that may have lost them.
#pragma once

#include "core/base/time.hpp"
#include "core/event/records/aor_table.hpp"
#include "core/event/records/subscription_store.hpp"
#include "core/outbox.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace reginfo {

/// What the store should have under this key; nothing: no record. A change that the store has not
/// answered is not in it. One of the unsettled is always there: told twice is not missed.
std::optional<std::string> present_record(
    AorTable& aors,
    SubscriptionStore& subscriptions,
    TimePoint now,
    Bucket bucket,
    std::string_view key
);

}  // namespace reginfo
