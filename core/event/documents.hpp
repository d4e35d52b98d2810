/// @file
/// Documents for watchers, each built once for all who need the same (DESIGN.md rules 3, 7, 8).
#pragma once

#include "core/event/subscription.hpp"
#include "core/outbox.hpp"
#include "core/stats.hpp"
#include "core/time.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace reginfo {

/// What one NOTIFY tells.
struct NotifyBody {
    SharedBytes tail;  ///< what follows append_document_head; null for a NOTIFY without body
    bool full = true;
    Revision carries = 0;  ///< the revision that the watcher has afterwards
};

/// The state of AORs as XML. A document from revision r lists what is active and what ended
/// after r.
class Documents {
public:
    explicit Documents(Stats& stats) : stats_(stats) {}

    /// For this subscription, now. Cost: the size of the document for the first of its kind in a
    /// second, a comparison for the others.
    NotifyBody body_for(TimePoint now, const Subscription& subscription);

    /// The AOR is about to be forgotten.
    void forget(const Aor& aor);

private:
    /// What two watchers must have in common to be told the same.
    struct Kind {
        const Aor* aor = nullptr;
        Revision from = 0;
        Revision to = 0;
        bool kamailio = false;
    };
    struct Cached {
        Kind kind;
        std::string aor_text;
        SharedBytes tail;
    };

    std::string build(
        TimePoint now,
        const Aor& aor,
        std::string_view aor_text,
        Revision from,
        bool kamailio
    );

    std::int64_t second_ = -1;
    std::vector<Cached> cache_;  ///< of this second; the newest last
    std::size_t next_victim_ = 0;
    Stats& stats_;
};

}  // namespace reginfo
