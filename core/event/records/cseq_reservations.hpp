/// @file
/// CSeqs and versions that NOTIFYs may use: not written with each NOTIFY but reserved in ranges, so
/// a crash makes both jump once, by at most a range.
#pragma once

#include "core/base/time.hpp"
#include "core/event/persistence/dialog_record.hpp"
#include "core/event/records/dialog.hpp"
#include "core/event/records/pending_changes.hpp"
#include "core/event/records/subscription_store.hpp"
#include "core/outbox.hpp"
#include "core/settings.hpp"

#include <functional>

namespace reginfo {

class CseqReservations {
public:
    /// @param reserved  called when a dialog has more, so that what waits for them goes on
    using Reserved = std::function<void(TimePoint now, Dialog& dialog, Outbox& outbox)>;
    /// @param settings  must outlive this, as the next two
    CseqReservations(
        const Settings& settings,
        PendingChanges& changes,
        SubscriptionStore& subscriptions,
        Reserved reserved
    )
        : settings_(settings),
          changes_(changes),
          subscriptions_(subscriptions),
          reserved_(std::move(reserved)) {}

    /// Whether the subscription may send its next NOTIFY. The last one needs a reservation as well:
    /// a crash before its answer repeats it.
    bool has_next(const Subscription& subscription) const;

    /// Few are left: it is time to ask for more.
    bool is_low(const Dialog& dialog) const;

    /// Asks for more, unless they are on their way. A refresh that is being stored brings them too.
    void ask(TimePoint now, Dialog& dialog, Outbox& outbox);

private:
    struct Reservation;

    const Settings& settings_;
    PendingChanges& changes_;
    SubscriptionStore& subscriptions_;
    Reserved reserved_;
};

}  // namespace reginfo
