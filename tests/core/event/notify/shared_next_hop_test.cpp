/// @file
/// Many watchers behind one next hop, some of them dead, with an edge that is fast, slow or away:
/// the delay of NOTIFYs, and the load of the edge. In simulated time.

#include "core/sip/headers.hpp"
#include "tests/support/engine_fixture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <queue>
#include <set>
#include <string>
#include <vector>

namespace reginfo::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kAor = "sip:all@example.org";

/// A stateless edge proxy in front of all watchers. It answers for the living; NOTIFYs to the dead
/// get no answer.
class Edge {
public:
    explicit Edge(Settings settings) : engine_(std::move(settings), Seed{1}) {}

    Duration one_way = 1ms;
    Duration per_message{0};  ///< it takes for each, one after the other
    Duration queue = 1h;      ///< a NOTIFY that would wait longer is dropped
    bool is_away = false;
    Flow flow = udp_flow("198.51.100.1");
    std::set<std::string> dead;

    /// Every NOTIFY that came to the edge.
    struct Arrival {
        TimePoint at;
        std::string call_id;
        bool is_copy = false;
    };
    std::vector<Arrival> arrivals;
    /// The time of the last NOTIFY of each watcher, and the largest window.
    std::map<std::string, TimePoint> told_at;
    double widest = 0;

    TimePoint now() const { return now_; }
    Engine& engine() { return engine_; }
    const Stats& stats() const { return engine_.stats(); }

    /// A new subscription, or a refresh of the one of that name.
    int subscribe(const std::string& name, int expires = 3600) {
        Watcher& watcher = watchers_.try_emplace(name, name).first->second;
        watcher.aor = kAor;
        watcher.flow = flow;
        watcher.contact = "sip:" + name + "@192.0.2.200";
        watcher.more = {
            "Record-Route: <sip:" + flow.peer.to_string() + ";lr" +
            (flow.transport == Transport::tcp ? ";transport=tcp>" : ">")
        };
        const int status = ask(watcher.subscribe(expires).text());
        if (status == 200) watcher.to_tag = to_tag_;
        return status;
    }

    /// A change of the publication.
    void publish() {
        Publisher publisher;
        publisher.aor = kAor;
        publisher.etag = etag_;
        ++changes_;
        BodyText body{.aor = kAor, .contacts = {{.uri = "sip:c@192.0.2.10", .cseq = changes_}}};
        EXPECT_EQ(ask(publisher.request(3600, body.text()).text(), publisher.flow), 200);
    }

    void pass(Duration time) {
        const TimePoint until = now_ + time;
        for (;;) {
            const auto deadline = engine_.next_deadline();
            TimePoint next = until;
            if (deadline) next = std::min(next, std::max(*deadline, now_));
            if (!answers_.empty()) next = std::min(next, answers_.top().at);
            now_ = next;
            if (!answers_.empty() && answers_.top().at <= now_) {
                const Answer answer = answers_.top();
                answers_.pop();
                engine_.handle_message(now_, flow, answer.bytes, outbox_);
            } else if (deadline && *deadline <= now_) {
                engine_.handle_timeout(now_, outbox_);
            } else {
                break;
            }
            perform();
        }
    }

    /// The most NOTIFYs, or copies of them, within a second.
    std::size_t most_in_a_second(TimePoint from, bool copies_only) const {
        std::deque<TimePoint> within;
        std::size_t most = 0;
        for (const Arrival& arrival : arrivals) {
            if (arrival.at < from || (copies_only && !arrival.is_copy)) continue;
            within.push_back(arrival.at);
            while (within.front() <= arrival.at - 1s) within.pop_front();
            most = std::max(most, within.size());
        }
        return most;
    }

    /// The time until that part of the living has got the NOTIFY of a change.
    Duration told_within(TimePoint change, double part) const {
        std::vector<Duration> times;
        for (const auto& [call_id, at] : told_at) {
            if (dead.contains(call_id)) continue;
            times.push_back(at < change ? Duration::max() : at - change);
        }
        std::sort(times.begin(), times.end());
        const auto index = static_cast<std::size_t>(part * static_cast<double>(times.size() - 1));
        return times.at(index);
    }

private:
    struct Answer {
        TimePoint at;
        std::string bytes;
        bool operator<(const Answer& other) const { return at > other.at; }
    };

    int ask(const std::string& request) { return ask(request, flow); }

    int ask(const std::string& request, const Flow& from) {
        status_ = 0;
        engine_.handle_message(now_, from, request, outbox_);
        perform();
        return status_;
    }

