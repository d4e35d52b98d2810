#include "core/event/records/tracer.hpp"

#include "core/base/hash.hpp"
#include "core/base/hex.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace reginfo {
namespace {

constexpr std::size_t kIdDigits = 16;

void write(Outbox& outbox, std::string detail, const std::optional<Flow>& flow = {}) {
    outbox.note(Note{
        .severity = Note::Severity::info,
        .what = "trace",
        .detail = std::move(detail),
        .flow = flow,
        .limited = false,
    });
}

}  // namespace

bool Tracer::start(TimePoint until, std::string_view aor, Outbox& outbox) {
    const auto known = traced_.find(aor);
    if (known != traced_.end()) {
        known->second.until = until;
        return true;
    }
    if (traced_.size() >= kMost) return false;
    const TraceId id = tokens_.next();
    traced_.emplace(aor, Traced{until, id, id, 0});
    log(id, aor, "trace begins: this id stands for all that was published before", {}, outbox);
    return true;
}

bool Tracer::stop(std::string_view aor, Outbox& outbox) {
    const auto known = traced_.find(aor);
    if (known == traced_.end()) return false;
    traced_.erase(known);
    write(outbox, std::string(aor) + " trace ends: asked for");
    return true;
}

TraceId Tracer::published(std::string_view aor) {
    const auto at = traced_.find(aor);
    if (at == traced_.end()) return 0;
    return at->second.latest = tokens_.next();
}

TraceId Tracer::latest(std::string_view aor) const {
    if (traced_.empty()) return 0;
    const auto at = traced_.find(aor);
    return at == traced_.end() ? 0 : at->second.latest;
}

void Tracer::in_force(std::string_view aor, TraceId id) {
    const auto at = traced_.find(aor);
    if (at != traced_.end()) at->second.current = id;
}

TraceId Tracer::current(std::string_view aor) const {
    if (traced_.empty()) return 0;
    const auto at = traced_.find(aor);
    return at == traced_.end() ? 0 : at->second.current;
}

void Tracer::log(
    TraceId id,
    std::string_view aor,
    std::string_view what,
    const std::optional<Flow>& flow,
    Outbox& outbox
) {
    const auto at = id == 0 ? traced_.end() : traced_.find(aor);
    if (at == traced_.end()) return;
    std::string detail;
    append_hex(detail, id, kIdDigits);
    detail.append(" ").append(aor).append(" ").append(what);
    write(outbox, std::move(detail), flow);
    if (++at->second.lines < kLines) return;
    traced_.erase(at);
    write(outbox, std::string(aor) + " trace ends: " + std::to_string(kLines) + " lines");
}

std::optional<TimePoint> Tracer::next_deadline() const {
    if (traced_.empty()) return std::nullopt;
    const auto earlier = [](const auto& a, const auto& b) {
        return a.second.until < b.second.until;
    };
    return std::min_element(traced_.begin(), traced_.end(), earlier)->second.until;
}

void Tracer::expire(TimePoint now, Outbox& outbox) {
    std::vector<std::string> over;
    for (const auto& [aor, traced] : traced_) {
        if (traced.until <= now) over.push_back(aor);
    }
    for (const std::string& aor : over) {
        traced_.erase(aor);
        write(outbox, aor + " trace ends: its time is over");
    }
}

}  // namespace reginfo
