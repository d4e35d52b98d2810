/// @file
/// The memory of the engine, by owner.
#pragma once

#include <cstdint>

namespace reginfo {

class AorTable;
class ClientTransactions;
class Documents;
class ServerTransactions;
struct Settings;
class Strays;
class SubscriptionStore;
class WaitingRequests;

/// Bytes, counted as they change, with the overhead of the allocator.
struct MemoryUse {
    std::uint64_t publications = 0;   ///< AORs with their publications
    std::uint64_t subscriptions = 0;  ///< with their dialogs
    std::uint64_t transactions = 0;
    std::uint64_t documents = 0;         ///< cached, or in messages
    std::uint64_t notifies = 0;          ///< in flight, without documents
    std::uint64_t waiting_requests = 0;  ///< waiting for a commit or a PUBLISH
    std::uint64_t tables = 0;            ///< the look-up tables of records
    std::uint64_t uncounted = 0;         ///< other memory of the process, as far as known
    std::uint64_t limit = 0;             ///< limits.memory_bytes; 0: none

    std::uint64_t counted() const {
        return publications + subscriptions + transactions + documents + notifies +
               waiting_requests + tables;
    }
    std::uint64_t used() const { return counted() + uncounted; }

    /// The numbers of objects of the first three.
    std::uint64_t aor_count = 0;
    std::uint64_t subscription_count = 0;
    std::uint64_t transaction_count = 0;
};

/// The owners of memory.
struct MemoryHolders {
    const Settings& settings;
    const AorTable& aors;
    const SubscriptionStore& subscriptions;
    const Strays& strays;
    const WaitingRequests& waiting;
    const Documents& documents;
    const ServerTransactions& transactions;
    const ClientTransactions& notifies;
    std::uint64_t uncounted = 0;  ///< MemoryUse::uncounted
};

/// In constant time.
MemoryUse memory_of(const MemoryHolders& holders);

}  // namespace reginfo
