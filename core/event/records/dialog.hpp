/// @file
/// Dialogs with the subscriptions that they carry.
#pragma once

#include "core/base/shard.hpp"
#include "core/base/timer_queue.hpp"
#include "core/dialog/routed_dialog.hpp"
#include "core/event/records/in_flight.hpp"
#include "core/event/records/request_queue.hpp"
#include "core/event/records/subscription.hpp"
#include "core/event/watcher/standing.hpp"

#include <boost/container/small_vector.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace reginfo {

/// A dialog with its usages: one subscription, or several that differ in Event id.
struct Dialog : RoutedDialog {
    bool is_stored = false;  ///< the store has a record of it
    /// A subscription ended while a record that still has it was being stored.
    bool record_lags = false;
    bool is_unsettled = false;  ///< the store has that (Unsettled)
    bool is_settling = false;   ///< and it is to be taken out
    bool is_reserving = false;  ///< more CSeqs and versions are being asked for
    /// A NOTIFY was answered 2xx, in this process or an earlier one.
    bool has_accepted = false;
    Standing standing = Standing::fresh;
    Shard shard = 0;  ///< that its local tag names, or under which it is stored

    boost::container::small_vector<std::unique_ptr<Subscription>, 1> subscriptions;
    std::unique_ptr<InFlight> in_flight;          ///< at most one NOTIFY a dialog
    [[no_unique_address]] RequestQueue requests;  // whose tail has room for the footprint
    std::uint16_t footprint = 0;                  ///< as last measured (SubscriptionStore::measure)
    std::uint32_t cseq_reserved = 0;              ///< NOTIFYs may use CSeqs up to this one
    Timer timer;

    /// With its subscriptions, without what it has in flight.
    std::size_t bytes() const;
};

}  // namespace reginfo
