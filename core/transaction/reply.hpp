/// @file
/// The answer to a request.
#pragma once

#include "core/base/entity_tag.hpp"
#include "core/base/time.hpp"

#include <boost/system/result.hpp>

#include <optional>
#include <string>

namespace reginfo {

/// The part of a final response that is not copied from the request.
struct Reply {
    Reply() = default;  // no aggregate: else boost::system::result cannot tell it from a number

    int status = 200;
    std::string reason;  ///< a reason phrase; empty for the default
    std::optional<Seconds> expires;
    std::optional<Seconds> min_expires;  ///< with 423
    std::optional<Seconds> retry_after;  ///< with 503
    std::optional<EntityTag> etag;       ///< of a 2xx to PUBLISH
    std::string unsupported;             ///< the option tags that caused a 420
    bool makes_dialog = false;           ///< Contact and Record-Route (RFC 3261 §12.1.1)
};

/// Either a T, or the refusal to send. Never thrown, always checked.
template <class T>
using Result = boost::system::result<T, Reply>;

Reply refusal(int status, std::string reason = {});

/// 503 with a short Retry-After: too many changes wait for the store.
Reply refusal_for_now();

/// 503: the store did not take the change.
Reply refusal_unstored();

}  // namespace reginfo
