/// @file
/// The store in an SQLite file, which a thread of its own writes.
#pragma once

#include "core/base/time.hpp"
#include "core/storage/record_file.hpp"
#include "core/storage/store.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace reginfo {

struct SqliteStoreOptions {
    RecordFileOptions file;
    /// How long a commit is retried before it fails.
    std::chrono::milliseconds patience{10'000};
    std::chrono::milliseconds retry_interval{100};
    /// How often a failed disk is tested if there is nothing to write.
    std::chrono::milliseconds probe_interval{1'000};
};

/// Group commit: the commits that arrive while a transaction is written go into the next one, up to
/// the size that the write-ahead log has room for.
///
/// A failed transaction is retried with the commits that arrived meanwhile. A commit that has
/// waited for `patience` is answered `false`. So every commit is answered, in order, and the store
/// recovers with its disk.
class SqliteStore final : public Store {
public:
    /// Opens the file.
    /// @param wake  called on the writer's thread when deliver() has something to do, or healthy()
    ///              has changed
    /// @throw StoreError
    SqliteStore(SqliteStoreOptions options, std::function<void()> wake);
    /// Writes the pending commits, with a single attempt.
    ~SqliteStore() override;
    SqliteStore(const SqliteStore&) = delete;
    SqliteStore& operator=(const SqliteStore&) = delete;

    std::uint64_t hash_seed() const override { return file_.hash_seed(); }

    /// See RecordFile::load. Must be called before the first commit. Cleaning starts then.
    LoadReport load(const RecordFile::Visit& visit);

    /// By how many milliseconds the wall clock was set since the last call. Only commits observe
    /// it.
    std::optional<std::int64_t> take_clock_step() { return clock_.take_step(); }

    void on_done(Done done) override { done_ = std::move(done); }
    void commit(Commit commit) override;

    void deliver() override;
    bool drain(std::chrono::milliseconds patience) override;
    bool healthy() const override;
    std::string trouble() const override;
    StoreStats stats() const override;

private:
    using Clock = std::chrono::steady_clock;

    struct Pending {
        Commit commit;
        Stamp stamp;
        Clock::time_point arrived;
    };
    struct Answer {
        CommitId id;
        bool ok;
    };

    void run();
    bool wait_for_work(std::unique_lock<std::mutex>& lock);
    template <class Attempt>
    bool attempt(const Attempt& attempt);
    bool write(const std::deque<Pending>& batch, std::size_t count);
    void set_trouble(std::string trouble);
    void answer_written(std::deque<Pending>& batch, std::size_t count);
    void give_up_old(std::deque<Pending>& batch);
    void answer(std::deque<Pending>& batch, std::size_t count, bool ok);

    SqliteStoreOptions options_;
    std::function<void()> wake_;
    Done done_;
    RecordFile file_;   ///< used by the writer only, once it runs
    StampClock clock_;  ///< used by the reactor only
    std::thread writer_;
    std::optional<std::chrono::milliseconds> tidy_in_;  ///< used by the writer only

    mutable std::mutex mutex_;
    std::condition_variable arrived_;   ///< the writer waits
    std::condition_variable answered_;  ///< drain() waits
    std::vector<Pending> queue_;
    std::vector<Answer> answers_;
    StoreStats stats_;
    std::string trouble_;
    bool stopping_ = false;
};

}  // namespace reginfo
