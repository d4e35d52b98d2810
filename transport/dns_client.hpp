/// @file
/// Queries to the DNS, their answers, and the interface of a client.
#pragma once

#include "core/base/address.hpp"
#include "core/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace reginfo {

/// `addresses` are both A and AAAA, and what the system's file of hosts has.
enum class DnsType : std::uint8_t { addresses, srv, naptr };

struct DnsQuery {
    DnsType type = DnsType::addresses;
    std::string name;  ///< in lower case, so that equal questions are equal

    friend bool operator==(const DnsQuery&, const DnsQuery&) = default;
};

std::size_t hash_value(const DnsQuery& query);

/// RFC 2782.
struct SrvRecord {
    std::uint16_t priority = 0;
    std::uint16_t weight = 0;
    std::uint16_t port = 0;
    std::string target;  ///< empty: the service is decidedly not available

    friend bool operator==(const SrvRecord&, const SrvRecord&) = default;
};

/// RFC 3403 §4.1, those without a regular expression.
struct NaptrRecord {
    std::uint16_t order = 0;
    std::uint16_t preference = 0;
    std::string flags;
    std::string service;
    std::string replacement;

    friend bool operator==(const NaptrRecord&, const NaptrRecord&) = default;
};

/// The records of the type that was asked for, in the order in which they came; none if the name
/// does not exist, if it has none, or if no server answered.
struct DnsAnswer {
    std::vector<IpAddress> addresses;  ///< best first
    std::vector<SrvRecord> srv;
    std::vector<NaptrRecord> naptr;
    Seconds ttl{0};          ///< the shortest of them
    bool is_silent = false;  ///< no server answered: there may be some

    bool is_empty() const { return addresses.empty() && srv.empty() && naptr.empty(); }
};

/// Answers every query once, unless stopped before.
class DnsClient {
public:
    /// Called on the reactor's thread, also from within ask().
    using Done = std::function<void(const DnsQuery&, DnsAnswer)>;

    virtual ~DnsClient() = default;

    /// Whoever is to be told. Set once, before the first query.
    virtual void on_done(Done done) = 0;

    /// @pre the same query is not being answered
    virtual void ask(const DnsQuery& query) = 0;

    /// Gives no answers any more.
    virtual void stop() = 0;
};

}  // namespace reginfo
