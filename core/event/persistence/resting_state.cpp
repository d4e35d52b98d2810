#include "core/event/persistence/resting_state.hpp"

#include "core/base/heap_bytes.hpp"
#include "core/event/persistence/aor_record.hpp"
#include "core/event/persistence/open_states.hpp"
#include "core/event/state/footprint.hpp"

#include <cassert>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

namespace reginfo {

StateReader RestingState::read(std::string_view name) const {
    return is_open_ ? StateReader(open_->state) : StateReader(decoded(name));
}

AorState RestingState::decoded(std::string_view name) const {
    if (!record_) return {};
    // Encoded with the time 0 and decoded with it: so the points in time are the same.
    std::optional<AorState> state = decode_aor(name, record(), {}, &states_.shared_texts_);
    assert(state);
    return std::move(*state);
}

std::string_view RestingState::record() const {
    if (!record_) return {};
    std::uint32_t size = 0;
    std::memcpy(&size, record_, sizeof size);
    return {record_ + sizeof size, size};
}

/// The number at that place behind the record: first the count of shared texts, then theirs.
std::uint16_t RestingState::shared(std::size_t place) const {
    std::uint16_t number = 0;
    std::memcpy(&number, record().end() + place * sizeof number, sizeof number);
    return number;
}

void RestingState::release_shared() const {
    if (is_open_ || !record_) return;
    for (std::size_t i = 1; i <= shared(0); ++i) states_.shared_texts_.release(shared(i));
}

std::size_t RestingState::bytes() const {
    if (is_open_) return open_->bytes;
    if (!record_) return 0;
    const std::size_t numbers = 1 + std::size_t{shared(0)};
    return heap_bytes(sizeof(std::uint32_t) + record().size() + numbers * sizeof(std::uint16_t));
}

void RestingState::set(std::string_view name, AorState state) {
    states_.bytes_ -= bytes();
    if (is_open_) {
        open_->unlink();
    } else {
        auto open = std::make_unique<Open>();
        open->owner = this;
        release_shared();
        delete[] record_;
        open_ = open.release();
        is_open_ = true;
        ++states_.size_;
    }
    open_->name = name;
    open_->state = std::move(state);
    open_->bytes = heap_bytes(sizeof(Open)) + footprint_of(open_->state);
    summary_ = StateSummary(open_->state, open_->bytes);
    states_.bytes_ += open_->bytes;
    states_.recent_.push_back(*open_);
    if (states_.size_ > states_.limit_) states_.close(*states_.recent_.front().owner);
}

}  // namespace reginfo
