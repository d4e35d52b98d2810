/// @file
/// Which states of AORs are open in memory.
#pragma once

#include "core/event/persistence/resting_state.hpp"
#include "core/event/persistence/shared_texts.hpp"

#include <boost/intrusive/list.hpp>

#include <cstddef>
#include <cstdint>

namespace reginfo {

/// Keeps the last `limit` states open that were set, and closes the others.
class OpenStates {
public:
    OpenStates(std::size_t limit, std::uint64_t seed) : limit_(limit), shared_texts_(seed) {}

    /// Its AOR is about to be removed.
    void forget(const RestingState& state);

    std::size_t bytes() const { return bytes_; }  ///< of all states, open or closed
    std::size_t shared_bytes() const { return shared_texts_.bytes(); }

private:
    friend class RestingState;

    using List =
        boost::intrusive::list<RestingState::Open, boost::intrusive::constant_time_size<false>>;

    void close(RestingState& state);

    std::size_t limit_;
    std::size_t size_ = 0;
    std::size_t bytes_ = 0;
    List recent_;  ///< the one set last at the end
    SharedTexts shared_texts_;
};

}  // namespace reginfo
