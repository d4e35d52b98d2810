/// @file
/// Whose query is next: a few places for all, none of which a slow zone or a busy asker can keep.
#pragma once

#include "core/base/address.hpp"
#include "core/base/time.hpp"
#include "transport/dns_client.hpp"
#include "transport/fair_line.hpp"

#include <boost/intrusive/list.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace reginfo {

/// Which queries come first.
enum class DnsRank : std::uint8_t {
    known,  ///< it was answered before: an edge, or a phone that comes back
    route,  ///< of a route set
    other,
};
inline constexpr std::size_t kDnsRanks = 3;

/// Who asks.
struct DnsAsker {
    Endpoint from;
    std::uint64_t watcher = 0;
};

/// Queries that wait and queries that are being asked, by rank, zone and asker.
///
/// A query has a place while it is young: what is answered at all mostly is by then. After that it
/// goes on without one, so that names that nobody answers for hold up nobody else, however many
/// zones they are of; how many there are of those is bounded as well. Each rank leaves places to
/// the others. A zone (zone_of) has a window: it grows with each answer and is halved by each
/// silence. The last two labels have a share of the places. Askers take turns: first the far
/// ends, and among what comes from one of them the watchers.
class DnsTurns {
public:
    /// How long a query has a place.
    static constexpr Duration kYoung = std::chrono::milliseconds{100};
    /// How many are asked for each place, with those that have none any more.
    static constexpr std::size_t kAskedForEach = 32;
    /// Zones that are remembered while nothing is asked there.
    static constexpr std::size_t kZonesMax = 4'096;

    /// @param places    for queries
    /// @param per_zone  the window, at first, of a zone of which nothing is known
    DnsTurns(std::size_t places, std::size_t per_zone);
    ~DnsTurns();
    DnsTurns(const DnsTurns&) = delete;
    DnsTurns& operator=(const DnsTurns&) = delete;

    /// @pre the query is neither waiting nor being asked
    void add(const DnsQuery& query, DnsRank rank, const DnsAsker& asker);

    /// Somebody else wants to know as well, and may come earlier.
    void add_asker(const DnsQuery& query, DnsRank rank, const DnsAsker& asker);

    /// The next to be asked; nothing while there is no place, or nobody waits. It is being asked
    /// from then on.
    std::optional<DnsQuery> next(TimePoint now);

    /// It was answered, or was not.
    void done(const DnsQuery& query, bool is_silent);

    /// Nobody wants to know any more. Returns false if it is being asked: it goes on.
    bool remove(const DnsQuery& query);

    /// When a place gets free by time; nothing if nobody waits for that.
    std::optional<TimePoint> next_change() const;

    /// Whether a query of that name was not answered, and too few were since.
    bool is_slow(std::string_view name, DnsRank rank) const;

    std::size_t waiting() const { return entries_.size() - asked_; }
    std::size_t asked() const { return asked_; }

    void clear();

private:
    struct Entry;
    struct Share;
    using Hook = boost::intrusive::list_base_hook<
        boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
    using Entries = boost::intrusive::list<Entry, boost::intrusive::constant_time_size<false>>;
    using Shares = boost::unordered_flat_map<std::string, std::unique_ptr<Share>>;

    void grow_old(TimePoint now);
    bool has_room(DnsRank rank) const;
    void enter(Entry& entry);
    void ask(Entry& entry, TimePoint now);
    void leave_place(Entry& entry);
    void leave_domain(Entry& entry);
    void leave_zone(Entry& entry);
    void let_in(Share& share);
    Share& share(Shares& shares, std::string_view name, DnsRank rank, std::size_t limit);
    static void forget_idle(Shares& shares);
    std::size_t places(DnsRank rank) const;

    std::size_t places_;
    std::size_t per_zone_;
    boost::unordered_flat_map<DnsQuery, std::unique_ptr<Entry>> entries_;
    Shares zones_;    ///< by parent: what is being asked
    Shares domains_;  ///< by the last two labels: what has a place
    std::array<std::unique_ptr<FairLine<Entry>>, kDnsRanks> lines_;
    std::unique_ptr<Entries> young_;  ///< those with a place, the oldest first
    std::array<std::size_t, kDnsRanks> young_of_{};
    std::array<std::size_t, kDnsRanks> asked_of_{};
    std::size_t asked_ = 0;
};

}  // namespace reginfo
