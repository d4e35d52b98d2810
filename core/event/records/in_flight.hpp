/// @file
/// A NOTIFY without a final response.
#pragma once

#include "core/base/time.hpp"
#include "core/event/records/tracer.hpp"
#include "core/event/state/aor_state.hpp"
#include "core/event/watcher/answer_rules.hpp"
#include "core/event/watcher/standing.hpp"
#include "core/transaction/client_transactions.hpp"

#include <boost/intrusive/list.hpp>

namespace reginfo {

class SendWindow;
struct Subscription;

using InFlightHook = boost::intrusive::list_base_hook<
    boost::intrusive::tag<struct InFlightTag>,
    boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
using CopyHook = boost::intrusive::list_base_hook<
    boost::intrusive::tag<struct CopyTag>,
    boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

/// What a NOTIFY carries, and for which subscription, beside its transaction.
struct InFlight : ClientTransaction, InFlightHook, CopyHook {
    Subscription* subscription = nullptr;
    Revision carried = 0;            ///< the revision that its document brings the watcher to
    bool terminates = false;         ///< it is the last one of its subscription
    bool full = false;               ///< it has a full document
    bool too_large_for_udp = false;  ///< the only reason why it went over TCP
    bool holds_place = false;        ///< in `window`
    bool was_late = false;           ///< and its watcher's standing shows it
    AnswerMeaning meaning = AnswerMeaning::refused;  ///< of its end, once that has come
    Standing standing = Standing::fresh;             ///< of its watcher when it left
    SendWindow* window = nullptr;
    TimePoint news_at = kNoNews;  ///< Aor::news_at, if that is news to the watcher
    TraceId trace = 0;            ///< of the PUBLISH that it passes on, if that is traced
};

}  // namespace reginfo
