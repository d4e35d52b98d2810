/// @file
/// Answers without a transaction.
#pragma once

#include "core/base/time.hpp"
#include "core/outbox.hpp"
#include "core/settings.hpp"
#include "core/sip/message.hpp"
#include "core/sip/parser.hpp"
#include "core/stats.hpp"
#include "core/transaction/responder.hpp"
#include "core/transaction/server_transactions.hpp"

#include <cstdint>

namespace reginfo {

/// Refuses what is no request, or none to remember. A retransmission is refused anew.
class StatelessRefusals {
public:
    /// All of it must outlive this.
    StatelessRefusals(
        const Settings& settings,
        Stats& stats,
        const ServerTransactions& transactions,
        Responder& responder
    )
        : settings_(settings), stats_(stats), transactions_(transactions), responder_(responder) {}

    /// Answers the request, if it can be answered.
    void refuse(const sip::Message& request, const Flow& flow, const Reply& reply, Outbox& outbox);

    /// Handles bytes that are no valid message.
    /// @param request  what could be read of them
    void refuse_unread(
        const sip::Message& request,
        const Flow& flow,
        sip::ParseError error,
        Outbox& outbox
    );

    /// Answers a request whose top Via is malformed to its source address, with the Via unchanged.
    void refuse_without_via(const sip::Message& request, const Flow& flow, Outbox& outbox);

    /// Answers a request on the flow that it came on only: the server opens no connection to an
    /// untrusted peer. Then it closes a connection.
    void forbid(const sip::Message& request, const Flow& flow, Outbox& outbox);

    /// Formats no more notes than the log needs: each untrusted datagram would cost one.
    void note_stranger(TimePoint now, const Flow& flow, Outbox& outbox);

private:
    void send(ResponseDraft draft, const Reply& reply, Outbox& outbox);

    const Settings& settings_;
    Stats& stats_;
    const ServerTransactions& transactions_;
    Responder& responder_;
    TimePoint strangers_since_;  ///< the start of the second of strangers_noted_
    std::uint32_t strangers_noted_ = 0;
};

}  // namespace reginfo
