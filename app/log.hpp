/// @file
/// The log: one line an event, as text or JSON, safe to print whatever a peer sent.
#pragma once

#include "app/config.hpp"
#include "app/log_writer.hpp"
#include "app/rate_limiter.hpp"
#include "core/outbox.hpp"

#include <spdlog/logger.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace reginfo {

/// Writes lines such as
///
///     2026-11-23T02:30:00.123Z info ready
///     2026-11-23T02:30:00.123Z warning publish refused flow=udp:192.0.2.1:5060 detail="too long"
///     {"time":"2026-11-23T02:30:00.123Z","level":"info","event":"ready"}
///
/// Values are bounded; what is not printable ASCII in them is escaped. Times are UTC.
class Log {
public:
    using Severity = Note::Severity;

    struct Field {
        std::string_view name;
        std::string value;
    };

    /// Writes to a file descriptor without ever waiting for it: standard error in service.
    Log(LogLevel level, LogFormat format, int fd);

    /// @param sink  spdlog's
    Log(LogLevel level, LogFormat format, spdlog::sink_ptr sink);

    void set_level(LogLevel level);

    /// Writes an event of our own; not limited in rate.
    void write(Severity severity, std::string_view what, std::initializer_list<Field> fields = {});

    /// Writes what the core or transport noted: of what is limited at most kNotesPerSecond of each
    /// kind.
    void note(RateLimiter::Clock::time_point now, const Note& note);

    /// Says how many of each kind were not written in seconds that are over. To be called now and
    /// then while has_suppressed().
    void tell_suppressed(RateLimiter::Clock::time_point now);
    bool has_suppressed() const { return limiter_.has_suppressed(); }

    static constexpr std::uint32_t kNotesPerSecond = 5;

    /// Lines that the file descriptor did not take in time (LogWriter).
    std::uint64_t lines_lost() const { return writer_ ? writer_->lost() : 0; }

private:
    Log(LogLevel level, LogFormat format, std::unique_ptr<LogWriter> writer);
    void write_line(Severity severity, std::string_view what, std::span<const Field> fields);

    LogFormat format_;
    std::unique_ptr<LogWriter> writer_;
    spdlog::logger logger_;
    RateLimiter limiter_{kNotesPerSecond};
};

/// A flow as the log names it: "udp:192.0.2.1:5060", "tcp:192.0.2.1:5060#17".
std::string text_of(const Flow& flow);

}  // namespace reginfo