    void perform() {
        engine_.end_turn(now_, outbox_);
        widest = std::max(widest, static_cast<double>(stats().window_limit_sum));
        for (Effect& effect : outbox_.effects()) {
            if (const auto* send = std::get_if<Send>(&effect)) sent(*send);
        }
        outbox_.clear();
    }

    void sent(const Send& send) {
        std::string bytes = send.head;
        if (send.tail) bytes.append(*send.tail);
        sip::Message message;
        ASSERT_EQ(sip::parse_message(bytes, {}, message), sip::ParseError::none);
        if (!message.is_request) {
            status_ = message.status;
            const auto to = message.first(sip::HeaderName::to);
            to_tag_ = sip::parse_name_addr(to.value_or("")).value_or(sip::NameAddr{}).tag;
            if (const auto tag = message.first(sip::HeaderName::sip_etag)) etag_ = *tag;
            return;
        }
        const std::string call_id(message.first(sip::HeaderName::call_id).value());
        const bool is_copy =
            !seen_.insert(std::string(message.first(sip::HeaderName::via).value())).second;
        arrivals.push_back({now_, call_id, is_copy});
        if (is_away) return;
        const TimePoint arrives = now_ + one_way;
        if (std::max(free_at_, arrives) - arrives > queue) return;
        free_at_ = std::max(free_at_, arrives) + per_message;
        if (dead.contains(call_id)) return;
        told_at[call_id] = free_at_;
        answers_.push({free_at_ + one_way, response_text(message, 200)});
    }

