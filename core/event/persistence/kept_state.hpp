/// @file
/// The states of AORs in memory: open where they changed lately, closed to a record elsewhere.
#pragma once

#include "core/event/persistence/shared_texts.hpp"
#include "core/event/state/aor_state.hpp"

#include <boost/intrusive/list.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace reginfo {

/// What is asked of an AOR all the time.
struct StateSummary {
    StateSummary() = default;
    explicit StateSummary(const AorState& state, std::size_t bytes = 0);

    Revision revision = 0;
    Revision own_changed = 0;
    std::uint32_t publications = 0;
    std::uint32_t contacts_active = 0;
    std::uint32_t contacts_ended = 0;
    bool known : 1 = false;
    bool has_members : 1 = false;
    /// Something ended that is not among `contacts_ended`: a URI that a contact had, a contact of a
    /// member, or a member.
    bool others_ended : 1 = false;
    /// Below two to the power of this is what it takes in memory when it is open.
    std::uint8_t size_class = 0;

    RegistrationState state() const;
};

/// A state to be read: valid until the AOR's state is set or another one is opened.
class StateReader {
public:
    explicit StateReader(AorState& open) : open_(&open) {}
    explicit StateReader(AorState&& made) : made_(std::move(made)) {}

    const AorState& operator*() const { return open_ ? *open_ : *made_; }
    const AorState* operator->() const { return &**this; }
    /// The state, to be changed and set. Unless the open one is to stay as it is, that is the state
    /// itself: then it must be set before it is read again.
    AorState take(bool keep_open) && {
        if (open_ && keep_open) return *open_;
        return std::move(open_ ? *open_ : *made_);
    }

private:
    AorState* open_ = nullptr;
    std::optional<AorState> made_;
};

class OpenStates;

/// The state of one AOR. Millions of phones are registered and few of them change at a time: what
/// rests is kept as the bytes that a store would be given of it, in one piece and a third of the
/// values' size.
class KeptState {
public:
    explicit KeptState(OpenStates& states) : states_(states) {}
    ~KeptState() { is_open_ ? delete open_ : delete[] record_; }
    KeptState(const KeptState&) = delete;
    KeptState& operator=(const KeptState&) = delete;

    const StateSummary& summary() const { return summary_; }
    /// @param name  of the AOR, here and below
    StateReader read(std::string_view name) const;
    /// Opens it with that state, which may close another one. @pre `name` lasts
    void set(std::string_view name, AorState state);

private:
    friend class OpenStates;

    struct Open : boost::intrusive::list_base_hook<
                      boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
        AorState state;
        std::string_view name;
        KeptState* owner = nullptr;
        std::size_t bytes = 0;
    };

    AorState made(std::string_view name) const;
    std::string_view record() const;
    std::uint16_t shared(std::size_t place) const;
    void release_shared() const;
    std::size_t bytes() const;  ///< on the heap

    [[no_unique_address]] StateSummary summary_;  // whose tail has room for the flag
    bool is_open_ = false;
    OpenStates& states_;
    union {
        /// With its size before it, and behind it the shared texts that it uses; none if nothing
        /// was ever said.
        char* record_ = nullptr;
        Open* open_;
    };
};

/// Keeps the states open that were set last, so many of them.
class OpenStates {
public:
    OpenStates(std::size_t limit, std::uint64_t seed) : limit_(limit), shared_texts_(seed) {}

    /// Its AOR is about to be forgotten.
    void forget(const KeptState& kept);

    std::size_t bytes() const { return bytes_; }  ///< of all states, open or closed
    std::size_t shared_bytes() const { return shared_texts_.bytes(); }

private:
    friend class KeptState;

    using List =
        boost::intrusive::list<KeptState::Open, boost::intrusive::constant_time_size<false>>;

    void close(KeptState& kept);

    std::size_t limit_;
    std::size_t size_ = 0;
    std::size_t bytes_ = 0;
    List recent_;  ///< the one set last at the end
    SharedTexts shared_texts_;
};

}  // namespace reginfo
