/// @file
/// A DNS in memory.
#pragma once

#include "transport/dns_client.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace reginfo::test {

/// Answers at once, from within the question.
class KnownNames final : public DnsClient {
public:
    using Addresses = std::map<std::string, std::vector<IpAddress>>;

    explicit KnownNames(Addresses known = {}) : known_(std::move(known)) {}

    void on_done(Done done) override { done_ = std::move(done); }
    void ask(const DnsQuery& query) override {
        DnsAnswer answer;
        const auto found = known_.find(query.name);
        if (found != known_.end()) answer.addresses = found->second;
        done_(query, std::move(answer));
    }
    void stop() override {}

private:
    Addresses known_;
    Done done_;
};

}  // namespace reginfo::test
