/// @file
/// Between records in memory and records in the store (DESIGN.md rule 9).
///
/// CSeqs and versions are not written with each NOTIFY but reserved in ranges: a crash makes both
/// jump once, by at most a range.
#pragma once

#include "core/event/record_codec.hpp"
#include "core/event/records.hpp"
#include "core/event/subscription.hpp"
#include "core/outbox.hpp"
#include "core/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reginfo {

/// How many CSeqs and versions are reserved with one write.
inline constexpr std::uint32_t kReservedRange = 64;

std::string dialog_key(const DialogState& dialog);

/// The record of a dialog as it is, with a full range of CSeqs and versions reserved.
DialogRecord record_of(const Dialog& dialog);
/// With nothing reserved beyond what was used, for a clean stop.
DialogRecord exact_record_of(const Dialog& dialog);
SubscriptionRecord record_of(const Subscription& subscription);

/// Notes that the ranges in the record are reserved. @pre the record is durable
void take_reservation(Dialog& dialog, const DialogRecord& record);

/// Takes those out of a record that ended while it was being stored, and stores it again, if there
/// are any (Dialog::record_lags).
void store_without_ended(
    Records& records,
    TimePoint now,
    Dialog& dialog,
    DialogRecord& record,
    Outbox& outbox
);

/// Brings back what the store had (Engine::restore). AORs come before dialogs.
class Restorer {
public:
    explicit Restorer(Records& records) : records_(records) {}

    bool restore_aor(std::string_view key, std::string_view value, const RecordTime& time);
    bool restore_dialog(std::string_view key, std::string_view value, const RecordTime& time);

private:
    std::optional<ListenerId> listener_like(const Flow& flow) const;

    Records& records_;
};

}  // namespace reginfo
