#include "core/event/records/cseq_reservations.hpp"

#include "core/event/records/dialog_storage.hpp"

#include <chrono>
#include <utility>
#include <vector>

namespace reginfo {
namespace {

/// What could not be reserved is asked for again after this.
constexpr Duration kRetryReservation = std::chrono::seconds{1};

}  // namespace

struct CseqReservations::Reservation final : PendingChange {
    Reservation(CseqReservations& owner_, const Dialog& dialog, DialogRecord record_)
        : owner(owner_), record(std::move(record_)) {
        shard = dialog.shard;
    }

    void finish(TimePoint now, bool ok, Outbox& outbox) override {
        Dialog* const dialog = owner.subscriptions_.find(record.state.id());
        if (!dialog) return;
        dialog->is_reserving = false;
        if (ok) {
            take_reservation(*dialog, record);
            owner.reserved_(now, *dialog, outbox);
        } else if (!dialog->in_flight) {
            owner.subscriptions_.dialog_timers.set(*dialog, now + kRetryReservation);
        }
    }

    CseqReservations& owner;
    DialogRecord record;
};

bool CseqReservations::has_next(const Subscription& subscription) const {
    const Dialog& dialog = subscription.dialog;
    return !settings_.durable || !dialog.is_stored ||
           (dialog.state.local_cseq < dialog.cseq_reserved &&
            subscription.version < subscription.version_reserved);
}

bool CseqReservations::is_low(const Dialog& dialog) const {
    return dialog.state.local_cseq + kReservedRange / 4 > dialog.cseq_reserved;
}

void CseqReservations::ask(TimePoint now, Dialog& dialog, Outbox& outbox) {
    const bool is_needless = !settings_.durable || !dialog.is_stored;
    if (is_needless || dialog.is_reserving || dialog.requests.is_locked) return;
    Reservation change(*this, dialog, record_of(dialog));
    if (change.record.subscriptions.empty()) return;
    dialog.is_reserving = true;
    std::vector<Write> writes;
    writes.push_back({Bucket::dialog, dialog_key(dialog.state), encode(change.record, now)});
    changes_.commit(now, std::move(change), std::move(writes), outbox);
}

}  // namespace reginfo
