/// @file

#include "core/storage/stamp_clock.hpp"

#include "core/storage/checksum.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sstream>

namespace reginfo {
namespace {

std::int64_t milliseconds_of(clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return std::int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000;
}

bool is_far(std::int64_t a, std::int64_t b) { return std::abs(a - b) > StampClock::kTolerance; }

/// The time that has passed, by the smaller plausible offset; nothing if both amounts are negative.
std::optional<std::int64_t> passed_since(const StampClock::Kept& kept, std::int64_t wall) {
    std::optional<std::int64_t> passed;
    for (const std::int64_t offset : {kept.offset, kept.agreed}) {
        const std::int64_t by_this = wall - offset - kept.stamp;
        if (by_this >= 0 && (!passed || by_this < *passed)) passed = by_this;
    }
    return passed;
}

std::string set_text(std::int64_t by) { return span_text(by) + (by > 0 ? " forward" : " back"); }

}  // namespace

Clocks Clocks::now() { return {milliseconds_of(CLOCK_REALTIME), milliseconds_of(CLOCK_BOOTTIME)}; }

std::string current_boot_id() {
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string id;
    file >> id;
    return id;
}

std::string StampClock::start(const Kept& kept, const Clocks& now, std::string boot_id) {
    const bool is_same_boot = !boot_id.empty() && boot_id == kept.boot_id && now.boot >= kept.boot;
    std::string odd;
    latest_ = kept.stamp;
    agreed_ = kept.agreed;
    boot_id_ = std::move(boot_id);
    if (kept.stamp == 0) {
        latest_ = now.wall;
    } else if (is_same_boot) {
        latest_ += now.boot - kept.boot;
        const std::int64_t set = now.wall - latest_ - kept.offset;
        if (is_far(set, 0)) {
            odd = "the wall clock was set " + set_text(set) +
                  " since the last change; ages go by the time since the machine was started";
        }
    } else if (const auto passed = passed_since(kept, now.wall)) {
        latest_ += *passed;
        const std::int64_t other = std::max(kept.offset, kept.agreed) == now.wall - latest_
                                       ? std::min(kept.offset, kept.agreed)
                                       : std::max(kept.offset, kept.agreed);
        if (is_far(other, now.wall - latest_)) {
            odd = "the wall clock was set " + set_text(kept.offset - kept.agreed) +
                  " shortly before the last change; " + span_text(*passed) +
                  " are taken to have passed since";
        }
    } else {
        odd = "the wall clock is " + span_text(now.wall - kept.offset - kept.stamp) +
              " behind the last change; what has passed since is not known and counts as nothing";
    }
    latest_boot_ = now.boot;
    since_ = now.boot;
    offset_ = now.wall - latest_;
    return odd;
}

Stamp StampClock::read(const Clocks& now) {
    if (now.boot > latest_boot_) {
        latest_ += now.boot - latest_boot_;
        latest_boot_ = now.boot;
    }
    observe(now);
    return latest_;
}

void StampClock::observe(const Clocks& now) {
    const std::int64_t offset = now.wall - latest_;
    if (is_far(offset, offset_)) {
        step_ = step_.value_or(0) + offset - offset_;
        since_ = now.boot;
    }
    offset_ = offset;
    if (now.boot - since_ >= kAgreement) agreed_ = offset;
}

void StampClock::advance_to(Stamp stamp) {
    if (stamp <= latest_) return;
    offset_ -= stamp - latest_;
    agreed_ -= stamp - latest_;
    latest_ = stamp;
}

/// The numbers, the boot id, and a checksum.
std::string StampClock::Kept::text() const {
    std::ostringstream out;
    out << stamp << ' ' << boot << ' ' << offset << ' ' << agreed << ' ' << boot_id << ' ';
    const std::string text = out.str();
    return text + std::to_string(Checksum().add(text).finish());
}

std::optional<StampClock::Kept> StampClock::Kept::parse(std::string_view text) {
    const std::string_view said = text.substr(0, text.rfind(' ') + 1);
    if (std::to_string(Checksum().add(said).finish()) != text.substr(said.size())) return {};
    std::istringstream in{std::string(said)};
    Kept kept;
    if (!(in >> kept.stamp >> kept.boot >> kept.offset >> kept.agreed)) return std::nullopt;
    in >> kept.boot_id;
    return kept;
}

std::string span_text(std::int64_t milliseconds) {
    struct Unit {
        std::int64_t seconds;
        const char* name;
    };
    constexpr std::array kUnits{
        Unit{86'400, " days"}, Unit{3'600, " hours"}, Unit{60, " minutes"}, Unit{1, " seconds"}
    };
    const std::int64_t seconds = (std::abs(milliseconds) + 500) / 1000;
    const auto* unit = std::find_if(kUnits.begin(), kUnits.end() - 1, [&](const Unit& u) {
        return seconds >= 2 * u.seconds;
    });
    return std::to_string((seconds + unit->seconds / 2) / unit->seconds) + unit->name;
}

}  // namespace reginfo
