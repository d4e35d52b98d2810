/// @file
/// After a start: what was missed while there was no process is made up for at a bounded rate,
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

/// Works off what was missed. Its entries may refer to records that are gone, to others that took
/// their slot, or to what has been seen to meanwhile: each is looked at again when its turn comes.
class Recovery {
public:
    /// All of it must outlive this.
    Recovery(Records& records, MissedList& missed, Notifier& notifier, Compositor& compositor)
        : records_(records), missed_(missed), notifier_(notifier), compositor_(compositor) {}

    /// All records are back.
    void begin(TimePoint now);

    /// Sees to as much as may be told by now.
    void run(TimePoint now, Outbox& outbox);

    /// When run() has something to do next; nothing if never again.
    std::optional<TimePoint> next_deadline() const;

    /// Sees at once to what a PUBLISH or SUBSCRIBE is about, so that it does not meet an AOR or a
    /// subscription whose time was over before the start.
    void make_way(TimePoint now, const Request& request, Outbox& outbox);

private:
    bool is_over() const { return next_ == missed_.size(); }
    bool is_held_up() const;
    std::size_t expire_aor_of(TimePoint now, const Missed& missed, Outbox& outbox);
    std::size_t see_to(TimePoint now, const Missed& missed, Outbox& outbox);
    bool is_overdue(TimePoint now, Aor& aor) const;
    std::size_t expire(TimePoint now, Aor& aor, Outbox& outbox);
    void count();

    Records& records_;
    MissedList& missed_;
    Notifier& notifier_;
    Compositor& compositor_;
    std::size_t next_ = 0;
    TimePoint free_at_;  ///< when the next NOTIFY may leave
};

}  // namespace reginfo
