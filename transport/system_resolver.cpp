/// @file
/// The system's resolver (getaddrinfo), with a small cache and bounds.

#include "transport/system_resolver.hpp"

#include "transport/socket_address.hpp"
#include "transport/steady_time.hpp"

#include <algorithm>
#include <utility>

namespace reginfo {
namespace {

constexpr std::uint16_t kDefaultPort = 5060;  // RFC 3261 §19.1.2
constexpr std::size_t kHostBytesMax = 255;    // RFC 1035 §2.3.4

/// Host names are case-insensitive. Empty if it cannot be a host's name.
std::string key_of(std::string_view host) {
    if (host.size() > kHostBytesMax || host.find('\0') != std::string_view::npos) return {};
    std::string key(host);
    const auto to_lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    std::transform(key.begin(), key.end(), key.begin(), to_lower);
    return key;
}

}  // namespace

SystemResolver::SystemResolver(
    boost::asio::io_context& io,
    const TransportOptions& options,
    TransportStats& stats
)
    : options_(options), stats_(stats), resolver_(io) {}

void SystemResolver::stop() {
    stopped_ = true;
    resolver_.cancel();
    asked_.clear();
    questions_ = 0;
}

void SystemResolver::resolve(const Resolve& question) {
    if (stopped_) return;
    ++stats_.resolver_questions;
    const Question asked{question.id, question.port == 0 ? kDefaultPort : question.port};
    if (const auto literal = IpAddress::parse(question.host)) return answer(asked, {*literal});

    const std::string host = key_of(question.host);
    if (host.empty()) {
        ++stats_.resolver_failures;
        return answer(asked, {});
    }
    if (const Addresses* known = recall(host)) {
        ++stats_.resolver_cache_hits;
        return answer(asked, *known);
    }

    const auto waiting = asked_.find(host);
    const bool is_new = waiting == asked_.end();
    if (questions_ >= options_.resolver_questions ||
        (is_new && asked_.size() >= options_.resolver_hosts)) {
        ++stats_.resolver_refused;
        return answer(asked, {});
    }
    ++questions_;
    if (!is_new) return waiting->second.push_back(asked);
    asked_[host].push_back(asked);
    look_up(host);
}

void SystemResolver::look_up(const std::string& host) {
    const auto on_result = [this, host](const boost::system::error_code& error, auto results) {
        if (stopped_) return;
        Addresses addresses;
        if (!error) {
            for (const auto& result : results) {
                addresses.push_back(to_core(result.endpoint().address()));
            }
        }
        on_found(host, std::move(addresses));
    };
    resolver_.async_resolve(host, "", on_result);
}

void SystemResolver::on_found(const std::string& host, Addresses addresses) {
    if (addresses.empty()) ++stats_.resolver_failures;
    remember(host, addresses);
    const auto found = asked_.find(host);
    if (found == asked_.end()) return;
    const std::vector<Question> questions = std::move(found->second);
    asked_.erase(found);
    questions_ -= questions.size();
    for (const Question& question : questions) answer(question, addresses);
}

void SystemResolver::answer(const Question& question, const Addresses& addresses) {
    std::vector<Endpoint> endpoints;
    for (const IpAddress& address : addresses) endpoints.push_back({address, question.port});
    done_(question.id, endpoints);
}

/// Null if it is not known, or no longer. Valid until the next call.
const SystemResolver::Addresses* SystemResolver::recall(const std::string& host) {
    const auto found = cache_.find(host);
    if (found == cache_.end()) return nullptr;
    if (found->second.until > steady_now()) return &found->second.addresses;
    cache_.erase(found);
    return nullptr;
}

/// A full cache forgets what is too old, else all: it is only there to damp bursts.
void SystemResolver::remember(const std::string& host, Addresses addresses) {
    const TimePoint now = steady_now();
    if (cache_.size() >= options_.resolver_cache) {
        erase_if(cache_, [now](const auto& entry) { return entry.second.until <= now; });
        if (cache_.size() >= options_.resolver_cache) cache_.clear();
    }
    const Duration ttl = addresses.empty() ? options_.resolver_negative_ttl : options_.resolver_ttl;
    cache_[host] = Remembered{std::move(addresses), now + ttl};
}

}  // namespace reginfo
