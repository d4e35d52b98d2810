/// @file
/// The assembled engine, without sockets, among peers, a store and a resolver that follow a script,
/// and the checks after each step.
#pragma once

#include "core/engine.hpp"
#include "core/event/records/observer.hpp"
#include "core/sip/parser.hpp"
#include "tests/fuzz/engine/messages.hpp"
#include "tests/fuzz/engine/notify_checks.hpp"
#include "tests/fuzz/support/script.hpp"

#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reginfo::fuzz {

/// Reads all objects that it gets, as the event stream does, and counts the live ones.
class Witness final : public Observer {
public:
    void registration_changed(TimePoint now, const Aor& aor) override;
    void subscription_changed(
        TimePoint now,
        const Subscription& subscription,
        SubscriptionEvent event
    ) override;

    std::int64_t living = 0;  ///< subscriptions that began, less those that ended
};

/// For messages of the engine, which the parser limits do not bound.
inline constexpr sip::ParseLimits kNoLimits{
    .headers = 1'000,
    .header_bytes = 65'536,
    .body_bytes = 1U << 26U
};

class World {
public:
    /// @param plan  chooses limits, profiles, the store and pacing
    explicit World(const Step& plan);

    void run(const Step& step);

    /// Without failures and new requests from now on, nothing is left in the end, neither in the
    /// engine nor in the store.
    void wind_down();

private:
    enum class Op : std::uint8_t;

    // A NOTIFY that waits for its answer.
    struct Unanswered {
        Flow flow;
        std::string bytes;
    };
    /// A request as it was sent, to be repeated.
    struct Asked {
        Flow flow;
        std::string bytes;
    };
    struct Kept {
        std::string value;
        TimePoint written;
    };
    struct Response {
        std::string bytes;
        TimePoint at;
        std::uint64_t forgotten = 0;  ///< Stats::transactions_forgotten then
    };

    // Steps.
    void publish(const Step& step);
    void subscribe(const Step& step);
    void resubscribe(const Step& step);
    void answer(const Step& step);
    void repeat(const Step& step);
    void act(const Step& step);
    void finish_commit(bool ok);
    void resolve(const Step& step);
    void close(const Flow& flow);
    void leave_unsent(const Step& step);
    void pass(Duration time);
    void restart(bool clean, Duration down);

    // Into the engine.
    template <class Call>
    void call(const Call& into_engine) {
        into_engine();
        perform_effects();
        check_gauges();
    }
    void send(Flow flow, test::RequestText request, const Step& step);
    void receive(const Flow& flow, const std::string& bytes);
    void answer_oldest(int status);
    void perform_effects();
    void trace(const char* direction, const Flow& flow, const std::string& bytes) const;

    // Out of the engine.
    void perform(Effect& effect);
    void perform(const Send& send);
    void learn(const Flow& flow, const sip::Message& response, const std::string& bytes);
    void keep(const Commit& commit);

    // What is true between calls (world_checks.cpp).
    void check_gauges();
    void check_no_stall();
    void check_empty();

    static constexpr Duration kStart{1'000'000'000};

    Settings settings_;
    TimePoint now_{kStart};
    std::optional<Engine> engine_;
    Outbox outbox_;
    Witness witness_;
    NotifyChecks checks_;
    std::uint64_t processes_ = 0;

    bool late_store_ = false;
    bool answers_at_once_ = false;
    bool under_pressure_ = false;
    bool lost_writes_ = false;  ///< a commit failed: the store may have unknown records
    std::deque<Commit> commits_;
    std::map<std::pair<Bucket, std::string>, Kept> kept_;
    std::deque<Resolve> questions_;
    std::deque<Unanswered> unanswered_;
    std::vector<Published> publications_;
    std::vector<Subscribed> dialogs_;
    std::deque<Asked> asked_;
    std::map<std::string, Response> responses_;  ///< by branch, of requests sent as composed by UDP
    unsigned last_number_ = 0;                   ///< in branches, tags and Call-IDs
    const bool traced_ = std::getenv("REGINFO_FUZZ_TRACE") != nullptr;
};

}  // namespace reginfo::fuzz
