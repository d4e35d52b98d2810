/// @file
/// What is left out of the NOTIFYs to one watcher because one of them was too large for a datagram.
#pragma once

#include <cstdint>
#include <string_view>

namespace reginfo {

/// After each NOTIFY that is too large for a datagram, the next one has less:
///
///     whole --> only ends --accepted--> what has ended since, and all that is active --accepted-->
///     whole
///       |           |                                       |
///       +-----------+------> without ends <-----------------+
///                                 |
///                                 v
///                           without body, which ends the subscription
///
/// The path by "only ends" is for watchers that need each ended contact to be listed, as Kamailio
/// does. For others a contact has ended if a full document does not list it.
class Abridgement {
public:
    /// The next NOTIFY gets less.
    /// @param needs_ends  the watcher needs each ended contact to be listed
    void shorten(bool needs_ends) {
        if (step_ == Step::whole && needs_ends) {
            step_ = Step::only_ends;
        } else {
            step_ = step_ < Step::without_ends ? Step::without_ends : Step::without_body;
        }
    }

    /// The watcher has accepted the last NOTIFY. Returns whether the rest follows at once.
    bool accepted() {
        const bool follows = step_ == Step::only_ends;
        step_ = follows ? Step::after_ends : Step::whole;
        return follows;
    }

    /// The content of the next NOTIFY, for the log.
    std::string_view text() const {
        switch (step_) {
            case Step::whole:
                return "all of it";
            case Step::only_ends:
                return "first the contacts that have ended, then the others";
            case Step::after_ends:
                return "the others";
            case Step::without_ends:
                return "tried again without contacts that have ended";
            case Step::without_body:
                break;
        }
        return "it ends the subscription and has no document; the watcher needs TCP";
    }

    bool only_ends() const { return step_ == Step::only_ends; }
    bool without_ends() const { return step_ == Step::without_ends; }
    bool without_body() const { return step_ == Step::without_body; }
    /// Something is left out, or was left out before: the document must be full.
    bool needs_full_document() const { return step_ != Step::whole; }

private:
    enum class Step : std::uint8_t { whole, only_ends, after_ends, without_ends, without_body };

    Step step_ = Step::whole;
};

}  // namespace reginfo
