/// @file

#include "transport/dns_resolver.hpp"

#include "transport/steady_time.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace reginfo {
namespace {

constexpr std::size_t kHostBytesMax = 255;  // RFC 1035 §2.3.4

/// Host names are case-insensitive, and absolute. Nothing if it cannot be a host's name.
std::optional<std::string> normalized(std::string_view host) {
    if (host.ends_with('.')) host.remove_suffix(1);
    const bool is_text = std::all_of(host.begin(), host.end(), [](char c) { return c > ' '; });
    if (host.empty() || host.size() > kHostBytesMax || !is_text) return std::nullopt;
    std::string name(host);
    for (char& c : name) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return name;
}

}  // namespace

DnsResolver::DnsResolver(
    std::unique_ptr<DnsClient> client,
    const TransportOptions& options,
    TransportStats& stats,
    std::uint64_t seed
)
    : options_(options), stats_(stats), chance_(seed), client_(std::move(client)), cache_(options) {
    client_->on_done([this](const DnsQuery& query, DnsAnswer answer) {
        take(query, std::move(answer));
    });
}

void DnsResolver::stop() {
    stopped_ = true;
    client_->stop();
    searches_.clear();
    awaited_.clear();
    queued_.clear();
}

void DnsResolver::resolve(const Resolve& question) {
    if (stopped_) return;
    ++stats_.resolver_questions;
    std::optional<std::string> host = normalized(question.host);
    if (!host) {
        ++stats_.resolver_failures;
        return done_(question.id, {});
    }
    if (searches_.size() >= options_.resolver_questions) {
        ++stats_.resolver_refused;
        return done_(question.id, {});
    }
    Resolve asked = question;
    asked.host = std::move(*host);
    HopSearch hops(std::move(asked), [this] { return chance_.next(); });
    const SearchId search = ++last_search_;
    searches_.emplace(search, std::make_unique<Search>(Search{question.id, std::move(hops), {}}));
    run(search);
}

/// As far as it gets with what is remembered.
void DnsResolver::run(SearchId id) {
    Search& search = *searches_.at(id);
    while (!search.hops.is_done()) {
        const std::vector<DnsQuery> queries = search.hops.queries();
        search.answers.assign(queries.size(), nullptr);
        search.missing = 1;  // so that an answer that comes at once does not go on from here
        for (std::size_t i = 0; i < queries.size(); ++i) {
            search.answers[i] = cache_.recall(steady_now(), queries[i]);
            if (search.answers[i]) continue;
            ++search.missing;
            wait_for(queries[i], {id, i});
        }
        if (--search.missing != 0) return;
        search.hops.take(search.answers);
    }
    finish(id);
}

void DnsResolver::wait_for(const DnsQuery& query, Waiter waiter) {
    searches_.at(waiter.search)->has_asked = true;
    std::vector<Waiter>& waiters = awaited_[query];
    waiters.push_back(waiter);
    if (waiters.size() > 1) return;
    queued_.push_back(query);
    ask_queued();
}

void DnsResolver::ask_queued() {
    if (asking_) return;
    asking_ = true;
    while (!queued_.empty() && awaited_.size() - queued_.size() < options_.resolver_queries) {
        const DnsQuery query = std::move(queued_.front());
        queued_.pop_front();
        ++stats_.resolver_queries;
        client_->ask(query);
    }
    asking_ = false;
}

void DnsResolver::take(const DnsQuery& query, DnsAnswer answer) {
    if (stopped_) return;
    const auto found = awaited_.find(query);
    if (found == awaited_.end()) return;
    const std::vector<Waiter> waiters = std::move(found->second);
    awaited_.erase(found);

    const auto shared = std::make_shared<const DnsAnswer>(std::move(answer));
    cache_.remember(steady_now(), query, shared);
    for (const Waiter& waiter : waiters) {
        Search& search = *searches_.at(waiter.search);
        search.answers[waiter.index] = shared;
        if (--search.missing != 0) continue;
        search.hops.take(search.answers);
        run(waiter.search);
    }
    ask_queued();
}

void DnsResolver::finish(SearchId id) {
    const auto found = searches_.find(id);
    const std::unique_ptr<Search> search = std::move(found->second);
    searches_.erase(found);
    if (!search->has_asked) ++stats_.resolver_cache_hits;
    if (search->hops.targets().empty()) ++stats_.resolver_failures;
    done_(search->id, search->hops.targets());
}

}  // namespace reginfo
