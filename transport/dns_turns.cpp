#include "transport/dns_turns.hpp"

#include "transport/dns_zone.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace reginfo {
namespace {

constexpr std::size_t index_of(DnsRank rank) { return static_cast<std::size_t>(rank); }

constexpr DnsRank kRanks[kDnsRanks] = {DnsRank::known, DnsRank::route, DnsRank::other};

/// Of the places, in eighths: what is known always finds one.
constexpr std::size_t kEighths[kDnsRanks] = {7, 4, 3};

constexpr std::size_t kDomainEighths = 2;

}  // namespace

struct DnsTurns::Entry : Hook {
    DnsQuery query;
    DnsRank rank = DnsRank::other;
    DnsAsker asker;
    Share* zone = nullptr;
    Share* domain = nullptr;
    bool in_zone = false;    ///< takes room of it
    bool in_domain = false;  ///< takes room of it: in line, or young
    bool is_asked = false;
    TimePoint old_at;
};

struct DnsTurns::Share {
    explicit Share(std::size_t limit_) : limit(limit_) {}

    bool has_room() const { return used < limit; }
    bool is_idle() const { return used == 0 && parked.empty(); }

    std::size_t used = 0;  ///< by those in line as well, so that no line is full of who must wait
    std::size_t limit;
    Entries parked;  ///< those that wait for room here
};

DnsTurns::DnsTurns(std::size_t places, std::size_t per_zone)
    : places_(places), per_zone_(per_zone), young_(std::make_unique<Entries>()) {
    for (auto& line : lines_) line = std::make_unique<FairLine<Entry>>();
}

DnsTurns::~DnsTurns() { clear(); }

void DnsTurns::clear() {
    entries_.clear();  // each leaves its list
    zones_.clear();
    domains_.clear();
    young_of_ = asked_of_ = {};
    asked_ = 0;
}

std::size_t DnsTurns::places(DnsRank rank) const {
    return std::max<std::size_t>(places_ * kEighths[index_of(rank)] / 8, 1);
}

DnsTurns::Share& DnsTurns::share(
    Shares& shares,
    std::string_view name,
    DnsRank rank,
    std::size_t limit
) {
    std::string key(1, static_cast<char>('0' + index_of(rank)));
    key.append(name);
    const auto found = shares.find(key);
    if (found != shares.end()) return *found->second;
    if (shares.size() >= kZonesMax) forget_idle(shares);
    return *shares.emplace(std::move(key), std::make_unique<Share>(limit)).first->second;
}

/// Half of them, so that this is not done again at once.
void DnsTurns::forget_idle(Shares& shares) {
    std::size_t left = shares.size() / 2;
    erase_if(shares, [&](const auto& named) {
        if (left == 0 || !named.second->is_idle()) return false;
        --left;
        return true;
    });
}

void DnsTurns::add(const DnsQuery& query, DnsRank rank, const DnsAsker& asker) {
    auto entry = std::make_unique<Entry>();
    entry->query = query;
    entry->rank = rank;
    entry->asker = asker;
    const DnsZone zone = zone_of(query.name);
    const std::size_t room = places(rank);
    const std::size_t of_domain = std::max<std::size_t>(places_ * kDomainEighths / 8, 1);
    const std::size_t window = rank == DnsRank::known ? room : std::min(per_zone_, room);
    entry->zone = &share(zones_, zone.parent, rank, window);
    entry->domain = &share(domains_, zone.domain, rank, std::min(of_domain, room));
    enter(*entry);
    [[maybe_unused]] const bool is_new = entries_.emplace(query, std::move(entry)).second;
    assert(is_new);
}

/// Gets in line as soon as its zone, and then its domain, has room.
void DnsTurns::enter(Entry& entry) {
    if (!entry.in_zone && !entry.zone->has_room()) return entry.zone->parked.push_back(entry);
    if (!std::exchange(entry.in_zone, true)) ++entry.zone->used;
    if (!entry.domain->has_room()) return entry.domain->parked.push_back(entry);
    entry.in_domain = true;
    ++entry.domain->used;
    lines_[index_of(entry.rank)]->push_back(entry);
}

