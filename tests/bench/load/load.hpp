/// @file
/// Publishers and watchers of one server: their requests, and a check of all that they get.
#pragma once

#include "tests/bench/load/figures.hpp"
#include "tests/bench/load/options.hpp"
#include "tests/bench/load/process_tree.hpp"
#include "tests/bench/load/wire.hpp"
#include "tests/bench/wire/messages.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo::bench {

/// A PUBLISH is done when it is answered and every watcher of its AOR has got the NOTIFY; a
/// SUBSCRIBE when it is answered and the first NOTIFY has come. An AOR is published again only when
/// its last PUBLISH is done.
class Load {
public:
    explicit Load(const Options& options);

    /// Initial publications, subscriptions, warm-up and measurement.
    void run();

    Figures& figures() { return figures_; }

private:
    using Clock = std::chrono::steady_clock;

    struct Publication {
        std::string etag;
        std::uint32_t cseq = 0;
        std::uint32_t state = 0;
        std::uint32_t behind = 0;  ///< watchers that do not know the state yet
        bool answered = true;
        bool done = true;
        Clock::time_point sent_at;
    };
    struct Watcher {
        std::uint32_t cseq = 0;     ///< of the last NOTIFY; 0: none
        std::uint32_t version = 0;  ///< of the next document
        std::uint32_t state = 0;
        bool answered = false;
        bool done = false;
        Clock::time_point sent_at;
    };
    /// A request that may have to be repeated.
    struct Pending {
        Clock::time_point again_at;
        Clock::duration interval;
        std::uint32_t index = 0;
        std::uint32_t cseq = 0;
        bool subscribes = false;
    };

    /// Sends what is due until `count` requests are done. @param next sends one; false if none may
    void run_stage(
        const std::string& name,
        std::uint64_t count,
        double rate,
        const std::function<bool()>& next
    );
    void let_pass(double seconds);
    void turn(int milliseconds);

    bool publish_next();
    bool subscribe_next();
    void send_publish(std::uint32_t aor);
    void send_subscribe(std::uint32_t watcher);
    void repeat_unanswered(Clock::time_point now);

    void handle(std::size_t link, std::string_view bytes);
    void handle_publish_response(const Incoming& response, std::size_t size);
    void handle_subscribe_response(const Incoming& response, std::size_t size);
    void handle_notify(std::size_t link, const Incoming& notify, std::size_t size);
    void take_document(std::uint32_t index, std::string_view body);
    void count_if_done(Publication& publication);
    void count_if_done(Watcher& watcher);
    void done(Clock::time_point sent_at);
    void count_lagging();

    std::uint32_t aor_of_watcher(std::uint32_t watcher) const;
    std::size_t link_of(std::uint32_t watcher) const;

    Options options_;
    Figures figures_;
    ProcessTree server_;
    Wire wire_;
    Scene publishers_;
    Scene watchers_scene_;
    std::vector<Publication> publications_;
    std::vector<Watcher> watchers_;
    std::deque<Pending> pending_;
    std::uint32_t next_aor_ = 0;
    std::uint32_t next_watcher_ = 0;
    bool subscribed_ = false;  ///< watchers count for publications
    Stage stage_;
    Clock::time_point now_;
    std::string text_;
};

}  // namespace reginfo::bench
