/// @file
/// The state of an AOR in memory: open if it was set lately, else encoded.
#pragma once

#include "core/event/persistence/state_reader.hpp"
#include "core/event/persistence/state_summary.hpp"
#include "core/event/state/aor_state.hpp"

#include <boost/intrusive/list.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace reginfo {

class OpenStates;

/// The state of one AOR. Millions of phones are registered, and few change at a time. So a state is
/// open, as an AorState, only if it was set lately. It rests otherwise: encoded as a record, in one
/// allocation and in a third of the memory, and decoded for each reader.
class RestingState {
public:
    explicit RestingState(OpenStates& states) : states_(states) {}
    ~RestingState() { is_open_ ? delete open_ : delete[] record_; }
    RestingState(const RestingState&) = delete;
    RestingState& operator=(const RestingState&) = delete;

    const StateSummary& summary() const { return summary_; }
    /// @param name  of the AOR, here and below
    StateReader read(std::string_view name) const;
    /// Opens the state, which may close another one. @pre `name` outlives this
    void set(std::string_view name, AorState state);

private:
    friend class OpenStates;

    struct Open : boost::intrusive::list_base_hook<
                      boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
        AorState state;
        std::string_view name;
        RestingState* owner = nullptr;
        std::size_t bytes = 0;
    };

    AorState decoded(std::string_view name) const;
    std::string_view record() const;
    std::uint16_t shared(std::size_t place) const;
    void release_shared() const;
    std::size_t bytes() const;  ///< on the heap

    [[no_unique_address]] StateSummary summary_;  // whose tail has room for the flag
    bool is_open_ = false;
    OpenStates& states_;
    union {
        /// Its size, the record, and the numbers of the shared texts in it. Null before the first
        /// set().
        char* record_ = nullptr;
        Open* open_;
    };
};

}  // namespace reginfo