void DnsTurns::add_asker(const DnsQuery& query, DnsRank rank, const DnsAsker& asker) {
    const auto found = entries_.find(query);
    if (found == entries_.end() || found->second->is_asked) return;
    if (index_of(rank) >= index_of(found->second->rank)) return;
    remove(query);
    add(query, rank, asker);
}

bool DnsTurns::remove(const DnsQuery& query) {
    const auto found = entries_.find(query);
    if (found == entries_.end() || found->second->is_asked) return false;
    const std::unique_ptr<Entry> entry = std::move(found->second);
    entries_.erase(found);
    entry->unlink();
    leave_domain(*entry);
    leave_zone(*entry);
    return true;
}

bool DnsTurns::has_room(DnsRank rank) const {
    const std::size_t at = index_of(rank);
    const std::size_t young = young_of_[0] + young_of_[1] + young_of_[2];
    return young < places_ && young_of_[at] < places(rank) &&
           asked_of_[at] < kAskedForEach * places(rank);
}

std::optional<DnsQuery> DnsTurns::next(TimePoint now) {
    grow_old(now);
    for (const DnsRank rank : kRanks) {
        if (!has_room(rank)) continue;
        Entry* const entry = lines_[index_of(rank)]->pop();
        if (!entry) continue;
        ask(*entry, now);
        return entry->query;
    }
    return std::nullopt;
}

void DnsTurns::ask(Entry& entry, TimePoint now) {
    assert(!entry.is_asked);
    entry.is_asked = true;
    entry.old_at = now + kYoung;
    young_->push_back(entry);
    ++young_of_[index_of(entry.rank)];
    ++asked_of_[index_of(entry.rank)];
    ++asked_;
}

void DnsTurns::grow_old(TimePoint now) {
    while (!young_->empty() && young_->front().old_at <= now) leave_place(young_->front());
}

void DnsTurns::leave_place(Entry& entry) {
    if (!entry.in_domain) return;
    assert(young_of_[index_of(entry.rank)] > 0);
    entry.unlink();
    --young_of_[index_of(entry.rank)];
    leave_domain(entry);
}

void DnsTurns::leave_domain(Entry& entry) {
    if (!std::exchange(entry.in_domain, false)) return;
    assert(entry.domain->used > 0);
    --entry.domain->used;
    let_in(*entry.domain);
}

void DnsTurns::leave_zone(Entry& entry) {
    if (!std::exchange(entry.in_zone, false)) return;
    assert(entry.zone->used > 0);
    --entry.zone->used;
    let_in(*entry.zone);
}

/// Those that wait for room there go on, as far as there is some.
void DnsTurns::let_in(Share& share) {
    while (share.has_room() && !share.parked.empty()) {
        Entry& entry = share.parked.front();
        share.parked.pop_front();
        enter(entry);
    }
}

void DnsTurns::done(const DnsQuery& query, bool is_silent) {
    const auto found = entries_.find(query);
    if (found == entries_.end() || !found->second->is_asked) return;
    const std::unique_ptr<Entry> entry = std::move(found->second);
    entries_.erase(found);
    leave_place(*entry);
    assert(asked_ > 0 && asked_of_[index_of(entry->rank)] > 0);
    --asked_;
    --asked_of_[index_of(entry->rank)];
    Share& zone = *entry->zone;
    zone.limit = is_silent ? std::max<std::size_t>(zone.limit / 2, 1)
                           : std::min(zone.limit + 1, places(entry->rank));
    leave_zone(*entry);
}

std::optional<TimePoint> DnsTurns::next_change() const {
    if (young_->empty() || waiting() == 0) return std::nullopt;
    return young_->front().old_at;
}

bool DnsTurns::is_slow(std::string_view name, DnsRank rank) const {
    std::string key(1, static_cast<char>('0' + index_of(rank)));
    const auto found = zones_.find(key.append(zone_of(name).parent));
    return found != zones_.end() && found->second->limit < std::min(per_zone_, places(rank));
}

}  // namespace reginfo
