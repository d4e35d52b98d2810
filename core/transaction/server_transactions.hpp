/// @file
/// Server transactions (RFC 3261 §17.2.2), also for INVITE: it is refused at once, and the rest of
/// §17.2.1 is in invite_refusals.hpp.
///
/// A finished transaction is kept as the few bytes from which its response is written again. The
/// other fields of the response are copied from the retransmitted request.
#pragma once

#include "core/base/entity_tag.hpp"
#include "core/base/gradual_table.hpp"
#include "core/base/hash.hpp"
#include "core/base/shard.hpp"
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

/// Identifies a server transaction (RFC 3261 §17.2.3): branch, sent-by and method; for a branch
/// without the magic cookie, the fields by which RFC 2543 matches.
using TransactionKey = Hash128;

/// A finished transaction, for retransmissions after a restart.
struct TransactionRecord {
    std::uint64_t identity = 0;
    std::uint64_t to_tag = 0;
    Reply reply;
};

/// The transactions of one server: those in progress, and finished ones while timer J runs. On a
/// reliable transport as well, where that timer is 0 (§17.2.2): the request may come again by
/// another way, with another branch, and gets the answer of the first one.
///
///     trying --final response--> completed --timer J--> terminated
///
/// There is no proceeding state: RFC 4320 §4.1 forbids early provisional responses, and no answer
/// of this server takes long enough for a late one.
class ServerTransactions {
public:
    struct Record {
        EntityTag etag = 0;
        std::uint64_t to_tag = 0;  ///< of the response, if the request has none
        std::uint32_t expires = 0;
        std::uint16_t status = 0;  ///< 0 while trying
        bool has_expires : 1 = false;
        bool makes_dialog : 1 = false;
        bool is_rare : 1 = false;  ///< the reply has more fields than these
        bool in_dialog : 1 = false;
        bool is_found_by_key : 1 = true;
        bool has_shard : 1 = false;
        Shard shard = 0;  ///< that the request was about

        bool is_completed() const { return status != 0; }
    };

    /// @param timer_j  how long a finished transaction is kept
    ServerTransactions(std::uint64_t seed, Duration timer_j);
    ServerTransactions(const ServerTransactions&) = delete;
    ServerTransactions& operator=(const ServerTransactions&) = delete;

    /// An ACK has the key of its INVITE.
    /// @pre the request has the header fields that the key is made of
    TransactionKey key_of(const sip::Message& request, const sip::Via& via) const;
    /// The key of another request with the same top Via: the one that a CANCEL cancels (§9.2).
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
    /// @param identity  see identity_of; 0 if a request by another way is another request
    /// @param in_dialog  its CSeq is used up, whatever the answer
    /// @param shard  that the request is about, where that is known
    void open(
        const TransactionKey& key,
        std::uint64_t identity,
        std::uint64_t to_tag,
        bool in_dialog = false,
        std::optional<Shard> shard = {}
    );

    /// What a request is beside its way, in one number that is not 0.
    /// @param place  its dialog or, outside of dialogs, whom it is about
    std::uint64_t identity_of(
        std::string_view from_tag,
        std::string_view call_id,
        const sip::CSeq& cseq,
        std::string_view place
    ) const;

    /// The transaction of the same request, which came by another way: RFC 3261 §8.2.2.2 has that
    /// refused with 482, but whoever tries a second way wants to know what became of the first.
    /// None if the first was answered with 503 outside of a dialog, which shows nothing of
    /// its fate.
    struct Same {
        TransactionKey key;
        const Record* record = nullptr;  ///< nullptr if there is none
    };
    Same same_request(std::uint64_t identity) const;

    /// Keeps the final response for timer J.
    /// @param reliable  it is found by its identity only: no retransmission comes
    /// @returns the To tag for the response
    std::uint64_t complete(
        TimePoint now,
        const TransactionKey& key,
        const Reply& reply,
        bool reliable = false
    );

    /// Ends a transaction without an answer.
    void abandon(const TransactionKey& key);

    /// The record of a transaction in progress. The caller adds the reply.
    TransactionRecord record_of(const TransactionKey& key) const;

    /// Restores a finished transaction for the rest of its timer J.
    void restore(
        const TransactionKey& key,
        const TransactionRecord& record,
        TimePoint until,
        std::optional<Shard> shard = {}
    );

    /// Forgets those that are finished and about that shard.
    void drop(Shard shard);

    /// Ends at most `count` transactions whose timer J has fired. Returns whether there may be
    /// more.
    bool expire(TimePoint now, std::size_t count);

    /// Ends the oldest finished transaction early. If its request is retransmitted nevertheless, it
    /// is executed anew. No effect if none is finished.
    void forget_oldest();

    std::optional<TimePoint> next_deadline() const;
    std::size_t size() const { return trying_.size() + finished_.size() - dropped_; }
    std::size_t in_progress() const { return trying_.size(); }
    std::size_t bytes() const;

private:
    struct Trying {
        Record record;
        std::uint64_t identity = 0;
    };
    using TryingTable = boost::unordered_flat_map<TransactionKey, Trying>;
    /// 56 bytes; with its entries in the tables below at most 88.
    struct Finished {
        TransactionKey key;
        std::uint64_t identity = 0;  ///< 0 if it is not found by that
        Record record;
        TimePoint until;
    };
    /// In blocks that the heap returns to the system one by one.
    using FinishedQueue = boost::container::deque<
        Finished,
        void,
        boost::container::deque_options<boost::container::block_bytes<1U << 18U>>::type>;

    /// Finished transactions are numbered. The numbers count up, and wrap.
    using Number = std::uint32_t;
    struct IdentityHash {
        using is_transparent = void;
        const ServerTransactions* all;
        std::size_t operator()(std::uint64_t identity) const { return identity; }
        std::size_t operator()(Number number) const { return all->finished(number).identity; }
    };
    struct IdentityEqual {
        using is_transparent = void;
        const ServerTransactions* all;
        bool operator()(Number a, Number b) const { return a == b; }
        bool operator()(std::uint64_t identity, Number number) const {
            return all->finished(number).identity == identity;
        }
        bool operator()(Number number, std::uint64_t identity) const {
            return (*this)(identity, number);
        }
    };
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
    void end_trying(TryingTable::const_iterator entry);
    static bool is_dropped(const Finished& one) { return one.record.status == 0; }
    void unlist(const Finished& one);
    void pop_front();
    void give_back_memory();

    std::uint64_t seed_;
    Duration timer_j_;
    TryingTable trying_;
    FinishedQueue finished_;   ///< all have the same timer J: they end in order
    std::size_t dropped_ = 0;  ///< of them: they are found by nothing, and keep their places only
    Number first_ = 0;         ///< the number of finished_.front()
    GradualTable<boost::unordered_flat_set<Number, KeyHash, KeyEqual>> by_key_;
    GradualTable<boost::unordered_flat_set<Number, IdentityHash, IdentityEqual>> by_identity_;
    boost::unordered_flat_map<std::uint64_t, TransactionKey> trying_by_identity_;
    boost::unordered_flat_map<TransactionKey, Reply> rare_;
};

}  // namespace reginfo
