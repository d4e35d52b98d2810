/// @file

#include "transport/dns_cache.hpp"

#include <boost/container_hash/hash.hpp>

#include <algorithm>
#include <utility>

namespace reginfo {

std::size_t hash_value(const DnsQuery& query) {
    std::size_t seed = static_cast<std::size_t>(query.type);
    boost::hash_combine(seed, query.name);
    return seed;
}

SharedAnswer DnsCache::recall(TimePoint now, const DnsQuery& query) {
    const auto found = entries_.find(query);
    if (found == entries_.end()) return nullptr;
    if (found->second.until > now) return found->second.answer;
    entries_.erase(found);
    return nullptr;
}

void DnsCache::remember(TimePoint now, const DnsQuery& query, SharedAnswer answer) {
    const Duration min = options_.resolver_min_ttl;
    const Duration max = std::max(min, options_.resolver_max_ttl);
    const Duration ttl = answer->is_empty() ? options_.resolver_negative_ttl
                                            : std::clamp<Duration>(answer->ttl, min, max);
    if (ttl <= Duration::zero()) return;
    if (entries_.size() >= options_.resolver_cache) {
        erase_if(entries_, [now](const auto& entry) { return entry.second.until <= now; });
        if (entries_.size() >= options_.resolver_cache) entries_.clear();
    }
    entries_[query] = Entry{std::move(answer), now + ttl};
}

}  // namespace reginfo
