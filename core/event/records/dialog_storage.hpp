/// @file
/// Between dialogs in memory and their records in the store.
///
/// CSeqs and versions are not written with each NOTIFY but reserved in ranges: a crash makes both
/// jump once, by at most a range.
#pragma once

#include "core/base/time.hpp"
#include "core/event/persistence/dialog_record.hpp"
#include "core/event/records/dialog.hpp"
#include "core/event/records/pending_changes.hpp"
#include "core/outbox.hpp"

#include <cstdint>
#include <string>

namespace reginfo {

/// How many CSeqs and versions are reserved with one write.
inline constexpr std::uint32_t kReservedRange = 64;

std::string dialog_key(const DialogState& dialog);

/// A NOTIFY is due, now or later, or not answered yet.
bool is_owed(const Subscription& subscription);

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
    PendingChanges& changes,
    TimePoint now,
    Dialog& dialog,
    DialogRecord& record,
    Outbox& outbox
);

}  // namespace reginfo
