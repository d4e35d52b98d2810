/// @file

#include "transport/dns_resolver.hpp"

#include "core/base/ascii.hpp"
#include "transport/dns_zone.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace reginfo {
namespace {

constexpr std::size_t kHostBytesMax = 255;  // RFC 1035 §2.3.4

/// Of all questions, one part in so many is what a zone that does not answer may have, and what is
/// kept for edges.
constexpr std::size_t kShare = 4;

/// Waiters of a query that may have given up before room is made.
constexpr std::size_t kSparse = 16;

/// In place of an answer that did not come.
const SharedAnswer& nothing() {
    static const SharedAnswer none = std::make_shared<const DnsAnswer>();
    return none;
}

/// Host names are case-insensitive, and absolute. Nothing if it cannot be a host's name.
std::optional<std::string> normalized(std::string_view host) {
    if (host.ends_with('.')) host.remove_suffix(1);
    const bool is_text = std::all_of(host.begin(), host.end(), [](char c) { return c > ' '; });
    if (host.empty() || host.size() > kHostBytesMax || !is_text) return std::nullopt;
    return lower_case(host);
}

}  // namespace

DnsResolver::DnsResolver(
    DnsResolverParts parts,
    const TransportOptions& options,
    TransportStats& stats
)
    : options_(options),
      stats_(stats),
      chance_(parts.seed),
      client_(std::move(parts.client)),
      alarm_(std::move(parts.alarm)),
      note_(std::move(parts.note)),
      cache_(options),
      turns_(options.resolver_queries, options.resolver_queries_per_zone) {
    client_->on_done([this](const DnsQuery& query, DnsAnswer answer) {
        take(query, std::move(answer));
    });
    alarm_->on_ring([this] { ring(); });
}

void DnsResolver::stop() {
    stopped_ = true;
    client_->stop();
    alarm_->stop();
    searches_.clear();
    awaited_.clear();
    turns_.clear();
    deadlines_.clear();
}

void DnsResolver::resolve(const Resolve& question) {
    if (stopped_) return;
    ++stats_.resolver_questions;
    std::optional<std::string> host = normalized(question.host);
    if (!host) {
        ++stats_.resolver_failures;
        return done_(question.id, {});
    }
    if (refuses(question, *host)) return done_(question.id, {});
    const DnsRank rank = question.is_route ? DnsRank::route : DnsRank::other;
    Resolve asked = question;
    asked.host = *host;
    HopSearch hops(std::move(asked), [this] { return chance_.next(); });
    const SearchId search = ++last_search_;
    ++zones_[std::string(zone_of(*host).parent)];
    searches_.emplace(
        search,
        std::make_unique<Search>(Search{
            question.id, std::move(hops), rank, {question.from, question.watcher}, std::move(*host)
        })
    );
    deadlines_.emplace_back(alarm_->now() + options_.resolver_deadline, search);
    run(search);
    ask_queued();
}

/// Whether there is no room for the question; then it is answered so.
bool DnsResolver::refuses(const Resolve& question, const std::string& host) {
    const std::size_t room = options_.resolver_questions;
    const std::size_t left = question.is_route ? room : room - room / kShare;
    if (searches_.size() >= left) {
        ++stats_.resolver_refused;
        note_({Note::Severity::warning, "name not looked up: resolver.questions reached", host});
        return true;
    }
    const std::string_view zone = zone_of(host).parent;
    const auto of_zone = zones_.find(std::string(zone));
    if (of_zone == zones_.end() || of_zone->second < std::max<std::size_t>(room / kShare, 1)) {
        return false;
    }
    if (!turns_.is_slow(host, question.is_route ? DnsRank::route : DnsRank::other)) return false;
    ++stats_.resolver_refused_slow;
    note_({Note::Severity::warning, "name not looked up: its zone does not answer", host});
    return true;
}

/// As far as it gets with what is remembered.
void DnsResolver::run(SearchId id) {
    Search& search = *searches_.at(id);
    while (!search.hops.is_done()) {
        search.queries = search.hops.queries();
        search.answers.assign(search.queries.size(), nullptr);
        search.missing = search.queries.size();
        for (std::size_t i = 0; i < search.queries.size(); ++i) {
            search.answers[i] = cache_.recall(alarm_->now(), search.queries[i]);
            if (search.answers[i]) {
                --search.missing;
            } else {
                wait_for(search.queries[i], {id, i});
            }
        }
        if (search.missing != 0) return;
        search.hops.take(search.answers);
    }
    finish(id);
}

