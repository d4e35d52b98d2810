/// @file
/// A resolver with a DNS that answers on request, and a time that the test moves.
#pragma once

#include "tests/transport/manual_alarm.hpp"
#include "tests/transport/zone.hpp"
#include "transport/dns_resolver.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace reginfo::test {

/// Keeps queries until the test answers them, unless it is to do so at once.
class HeldDns final : public DnsClient {
public:
    void on_done(Done done) override { done_ = std::move(done); }
    void ask(const DnsQuery& query) override {
        ++asked;
        if (answers_at_once) return done_(query, zone.answer(query));
        held.push_back(query);
    }
    void stop() override { stopped = true; }

    void answer_all() {
        while (!held.empty()) {
            for (const DnsQuery& query : std::exchange(held, {})) done_(query, zone.answer(query));
        }
    }

    bool is_asked(const std::string& name) const {
        return std::any_of(held.begin(), held.end(), [&](const DnsQuery& query) {
            return query.name == name;
        });
    }

    /// Answers the queries for one name.
    void answer(const std::string& name, const DnsAnswer& with) {
        std::vector<DnsQuery> fitting;
        std::erase_if(held, [&](const DnsQuery& query) {
            if (query.name == name) fitting.push_back(query);
            return query.name == name;
        });
        for (const DnsQuery& query : fitting) done_(query, with);
    }
    void answer(const std::string& name) { answer(name, zone.answer({DnsType::addresses, name})); }
    void be_silent(const std::string& name) {
        DnsAnswer none;
        none.is_silent = true;
        answer(name, none);
    }

    Zone zone;
    std::vector<DnsQuery> held;
    int asked = 0;
    bool answers_at_once = false;
    bool stopped = false;

private:
    Done done_;
};

class DnsResolverTest : public ::testing::Test {
protected:
    struct Answer {
        ResolveId id = 0;
        std::vector<Target> targets;
    };

    DnsResolver& resolver(const TransportOptions& with = {}) {
        options = with;
        auto client = std::make_unique<HeldDns>();
        dns = client.get();
        dns->zone.addresses("a.test", {"192.0.2.1"}).addresses("b.test", {"192.0.2.2"});
        auto time = std::make_unique<ManualAlarm>();
        alarm = time.get();
        resolver_ = std::make_unique<DnsResolver>(
            DnsResolverParts{
                std::move(client),
                std::move(time),
                1,
                [this](const Note& note) { notes.push_back(note); }
            },
            options,
            stats
        );
        resolver_->on_done([this](ResolveId id, std::span<const Target> targets) {
            answers.push_back({id, {targets.begin(), targets.end()}});
        });
        return *resolver_;
    }

    /// For addresses only, by a port.
    void ask(ResolveId id, std::string host, std::uint16_t port = 5060) {
        resolver_->resolve({id, std::move(host), port, Transport::udp, false});
    }

    /// The same for a given watcher.
    void ask_for(std::uint64_t who, std::string host, bool is_route = false) {
        Resolve question{++last_id_, std::move(host), 5060, Transport::udp, false, is_route};
        question.from = {IpAddress::v4(static_cast<std::uint32_t>(who)), 5060};
        question.watcher = who;
        resolver_->resolve(question);
    }

    const Answer* answer_to(ResolveId id) const {
        const auto at = std::find_if(answers.begin(), answers.end(), [&](const Answer& answer) {
            return answer.id == id;
        });
        return at == answers.end() ? nullptr : &*at;
    }

    TransportOptions options;
    TransportStats stats;
    HeldDns* dns = nullptr;
    ManualAlarm* alarm = nullptr;
    std::vector<Note> notes;
    std::vector<Answer> answers;

private:
    std::unique_ptr<DnsResolver> resolver_;
    ResolveId last_id_ = 1'000'000;
};

}  // namespace reginfo::test
