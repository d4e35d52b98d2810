/// @file

#include "transport/next_hops.hpp"

#include "core/base/ascii.hpp"
#include "core/sip/headers.hpp"
#include "core/sip/uri.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace reginfo {
namespace {

/// NAPTR records and transports of one domain that are looked at.
constexpr std::size_t kServicesMax = 4;

/// The DNS must not be asked for these (RFC 6761 §6.3).
bool is_local(std::string_view host) { return host == "localhost" || host.ends_with(".localhost"); }

/// The transport that a service field of RFC 3263 §4.1 names, if we have it.
std::optional<Transport> transport_of(std::string_view service, bool secure) {
    if (secure) {
        if (equal_ignoring_case(service, "SIPS+D2T")) return Transport::tcp;
        return std::nullopt;
    }
    if (equal_ignoring_case(service, "SIP+D2U")) return Transport::udp;
    if (equal_ignoring_case(service, "SIP+D2T")) return Transport::tcp;
    return std::nullopt;
}

/// Where in [from, to) chance falls. Those without weight come first there.
std::size_t choose(
    const std::vector<SrvRecord>& records,
    std::size_t from,
    std::size_t to,
    const RandomNumber& random
) {
    std::uint64_t sum = 0;
    for (std::size_t i = from; i < to; ++i) sum += records[i].weight;
    const std::uint64_t number = random() % (sum + 1);
    std::uint64_t running = 0;
    for (std::size_t i = from; i < to; ++i) {
        running += records[i].weight;
        if (running >= number) return i;
    }
    return from;
}

}  // namespace

void order_by_rfc2782(std::vector<SrvRecord>& records, const RandomNumber& random) {
    const auto key = [](const SrvRecord& r) { return std::pair(r.priority, r.weight != 0); };
    std::stable_sort(records.begin(), records.end(), [&](const auto& a, const auto& b) {
        return key(a) < key(b);
    });
    if (records.size() > kSrvRecordsMax) records.resize(kSrvRecordsMax);

    for (std::size_t from = 0; from < records.size(); ++from) {
        std::size_t to = from;
        while (to < records.size() && records[to].priority == records[from].priority) ++to;
        const auto at = [&](std::size_t i) {
            return records.begin() + static_cast<std::ptrdiff_t>(i);
        };
        const std::size_t chosen = choose(records, from, to, random);
        std::rotate(at(from), at(chosen), at(chosen + 1));
    }
}

std::vector<SipService> services_of(std::span<const NaptrRecord> records, bool secure) {
    std::vector<const NaptrRecord*> usable;
    for (const NaptrRecord& record : records) {
        if (!equal_ignoring_case(record.flags, "s") || record.replacement.empty()) continue;
        if (transport_of(record.service, secure)) usable.push_back(&record);
    }
    std::stable_sort(usable.begin(), usable.end(), [](const auto* a, const auto* b) {
        return std::pair(a->order, a->preference) < std::pair(b->order, b->preference);
    });
    std::vector<SipService> services;
    for (const NaptrRecord* record : usable) {
        if (record->order != usable.front()->order || services.size() == kServicesMax) break;
        services.push_back({*transport_of(record->service, secure), record->replacement});
    }
    return services;
}

HopSearch::HopSearch(Resolve question, RandomNumber random)
    : question_(std::move(question)), random_(std::move(random)) {
    if (question_.port != 0 || is_local(question_.host)) {
        const Transport by_default = question_.secure ? Transport::tcp : Transport::udp;
        const std::uint16_t port = sip::port_or_default(question_.port);
        servers_.push_back({question_.transport.value_or(by_default), question_.host, port});
        stage_ = Stage::addresses;
    } else if (question_.transport) {
        services_.push_back({*question_.transport, srv_name(*question_.transport)});
        stage_ = Stage::servers;
    }
}

std::vector<DnsQuery> HopSearch::queries() const {
    std::vector<DnsQuery> queries;
    switch (stage_) {
        case Stage::services:
            queries.push_back({DnsType::naptr, question_.host});
            break;
        case Stage::servers:
            for (const SipService& service : services_) {
                queries.push_back({DnsType::srv, service.srv_name});
            }
            break;
        case Stage::addresses:
            for (const Server& server : servers_) {
                queries.push_back({DnsType::addresses, server.name});
            }
            break;
        case Stage::done:
            break;
    }
    return queries;
}

void HopSearch::take(std::span<const SharedAnswer> answers) {
    switch (stage_) {
        case Stage::services:
            return take_services(*answers[0]);
        case Stage::servers:
            return take_servers(answers);
        case Stage::addresses:
            return take_addresses(answers);
        case Stage::done:
            return;
    }
}

std::string HopSearch::srv_name(Transport transport) const {
    const char* const prefix = transport == Transport::udp ? "_sip._udp."
                               : question_.secure          ? "_sips._tcp."
                                                           : "_sip._tcp.";
    return prefix + question_.host;
}

void HopSearch::take_services(const DnsAnswer& answer) {
    services_ = services_of(answer.naptr, question_.secure);
    if (services_.empty()) {
        if (!question_.secure) services_.push_back({Transport::udp, srv_name(Transport::udp)});
        services_.push_back({Transport::tcp, srv_name(Transport::tcp)});
    }
    stage_ = Stage::servers;
}

void HopSearch::take_servers(std::span<const SharedAnswer> answers) {
    bool has_records = false;
    for (std::size_t i = 0; i < services_.size(); ++i) {
        std::vector<SrvRecord> records = answers[i]->srv;
        has_records = has_records || !records.empty();
        order_by_rfc2782(records, random_);
        for (SrvRecord& record : records) {
            if (record.target.empty() || record.port == 0) continue;
            if (servers_.size() == kTargetsMax) break;
            servers_.push_back({services_[i].transport, std::move(record.target), record.port});
        }
    }
    if (!has_records) {
        servers_.push_back({services_.front().transport, question_.host, sip::kDefaultPort});
    }
    stage_ = servers_.empty() ? Stage::done : Stage::addresses;
}

void HopSearch::take_addresses(std::span<const SharedAnswer> answers) {
    for (std::size_t i = 0; i < servers_.size(); ++i) {
        for (const IpAddress& address : answers[i]->addresses) {
            const Target target{servers_[i].transport, {address, servers_[i].port}};
            const bool is_known =
                std::find(targets_.begin(), targets_.end(), target) != targets_.end();
            if (!is_known && targets_.size() < kTargetsMax) targets_.push_back(target);
        }
    }
    stage_ = Stage::done;
}

}  // namespace reginfo
