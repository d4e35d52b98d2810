/// @file

#include "transport/ares_reply.hpp"

#include "core/base/ascii.hpp"
#include "transport/socket_address.hpp"

#include <ares.h>
#include <arpa/nameser.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace reginfo {
namespace {

/// Addresses of one host and records of one name that are kept.
constexpr std::size_t kAddressesMax = 16;
constexpr std::size_t kRecordsMax = 256;

struct FreeData {
    void operator()(void* data) const { ares_free_data(data); }
};
struct FreeString {
    void operator()(char* text) const { ares_free_string(text); }
};

/// In lower case and without the last dot, as DnsQuery has it.
std::string name_of(std::string_view text) {
    if (text.ends_with('.')) text.remove_suffix(1);
    return lower_case(text);
}

std::string text_of(const unsigned char* text) {
    return text ? reinterpret_cast<const char*>(text) : "";
}

/// Reads a DNS message from its answer section on (RFC 1035 §4.1).
class ReplyReader {
public:
    ReplyReader(const unsigned char* bytes, int size) : bytes_(bytes), size_(size) {}

    /// The shortest of all records in the answer; nothing if it cannot be read.
    std::optional<Seconds> shortest_ttl() {
        if (size_ < NS_HFIXEDSZ) return std::nullopt;
        const unsigned questions = number16(4);
        const unsigned answers = number16(6);
        at_ = NS_HFIXEDSZ;
        for (unsigned i = 0; i < questions; ++i) {
            if (!skip_name() || !skip(NS_QFIXEDSZ)) return std::nullopt;
        }
        std::optional<std::uint32_t> shortest;
        for (unsigned i = 0; i < answers; ++i) {
            if (!skip_name() || size_ - at_ < NS_RRFIXEDSZ) return std::nullopt;
            const std::uint32_t ttl = number16(at_ + 4) << 16U | number16(at_ + 6);
            // One with the highest bit set means none (RFC 2181 §8).
            const std::uint32_t usable = ttl > 0x7fffffffU ? 0 : ttl;
            shortest = std::min(shortest.value_or(usable), usable);
            const auto length = static_cast<int>(number16(at_ + 8));
            if (!skip(NS_RRFIXEDSZ) || !skip(length)) return std::nullopt;
        }
        if (!shortest) return std::nullopt;
        return Seconds{*shortest};
    }

private:
    std::uint32_t number16(int at) const {
        return static_cast<std::uint32_t>(bytes_[at]) << 8U | bytes_[at + 1];
    }

    bool skip(int count) {
        if (size_ - at_ < count) return false;
        at_ += count;
        return true;
    }

    bool skip_name() {
        if (at_ >= size_) return false;
        char* name = nullptr;
        long length = 0;
        if (ares_expand_name(bytes_ + at_, bytes_, size_, &name, &length) != ARES_SUCCESS) {
            return false;
        }
        const std::unique_ptr<char, FreeString> owned(name);
        return skip(static_cast<int>(length));
    }

    const unsigned char* bytes_;
    int size_;
    int at_ = 0;
};

void read_srv(const unsigned char* bytes, int size, DnsAnswer& answer) {
    ares_srv_reply* first = nullptr;
    if (ares_parse_srv_reply(bytes, size, &first) != ARES_SUCCESS) return;
    const std::unique_ptr<ares_srv_reply, FreeData> owned(first);
    for (const ares_srv_reply* at = first; at; at = at->next) {
        if (answer.srv.size() == kRecordsMax) return;
        answer.srv.push_back({at->priority, at->weight, at->port, name_of(at->host)});
    }
}

void read_naptr(const unsigned char* bytes, int size, DnsAnswer& answer) {
    ares_naptr_reply* first = nullptr;
    if (ares_parse_naptr_reply(bytes, size, &first) != ARES_SUCCESS) return;
    const std::unique_ptr<ares_naptr_reply, FreeData> owned(first);
    for (const ares_naptr_reply* at = first; at; at = at->next) {
        if (answer.naptr.size() == kRecordsMax) return;
        if (!text_of(at->regexp).empty()) continue;
        answer.naptr.push_back(
            {at->order,
             at->preference,
             text_of(at->flags),
             text_of(at->service),
             name_of(at->replacement)}
        );
    }
}

}  // namespace

DnsAnswer read_addresses(const ares_addrinfo* found) {
    DnsAnswer answer;
    if (!found) return answer;
    int ttl = INT32_MAX;
    for (const ares_addrinfo_node* at = found->nodes; at; at = at->ai_next) {
        if (answer.addresses.size() == kAddressesMax) break;
        if (at->ai_family != AF_INET && at->ai_family != AF_INET6) continue;
        SocketAddress address{};
        const auto* const from = reinterpret_cast<const unsigned char*>(at->ai_addr);
        std::copy_n(
            from,
            std::min<std::size_t>(at->ai_addrlen, sizeof address),
            reinterpret_cast<unsigned char*>(&address)
        );
        answer.addresses.push_back(to_endpoint(address).address);
        ttl = std::min(ttl, at->ai_ttl);
    }
    for (const ares_addrinfo_cname* at = found->cnames; at; at = at->next) {
        ttl = std::min(ttl, at->ttl);
    }
    answer.ttl = Seconds{answer.addresses.empty() ? 0 : std::max(ttl, 0)};
    return answer;
}

DnsAnswer read_records(DnsType type, const unsigned char* bytes, int size) {
    DnsAnswer answer;
    const std::optional<Seconds> ttl = ReplyReader(bytes, size).shortest_ttl();
    if (!ttl) return answer;
    answer.ttl = *ttl;
    if (type == DnsType::srv) read_srv(bytes, size, answer);
    if (type == DnsType::naptr) read_naptr(bytes, size, answer);
    return answer;
}

}  // namespace reginfo
