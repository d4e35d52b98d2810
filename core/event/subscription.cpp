/// @file

#include "core/event/subscription.hpp"

#include <algorithm>

namespace reginfo {

std::string_view text_of(TerminationReason reason) {
    switch (reason) {
        case TerminationReason::deactivated:
            return "deactivated";
        case TerminationReason::probation:
            return "probation";
        case TerminationReason::rejected:
            return "rejected";
        case TerminationReason::timeout:
            return "timeout";
        case TerminationReason::giveup:
            return "giveup";
        case TerminationReason::noresource:
            return "noresource";
        case TerminationReason::invariant:
            return "invariant";
    }
    return "timeout";
}

TimePoint TokenBucket::ready_at(TimePoint now, std::uint32_t burst, Duration interval) const {
    if (interval <= Duration::zero()) return now;
    return std::max(now, full_at_ - interval * (static_cast<std::int64_t>(burst) - 1));
}

void TokenBucket::take(TimePoint now, std::uint32_t burst, Duration interval) {
    const TimePoint latest = now + interval * static_cast<std::int64_t>(burst);
    full_at_ = std::min(std::max(full_at_, now) + interval, latest);
}

void Subscription::name(std::optional<std::string_view> event_id_, std::string_view aor_text_) {
    if (aor_text_ == aor.name) aor_text_ = {};
    if (event_id_) {
        names = Texts{aor_text_, *event_id_};
    } else if (!aor_text_.empty()) {
        names = Texts{aor_text_};
    }
}

std::optional<std::string_view> Subscription::event_id() const {
    return names.size() == 2 ? std::optional(names[1]) : std::nullopt;
}

std::string_view Subscription::aor_text() const {
    return names[0].empty() ? std::string_view(aor.name) : names[0];
}

}  // namespace reginfo
