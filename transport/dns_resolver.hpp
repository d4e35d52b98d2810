/// @file
/// Next hops from the DNS: many searches at a time, each query asked once, all of it bounded.
#pragma once

#include "core/random.hpp"
#include "transport/dns_cache.hpp"
#include "transport/dns_client.hpp"
#include "transport/next_hops.hpp"
#include "transport/resolver.hpp"
#include "transport/transport_options.hpp"
#include "transport/transport_stats.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

namespace reginfo {

/// Answers by RFC 3263 (HopSearch). Searches that need the same records share one query, and the
/// answer is remembered for its time to live; each search draws its own order of servers.
class DnsResolver final : public Resolver {
public:
    /// @param options  must outlive the resolver
    /// @param stats    must outlive the resolver
    /// @param seed     chance for the order of servers
    DnsResolver(
        std::unique_ptr<DnsClient> client,
        const TransportOptions& options,
        TransportStats& stats,
        std::uint64_t seed
    );

    void on_done(Done done) override { done_ = std::move(done); }
    void resolve(const Resolve& question) override;
    void stop() override;

private:
    using SearchId = std::uint64_t;
    struct Search {
        ResolveId id;
        HopSearch hops;
        std::vector<SharedAnswer> answers;  ///< to the queries of this stage
        std::size_t missing = 0;            ///< of them
        bool has_asked = false;             ///< not all of it was remembered
    };
    struct Waiter {
        SearchId search;
        std::size_t index;  ///< in Search::answers
    };

    void run(SearchId id);
    void wait_for(const DnsQuery& query, Waiter waiter);
    void ask_queued();
    void take(const DnsQuery& query, DnsAnswer answer);
    void finish(SearchId id);

    const TransportOptions& options_;
    TransportStats& stats_;
    TokenSource chance_;
    std::unique_ptr<DnsClient> client_;
    DnsCache cache_;
    Done done_;
    SearchId last_search_ = 0;
    boost::unordered_flat_map<SearchId, std::unique_ptr<Search>> searches_;
    boost::unordered_flat_map<DnsQuery, std::vector<Waiter>> awaited_;
    std::deque<DnsQuery> queued_;  ///< of those awaited, the ones not asked yet
    bool asking_ = false;
    bool stopped_ = false;
};

}  // namespace reginfo
