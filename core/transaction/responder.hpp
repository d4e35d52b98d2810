/// @file
/// Responses: their destination, their common fields, and the fields that explain a refusal.
#pragma once

#include "core/base/hex.hpp"
#include "core/base/shard.hpp"
#include "core/base/spare_texts.hpp"
#include "core/base/time.hpp"
#include "core/outbox.hpp"
#include "core/settings.hpp"
#include "core/sip/headers.hpp"
#include "core/sip/message.hpp"
#include "core/sip/uri.hpp"
#include "core/stats.hpp"
#include "core/transaction/invite_refusals.hpp"
#include "core/transaction/server_transactions.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace reginfo {

/// A request within its transaction, with the fields that were read. Views into the message.
struct Request {
    const sip::Message& message;
    Flow flow;
    sip::Via top_via;
    TransactionKey key;
    sip::NameAddr from;
    sip::NameAddr to;
    sip::CSeq cseq;
    std::string_view call_id;
    std::optional<sip::Uri> uri;  ///< the Request-URI; nothing if it is malformed
    /// A SUBSCRIBE that came before its PUBLISH waits for it until then.
    std::optional<TimePoint> wait_until = {};
    bool is_memory_full = false;      ///< limits.memory_bytes is reached
    std::optional<Shard> shard = {};  ///< where the store is shared
    /// The canonical AOR of the Request-URI of a PUBLISH, or of a SUBSCRIBE outside of dialogs;
    /// nothing if it can be none.
    std::optional<std::string_view> aor = {};
};

/// A response without its status: all that is copied from the request is written already.
struct ResponseDraft {
    TransactionKey key;
    Flow to;
    ListenerId listener = 0;
    sip::Method method = sip::Method::other;
    std::uint16_t reconnect_port = 0;  ///< Send::reconnect_port
    bool secure = false;               ///< our Contact must be a SIPS URI (§12.1.1)
    std::string head;                  ///< up to CSeq; the status line is of a 200
    std::string record_route;          ///< for a 2xx that makes a dialog
};

class Responder {
public:
    Responder(
        const Settings& settings,
        ServerTransactions& transactions,
        SpareTexts& spare_texts,
        Stats& stats
    )
        : settings_(settings),
          transactions_(transactions),
          spare_texts_(spare_texts),
          stats_(stats),
          invite_refusals_(settings.t1, settings.t2) {}

    /// @param to_tag  for a request without one
    ResponseDraft draft(
        const sip::Message& request,
        const sip::Via& top_via,
        const Flow& flow,
        const TransactionKey& key,
        std::uint64_t to_tag
    );
    /// The same for an open transaction.
    ResponseDraft draft(const Request& request);

    /// The number of drafts so far.
    std::uint64_t drafts() const { return drafts_; }

    /// The To tag of responses to this request, if the request has none.
    std::uint64_t to_tag(const Request& request) const;

    /// Completes the transaction and sends its final response, also to who joined it.
    void respond(TimePoint now, ResponseDraft draft, const Reply& reply, Outbox& outbox);

    /// The same, but over UDP the request is left unanswered: it comes again by itself within its
    /// 64*T1, and then begins anew.
    void refuse_for_now(TimePoint now, ResponseDraft draft, const Reply& reply, Outbox& outbox);

    /// Leaves the request unanswered. A retransmission opens a new transaction.
    void abandon(const TransactionKey& key);

    /// The request of a transaction has come once more by another way: it gets the answer of the
    /// first one, now or together with it. While the first is open, a few may join it.
    void answer_as(const ServerTransactions::Same& first, const Request& request, Outbox& outbox);

    /// The record with which the request gets the same answer after a restart.
    Write write_of(const ResponseDraft& draft, const Reply& reply) const;

    /// From now on nothing leaves but 503, or everything again. Transactions complete all the same,
    /// and answer the retransmissions that come afterwards.
    void set_suspended(bool is_suspended) { is_suspended_ = is_suspended; }
    bool may_leave(const Reply& reply) const { return !is_suspended_ || reply.status == 503; }

    /// Answers a retransmission (RFC 3261 §17.2.2).
    void repeat(ResponseDraft draft, const Reply& reply, Outbox& outbox) const;

    /// An ACK came (RFC 3261 §17.2.1).
    void acknowledged(const TransactionKey& invite) { invite_refusals_.acknowledged(invite); }

    /// Sends at most `count` refusals of INVITEs again.
    void handle_timeout(TimePoint now, std::size_t count, Outbox& outbox);
    std::optional<TimePoint> next_deadline() const { return invite_refusals_.next_deadline(); }

    /// The methods served, for Allow.
    static constexpr std::string_view kAllow = "ACK, CANCEL, OPTIONS, PUBLISH, SUBSCRIBE";

private:
    using Drafts = std::vector<ResponseDraft>;

    Flow way_back(const Flow& flow, const sip::Via& top_via) const;
    void count(const ResponseDraft& draft, int status);
    Drafts take_joined(const TransactionKey& first);
    std::string finish(ResponseDraft draft, const Reply& reply) const;
    void append_explanations(std::string& out, sip::Method method, const Reply& reply) const;

    const Settings& settings_;
    ServerTransactions& transactions_;
    SpareTexts& spare_texts_;
    Stats& stats_;
    InviteRefusals invite_refusals_;
    boost::unordered_flat_map<TransactionKey, Drafts> joined_;
    std::size_t joined_count_ = 0;
    std::uint64_t drafts_ = 0;
    bool is_suspended_ = false;
};

/// The text of a tag.
HexText tag_text(std::uint64_t tag);

}  // namespace reginfo
