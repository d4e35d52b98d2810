/// @file

#include "core/event/subscription.hpp"

#include "core/event/footprint.hpp"

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

const Subscription::Extras Subscription::kNoExtras;

Subscription::Extras& Subscription::set_extras() {
    if (!extras_) extras_ = std::make_unique<Extras>();
    return *extras_;
}

std::size_t Subscription::bytes() const {
    std::size_t bytes = heap_bytes(sizeof(Subscription));
    if (!extras_) return bytes;
    bytes += heap_bytes(sizeof(Extras)) + heap_bytes(extras_->names.block_bytes());
    return extras_->rates ? bytes + heap_bytes(sizeof(RateControl)) : bytes;
}

void Subscription::name(std::optional<std::string_view> event_id_, std::string_view aor_text_) {
    if (aor_text_ == aor().name) aor_text_ = {};
    if (event_id_) {
        set_extras().names = Texts{aor_text_, *event_id_};
    } else if (!aor_text_.empty()) {
        set_extras().names = Texts{aor_text_};
    }
}

std::optional<std::string_view> Subscription::event_id() const {
    const Texts& names = extras().names;
    return names.size() == 2 ? std::optional(names[1]) : std::nullopt;
}

std::string_view Subscription::aor_text() const {
    const Texts& names = extras().names;
    return names[0].empty() ? std::string_view(aor().name) : names[0];
}

Way& Dialog::set_way() {
    if (!way) way = std::make_unique<Way>();
    return *way;
}

const Flow* Dialog::direct() const {
    if (is_direct) return &state.flow;
    return way && way->direct ? &*way->direct : nullptr;
}

void Dialog::set_direct(const Flow& flow) {
    is_direct = flow == state.flow;
    if (!is_direct) set_way().direct = flow;
}

void Dialog::forget_way() {
    way.reset();
    shape.reset();
    silent_since.reset();
    is_direct = false;
}

}  // namespace reginfo
