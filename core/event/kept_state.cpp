/// @file

#include "core/event/kept_state.hpp"

#include "core/event/footprint.hpp"
#include "core/event/record_codec.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <memory>
#include <string>

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
    for (const auto& [aor, member] : state.members) {
        const auto& contacts = member.contacts;
        const auto has_ended = [](const ContactState& contact) { return !contact.active; };
        members_ended = members_ended || (contacts.empty() && member.publications.empty()) ||
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

std::size_t KeptState::bytes() const {
    if (is_open_) return open_->bytes;
    return record_ ? heap_bytes(sizeof(std::uint32_t) + record().size()) : 0;
}

void KeptState::set(std::string_view name, AorState state) {
    states_.bytes_ -= bytes();
    if (is_open_) {
        open_->unlink();
    } else {
        auto open = std::make_unique<Open>();
        open->owner = this;
        delete[] record_;
        open_ = open.release();
        is_open_ = true;
        ++states_.size_;
    }
    summary_ = StateSummary(state);
    open_->name = name;
    open_->state = std::move(state);
    open_->bytes = heap_bytes(sizeof(Open)) + footprint_of(open_->state);
    states_.bytes_ += open_->bytes;
    states_.recent_.push_back(*open_);
    if (states_.size_ > states_.limit_) states_.close(*states_.recent_.front().owner);
}

void OpenStates::close(KeptState& kept) {
    bytes_ -= kept.bytes();
    const KeptState::Open& open = *kept.open_;
    const std::string record = encode(open.name, open.state, TimePoint{}, &shared_texts_);
    const auto size = static_cast<std::uint32_t>(record.size());
    auto block = std::make_unique_for_overwrite<char[]>(sizeof size + record.size());
    std::memcpy(block.get(), &size, sizeof size);
    record.copy(block.get() + sizeof size, record.size());
    delete kept.open_;
    kept.record_ = block.release();
    kept.is_open_ = false;
    --size_;
    bytes_ += kept.bytes();
}

void OpenStates::forget(const KeptState& kept) {
    bytes_ -= kept.bytes();
    if (kept.is_open_) --size_;
}

}  // namespace reginfo
