/// @file
/// Server transactions (RFC 3261 §17.2.2). Those of INVITE are none of their own kind: it is
/// refused at once, and what else §17.2.1 asks for is in invite_refusals.hpp.
///
/// A finished transaction is kept as the few bytes from which its response can be written again:
/// everything else that a response holds is in the retransmitted request.
#pragma once

#include "core/event/aor_state.hpp"
#include "core/hash.hpp"
#include "core/sip/headers.hpp"
#include "core/sip/message.hpp"
#include "core/time.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace reginfo {

/// What distinguishes a server transaction (RFC 3261 §17.2.3): branch, sent-by and method; for a
/// branch without the magic cookie, what RFC 2543 matched by.
using TransactionKey = Hash128;

/// A final response apart from what is copied from the request.
struct Reply {
    Reply() = default;  // no aggregate: else boost::system::result cannot tell it from a number

    int status = 200;
    std::string reason;  ///< a reason phrase; empty for the default
    std::optional<Seconds> expires;
    std::optional<Seconds> min_expires;  ///< with 423
    std::optional<Seconds> retry_after;  ///< with 503
    std::optional<EntityTag> etag;       ///< of a 2xx to PUBLISH
    std::string unsupported;             ///< the option tags that caused a 420
    bool makes_dialog = false;           ///< Contact and Record-Route (RFC 3261 §12.1.1)
};

/// A finished transaction, for retransmissions that come after a restart.
struct TransactionRecord {
    std::uint64_t identity = 0;
    std::uint64_t to_tag = 0;
    Reply reply;
};

/// The transactions of one server: those in progress, and those finished while timer J runs.
///
///     trying --final response--> completed --timer J--> terminated
///
/// There is no proceeding state: RFC 4320 §4.1 forbids early provisional responses, and nothing
/// here is slow enough to need a late one.
class ServerTransactions {
public:
    struct Record {
        std::unique_ptr<const Reply> rare;  ///< a reply that the fields below cannot hold
        EntityTag etag = 0;
        std::uint64_t to_tag = 0;  ///< of the response, where the request had none
        std::uint32_t expires = 0;
        std::uint16_t status = 0;  ///< 0 while trying
        bool has_expires = false;
        bool makes_dialog = false;

        bool is_completed() const { return status != 0; }
        Reply reply() const;
    };

    /// @param timer_j  how long retransmissions of a request on an unreliable transport are awaited
    ServerTransactions(std::uint64_t seed, Duration timer_j);

    /// An ACK has the key of its INVITE.
    /// @pre the request has the header fields that the branch's kind of key needs
    TransactionKey key_of(const sip::Message& request, const sip::Via& via) const;
    /// That of another request with the same top Via: of one that a CANCEL is about (§9.2).
    TransactionKey key_of(
        const sip::Message& request,
        const sip::Via& via,
        sip::Method method,
        std::string_view method_text
    ) const;

    /// The transaction that this request belongs to; nullptr if it begins one.
    const Record* find(const TransactionKey& key) const;

    /// Begins a transaction.
    /// @param identity  of the request beyond its branch (RFC 3261 §8.2.2.2), see identity_of
    void begin(const TransactionKey& key, std::uint64_t identity, std::uint64_t to_tag);

    /// From tag, Call-ID and CSeq in one number.
    std::uint64_t identity_of(
        std::string_view from_tag,
        std::string_view call_id,
        const sip::CSeq& cseq
    ) const;

    /// Whether a transaction with that identity is known: then a request without To tag that
    /// matched none has come by another way (RFC 3261 §8.2.2.2).
    bool is_merged(std::uint64_t identity) const { return identities_.contains(identity); }

    /// Keeps the final response for timer J, or forgets at once on a reliable transport.
    /// @returns the To tag for the response
    std::uint64_t complete(
        TimePoint now,
        const TransactionKey& key,
        const Reply& reply,
        bool reliable
    );

    /// Forgets a transaction without an answer.
    void abandon(const TransactionKey& key);

    /// What is to be kept of a transaction in progress; its reply is for the caller.
    TransactionRecord record_of(const TransactionKey& key) const;

    /// Brings back a finished transaction, for the rest of its timer J.
    void restore(const TransactionKey& key, const TransactionRecord& record, TimePoint until);

    /// Forgets what timer J has ended, at most `count` of them. Returns whether there may be more.
    bool expire(TimePoint now, std::size_t count);

    std::optional<TimePoint> next_deadline() const;
    std::size_t size() const { return records_.size(); }
    std::size_t bytes() const;

private:
    struct Entry {
        Record record;
        std::uint64_t identity = 0;
    };
    struct Finished {
        TimePoint at;
        TransactionKey key;
    };

    void erase(const TransactionKey& key);

    std::uint64_t seed_;
    Duration timer_j_;
    std::size_t rare_ = 0;  ///< replies that records point to
    boost::unordered_flat_map<TransactionKey, Entry> records_;
    boost::unordered_flat_map<std::uint64_t, TransactionKey> identities_;
    std::deque<Finished> finished_;  ///< all have the same timer J, so they end in order
};

}  // namespace reginfo
