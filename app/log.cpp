#include "app/log.hpp"

#include <nlohmann/json.hpp>

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/sink.h>

#include <cstdio>
#include <memory>
#include <utility>

namespace reginfo {
namespace {

/// Longer values are cut: a log line is not the place for a document.
constexpr std::size_t kMaxValue = 1024;

spdlog::level::level_enum level_of(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return spdlog::level::debug;
        case LogLevel::info:
            return spdlog::level::info;
        case LogLevel::warning:
            return spdlog::level::warn;
        case LogLevel::error:
            return spdlog::level::err;
        case LogLevel::off:
            return spdlog::level::off;
    }
    return spdlog::level::off;
}

spdlog::level::level_enum level_of(Note::Severity severity) {
    switch (severity) {
        case Note::Severity::debug:
            return spdlog::level::debug;
        case Note::Severity::info:
            return spdlog::level::info;
        case Note::Severity::warning:
            return spdlog::level::warn;
        case Note::Severity::error:
            return spdlog::level::err;
    }
    return spdlog::level::err;
}

std::string bounded(std::string_view value) {
    if (value.size() <= kMaxValue) return std::string(value);
    const std::string rest = std::to_string(value.size() - kMaxValue);
    return std::string(value.substr(0, kMaxValue)) + "... (" + rest + " bytes more)";
}

/// Bare if it is one word, else in quotes with \xNN for what is not printable.
std::string text_value(std::string_view value) {
    bool is_bare = !value.empty();
    std::string escaped;
    for (const char c : value) {
        if (c == '"' || c == '\\') {
            escaped.append({'\\', c});
            is_bare = false;
        } else if (c < ' ' || c > '~') {
            char code[5];
            std::snprintf(code, sizeof code, "\\x%02x", static_cast<unsigned char>(c));
            escaped += code;
            is_bare = false;
        } else {
            escaped += c;
            if (c == ' ' || c == '=') is_bare = false;
        }
    }
    return is_bare ? escaped : '"' + escaped + '"';
}

std::string text_line(std::string_view what, std::span<const Log::Field> fields) {
    std::string line(what);
    for (const Log::Field& field : fields) {
        line.append(" ").append(field.name).append("=").append(text_value(bounded(field.value)));
    }
    return line;
}

std::string json_text(std::string_view text) {
    constexpr bool ascii_only = true;
    return nlohmann::json(text).dump(-1, ' ', ascii_only, nlohmann::json::error_handler_t::replace);
}

std::string json_members(std::string_view what, std::span<const Log::Field> fields) {
    std::string members = "\"event\":" + json_text(what);
    for (const Log::Field& field : fields) {
        members.append(",").append(json_text(field.name)).append(":");
        members.append(json_text(bounded(field.value)));
    }
    return members;
}

std::string payload_of(
    LogFormat format,
    std::string_view what,
    std::span<const Log::Field> fields
) {
    return format == LogFormat::json ? json_members(what, fields) : text_line(what, fields);
}

std::unique_ptr<spdlog::formatter> make_formatter(LogFormat format) {
    constexpr const char* text = "%Y-%m-%dT%H:%M:%S.%eZ %l %v";
    constexpr const char* json = R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})";
    return std::make_unique<spdlog::pattern_formatter>(
        format == LogFormat::json ? json : text, spdlog::pattern_time_type::utc, "\n"
    );
}

std::string formatted(spdlog::formatter& formatter, const spdlog::details::log_msg& message) {
    spdlog::memory_buf_t line;
    formatter.format(message, line);
    return {line.data(), line.size()};
}

/// Hands lines over to a LogWriter, which must outlive it.
class WriterSink final : public spdlog::sinks::sink {
public:
    explicit WriterSink(LogWriter& writer) : writer_(writer) {}

    void log(const spdlog::details::log_msg& message) override {
        writer_.write(formatted(*formatter_, message));
    }
    void flush() override {}  // is the writer's
    void set_pattern(const std::string&) override {}
    void set_formatter(std::unique_ptr<spdlog::formatter> formatter) override {
        formatter_ = std::move(formatter);
    }

private:
    LogWriter& writer_;
    std::unique_ptr<spdlog::formatter> formatter_;
};

/// The line where others are missing. Made by the writer's thread, with a formatter of its own.
LogWriter::LostLine lost_line(LogFormat format) {
    return [format, formatter = std::shared_ptr(make_formatter(format))](std::uint64_t lines) {
        const Log::Field fields[] = {{"lines", std::to_string(lines)}};
        const std::string payload = payload_of(format, "log lines lost", fields);
        const spdlog::details::log_msg message("reginfod", spdlog::level::warn, payload);
        return formatted(*formatter, message);
    };
}

}  // namespace

Log::Log(LogLevel level, LogFormat format, spdlog::sink_ptr sink)
    : format_(format), logger_("reginfod", std::move(sink)) {
    logger_.set_formatter(make_formatter(format));
    set_level(level);
    logger_.flush_on(spdlog::level::debug);
}

Log::Log(LogLevel level, LogFormat format, int fd)
    : Log(level, format, std::make_unique<LogWriter>(fd, lost_line(format))) {}

Log::Log(LogLevel level, LogFormat format, std::unique_ptr<LogWriter> writer)
    : Log(level, format, std::make_shared<WriterSink>(*writer)) {
    writer_ = std::move(writer);
}

void Log::set_level(LogLevel level) { logger_.set_level(level_of(level)); }

void Log::write(Severity severity, std::string_view what, std::initializer_list<Field> fields) {
    write_line(severity, what, {fields.begin(), fields.size()});
}

void Log::note(RateLimiter::Clock::time_point now, const Note& note) {
    if (!logger_.should_log(level_of(note.severity))) return;
    tell_suppressed(now);
    if (note.limited && !limiter_.admit(now, note.what)) return;

    std::vector<Field> fields;
    if (note.flow) fields.push_back({"flow", text_of(*note.flow)});
    if (!note.detail.empty()) fields.push_back({"detail", note.detail});
    write_line(note.severity, note.what, fields);
}

void Log::tell_suppressed(RateLimiter::Clock::time_point now) {
    if (!limiter_.has_suppressed()) return;
    for (auto& [what, count] : limiter_.take_suppressed(now)) {
        write(Severity::warning, "suppressed", {{"what", what}, {"lines", std::to_string(count)}});
    }
}

void Log::write_line(Severity severity, std::string_view what, std::span<const Field> fields) {
    const auto level = level_of(severity);
    if (!logger_.should_log(level)) return;
    logger_.log(level, spdlog::string_view_t(payload_of(format_, what, fields)));
}

std::string text_of(const Flow& flow) {
    std::string text = flow.transport == Transport::udp ? "udp:" : "tcp:";
    text += flow.peer.to_string();
    if (flow.connection != 0) text += "#" + std::to_string(flow.connection);
    return text;
}

}  // namespace reginfo
