/// @file

#include "core/event/records/subscription.hpp"

#include "core/base/heap_bytes.hpp"
#include "core/event/records/aor.hpp"

namespace reginfo {

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

}  // namespace reginfo
