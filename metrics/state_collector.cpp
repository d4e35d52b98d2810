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
        "How long the oldest NOTIFY has waited for a window.",
        std::chrono::duration<double>(inspection.oldest_queued(core_.now())).count()
    );
    families.add(
        "reginfod_notify_window_smallest",
        "The least that any window allows in flight, rounded down to a power of two.",
        inspection.least_window()
    );
    const MemoryEstimate memory = inspection.memory();
    struct Kind {
        std::string_view name;
        std::uint64_t bytes;
    };
    const Kind kinds[] = {
        {"aors", memory.aors},
        {"contacts", memory.contacts},
        {"publications", memory.publications},
        {"subscriptions", memory.subscriptions},
        {"transactions", memory.transactions},
        {"notifies_in_flight", memory.notifies_in_flight},
    };
    for (const Kind& kind : kinds) {
        const Families::Label labels[] = {{"kind", kind.name}};
        families.add(
            "reginfod_memory_estimate_bytes",
            "Memory by kind of record, estimated from counts and typical sizes.",
            kind.bytes,
            labels
        );
    }
    return families.take();
}

}  // namespace reginfo::metrics
