/// @file
/// The special part of INVITE server transactions (RFC 3261 §17.2.1): a refusal is sent again until
/// its ACK comes.
#pragma once

#include "core/base/time.hpp"
#include "core/base/timer_queue.hpp"
#include "core/outbox.hpp"
#include "core/transaction/server_transactions.hpp"

#include <boost/container_hash/hash.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>

namespace reginfo {

/// Final responses of 300 and more to INVITEs over an unreliable transport.
///
///     completed --ACK, or timer H--> gone; timer G sends the response again meanwhile
///
/// Timer I is not needed: an ACK is never answered.
class InviteRefusals {
public:
    InviteRefusals(Duration t1, Duration t2) : t1_(t1), t2_(t2) {}

    /// The response was sent for the first time. Beyond a bound it is not sent again: then the
    /// INVITE is retransmitted, and answered as any retransmission.
    void sent(TimePoint now, const TransactionKey& invite, const Flow& to, std::string response);

    /// An ACK came.
    void acknowledged(const TransactionKey& invite);

    /// Handles at most `count` fired timers G and H.
    void run(TimePoint now, std::size_t count, Outbox& outbox);

    std::optional<TimePoint> next_deadline() const { return timers_.next_deadline(); }

private:
    struct Refusal {
        TransactionKey invite;
        Flow to;
        std::string response;
        Duration interval{};  ///< of timer G
        TimePoint timer_h;
        Timer timer_g;
    };

    Duration t1_;
    Duration t2_;
    std::unordered_map<TransactionKey, Refusal, boost::hash<TransactionKey>> refusals_;
    TimerQueue<Refusal, &Refusal::timer_g> timers_;
};

}  // namespace reginfo
