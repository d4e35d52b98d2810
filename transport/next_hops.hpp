/// @file
/// From a URI's host to where requests go: the rules of RFC 3263, without any I/O.
#pragma once

#include "core/base/address.hpp"
#include "core/outbox.hpp"
#include "transport/dns_client.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace reginfo {

/// A name for what was answered; many searches share it.
using SharedAnswer = std::shared_ptr<const DnsAnswer>;

/// Any number, each as likely as any other.
using RandomNumber = std::function<std::uint64_t()>;

/// Puts the records in the order in which they are to be tried (RFC 2782): by priority, and within
/// one by chance, in proportion to the weights. Keeps no more than `kSrvRecordsMax`.
void order_by_rfc2782(std::vector<SrvRecord>& records, const RandomNumber& random);
inline constexpr std::size_t kSrvRecordsMax = 64;

/// A transport that the domain offers, and where to read its servers.
struct SipService {
    Transport transport = Transport::udp;
    std::string srv_name;

    friend bool operator==(const SipService&, const SipService&) = default;
};

/// The services of NAPTR records, best first (RFC 3263 §4.1). Of those that we can use, only those
/// of the lowest order (RFC 3403 §4.1). A SIPS URI has those of "SIPS" only. A SIP URI has the
/// others only, as we have no TLS.
std::vector<SipService> services_of(std::span<const NaptrRecord> records, bool secure);

/// The search for the targets of one URI: asks queries and takes their answers until it is done.
///
/// Spec   RFC 3263 §4.1, 4.2. A port in the URI: its addresses. Else the servers (SRV) of the named
///        transport, or of the best ones by NAPTR, or of UDP and then TCP; and where there is no
///        SRV record at all, the host's addresses with port 5060. We depart from it in that a SIPS
///        URI without port means 5060 as well: it gets TCP, as we have no TLS.
class HopSearch {
public:
    static constexpr std::size_t kTargetsMax = 16;

    HopSearch(Resolve question, RandomNumber random);

    /// What to ask now; not empty until it is done.
    std::vector<DnsQuery> queries() const;

    /// @param answers  to queries(), in their order
    void take(std::span<const SharedAnswer> answers);

    bool is_done() const { return stage_ == Stage::done; }

    /// Best first, at most kTargetsMax.
    const std::vector<Target>& targets() const { return targets_; }

private:
    enum class Stage : std::uint8_t { services, servers, addresses, done };
    struct Server {
        Transport transport = Transport::udp;
        std::string name;
        std::uint16_t port = 0;
    };

    std::string srv_name(Transport transport) const;
    void take_services(const DnsAnswer& answer);
    void take_servers(std::span<const SharedAnswer> answers);
    void take_addresses(std::span<const SharedAnswer> answers);

    Resolve question_;
    RandomNumber random_;
    Stage stage_ = Stage::services;
    std::vector<SipService> services_;
    std::vector<Server> servers_;
    std::vector<Target> targets_;
};

}  // namespace reginfo
