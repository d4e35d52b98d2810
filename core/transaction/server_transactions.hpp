/// @file
/// Server transactions (RFC 3261 §17.2.2). Those of INVITE are none of their own kind: it is
/// refused at once, and what else §17.2.1 asks for is in invite_refusals.hpp.
///
/// A finished transaction is kept as the few bytes from which its response can be written again:
/// everything else that a response holds is in the retransmitted request.
#pragma once

#include "core/base/entity_tag.hpp"
#include "core/base/gradual_table.hpp"
#include "core/base/hash.hpp"
#include "core/base/time.hpp"
#include "core/sip/headers.hpp"
#include "core/sip/message.hpp"
#include "core/transaction/reply.hpp"

#include <boost/container/deque.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reginfo {

/// What distinguishes a server transaction (RFC 3261 §17.2.3): branch, sent-by and method; for a
/// branch without the magic cookie, what RFC 2543 matched by.
using TransactionKey = Hash128;

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
        EntityTag etag = 0;
        std::uint64_t to_tag = 0;  ///< of the response, where the request had none
        std::uint32_t expires = 0;
        std::uint16_t status = 0;  ///< 0 while trying
        bool has_expires : 1 = false;
        bool makes_dialog : 1 = false;
        bool is_rare : 1 = false;  ///< the reply has more than these fields hold

        bool is_completed() const { return status != 0; }
    };

    /// @param timer_j  how long retransmissions of a request on an unreliable transport are awaited
    ServerTransactions(std::uint64_t seed, Duration timer_j);
    ServerTransactions(const ServerTransactions&) = delete;
    ServerTransactions& operator=(const ServerTransactions&) = delete;

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

    /// The transaction that this request belongs to; nullptr if the request opens one.
    const Record* find(const TransactionKey& key) const;

    /// The final response to the transaction, which is completed.
    Reply reply_of(const TransactionKey& key, const Record& record) const;

    /// Opens a transaction.
    /// @param identity  of the request beyond its branch (RFC 3261 §8.2.2.2), see identity_of
    void open(const TransactionKey& key, std::uint64_t identity, std::uint64_t to_tag);

    /// From tag, Call-ID and CSeq in one number.
    std::uint64_t identity_of(
        std::string_view from_tag,
        std::string_view call_id,
        const sip::CSeq& cseq
    ) const;

    /// Whether a transaction with that identity is known: then a request without To tag that
    /// matched none has come by another way (RFC 3261 §8.2.2.2).
    bool is_merged(std::uint64_t identity) const { return identities_.find(identity) != nullptr; }

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

    /// Forgets the finished transaction that timer J would end next: one that is retransmitted
    /// nevertheless is executed anew. Does nothing if none is finished.
    void forget_oldest();

    std::optional<TimePoint> next_deadline() const;
    std::size_t size() const { return trying_.size() + finished_.size(); }
    std::size_t in_progress() const { return trying_.size(); }
    std::size_t bytes() const;

private:
    struct Trying {
        Record record;
        std::uint64_t identity = 0;
    };
    /// 56 bytes, with its places in the tables below at most 88.
    struct Finished {
        TransactionKey key;
        std::uint64_t identity = 0;
        Record record;
        TimePoint until;
    };
    /// In blocks that the heap gives back to the system one by one.
    using FinishedQueue = boost::container::deque<
        Finished,
        void,
        boost::container::deque_options<boost::container::block_bytes<1U << 18U>>::type>;

    /// Numbers of finished transactions by their keys. They count up, and wrap.
    using Number = std::uint32_t;
    struct KeyHash {
        using is_transparent = void;
        const ServerTransactions* all;
        std::size_t operator()(const TransactionKey& key) const { return hash_value(key); }
        std::size_t operator()(Number number) const {
            return hash_value(all->finished(number).key);
        }
    };
    struct KeyEqual {
        using is_transparent = void;
        const ServerTransactions* all;
        bool operator()(Number a, Number b) const { return a == b; }
        bool operator()(const TransactionKey& key, Number number) const {
            return all->finished(number).key == key;
        }
        bool operator()(Number number, const TransactionKey& key) const {
            return (*this)(key, number);
        }
    };

    const Finished& finished(Number number) const {
        return finished_[static_cast<Number>(number - first_)];
    }
    void give_back_memory();

    std::uint64_t seed_;
    Duration timer_j_;
    boost::unordered_flat_map<TransactionKey, Trying> trying_;
    FinishedQueue finished_;  ///< all have the same timer J, so they end in order
    Number first_ = 0;        ///< of finished_
    GradualTable<boost::unordered_flat_set<Number, KeyHash, KeyEqual>> by_key_;
    GradualTable<boost::unordered_flat_set<std::uint64_t>> identities_;
    boost::unordered_flat_map<TransactionKey, Reply> rare_;
};

}  // namespace reginfo
