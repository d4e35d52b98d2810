/// @file
/// Access to the state of an AOR.
#pragma once

#include "core/event/state/aor_state.hpp"

#include <optional>
#include <utility>

namespace reginfo {

/// A state to be read: the open one, or one that was decoded for the reader. Valid until the state
/// of the AOR is set or another AOR's is.
class StateReader {
public:
    explicit StateReader(AorState& open) : open_(&open) {}
    explicit StateReader(AorState&& decoded) : decoded_(std::move(decoded)) {}

    const AorState& operator*() const { return open_ ? *open_ : *decoded_; }
    const AorState* operator->() const { return &**this; }

    /// A copy, to be changed. The state itself stays as it is.
    AorState copy() && { return open_ ? *open_ : std::move(*decoded_); }
    /// The state itself, to be changed. The AOR has none until one is set: until then it must not
    /// be read.
    AorState release() && { return std::move(open_ ? *open_ : *decoded_); }

private:
    AorState* open_ = nullptr;
    std::optional<AorState> decoded_;
};

}  // namespace reginfo