void DnsResolver::wait_for(const DnsQuery& query, Waiter waiter) {
    Search& search = *searches_.at(waiter.search);
    search.has_asked = true;
    const DnsRank rank = cache_.knows(query) ? DnsRank::known : search.rank;
    const auto [found, is_new] = awaited_.try_emplace(query);
    Awaited& awaited = found->second;
    if (is_new) {
        turns_.add(query, rank, search.asker);
    } else {
        turns_.add_asker(query, rank, search.asker);
    }
    if (awaited.waiters.size() > 2 * awaited.patient + kSparse) {
        std::erase_if(awaited.waiters, [&](const Waiter& one) {
            return !searches_.contains(one.search);
        });
    }
    awaited.waiters.push_back(waiter);
    ++awaited.patient;
}

/// Answers that come at once are taken after all have been asked for that may be.
void DnsResolver::ask_queued() {
    if (asking_) return;
    asking_ = true;
    while (const std::optional<DnsQuery> query = turns_.next(alarm_->now())) {
        ++stats_.resolver_queries;
        client_->ask(*query);
        if (stopped_) return;
    }
    asking_ = false;
    arm();
}

void DnsResolver::take(const DnsQuery& query, DnsAnswer answer) {
    if (stopped_) return;
    const auto found = awaited_.find(query);
    if (found == awaited_.end()) return;
    const std::vector<Waiter> waiters = std::move(found->second.waiters);
    awaited_.erase(found);

    if (answer.is_silent) ++stats_.resolver_silences;
    turns_.done(query, answer.is_silent);
    const auto shared = std::make_shared<const DnsAnswer>(std::move(answer));
    cache_.remember(alarm_->now(), query, shared);
    for (const Waiter& waiter : waiters) {
        const auto at = searches_.find(waiter.search);
        if (at == searches_.end()) continue;
        Search& search = *at->second;
        search.answers[waiter.index] = shared;
        if (--search.missing != 0) continue;
        search.hops.take(search.answers);
        run(waiter.search);
    }
    ask_queued();
}

/// A question's time is over, or a query's place is free.
void DnsResolver::ring() {
    if (stopped_) return;
    armed_for_.reset();
    const TimePoint now = alarm_->now();
    while (!deadlines_.empty() && deadlines_.front().first <= now) {
        const SearchId search = deadlines_.front().second;
        deadlines_.pop_front();
        if (searches_.contains(search)) give_up(search);
    }
    ask_queued();
}

/// What is missing does not come: the search ends with what is known without it.
void DnsResolver::give_up(SearchId id) {
    Search& search = *searches_.at(id);
    ++stats_.resolver_timed_out;
    note_({Note::Severity::warning, "name not found in time", search.host});
    for (std::size_t i = 0; i < search.queries.size(); ++i) {
        if (search.answers[i]) continue;
        leave(search.queries[i]);
        search.answers[i] = nothing();
    }
    while (!search.hops.is_done()) {
        search.hops.take(search.answers);
        search.queries = search.hops.queries();
        search.answers.clear();
        for (const DnsQuery& query : search.queries) {
            const SharedAnswer known = cache_.recall(alarm_->now(), query);
            search.answers.push_back(known ? known : nothing());
        }
    }
    finish(id);
}

/// One waits for the query no longer. If nobody does, it is asked no more, unless it is already.
void DnsResolver::leave(const DnsQuery& query) {
    const auto found = awaited_.find(query);
    if (found == awaited_.end() || --found->second.patient != 0) return;
    if (turns_.remove(query)) awaited_.erase(found);
}

void DnsResolver::finish(SearchId id) {
    const auto found = searches_.find(id);
    const std::unique_ptr<Search> search = std::move(found->second);
    searches_.erase(found);
    const auto of_zone = zones_.find(std::string(zone_of(search->host).parent));
    if (--of_zone->second == 0) zones_.erase(of_zone);
    if (!search->has_asked) ++stats_.resolver_cache_hits;
    if (search->hops.targets().empty()) ++stats_.resolver_failures;
    done_(search->id, search->hops.targets());
}

void DnsResolver::arm() {
    stats_.resolver_waiting = turns_.waiting();
    stats_.resolver_asked = turns_.asked();
    while (!deadlines_.empty() && !searches_.contains(deadlines_.front().second)) {
        deadlines_.pop_front();
    }
    std::optional<TimePoint> next = turns_.next_change();
    if (!deadlines_.empty()) {
        const TimePoint deadline = deadlines_.front().first;
        if (!next || deadline < *next) next = deadline;
    }
    if (!next || (armed_for_ && *armed_for_ <= *next)) return;
    armed_for_ = next;
    alarm_->set(*next);
}

}  // namespace reginfo
