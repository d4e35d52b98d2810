/// @file
/// The states of AORs in memory: open where they changed lately, closed to a record elsewhere.
#pragma once

#include "core/event/aor_state.hpp"

#include <boost/intrusive/list.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace reginfo {

/// What is asked of an AOR all the time.
struct StateSummary {
    StateSummary() = default;
    explicit StateSummary(const AorState& state);

    Revision revision = 0;
    Revision own_changed = 0;
    std::uint32_t publications = 0;
    std::uint32_t contacts_active = 0;
    std::uint32_t contacts_ended = 0;
    bool known = false;
    bool has_members = false;

    RegistrationState state() const;
};

/// A state to be read: valid until the AOR's state is set or another one is opened.
class StateReader {
public:
    explicit StateReader(const AorState& open) : open_(&open) {}
    explicit StateReader(AorState&& made) : made_(std::move(made)) {}

    const AorState& operator*() const { return open_ ? *open_ : *made_; }
    const AorState* operator->() const { return &**this; }

private:
    const AorState* open_ = nullptr;
    std::optional<AorState> made_;
};

class OpenStates;

/// The state of one AOR. Millions of phones are registered and few of them change at a time: what
/// rests is kept as the bytes that a store would be given of it, in one piece and less than a third
/// of the values.
class KeptState {
public:
    const StateSummary& summary() const { return summary_; }
    StateReader read() const;
    AorState copy() const { return open_ ? open_->state : made(); }
    std::size_t bytes() const;  ///< on the heap

private:
    friend class OpenStates;

    struct Open : boost::intrusive::list_base_hook<
                      boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
        AorState state;
        KeptState* owner = nullptr;
        std::size_t bytes = 0;
    };

    AorState made() const;
    std::string_view record() const { return {record_.get(), record_size_}; }

    StateSummary summary_;
    std::uint32_t record_size_ = 0;
    std::unique_ptr<char[]> record_;  ///< none if it is open, or nothing was ever said
    std::unique_ptr<Open> open_;
};

/// Keeps the states open that were set last, so many of them.
class OpenStates {
public:
    explicit OpenStates(std::size_t limit) : limit_(limit) {}

    /// Opens it with that state, and may close another one.
    void set(KeptState& kept, AorState state);
    /// Its AOR is about to be forgotten.
    void forget(KeptState& kept);

    std::size_t bytes() const { return bytes_; }  ///< of all states, open or closed

private:
    using List =
        boost::intrusive::list<KeptState::Open, boost::intrusive::constant_time_size<false>>;

    void close(KeptState& kept);

    std::size_t limit_;
    std::size_t size_ = 0;
    std::size_t bytes_ = 0;
    List recent_;  ///< the one set last at the end
};

}  // namespace reginfo
