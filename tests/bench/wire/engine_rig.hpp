/// @file
/// An engine with publishers and watchers, without sockets, for measurements.
#pragma once

#include "core/engine.hpp"
#include "tests/bench/wire/messages.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo::bench {

/// Every commit is kept at once, every NOTIFY answered with 200, and whatever else comes back
/// ends the program: figures of refusals would be worth nothing.
class EngineRig {
public:
    struct Counts {
        std::uint64_t accepted = 0;  ///< requests of ours
        std::uint64_t notifies = 0;
    };
    /// Calls its argument, which is one call of the engine.
    using Around = std::function<void(const std::function<void()>& inside)>;

    explicit EngineRig(std::uint32_t aors, Around around = {});

    /// Publishes each AOR once: first an initial PUBLISH, then a modification with a NOTIFY.
    void publish_all();
    /// Each publication once, without a body.
    void refresh_all();
    /// New watchers for each AOR.
    void subscribe_all(std::uint32_t watchers_per_aor);
    /// One AOR, modified.
    void publish(std::uint32_t aor, bool with_body = true);

    /// Lets time pass, in steps of the engine's deadlines.
    void pass(Duration time);

    const Counts& counts() const { return counts_; }
    const Stats& stats() const { return engine_.stats(); }
    Engine& engine() { return engine_; }
    TimePoint now() const { return now_; }

private:
    struct Publication {
        std::string etag;
        std::uint32_t cseq = 0;
        std::uint32_t state = 0;
    };

    void receive(const Flow& flow, std::string_view bytes);
    void perform();
    void sent(const Send& send);

    Scene scene_;
    Flow publisher_;
    Flow watcher_;
    Around around_;
    Engine engine_;
    Outbox outbox_;
    Outbox performing_;
    TimePoint now_;
    std::vector<Publication> publications_;
    std::uint32_t watchers_ = 0;
    Counts counts_;
    std::string text_;
    std::string incoming_;
    std::vector<std::string> answers_;
};

}  // namespace reginfo::bench
