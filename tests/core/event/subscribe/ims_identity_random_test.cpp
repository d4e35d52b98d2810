/// @file
/// Sets that list identities and lose them, watchers of these, crashes: at random, against the
/// rules word by word. A failure names its seed.

#include "tests/support/profile_fixture.hpp"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo::test {
namespace {

using Names = std::set<std::string>;

/// The first four are AORs that are published; all may be listed in a set and watched.
constexpr std::array<const char*, 7> kNames{
    "sip:a@example.org",
    "sip:b@example.org",
    "sip:c@example.org",
    "sip:d@example.org",
    "tel:+491",
    "tel:+492",
    "sip:+493@example.org"
};
constexpr std::size_t kAors = 4;
constexpr std::size_t kWatchers = 6;

/// What an AOR's publication lists: itself if it has a contact, and others.
struct Published {
    Names active;
    TimePoint until;
};

/// The state of a watcher after its last document.
struct Known {
    std::string holder;  ///< the AOR of the set
    Names active;        ///< registrations with an active contact
};

Known read(const Sent& notify) {
    Known known;
    const std::string_view body = notify.body();
    constexpr std::string_view kBegin = "<registration aor=\"";
    for (auto at = body.find(kBegin); at != std::string_view::npos;
         at = body.find(kBegin, at + 1)) {
        const std::string_view rest = body.substr(at + kBegin.size());
        const std::string aor(rest.substr(0, rest.find('"')));
        if (known.holder.empty()) known.holder = aor;
        const std::string_view one = rest.substr(0, rest.find("</registration>"));
        const std::size_t contact = one.find("<contact ");
        const bool is_active = contact != std::string_view::npos &&
                               one.find(" state=\"active\"", contact) != std::string_view::npos;
        if (is_active) known.active.insert(aor);
    }
    return known;
}

struct Watching {
    explicit Watching(std::size_t index_)
        : index(index_), watcher("w" + std::to_string(index_) + "-0") {}

    std::size_t index;
    std::size_t dialogs = 0;
    Watcher watcher;
    std::optional<Known> known;  ///< while it has a subscription
    std::uint32_t cseq = 0;
};

class RandomSets {
public:
    RandomSets(std::uint64_t seed, Profile profile)
        : chance_(seed), world_(settings(profile), seed) {
        for (std::size_t i = 0; i < kAors; ++i) publishers_[i].aor = kNames[i];
        for (std::size_t i = 0; i < kWatchers; ++i) watchings_.emplace_back(i);
    }

    void step() {
        switch (pick(10)) {
            case 0:
            case 1:
            case 2:
            case 3:
                return publish(pick(kAors));
            case 4:
                return remove(pick(kAors));
            case 5:
            case 6:
                return subscribe(watchings_[pick(kWatchers)], pick(kNames.size()));
            case 7:
                return refresh(watchings_[pick(kWatchers)]);
            case 8:
                return world_.pass(std::chrono::seconds{pick(3) * 50});
            default:
                pick(2) == 0 ? world_.restart() : world_.crash();
                return world_.pass(1s);
        }
    }

    /// What must be true whenever nothing is on its way.
    void check() {
        for (const Sent& notify : world_.take_notifies()) take(notify);
        for (const Watching& one : watchings_) {
            if (!one.known) continue;
            const std::string& identity = one.watcher.aor;
            EXPECT_EQ(one.known->active, set_of(one.known->holder)) << identity;
            EXPECT_FALSE(one.known->active.empty()) << identity;
            EXPECT_EQ(one.known->active.contains(identity), is_registered(identity)) << identity;
        }
    }

private:
    static Settings settings(Profile profile) {
        Settings settings = settings_with(profile);
        settings.durable = true;
        settings.hash_seed = 7;
        settings.limits.expiries_per_turn = 2;
        return settings;
    }

    std::size_t pick(std::size_t below) { return chance_() % below; }

    Names set_of(const std::string& aor) {
        const auto at = published_.find(aor);
        if (at == published_.end() || at->second.until + 2s <= world_.now()) return {};
        return at->second.active;
    }
    bool is_registered(const std::string& identity) {
        for (std::size_t i = 0; i < kAors; ++i) {
            if (set_of(kNames[i]).contains(identity)) return true;
        }
        return false;
    }

