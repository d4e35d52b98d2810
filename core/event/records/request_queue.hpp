/// @file
/// Requests that wait for others to be done.
#pragma once

#include "core/base/compact_optional.hpp"
#include "core/base/shard.hpp"
#include "core/base/time.hpp"
#include "core/outbox.hpp"
#include "core/transaction/server_transactions.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <string>

namespace reginfo {

/// A request held back until a commit is done, or a PUBLISH has come, as it came.
struct WaitingRequest {
    TransactionKey key;
    Flow flow;
    std::string bytes;
    CompactOptional<TimePoint> wait_until = {};  ///< Request::wait_until
    std::optional<Shard> shard = {};             ///< Request::shard
};

using RequestList = std::unique_ptr<std::deque<WaitingRequest>>;

/// Requests that must see each other's results in order: of one AOR, or of one dialog.
struct RequestQueue {
    RequestList waiting;     ///< null where nobody waits
    bool is_locked = false;  ///< a commit is pending
};

}  // namespace reginfo
