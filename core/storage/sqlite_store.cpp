/// @file

#include "core/storage/sqlite_store.hpp"

#include "core/storage/sqlite_error.hpp"
#include "core/storage/store_error.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

namespace reginfo {
namespace {

/// Bound for the commits of one transaction. A larger commit has one alone.
constexpr std::size_t kBatchBytes = std::size_t{1} << 20U;

std::size_t bytes_of(const Commit& commit) {
    std::size_t bytes = 0;
    for (const Write& write : commit.writes) {
        bytes += write.key.size() + (write.value ? write.value->size() : 0);
    }
    return bytes;
}

}  // namespace

SqliteStore::SqliteStore(SqliteStoreOptions options, std::function<void()> wake)
    : options_(std::move(options)), wake_(std::move(wake)), file_(options_.file) {
    clock_ = file_.clock();
    clock_.read();
}

SqliteStore::~SqliteStore() {
    if (!writer_.joinable()) return;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    arrived_.notify_one();
    writer_.join();
}

LoadReport SqliteStore::load(const RecordFile::Visit& visit) {
    LoadReport report = file_.load(visit);
    {
        const std::lock_guard lock(mutex_);
        stats_.lost_records = report.damaged + report.unreadable;
        stats_.lost_changes = report.missing;
    }
    writer_ = std::thread([this] { run(); });
    return report;
}

void SqliteStore::commit(Commit commit) {
    if (!writer_.joinable()) writer_ = std::thread([this] { run(); });
    Pending pending{std::move(commit), clock_.read(), Clock::now()};
    bool first = false;
    {
        const std::lock_guard lock(mutex_);
        first = queue_.empty();
        queue_.push_back(std::move(pending));
        ++stats_.queued;
    }
    if (first) arrived_.notify_one();
}

void SqliteStore::deliver() {
    std::vector<Answer> answers;
    {
        const std::lock_guard lock(mutex_);
        answers.swap(answers_);
    }
    for (const Answer& answer : answers) done_(answer.id, answer.ok);
}

bool SqliteStore::drain(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    return answered_.wait_for(lock, patience, [this] { return stats_.queued == 0; });
}

bool SqliteStore::healthy() const {
    const std::lock_guard lock(mutex_);
    return stats_.healthy;
}

std::string SqliteStore::trouble() const {
    const std::lock_guard lock(mutex_);
    return trouble_;
}

StoreStats SqliteStore::stats() const {
    const std::lock_guard lock(mutex_);
    return stats_;
}

// On the writer's thread.

void SqliteStore::run() {
    std::deque<Pending> batch;
    std::unique_lock lock(mutex_);
    tidy_in_ = options_.retry_interval;
    while (true) {
        if (batch.empty() && !wait_for_work(lock)) return;
        batch.insert(
            batch.end(),
            std::make_move_iterator(queue_.begin()),
            std::make_move_iterator(queue_.end())
        );
        queue_.clear();
        lock.unlock();
        std::size_t count = 0;
        for (std::size_t bytes = 0; count < batch.size(); ++count) {
            bytes += bytes_of(batch[count].commit);
            if (count > 0 && bytes > kBatchBytes) break;
        }
        const bool written = write(batch, count);
        if (written) {
            answer_written(batch, count);
            tidy_in_ = options_.retry_interval;
        } else {
            give_up_old(batch);
        }
        lock.lock();
        if (written) continue;
        if (stopping_) return;
        arrived_.wait_for(lock, options_.retry_interval, [this] { return stopping_; });
    }
}

/// Waits for commits. Returns false if the store ends. Meanwhile it cleans up, and tests a failed
/// disk: no commit may come until the store is healthy again.
bool SqliteStore::wait_for_work(std::unique_lock<std::mutex>& lock) {
    const auto is_over = [this] { return stopping_ || !queue_.empty(); };
    while (!is_over()) {
        const auto pause = stats_.healthy ? tidy_in_ : options_.probe_interval;
        if (!pause) {
            arrived_.wait(lock, is_over);
        } else if (!arrived_.wait_for(lock, *pause, is_over)) {
            const bool is_healthy = stats_.healthy;
            lock.unlock();
            if (is_healthy) {
                attempt([this] { tidy_in_ = file_.tidy(); });
            } else {
                attempt([this] { file_.probe(); });
            }
            lock.lock();
        }
    }
    return !queue_.empty();
}

/// Writes the first `count` commits of the batch.
bool SqliteStore::write(const std::deque<Pending>& batch, std::size_t count) {
    std::vector<RecordFile::Batch> batches;
    batches.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        batches.push_back({batch[i].commit.writes, batch[i].stamp});
    }
    return attempt([&] { file_.write(batches); });
}

/// Writes, and records whether that succeeded.
template <class Attempt>
bool SqliteStore::attempt(const Attempt& attempt) {
    try {
        attempt();
        set_trouble({});
        return true;
    } catch (const SqliteError& error) {
        set_trouble(explain(file_.path(), error));
        return false;
    }
}

void SqliteStore::set_trouble(std::string trouble) {
    bool changed = false;
    {
        const std::lock_guard lock(mutex_);
        const bool healthy = trouble.empty();
        if (!healthy) ++stats_.failed_attempts;
        changed = stats_.healthy != healthy;
        stats_.healthy = healthy;
        trouble_ = std::move(trouble);
    }
    if (changed) wake_();
}

void SqliteStore::answer_written(std::deque<Pending>& batch, std::size_t count) {
    const Clock::time_point now = Clock::now();
    {
        const std::lock_guard lock(mutex_);
        ++stats_.batches;
        stats_.batch_commits_max = std::max<std::uint64_t>(stats_.batch_commits_max, count);
        for (std::size_t i = 0; i < count; ++i) {
            const Pending& pending = batch[i];
            const auto took = std::chrono::duration_cast<Duration>(now - pending.arrived);
            stats_.latency_sum += took;
            stats_.latency_max = std::max(stats_.latency_max, took);
            stats_.writes += pending.commit.writes.size();
        }
    }
    answer(batch, count, true);
}

void SqliteStore::give_up_old(std::deque<Pending>& batch) {
    const Clock::time_point oldest = Clock::now() - options_.patience;
    const auto kept =
        std::stable_partition(batch.begin(), batch.end(), [&](const Pending& pending) {
            return pending.commit.is_awaited && pending.arrived <= oldest;
        });
    answer(batch, static_cast<std::size_t>(kept - batch.begin()), false);
}

/// Answers the first `count` commits of the batch, and removes them.
void SqliteStore::answer(std::deque<Pending>& batch, std::size_t count, bool ok) {
    if (count == 0) return;
    bool first = false;
    bool last = false;
    {
        const std::lock_guard lock(mutex_);
        first = answers_.empty();
        for (std::size_t i = 0; i < count; ++i) answers_.push_back({batch[i].commit.id, ok});
        (ok ? stats_.commits : stats_.commits_failed) += count;
        stats_.queued -= count;
        last = stats_.queued == 0;
    }
    batch.erase(batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(count));
    if (first) wake_();
    if (last) answered_.notify_all();
}

}  // namespace reginfo
