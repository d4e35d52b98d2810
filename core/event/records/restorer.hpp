/// @file
/// Records come back from the store.
#pragma once

#include "core/event/persistence/dialog_record.hpp"
#include "core/event/records/missed.hpp"
#include "core/event/records/records.hpp"
#include "core/outbox.hpp"

#include <optional>
#include <string_view>

namespace reginfo {

/// Brings back what the store had (Engine::restore): the unsettled, then AORs, then dialogs.
class Restorer {
public:
    /// @param missed  gets what should have happened since
    Restorer(Records& records, MissedList& missed) : records_(records), missed_(missed) {}

    bool restore_aor(std::string_view key, std::string_view value, const RecordTime& time);
    bool restore_dialog(std::string_view key, std::string_view value, const RecordTime& time);

private:
    std::optional<ListenerId> listener_like(const Flow& flow) const;

    Records& records_;
    MissedList& missed_;
};

}  // namespace reginfo