    void publish(std::size_t index) {
        Publisher& publisher = publishers_[index];
        const std::string uri = "sip:ue@192.0.2.1" + std::to_string(index);
        const std::string expires = pick(3) == 0 ? "60" : "3000";
        BodyText body{.aor = publisher.aor};
        Published& published = published_[publisher.aor];
        published = {{}, world_.now() + Seconds{std::stoi(expires)}};
        if (pick(4) > 0) {
            body.contacts.push_back({.uri = uri, .cseq = ++cseq_, .expires = std::stoi(expires)});
            published.active.insert(publisher.aor);
        }
        for (std::size_t i = 0; i < kNames.size(); ++i) {
            if (i == index || pick(3) > 0) continue;
            published.active.insert(kNames[i]);
            body.more += member(
                kNames[i],
                "<contact id=\"x\" state=\"active\" event=\"created\" callid=\"c1\" cseq=\"" +
                    std::to_string(++cseq_) + "\" expires=\"" + expires + "\"><uri>" + uri +
                    "</uri></contact>"
            );
        }
        Sent response = publisher.publish_text(world_, body.text(), 86'400);
        if (response.status() == 412) {  // it was over
            publisher.etag.clear();
            response = publisher.publish_text(world_, body.text(), 86'400);
        }
        EXPECT_EQ(response.status(), 200);
    }

    void remove(std::size_t index) {
        Publisher& publisher = publishers_[index];
        if (publisher.etag.empty()) return;
        const int status = publisher.remove(world_).status();
        EXPECT_TRUE(status == 200 || status == 412);
        publisher.etag.clear();
        published_.erase(publisher.aor);
    }

    /// Perhaps just before the PUBLISH that registers it.
    void subscribe(Watching& one, std::size_t name) {
        if (one.known) end(one);
        one.watcher =
            Watcher("w" + std::to_string(one.index) + "-" + std::to_string(++one.dialogs));
        one.watcher.aor = kNames[name];
        one.cseq = 0;
        world_.receive(one.watcher.flow, one.watcher.subscribe(80'000).text());
        if (!is_registered(kNames[name]) && pick(2) == 0) {
            world_.pass(200ms);
            publish(pick(kAors));
        }
        world_.pass(301ms);
        for (const Sent& sent : world_.take()) {
            if (sent.is_notify()) {
                take(sent);
            } else if (sent.status() == 200) {
                const std::string to = sent.header("To");
                one.watcher.to_tag = to.substr(to.find("tag=") + 4);
                if (!one.known) one.known.emplace();  // its NOTIFY follows
            } else {
                EXPECT_EQ(sent.status(), 480);
                EXPECT_FALSE(is_registered(kNames[name])) << kNames[name];
            }
        }
    }

    void refresh(Watching& one) {
        if (!one.known) return;
        EXPECT_EQ(one.watcher.subscribe(world_, 80'000).status(), 200) << one.watcher.aor;
    }

    void end(Watching& one) {
        EXPECT_EQ(one.watcher.subscribe(world_, 0).status(), 200) << one.watcher.aor;
        for (const Sent& notify : world_.take_notifies()) take(notify);
        EXPECT_FALSE(one.known.has_value());
    }

    void take(const Sent& notify) {
        for (Watching& one : watchings_) {
            if (!one.watcher.owns(notify)) continue;
            EXPECT_GT(notify.cseq(), one.cseq);
            one.cseq = notify.cseq();
            one.known = read(notify);
            if (notify.header("Subscription-State").starts_with("terminated")) one.known.reset();
            return;
        }
    }

    std::mt19937_64 chance_;
    World world_;
    std::array<Publisher, kAors> publishers_;
    std::vector<Watching> watchings_;
    std::map<std::string, Published> published_;
    std::uint32_t cseq_ = 0;
};

void run(Profile profile, std::uint64_t seeds) {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        const ::testing::ScopedTrace trace(__FILE__, __LINE__, "seed " + std::to_string(seed));
        RandomSets sets(seed, profile);
        for (int i = 0; i < 100; ++i) {
            sets.step();
            sets.check();
            if (::testing::Test::HasFailure()) return;
        }
    }
}

TEST(RandomSetsOf, ImsAreAlwaysKnownToTheWatchersOfTheirIdentities) { run(Profile::ims, 20); }
TEST(RandomSetsOf, PcscfAreAlwaysKnownToTheWatchersOfTheirIdentities) { run(Profile::pcscf, 10); }

}  // namespace
}  // namespace reginfo::test
