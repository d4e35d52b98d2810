/// @file
/// After a start: does what should have happened while there was no process, at a bounded rate, the
/// oldest first.
#pragma once

#include "core/base/time.hpp"
#include "core/event/package.hpp"
#include "core/event/publish/compositor.hpp"
#include "core/event/records/missed.hpp"
#include "core/event/records/records.hpp"
#include "core/event/subscribe/notifier.hpp"
#include "core/outbox.hpp"

#include <cstddef>
#include <optional>

namespace reginfo {

/// Works off the list of what was missed. An entry may refer to a record that is gone, to another
/// one that took its slot, or to something done meanwhile: so each entry is checked when its turn
/// comes.
class Recovery {
public:
    /// All of it must outlive this.
    Recovery(
        Records& records,
        MissedList& missed,
        FanOut& fan_out,
        Notifier& notifier,
        Compositor& compositor
    )
        : records_(records),
          missed_(missed),
          fan_out_(fan_out),
          notifier_(notifier),
          compositor_(compositor) {}

    /// All records are back, or those of a shard: more was missed.
    void start();

    /// Nothing was done for a while: what is overdue is worked off like what was missed.
    void resume(TimePoint now);

    /// Nothing of the shard was missed here. @pre its records are forgotten, or about to be
    void drop(Shard shard);

    /// Does as much as may be done by now.
    void run(TimePoint now, Outbox& outbox);

    /// When run() has something to do next; nothing if never again.
    std::optional<TimePoint> next_deadline() const;

    /// Ends at once what a PUBLISH or SUBSCRIBE is about and whose time was over before the start,
    /// so that the request does not meet it.
    void expire_first(TimePoint now, const Request& request, Outbox& outbox);

private:
    bool is_over() const { return next_ == missed_.size(); }
    bool is_held_up() const;
    std::size_t expire_aor_of(TimePoint now, const Missed& missed, Outbox& outbox);
    std::size_t process(TimePoint now, const Missed& missed, Outbox& outbox);
    bool is_overdue(TimePoint now, Aor& aor) const;
    std::size_t expire(TimePoint now, Aor& aor, Outbox& outbox);
    void count();

    Records& records_;
    MissedList& missed_;
    FanOut& fan_out_;
    Notifier& notifier_;
    Compositor& compositor_;
    void forget_done();

    std::size_t next_ = 0;
    std::size_t sorted_ = 0;  ///< so many of the list are in order
    TimePoint free_at_;       ///< when the next NOTIFY may leave
};

}  // namespace reginfo
