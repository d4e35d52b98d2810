/// @file
/// Lines on their way to a file descriptor that may block.
#pragma once

#include "core/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace reginfo {

/// Writes lines from a thread of its own, so that nobody who logs ever waits for
/// the reader: a full pipe, a terminal that is held, a slow disk.
///
/// What waits is bounded in bytes; above it the oldest lines are lost, counted, and told of where
/// they are missing once lines can be written again.
class LogWriter {
public:
    /// The line in place of so many that are missing.
    using LostLine = std::function<std::string(std::uint64_t lines)>;

    static constexpr std::size_t kQueueBytes = 1U << 20U;
    static constexpr std::chrono::seconds kPatience{2};

    /// @param fd    is not closed, and must stay open
    /// @param lost  called on the thread that writes; nullptr: there is no such line
    explicit LogWriter(int fd, LostLine lost = nullptr, std::size_t queue_bytes = kQueueBytes);

    /// Waits until everything is written, but not longer than kPatience; a thread that still hangs
    /// in the write is left behind.
    ~LogWriter();
    LogWriter(const LogWriter&) = delete;
    LogWriter& operator=(const LogWriter&) = delete;

    /// @param line  with its line end
    void write(std::string line);

    /// Waits until everything is written. Returns whether it was.
    bool flush(Duration at_most);

    /// Lines that were dropped, or that the descriptor did not take.
    std::uint64_t lost() const;

private:
    struct Shared;
    std::shared_ptr<Shared> shared_;  ///< with the thread, which may outlive this
};

}  // namespace reginfo
