/// @file
/// What the store keeps of AORs and dialogs, as bytes (RULES.md, "Nothing acknowledged is lost").
///
/// Points in time are kept as what is left of them when the record is written; whoever reads it
/// says how long ago that was. So no record depends on a clock, and one that was stepped back
/// prolongs nothing.
#pragma once

#include "core/base/time.hpp"
#include "core/dialog/dialog_state.hpp"
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

/// How old a record is when it is read.
struct RecordTime {
    TimePoint now;
    Duration age{};  ///< since it was written; not negative
};

class SharedTexts;

/// @param aor           canonical
/// @param shared_texts  may take a part of it: then it must be there to read the record as well
std::string encode(
    std::string_view aor,
    const AorState& state,
    TimePoint now,
    SharedTexts* shared_texts = nullptr
);
std::optional<AorState> decode_aor(
    std::string_view aor,
    std::string_view bytes,
    const RecordTime& time,
    const SharedTexts* shared_texts = nullptr
);

/// The deadline, in its record, of a subscription that is over: before any other, whatever the
/// grace.
inline constexpr TimePoint kLongOver{-std::chrono::hours{24}};

/// What outlives a restart of a subscription.
struct SubscriptionRecord {
    std::optional<std::string> event_id;
    std::string aor;  ///< canonical
    std::string aor_text;
    std::uint64_t watcher = 0;
    Profile profile = Profile::standard;
    std::uint32_t version = 0;  ///< the next one that is surely unused
    Revision acked = 0;
    Rates rates;                ///< as granted, or as asked for in the record of a SUBSCRIBE
    bool owed = false;          ///< a NOTIFY due to a SUBSCRIBE may not have been answered
    bool has_accepted = false;  ///< of its dialog: a NOTIFY was answered 2xx
    TimePoint deadline;
};

/// What outlives a restart of a dialog. `state.local_cseq` is the last that may have been used;
/// the connection of its flow is of no use any more.
struct DialogRecord {
    DialogState state;
    std::vector<SubscriptionRecord> subscriptions;
};

std::string encode(const DialogRecord& dialog, TimePoint now);
std::optional<DialogRecord> decode_dialog(std::string_view bytes, const RecordTime& time);

}  // namespace reginfo
