/// @file
/// Next hops from the DNS: many searches at a time, each query asked once, all of it bounded.
#pragma once

#include "core/base/token_source.hpp"
#include "core/outbox.hpp"
#include "transport/alarm.hpp"
#include "transport/dns_cache.hpp"
#include "transport/dns_client.hpp"
#include "transport/dns_turns.hpp"
#include "transport/next_hops.hpp"
#include "transport/resolver.hpp"
#include "transport/transport_options.hpp"
#include "transport/transport_stats.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace reginfo {

/// What the resolver works with.
struct DnsResolverParts {
    std::unique_ptr<DnsClient> client;
    std::unique_ptr<Alarm> alarm;
    std::uint64_t seed = 0;  ///< chance for the order of servers
    std::function<void(const Note&)> note = [](const Note&) {};  ///< writes a line of the log
};

/// Answers by RFC 3263 (HopSearch). Searches that need the same records share one query, and the
/// answer is remembered for its time to live; each search draws its own order of servers.
///
/// Queries take turns (DnsTurns). A question that has no answer by its deadline gets what was found
/// until then, mostly nothing; an answer that comes later is remembered all the same.
class DnsResolver final : public Resolver {
public:
    /// @param options  must outlive the resolver
    /// @param stats    must outlive the resolver
    DnsResolver(DnsResolverParts parts, const TransportOptions& options, TransportStats& stats);

    void on_done(Done done) override { done_ = std::move(done); }
    void resolve(const Resolve& question) override;
    void stop() override;

private:
    using SearchId = std::uint64_t;
    struct Search {
        ResolveId id;
        HopSearch hops;
        DnsRank rank;
        DnsAsker asker;
        std::string host;
        std::vector<DnsQuery> queries = {};      ///< of this stage
        std::vector<SharedAnswer> answers = {};  ///< to them
        std::size_t missing = 0;                 ///< of them
        bool has_asked = false;                  ///< not all of it was remembered
    };
    struct Waiter {
        SearchId search;
        std::size_t index;  ///< in Search::answers
    };
    /// Those who wait for one query; some may have given up.
    struct Awaited {
        std::vector<Waiter> waiters;
        std::size_t patient = 0;
    };

    bool refuses(const Resolve& question, const std::string& host);
    void run(SearchId id);
    void wait_for(const DnsQuery& query, Waiter waiter);
    void ask_queued();
    void take(const DnsQuery& query, DnsAnswer answer);
    void ring();
    void give_up(SearchId id);
    void leave(const DnsQuery& query);
    void finish(SearchId id);
    void arm();

    const TransportOptions& options_;
    TransportStats& stats_;
    TokenSource chance_;
    std::unique_ptr<DnsClient> client_;
    std::unique_ptr<Alarm> alarm_;
    std::function<void(const Note&)> note_;
    DnsCache cache_;
    DnsTurns turns_;
    Done done_;
    SearchId last_search_ = 0;
    boost::unordered_flat_map<SearchId, std::unique_ptr<Search>> searches_;
    boost::unordered_flat_map<std::string, std::size_t> zones_;  ///< questions by their parent zone
    boost::unordered_flat_map<DnsQuery, Awaited> awaited_;
    std::deque<std::pair<TimePoint, SearchId>> deadlines_;  ///< in order; some are over
    std::optional<TimePoint> armed_for_;
    bool asking_ = false;
    bool stopped_ = false;
};

}  // namespace reginfo