    TimePoint now_{Duration{1'000'000'000}};
    TimePoint free_at_{};
    Engine engine_;
    Outbox outbox_;
    std::priority_queue<Answer> answers_;
    std::set<std::string> seen_;
    int status_ = 0;
    std::string etag_;
    std::string to_tag_;
    std::map<std::string, Watcher> watchers_;
    std::uint32_t changes_ = 0;
};

class SharedNextHop : public ::testing::Test {
protected:
    static std::string name(const char* kind, int i) { return kind + std::to_string(i); }

    void subscribe_all(const char* kind, int count) {
        for (int i = 0; i < count; ++i) {
            ASSERT_EQ(edge.subscribe(name(kind, i)), 200);
            if (i % 16 == 0) edge.pass(1ms);
        }
    }

    void die(const char* kind, int from, int to) {
        for (int i = from; i < to; ++i) edge.dead.insert("call-" + name(kind, i));
    }

    void changes_reach_the_living() {
        for (int change = 0; change < 2; ++change) {
            const TimePoint at = edge.now();
            edge.publish();
            edge.pass(8s);
            EXPECT_LE(edge.told_within(at, 0.99), 1s) << "change " << change;
            EXPECT_LE(edge.told_within(at, 1.0), 2s) << "change " << change;
            EXPECT_LE(static_cast<double>(edge.most_in_a_second(at, true)), edge.widest);
        }
        edge.pass(64s);
        EXPECT_EQ(edge.stats().subscriptions, std::uint64_t{kAll - kDead});
    }

    static constexpr int kAll = 10'000;
    static constexpr int kDead = 1'000;
    Edge edge{test_settings()};
};

TEST_F(SharedNextHop, AThousandDeadWatchersAmongTenThousandDoNotDelayTheOthers) {
    edge.publish();
    subscribe_all("w", kAll);
    edge.pass(2s);
    ASSERT_EQ(edge.told_at.size(), std::size_t{kAll});
    for (int i = 0; i < kDead; ++i) edge.dead.insert("call-" + name("w", i * (kAll / kDead)));
    changes_reach_the_living();
}

TEST_F(SharedNextHop, NorDoAThousandThatStandBeforeAllOthers) {
    edge.publish();
    subscribe_all("w", kAll);
    edge.pass(2s);
    die("w", 0, kDead);
    changes_reach_the_living();
}

TEST_F(SharedNextHop, DeadNewcomersDelayNobody) {
    edge.publish();
    subscribe_all("good", 20);
    edge.pass(1s);
    for (int i = 0; i < 300; ++i) {
        edge.dead.insert("call-" + name("dead", i));
        ASSERT_EQ(edge.subscribe(name("dead", i), 12), 200);
    }
    for (const Duration later : {3s, 9s, 4s, 20s}) {
        edge.pass(later);
        const TimePoint at = edge.now();
        edge.publish();
        edge.pass(1s);
        EXPECT_LE(edge.told_within(at, 1.0), 100ms);
    }
}

TEST_F(SharedNextHop, AnHonestNewWatcherIsNotifiedSoonAfterManyDeadOnes) {
    edge.publish();
    subscribe_all("good", 1);
    edge.pass(1s);
    for (int i = 0; i < 300; ++i) {
        edge.dead.insert("call-" + name("dead", i));
        ASSERT_EQ(edge.subscribe(name("dead", i)), 200);
    }
    const TimePoint at = edge.now();
    ASSERT_EQ(edge.subscribe("honest"), 200);
    edge.pass(5s);
    ASSERT_TRUE(edge.told_at.contains("call-honest"));
    EXPECT_LE(edge.told_at["call-honest"] - at, 2s);
}

TEST_F(SharedNextHop, AWatcherThatComesBackIsNotifiedAtOnceHoweverManyDeadOnesWait) {
    edge.publish();
    subscribe_all("w", 400);
    edge.pass(1s);
    die("w", 0, 300);
    edge.publish();
    edge.pass(6s);
    edge.publish();
    edge.pass(3s);

    edge.dead.erase("call-w150");
    const TimePoint at = edge.now();
    ASSERT_EQ(edge.subscribe("w150"), 200);
    edge.pass(1s);
    ASSERT_GE(edge.told_at["call-w150"], at);
    EXPECT_LE(edge.told_at["call-w150"] - at, 100ms);
}

TEST_F(SharedNextHop, TheDeadBehindOneConnectionDelayNobodyEither) {
    edge.flow = tcp_flow("198.51.100.1", 5060, 7);
    edge.publish();
    subscribe_all("good", 20);
    edge.pass(1s);
    for (int i = 0; i < 300; ++i) {
        edge.dead.insert("call-" + name("dead", i));
        ASSERT_EQ(edge.subscribe(name("dead", i)), 200);
    }
    edge.pass(3s);
    const TimePoint at = edge.now();
    edge.publish();
    edge.pass(1s);
    EXPECT_LE(edge.told_within(at, 1.0), 100ms);
}

TEST_F(SharedNextHop, TheDeadDoNotStopTheNewsOfTheLivingWhileChangesGoOn) {
    edge.publish();
    subscribe_all("w", 500);
    edge.pass(1s);
    die("w", 0, 250);
    for (int i = 0; i < 40; ++i) {
        const TimePoint at = edge.now();
        edge.publish();
        edge.pass(1s);
        EXPECT_LE(edge.told_within(at, 1.0), 700ms) << "change " << i;
    }
    EXPECT_EQ(edge.stats().subscriptions, 250U) << "the dead are gone, changes or not";
}

// A slow edge takes a hundred messages a second and has room for fifty.
TEST_F(SharedNextHop, ASlowEdgeIsNotFloodedAndAllWatchersAreNotified) {
    edge.publish();
    subscribe_all("w", 2'000);
    edge.pass(2s);
    edge.per_message = 10ms;
    edge.queue = 500ms;

    const TimePoint at = edge.now();
    edge.publish();
    edge.pass(40s);

    EXPECT_LE(edge.told_within(at, 1.0), 35s);
    EXPECT_EQ(edge.stats().subscriptions, 2'000U);
    const std::size_t later = edge.most_in_a_second(at + 2s, false);
    EXPECT_LE(later, 250U) << "NOTIFYs and copies, of an edge that takes a hundred";
    const auto copies = std::count_if(
        edge.arrivals.begin(), edge.arrivals.end(), [&](const auto& a) { return a.is_copy; }
    );
    EXPECT_LE(copies, 1'000);
}

TEST_F(SharedNextHop, AnEdgeThatWasAwayIsNotFloodedAndAllWatchersAreNotifiedSoonAfter) {
    edge.publish();
    subscribe_all("w", 2'000);
    edge.pass(2s);
    edge.is_away = true;
    const TimePoint away_at = edge.now();
    edge.publish();
    edge.pass(10s);
    EXPECT_LE(static_cast<double>(edge.most_in_a_second(away_at, true)), edge.widest);

    edge.is_away = false;
    const TimePoint back_at = edge.now();
    edge.pass(15s);
    EXPECT_LE(edge.told_within(back_at, 1.0), 10s);
    EXPECT_EQ(edge.stats().subscriptions, 2'000U);
}

TEST_F(SharedNextHop, AnExpiredSubscriptionIsRemovedWhenTheTimeForItsLastNotifyIsOver) {
    for (int i = 0; i < 3'000; ++i) {
        edge.dead.insert("call-" + name("w", i));
        ASSERT_EQ(edge.subscribe(name("w", i), i % 2 == 0 ? 5 : 0), 200);
    }
    edge.pass(5s + 2s + 32s + 1s);
    EXPECT_EQ(edge.stats().subscriptions, 0U);
}

}  // namespace
}  // namespace reginfo::test
