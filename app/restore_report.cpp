#include "app/restore_report.hpp"

#include <algorithm>
#include <cstddef>

namespace reginfo {
namespace {

using Severity = Note::Severity;

/// Records that are named. "reginfod state check" names more.
constexpr std::size_t kNamed = 20;

}  // namespace

void tell_restored(
    Log& log,
    const LoadReport& report,
    std::chrono::milliseconds took,
    const std::string& file
) {
    if (!report.clocks.empty()) {
        log.write(Severity::warning, "clocks are odd", {{"why", report.clocks}});
    }
    for (std::size_t i = 0; i < std::min(report.findings.size(), kNamed); ++i) {
        log.write(Severity::error, "record left out", {{"what", report.findings[i]}});
    }
    if (report.missing > 0) {
        log.write(
            Severity::error,
            "the write-ahead log was cut short",
            {{"missing", std::to_string(report.missing)},
             {"effect", "changes that were acknowledged are lost, all others are there"}}
        );
    }
    log.write(
        report.is_whole() ? Severity::info : Severity::error,
        "state restored",
        {{"aors", std::to_string(report.aors)},
         {"dialogs", std::to_string(report.dialogs)},
         {"transactions", std::to_string(report.transactions)},
         {"unreadable", std::to_string(report.unreadable)},
         {"damaged", std::to_string(report.damaged)},
         {"missing", std::to_string(report.missing)},
         {"ms", std::to_string(took.count())},
         {"file", file}}
    );
}

void tell_clock_step(Log& log, std::optional<std::int64_t> step) {
    if (step.value_or(0) == 0) return;
    log.write(
        Severity::warning,
        "wall clock was set",
        {{"by", span_text(*step) + (*step > 0 ? " forward" : " back")},
         {"effect", "none on what is stored: it ages by the time since the machine was started"}}
    );
}

}  // namespace reginfo
