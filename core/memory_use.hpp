/// @file
/// How much memory the engine holds, by what holds it.
#pragma once

#include <cstdint>

namespace reginfo {

class ClientTransactions;
class Documents;
struct Records;
class ServerTransactions;
class WaitingRequests;

/// Bytes held, each counted as it changes; what the allocator adds is reckoned in.
struct MemoryUse {
    std::uint64_t publications = 0;   ///< AORs with what is published for them
    std::uint64_t subscriptions = 0;  ///< with their dialogs
    std::uint64_t transactions = 0;
    std::uint64_t documents = 0;         ///< kept, or on their way to somebody
    std::uint64_t notifies = 0;          ///< in flight, without their documents
    std::uint64_t waiting_requests = 0;  ///< held back behind a commit or until a PUBLISH
    std::uint64_t tables = 0;            ///< that records are found by
    std::uint64_t uncounted = 0;         ///< held by the process besides, as far as is known
    std::uint64_t limit = 0;             ///< limits.memory_bytes; 0: none

    std::uint64_t counted() const {
        return publications + subscriptions + transactions + documents + notifies +
               waiting_requests + tables;
    }
    std::uint64_t used() const { return counted() + uncounted; }

    /// How many there are of what the first three are of.
    std::uint64_t aor_count = 0;
    std::uint64_t subscription_count = 0;
    std::uint64_t transaction_count = 0;
};

/// What holds memory.
struct MemoryHolders {
    const Records& records;
    const WaitingRequests& waiting;
    const Documents& documents;
    const ServerTransactions& transactions;
    const ClientTransactions& notifies;
    std::uint64_t uncounted = 0;  ///< MemoryUse::uncounted
};

/// In constant time.
MemoryUse memory_of(const MemoryHolders& holders);

}  // namespace reginfo
