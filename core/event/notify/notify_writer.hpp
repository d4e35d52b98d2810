/// @file
/// The head of a NOTIFY (RFC 6665 §4.2.2).
#pragma once

#include "core/base/spare_texts.hpp"
#include "core/base/time.hpp"
#include "core/event/notify/documents.hpp"
#include "core/event/records/dialog.hpp"
#include "core/outbox.hpp"
#include "core/settings.hpp"

#include <cstdint>
#include <string>

namespace reginfo {

class NotifyWriter {
public:
    /// Both must outlive this.
    NotifyWriter(const Settings& settings, SpareTexts& spare_texts)
        : settings_(settings), spare_texts_(spare_texts) {}

    /// Everything up to what all watchers share (NotifyBody::tail), with the dialog's CSeq as it
    /// is.
    /// @param flow  by which it leaves
    std::string head_of(
        TimePoint now,
        const Subscription& subscription,
        const Flow& flow,
        std::uint64_t branch,
        const NotifyBody& body
    );

private:
    const Settings& settings_;
    SpareTexts& spare_texts_;
    std::string document_head_;  ///< scratch
};

/// About how large the NOTIFY is, not less than it is.
std::size_t notify_size(const DialogState& dialog, const SharedBytes& tail);

}  // namespace reginfo
