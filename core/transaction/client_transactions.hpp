/// @file
/// Client transactions of requests within dialogs (RFC 3261 §17.1.2).
#pragma once

#include "core/base/shard.hpp"
#include "core/base/spare_texts.hpp"
#include "core/base/time.hpp"
#include "core/base/token_source.hpp"
#include "core/outbox.hpp"
#include "core/settings.hpp"
#include "core/sip/headers.hpp"
#include "core/sip/message.hpp"
#include "core/stats.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo {

/// A request of ours without a final response.
///
///     trying --provisional--> proceeding --final response, timer F, or given up--> closed
struct ClientTransaction {
    std::uint64_t branch = 0;
    std::uint32_t cseq = 0;
    bool proceeding = false;  ///< a provisional response came
    std::uint8_t copies = 0;  ///< retransmissions; more than 255 count as 255
    Flow flow;                ///< of the request
    std::string head;         ///< kept for retransmissions
    SharedBytes tail;         ///< behind the head; null if there is nothing
    TimePoint sent_at;
    TimePoint last_sent_at;   ///< of the last copy
    TimePoint retransmit_at;  ///< timer E; TimePoint::max() if it does not run
    TimePoint timeout_at;     ///< timer F
    Duration interval{};      ///< of timer E

    std::size_t bytes() const { return head.size() + (tail ? tail->size() : 0); }
    void stop_timer_e() { retransmit_at = TimePoint::max(); }
};

/// The transactions of one client: finds them by branch and sends their copies. The transaction
/// user owns their memory and runs their timers.
class ClientTransactions {
public:
    /// All arguments must outlive this.
    ClientTransactions(
        const Settings& settings,
        TokenSource& tokens,
        SpareTexts& spare_texts,
        Stats& stats
    )
        : settings_(settings), tokens_(tokens), spare_texts_(spare_texts), stats_(stats) {}

    /// Gives the transaction a branch that no other one has.
    /// @param shard  of the AOR that it is about
    void open(ClientTransaction& transaction, Shard shard);

    /// Sends the request for the first time and starts timers E and F.
    /// @pre the transaction is open and has flow, head and tail
    void send(TimePoint now, ClientTransaction& transaction, Outbox& outbox);

    /// Starts timer E again, with the next interval, or sends a copy.
    /// @pre the request was sent
    void restart_timer_e(TimePoint now, ClientTransaction& transaction) const;
    void send_copy(TimePoint now, ClientTransaction& transaction, Outbox& outbox);

    /// The transaction of a branch parameter; nullptr if there is none.
    ClientTransaction* find(std::string_view branch) const;
    ClientTransaction* find(std::uint64_t branch) const;
    /// The transaction of a request that was sent, by its head.
    ClientTransaction* find_by_head(std::string_view head) const;

    /// The transaction of a response (RFC 3261 §17.1.3): the branch is one of ours, sent-by is the
    /// one of the listener, and the CSeq is the one of the request. nullptr if there is none.
    ClientTransaction* match(
        const sip::Message& response,
        const sip::Via& top_via,
        sip::Method method
    ) const;

    /// Ends the transaction. The string of its head is used again. @pre it is open
    void close(ClientTransaction& transaction);

    std::size_t size() const { return by_branch_.size(); }
    /// The branches of all of them, in no order.
    std::vector<std::uint64_t> branches() const;
    std::size_t head_bytes() const { return head_bytes_; }

private:
    void put(const ClientTransaction& transaction, Outbox& outbox);

    const Settings& settings_;
    TokenSource& tokens_;
    SpareTexts& spare_texts_;
    Stats& stats_;
    boost::unordered_flat_map<std::uint64_t, ClientTransaction*> by_branch_;
    std::size_t head_bytes_ = 0;
};

}  // namespace reginfo
