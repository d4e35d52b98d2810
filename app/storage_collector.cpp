#include "app/storage_collector.hpp"

#include "core/base/time.hpp"
#include "metrics/families.hpp"

namespace reginfo {
namespace {

constexpr auto kCommits = "reginfod_storage_commits_total";
constexpr auto kCommitsHelp = "Changes passed to the store, by outcome.";

// clang-format off
constexpr metrics::Series<StoreStats> kStoreSeries[] = {
    {kCommits, kCommitsHelp, "outcome", "durable", &StoreStats::commits},
    {kCommits, kCommitsHelp, "outcome", "failed", &StoreStats::commits_failed},
    {"reginfod_storage_writes_total", "Records written.", nullptr, nullptr, &StoreStats::writes},
    {"reginfod_storage_batches_total", "Transactions of the database.", nullptr, nullptr, &StoreStats::batches},
    {"reginfod_storage_batch_max_commits", "Most changes in one transaction of the database.", nullptr, nullptr, &StoreStats::batch_commits_max},
    {"reginfod_storage_failed_attempts_total", "Transactions of the database that failed.", nullptr, nullptr, &StoreStats::failed_attempts},
    {"reginfod_storage_lost_records", "Records left out at the start: damaged, or unreadable; the log and reginfod state check name them.", nullptr, nullptr, &StoreStats::lost_records},
    {"reginfod_storage_lost_changes", "Acknowledged changes not found at the start: the write-ahead log was cut short.", nullptr, nullptr, &StoreStats::lost_changes},
    {"reginfod_storage_queued_commits", "Changes without an answer of the store yet.", nullptr, nullptr, &StoreStats::queued},
};
// clang-format on

}  // namespace

std::vector<prometheus::MetricFamily> StorageCollector::Collect() const {
    const StoreStats stats = stats_();
    metrics::Families families;
    families.add<StoreStats>(kStoreSeries, stats);
    families.add(
        "reginfod_storage_commit_seconds_total",
        "Sum of the times until changes were durable.",
        seconds_of(stats.latency_sum)
    );
    families.add(
        "reginfod_storage_commit_max_seconds",
        "The longest time until a change was durable.",
        seconds_of(stats.latency_max)
    );
    families.add(
        "reginfod_storage_healthy",
        "Whether the last attempt to write succeeded.",
        stats.healthy ? 1.0 : 0.0
    );
    return families.take();
}

}  // namespace reginfo
