#include "core/event/persistence/open_states.hpp"

#include "core/event/persistence/aor_record.hpp"

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace reginfo {

void OpenStates::close(RestingState& state) {
    bytes_ -= state.bytes();
    const RestingState::Open& open = *state.open_;
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
    delete state.open_;
    state.record_ = block.release();
    state.is_open_ = false;
    --size_;
    bytes_ += state.bytes();
}

void OpenStates::forget(const RestingState& state) {
    bytes_ -= state.bytes();
    state.release_shared();
    if (state.is_open_) --size_;
}

}  // namespace reginfo
