#include "core/memory_use.hpp"

#include "core/event/notify/documents.hpp"
#include "core/event/records/records.hpp"
#include "core/event/records/waiting_requests.hpp"
#include "core/transaction/client_transactions.hpp"
#include "core/transaction/server_transactions.hpp"

namespace reginfo {

MemoryUse memory_of(const MemoryHolders& holders) {
    const Records& records = holders.records;
    return {
        .publications = records.aors.bytes(),
        .subscriptions = records.subscriptions.bytes(),
        .transactions = holders.transactions.bytes(),
        .documents = holders.documents.bytes(),
        .notifies = holders.notifies.head_bytes(),
        .waiting_requests = holders.waiting.message_bytes(),
        .tables = records.aors.index_bytes() + records.subscriptions.index_bytes() +
                  records.identities.bytes() + records.strays.bytes() +
                  holders.waiting.index_bytes(),
        .uncounted = holders.uncounted,
        .limit = records.settings.limits.memory_bytes,
        .aor_count = records.aors.size(),
        .subscription_count = records.subscriptions.size(),
        .transaction_count = holders.transactions.size(),
    };
}

}  // namespace reginfo
