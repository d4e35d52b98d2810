#include "transport/dns_shelf.hpp"

#include <boost/container_hash/hash.hpp>

#include <iterator>
#include <utility>

namespace reginfo {

std::size_t hash_value(const DnsQuery& query) {
    std::size_t seed = static_cast<std::size_t>(query.type);
    boost::hash_combine(seed, query.name);
    return seed;
}

SharedAnswer DnsShelf::find(TimePoint now, const DnsQuery& query) {
    const auto found = by_query_.find(query);
    if (found == by_query_.end() || found->second->until <= now) return nullptr;
    found->second->is_used = true;
    return found->second->answer;
}

bool DnsShelf::has(const DnsQuery& query) {
    const auto found = by_query_.find(query);
    if (found == by_query_.end()) return false;
    found->second->is_used = true;
    return true;
}

void DnsShelf::put(const DnsQuery& query, SharedAnswer answer, TimePoint until) {
    const auto found = by_query_.find(query);
    if (found != by_query_.end()) {
        found->second->answer = std::move(answer);
        found->second->until = until;
        return;
    }
    if (entries_.size() >= room_) make_room();
    entries_.push_back({query, std::move(answer), until});
    by_query_.emplace(query, std::prev(entries_.end()));
}

void DnsShelf::erase(const DnsQuery& query) {
    const auto found = by_query_.find(query);
    if (found == by_query_.end()) return;
    entries_.erase(found->second);
    by_query_.erase(found);
}

/// Who was asked for since its last turn gets another one.
void DnsShelf::make_room() {
    while (std::exchange(entries_.front().is_used, false)) {
        entries_.splice(entries_.end(), entries_, entries_.begin());
    }
    by_query_.erase(entries_.front().query);
    entries_.pop_front();
}

}  // namespace reginfo
