#include "core/memory_use.hpp"

#include "core/event/notify/documents.hpp"
#include "core/event/records/aor_table.hpp"
#include "core/event/records/strays.hpp"
#include "core/event/records/subscription_store.hpp"
#include "core/event/records/waiting_requests.hpp"
#include "core/settings.hpp"
#include "core/transaction/client_transactions.hpp"
#include "core/transaction/server_transactions.hpp"

namespace reginfo {

MemoryUse memory_of(const MemoryHolders& holders) {
    return {
        .publications = holders.aors.bytes(),
        .subscriptions = holders.subscriptions.bytes(),
        .transactions = holders.transactions.bytes(),
        .documents = holders.documents.bytes(),
        .notifies = holders.notifies.head_bytes(),
        .waiting_requests = holders.waiting.message_bytes(),
        .tables = holders.aors.index_bytes() + holders.subscriptions.index_bytes() +
                  holders.aors.identities.bytes() + holders.strays.bytes() +
                  holders.waiting.index_bytes(),
        .uncounted = holders.uncounted,
        .limit = holders.settings.limits.memory_bytes,
        .aor_count = holders.aors.size(),
        .subscription_count = holders.subscriptions.size(),
        .transaction_count = holders.transactions.size(),
    };
}

}  // namespace reginfo
