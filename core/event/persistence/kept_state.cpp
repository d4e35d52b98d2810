/// @file

#include "core/event/persistence/kept_state.hpp"

#include "core/base/heap_bytes.hpp"
#include "core/event/persistence/aor_record.hpp"
#include "core/event/state/footprint.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace reginfo {

StateSummary::StateSummary(const AorState& state, std::size_t bytes)
    : revision(state.revision),
      own_changed(state.own_changed),
      publications(static_cast<std::uint32_t>(state.publications.size())),
      known(state.known),
      has_members(!state.members.empty()),
      others_ended(!state.former_uris.empty()),
      size_class(static_cast<std::uint8_t>(std::bit_width(bytes))) {
    for (const ContactState& contact : state.contacts) {
        ++(contact.active ? contacts_active : contacts_ended);
    }
    for (const auto& [aor, member] : state.members) {
        const auto& contacts = member.contacts;
        const auto has_ended = [](const ContactState& contact) { return !contact.active; };
        others_ended = others_ended || (contacts.empty() && member.publications.empty()) ||
                       std::any_of(contacts.begin(), contacts.end(), has_ended);
    }
}

RegistrationState StateSummary::state() const {
    if (contacts_active > 0) return RegistrationState::active;
    return known ? RegistrationState::terminated : RegistrationState::init;
}

StateReader KeptState::read(std::string_view name) const {
    return is_open_ ? StateReader(open_->state) : StateReader(made(name));
}

AorState KeptState::made(std::string_view name) const {
    if (!record_) return {};
    // Times are kept as they are: as what is left of them when the clock began.
    std::optional<AorState> state = decode_aor(name, record(), {}, &states_.shared_texts_);
    assert(state);
    return std::move(*state);
}

std::string_view KeptState::record() const {
    if (!record_) return {};
    std::uint32_t size = 0;
    std::memcpy(&size, record_, sizeof size);
    return {record_ + sizeof size, size};
}

/// Behind the record: their number, then they.
std::uint16_t KeptState::shared(std::size_t place) const {
    std::uint16_t number = 0;
    std::memcpy(&number, record().end() + place * sizeof number, sizeof number);
    return number;
}

void KeptState::release_shared() const {
    if (is_open_ || !record_) return;
    for (std::size_t i = 1; i <= shared(0); ++i) states_.shared_texts_.release(shared(i));
}

std::size_t KeptState::bytes() const {
    if (is_open_) return open_->bytes;
    if (!record_) return 0;
    const std::size_t numbers = 1 + std::size_t{shared(0)};
    return heap_bytes(sizeof(std::uint32_t) + record().size() + numbers * sizeof(std::uint16_t));
}

void KeptState::set(std::string_view name, AorState state) {
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

void OpenStates::close(KeptState& kept) {
    bytes_ -= kept.bytes();
    const KeptState::Open& open = *kept.open_;
    shared_texts_.start_record();
    const std::string record = encode(open.name, open.state, TimePoint{}, &shared_texts_);
    const std::vector<std::uint16_t>& shared = shared_texts_.used();
    const auto size = static_cast<std::uint32_t>(record.size());
    const auto count = static_cast<std::uint16_t>(shared.size());
    const std::size_t bytes = sizeof size + record.size() + (1 + shared.size()) * sizeof count;
    auto block = std::make_unique_for_overwrite<char[]>(bytes);
    char* out = block.get();
    const auto put = [&out](const void* from, std::size_t length) {
        if (length > 0) std::memcpy(out, from, length);
        out += length;
    };
    put(&size, sizeof size);
    put(record.data(), record.size());
    put(&count, sizeof count);
    put(shared.data(), shared.size() * sizeof count);
    delete kept.open_;
    kept.record_ = block.release();
    kept.is_open_ = false;
    --size_;
    bytes_ += kept.bytes();
}

void OpenStates::forget(const KeptState& kept) {
    bytes_ -= kept.bytes();
    kept.release_shared();
    if (kept.is_open_) --size_;
}

}  // namespace reginfo
