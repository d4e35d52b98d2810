#include "metrics/state_collector.hpp"

#include "metrics/families.hpp"

#include <chrono>
#include <cstdint>
#include <string_view>

namespace reginfo::metrics {

std::vector<prometheus::MetricFamily> StateCollector::Collect() const {
    const Inspection& inspection = core_.inspection();
    Families families;
    families.add(
        "reginfod_notify_queue_oldest_seconds",
        "Waiting time of the oldest NOTIFY that waits for room in a window.",
        seconds_of(inspection.oldest_queued(core_.now()))
    );
    families.add(
        "reginfod_notify_window_smallest",
        "The smallest window, rounded down to a power of two.",
        inspection.least_window()
    );
    const MemoryUse memory = inspection.memory();
    std::vector<HeldBytes> kinds = {
        {"publications", memory.publications},
        {"subscriptions", memory.subscriptions},
        {"transactions", memory.transactions},
        {"documents", memory.documents},
        {"notifies_in_flight", memory.notifies},
        {"waiting_requests", memory.waiting_requests},
        {"tables", memory.tables},
    };
    if (more_) more_(kinds);
    for (const HeldBytes& kind : kinds) {
        const Families::Label labels[] = {{"kind", kind.kind}};
        families.add("reginfod_memory_bytes", "Memory by purpose.", kind.bytes, labels);
    }
    families.add(
        "reginfod_memory_used_bytes",
        "Memory of the process: the counted memory and the rest of the resident memory.",
        memory.used()
    );
    families.add(
        "reginfod_memory_limit_bytes",
        "limits.memory_bytes, near which new publications and subscriptions are refused; 0: no "
        "bound.",
        memory.limit
    );
    const auto add_mean = [&](std::string_view item, std::uint64_t bytes, std::uint64_t count) {
        const Families::Label labels[] = {{"item", item}};
        families.add(
            "reginfod_memory_item_bytes",
            "Average memory of one item: an AOR with its publications, a subscription with its "
            "dialog, a finished transaction.",
            count == 0 ? 0 : bytes / count,
            labels
        );
    };
    add_mean("aor", memory.publications, memory.aor_count);
    add_mean("subscription", memory.subscriptions, memory.subscription_count);
    add_mean("transaction", memory.transactions, memory.transaction_count);
    return families.take();
}

}  // namespace reginfo::metrics
