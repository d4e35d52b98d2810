/// @file

#include "transport/dns_cache.hpp"

#include <algorithm>
#include <utility>

namespace reginfo {

SharedAnswer DnsCache::recall(TimePoint now, const DnsQuery& query) {
    SharedAnswer answer = found_.find(now, query);
    return answer ? answer : none_.find(now, query);
}

void DnsCache::remember(TimePoint now, const DnsQuery& query, SharedAnswer answer) {
    if (answer->is_empty()) {
        if (!answer->is_silent) found_.erase(query);
        const Duration ttl = options_.resolver_negative_ttl;
        if (ttl > Duration::zero()) none_.put(query, std::move(answer), now + ttl);
        return;
    }
    none_.erase(query);
    const Duration min = options_.resolver_min_ttl;
    const Duration max = std::max(min, options_.resolver_max_ttl);
    const Duration ttl = std::clamp<Duration>(answer->ttl, min, max);
    found_.put(query, std::move(answer), now + ttl);
}

}  // namespace reginfo
