#include "app/sqlite_storage.hpp"

#include "app/restore_report.hpp"
#include "app/storage.hpp"
#include "transport/steady_time.hpp"

#include <boost/asio/post.hpp>

#include <chrono>
#include <utility>

namespace reginfo {

using Severity = Note::Severity;

SqliteStorage::SqliteStorage(
    boost::asio::io_context& io,
    const Config& config,
    Log& log,
    StorageAccess access
)
    : log_(log), access_(std::move(access)), file_(state_file(config.storage)) {
    SqliteStoreOptions options;
    options.file = file_options_of(config);
    store_ = std::make_unique<SqliteStore>(std::move(options), [this, &io] {
        boost::asio::post(io, [this] { handle_answers(); });
    });
}

void SqliteStorage::restore() {
    const TimePoint begin = steady_now();
    access_.take_over(store_->hash_seed());
    const LoadReport report = store_->load(access_.restore);
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(steady_now() - begin);
    tell_restored(log_, report, took, file_);
}

std::string SqliteStorage::unready_because() const {
    return store_->healthy() ? "" : "The store cannot be written.";
}

void SqliteStorage::handle_answers() {
    store_->deliver();
    tell_trouble();
    tell_clock_step(log_, store_->take_clock_step());
}

/// One line when the store cannot be written, and one when it can again.
void SqliteStorage::tell_trouble() {
    const std::string trouble = store_->trouble();
    if (trouble.empty() != has_trouble_) return;
    has_trouble_ = !trouble.empty();
    if (has_trouble_) {
        log_.write(Severity::error, "store cannot be written", {{"why", trouble}});
    } else {
        log_.write(Severity::info, "store can be written again", {});
    }
}

}  // namespace reginfo
