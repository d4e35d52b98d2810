#include "app/cluster_collector.hpp"

#include "core/base/time.hpp"
#include "metrics/families.hpp"

namespace reginfo {

std::vector<prometheus::MetricFamily> ClusterCollector::Collect() const {
    const RedisStorage* const storage = storage_();
    if (!storage) return {};
    const RedisStorage::Counters counters = storage->counters();
    const bool is_suspended = storage->is_serving() && !storage->may_speak();
    metrics::Families families;
    families.add(
        "reginfod_cluster_serving",
        "Whether this node has the shards: of all nodes, one.",
        storage->is_serving() ? 1.0 : 0.0
    );
    families.add(
        "reginfod_cluster_suspended",
        "Whether this node has the shards and its lease has run out.",
        is_suspended ? 1.0 : 0.0
    );
    families.add(
        "reginfod_cluster_suspended_seconds_total",
        "Time for which it was so.",
        seconds_of(counters.suspended)
    );
    families.add(
        "reginfod_cluster_takeovers_total",
        "How often this node got the shards.",
        static_cast<double>(counters.take_overs)
    );
    families.add(
        "reginfod_cluster_given_way_total",
        "How often another node took them from it.",
        static_cast<double>(counters.given_way)
    );
    families.add(
        "reginfod_cluster_rewritten_records_total",
        "Records written again: for another Redis, or since it was not known whether they were "
        "there.",
        static_cast<double>(counters.rewritten)
    );
    families.add(
        "reginfod_store_wait_short_total",
        "How often fewer replicas than storage.redis.replicas had the last changes in time.",
        static_cast<double>(counters.short_waits)
    );
    return families.take();
}

}  // namespace reginfo
