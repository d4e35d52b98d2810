/// @file

#include "core/event/kept_state.hpp"

#include "core/event/footprint.hpp"
#include "core/event/record_codec.hpp"

#include <cassert>

namespace reginfo {

StateSummary::StateSummary(const AorState& state)
    : revision(state.revision),
      own_changed(state.own_changed),
      publications(static_cast<std::uint32_t>(state.publications.size())),
      known(state.known),
      has_members(!state.members.empty()) {
    for (const ContactState& contact : state.contacts) {
        ++(contact.active ? contacts_active : contacts_ended);
    }
}

RegistrationState StateSummary::state() const {
    if (contacts_active > 0) return RegistrationState::active;
    return known ? RegistrationState::terminated : RegistrationState::init;
}

StateReader KeptState::read() const {
    return open_ ? StateReader(open_->state) : StateReader(made());
}

AorState KeptState::made() const {
    if (record_size_ == 0) return {};
    // Times are kept as they are: as what is left of them when the clock began.
    std::optional<AorState> state = decode_aor(record(), {});
    assert(state);
    return std::move(*state);
}

std::size_t KeptState::bytes() const { return open_ ? open_->bytes : heap_bytes(record_size_); }

void OpenStates::set(KeptState& kept, AorState state) {
    bytes_ -= kept.bytes();
    if (kept.open_) {
        kept.open_->unlink();
    } else {
        kept.open_ = std::make_unique<KeptState::Open>();
        kept.open_->owner = &kept;
        kept.record_.reset();
        kept.record_size_ = 0;
        ++size_;
    }
    kept.summary_ = StateSummary(state);
    kept.open_->state = std::move(state);
    kept.open_->bytes = heap_bytes(sizeof(KeptState::Open)) + footprint_of(kept.open_->state);
    bytes_ += kept.open_->bytes;
    recent_.push_back(*kept.open_);
    if (size_ > limit_) close(*recent_.front().owner);
}

void OpenStates::close(KeptState& kept) {
    bytes_ -= kept.bytes();
    const std::string record = encode(kept.open_->state, TimePoint{});
    kept.record_ = std::make_unique_for_overwrite<char[]>(record.size());
    kept.record_size_ = static_cast<std::uint32_t>(record.copy(kept.record_.get(), record.size()));
    kept.open_.reset();
    --size_;
    bytes_ += kept.bytes();
}

void OpenStates::forget(KeptState& kept) {
    bytes_ -= kept.bytes();
    if (kept.open_) --size_;
}

}  // namespace reginfo
