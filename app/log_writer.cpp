#include "app/log_writer.hpp"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

namespace reginfo {
namespace {

/// Returns false if the descriptor takes nothing more, ever.
bool write_whole(int fd, std::string_view text) {
    while (!text.empty()) {
        const ::ssize_t written = ::write(fd, text.data(), text.size());
        if (written >= 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN) {  // somebody has made it non-blocking
            pollfd waiting{fd, POLLOUT, 0};
            ::poll(&waiting, 1, -1);
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

/// Signals are for the thread that runs the server.
class BlockedSignals {
public:
    BlockedSignals() {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    BlockedSignals(const BlockedSignals&) = delete;
    BlockedSignals& operator=(const BlockedSignals&) = delete;

private:
    sigset_t before_{};
};

}  // namespace

struct LogWriter::Shared {
    Shared(int fd_, LostLine lost_line_, std::size_t queue_bytes_)
        : fd(fd_), lost_line(std::move(lost_line_)), queue_bytes(queue_bytes_) {}

    void run();
    /// The next line, after one on those that are missing before it; empty at the end.
    std::string next();

    const int fd;
    const LostLine lost_line;
    const std::size_t queue_bytes;

    std::mutex mutex;
    std::condition_variable has_lines;
    std::condition_variable is_idle;
    std::deque<std::string> lines;
    std::size_t bytes = 0;
    std::uint64_t lost = 0;
    std::uint64_t told = 0;  ///< of those lost
    bool writing = false;
    bool stopping = false;
};

std::string LogWriter::Shared::next() {
    std::unique_lock lock(mutex);
    writing = false;
    if (lines.empty()) is_idle.notify_all();
    has_lines.wait(lock, [this] { return stopping || !lines.empty(); });
    if (lines.empty()) return {};
    writing = true;
    const std::uint64_t missing = lost - std::exchange(told, lost);
    std::string line = std::move(lines.front());
    lines.pop_front();
    bytes -= line.size();
    lock.unlock();
    return missing == 0 || !lost_line ? line : lost_line(missing) + line;
}

void LogWriter::Shared::run() {
    for (std::string line = next(); !line.empty(); line = next()) {
        if (write_whole(fd, line)) continue;
        const std::scoped_lock lock(mutex);
        ++lost;
    }
}

LogWriter::LogWriter(int fd, LostLine lost, std::size_t queue_bytes)
    : shared_(std::make_shared<Shared>(fd, std::move(lost), queue_bytes)) {
    const BlockedSignals blocked;
    std::thread([shared = shared_] { shared->run(); }).detach();
}

LogWriter::~LogWriter() {
    flush(kPatience);
    const std::scoped_lock lock(shared_->mutex);
    shared_->stopping = true;
    shared_->has_lines.notify_one();
}

void LogWriter::write(std::string line) {
    if (line.empty()) return;
    const std::scoped_lock lock(shared_->mutex);
    Shared& queue = *shared_;
    queue.bytes += line.size();
    queue.lines.push_back(std::move(line));
    while (queue.bytes > queue.queue_bytes && queue.lines.size() > 1) {
        queue.bytes -= queue.lines.front().size();
        queue.lines.pop_front();
        ++queue.lost;
    }
    if (!queue.writing) queue.has_lines.notify_one();
}

bool LogWriter::flush(Duration at_most) {
    std::unique_lock lock(shared_->mutex);
    return shared_->is_idle.wait_for(lock, at_most, [this] {
        return shared_->lines.empty() && !shared_->writing;
    });
}

std::uint64_t LogWriter::lost() const {
    const std::scoped_lock lock(shared_->mutex);
    return shared_->lost;
}

}  // namespace reginfo
