#include "app/cluster_collector.hpp"

#include "core/base/time.hpp"
#include "metrics/families.hpp"

#include <optional>

namespace reginfo {

namespace {

using metrics::Families;

void add(Families& families, const ClusterBus& bus) {
    const RelayStats& stats = bus.relay().stats();
    families.add(
        "reginfod_bus_connected",
        "Whether this node can send to other nodes and hear them.",
        bus.is_connected() ? 1.0 : 0.0
    );
    for (std::size_t i = 0; i < Frame::kKinds; ++i) {
        const std::string_view kind = name_of(static_cast<Frame::Kind>(i));
        const Families::Label out[] = {{"direction", "out"}, {"kind", kind}};
        const Families::Label in[] = {{"direction", "in"}, {"kind", kind}};
        constexpr const char* kName = "reginfod_bus_frames_total";
        constexpr const char* kHelp =
            "SIP messages passed from node to node: request, answer, response (to a NOTIFY), "
            "send (a NOTIFY for a connection of another node), gone (that connection has "
            "ended).";
        families.add(kName, kHelp, stats.frames_out[i], out);
        families.add(kName, kHelp, stats.frames_in[i], in);
    }
    for (std::size_t i = 0; i < RelayStats::kReasons; ++i) {
        const Families::Label why[] = {{"reason", name_of(static_cast<RelayStats::Reason>(i))}};
        families.add(
            "reginfod_bus_dropped_total",
            "SIP messages for other nodes that came to nothing: nobody took them in time "
            "(late), too much waited (full), the nodes did not agree who has the state (hops), "
            "no listener for the transport (no_way).",
            stats.dropped[i],
            why
        );
    }
    families.add(
        "reginfod_bus_repeated_total",
        "Groups of SIP messages for other nodes that were sent again, as nobody had "
        "acknowledged them within 0.5 s.",
        stats.parcels_repeated
    );
    families.add(
        "reginfod_bus_unreadable_total",
        "Groups of SIP messages from other nodes that could not be read: another version of "
        "reginfod, or a stranger on Redis.",
        stats.parcels_unreadable
    );
    families.add(
        "reginfod_bus_waiting",
        "SIP messages that no other node has acknowledged yet.",
        stats.frames_waiting
    );
}

void add(Families& families, const RedisPromise& promise) {
    constexpr const char* kHelp =
        "Whether Redis keeps what is asked of it, by its settings: file (appendonly is yes), "
        "disk (appendfsync is not no; with storage.redis.fsync, or where the user of Redis may "
        "CONFIG GET, as that of deploy/redis may not), replicas (min-replicas-to-write is not 0; "
        "with storage.redis.replicas above 0).";
    for (const RedisPromise::Level& level : RedisPromise::kLevels) {
        const std::optional<bool> is_kept = promise.*level.value;
        if (!is_kept) continue;
        const Families::Label label[] = {{"level", level.name}};
        families.add("reginfod_store_promise", kHelp, *is_kept ? 1.0 : 0.0, label);
    }
}

}  // namespace

std::vector<prometheus::MetricFamily> ClusterCollector::Collect() const {
    const RedisStorage* const storage = storage_();
    if (!storage) return {};
    const RedisStorage::Counters counters = storage->counters();
    const bool is_suspended = storage->is_serving() && !storage->may_speak();
    metrics::Families families;
    families.add(
        "reginfod_cluster_serving",
        "Whether this node has the state, and serves; of all nodes that share a Redis, one.",
        storage->is_serving() ? 1.0 : 0.0
    );
    families.add(
        "reginfod_cluster_suspended",
        "Whether this node serves and its lease has run out: nothing that depends on state leaves.",
        is_suspended ? 1.0 : 0.0
    );
    families.add(
        "reginfod_cluster_suspended_seconds_total",
        "Time for which reginfod_cluster_suspended was 1.",
        seconds_of(counters.suspended)
    );
    families.add(
        "reginfod_cluster_takeovers_total",
        "How often this node got the state.",
        static_cast<double>(counters.take_overs)
    );
    families.add(
        "reginfod_cluster_given_way_total",
        "How often another node took the state from this one.",
        static_cast<double>(counters.given_way)
    );
    families.add(
        "reginfod_cluster_rewritten_records_total",
        "Records written again: for another Redis, or since it was not known whether they were "
        "there.",
        static_cast<double>(counters.rewritten)
    );
    families.add(
        "reginfod_cluster_wrong_redis",
        "Whether the Redis that answers has not the data of this node's cluster.",
        storage->has_wrong_redis() ? 1.0 : 0.0
    );
    families.add(
        "reginfod_store_wait_short_total",
        "How often fewer replicas than storage.redis.replicas had the last changes in time.",
        static_cast<double>(counters.short_waits)
    );
    add(families, storage->promise());
    if (const ClusterBus* const bus = storage->bus()) add(families, *bus);
    return families.take();
}

}  // namespace reginfo
