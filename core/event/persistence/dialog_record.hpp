/// @file
/// The record of a dialog with its subscriptions, as bytes for the store (RULES.md, "Nothing
/// acknowledged is lost").
#pragma once

#include "core/base/time.hpp"
#include "core/dialog/dialog_state.hpp"
#include "core/event/persistence/record_time.hpp"
#include "core/event/state/aor_state.hpp"
#include "core/event/watcher/profile.hpp"
#include "core/event/watcher/rate_control.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo {

/// The deadline in the record of a subscription that is over: it has passed, whatever the grace.
inline constexpr TimePoint kLongOver{-std::chrono::hours{24}};

/// The part of a subscription that outlives a restart.
struct SubscriptionRecord {
    std::optional<std::string> event_id;
    std::string aor;  ///< canonical
    std::string aor_text;
    std::uint64_t watcher = 0;
    Profile profile = Profile::standard;
    std::uint32_t version = 0;  ///< the lowest that is certainly unused
    Revision acked = 0;
    Rates rates;                ///< as granted, or as asked for in the record of a SUBSCRIBE
    bool owed = false;          ///< a NOTIFY due to a SUBSCRIBE may not have been answered
    bool has_accepted = false;  ///< of its dialog: a NOTIFY was answered 2xx
    TimePoint deadline;
};

/// The part of a dialog that outlives a restart. `state.local_cseq` is the last CSeq that may have
/// been used. The connection of its flow does not exist any more.
struct DialogRecord {
    DialogState state;
    std::vector<SubscriptionRecord> subscriptions;
};

std::string encode(const DialogRecord& dialog, TimePoint now);
std::optional<DialogRecord> decode_dialog(std::string_view bytes, const RecordTime& time);

}  // namespace reginfo
