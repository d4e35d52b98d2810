/// @file
/// The records of a scripted DNS.
#pragma once

#include "core/base/address.hpp"
#include "transport/dns_client.hpp"

#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace reginfo::test {

inline Endpoint endpoint(const char* address, std::uint16_t port) {
    return {*IpAddress::parse(address), port};
}

/// A zone of names, built by chaining.
class Zone {
public:
    Zone& addresses(const std::string& name, std::initializer_list<const char*> texts) {
        for (const char* text : texts) {
            at({DnsType::addresses, name}).addresses.push_back(*IpAddress::parse(text));
        }
        return *this;
    }
    Zone& srv(const std::string& name, std::vector<SrvRecord> records) {
        at({DnsType::srv, name}).srv = std::move(records);
        return *this;
    }
    Zone& naptr(const std::string& name, std::vector<NaptrRecord> records) {
        at({DnsType::naptr, name}).naptr = std::move(records);
        return *this;
    }

    DnsAnswer answer(const DnsQuery& query) const {
        const auto found = records_.find({query.type, query.name});
        return found == records_.end() ? DnsAnswer{} : found->second;
    }

private:
    DnsAnswer& at(std::pair<DnsType, std::string> key) {
        DnsAnswer& answer = records_[std::move(key)];
        answer.ttl = Seconds{60};
        return answer;
    }

    std::map<std::pair<DnsType, std::string>, DnsAnswer> records_;
};

}  // namespace reginfo::test
