/// @file
/// How an AOR goes away of which nothing is left.
#pragma once

#include "core/base/time.hpp"
#include "core/event/records/aor_table.hpp"
#include "core/event/records/open_shards.hpp"
#include "core/event/records/pending_changes.hpp"
#include "core/event/records/unsettled.hpp"
#include "core/outbox.hpp"
#include "core/settings.hpp"

namespace reginfo {

class UnusedAors {
public:
    /// All of it must outlive this.
    UnusedAors(
        const Settings& settings,
        const OpenShards& shards,
        PendingChanges& changes,
        AorTable& aors,
        Unsettled& unsettled
    )
        : settings_(settings),
          shards_(shards),
          changes_(changes),
          aors_(aors),
          unsettled_(unsettled) {}

    /// Removes it, from the store as well, unless it is published, watched or waited for.
    void drop_if_unused(Aor& aor, Outbox& outbox);

    /// One who watched the AOR, or was about to, is forgotten. Where that was the last one and the
    /// AOR is served here, it goes by the ordinary way.
    void watcher_left(TimePoint now, Aor& aor);

private:
    const Settings& settings_;
    const OpenShards& shards_;
    PendingChanges& changes_;
    AorTable& aors_;
    Unsettled& unsettled_;
};

}  // namespace reginfo
