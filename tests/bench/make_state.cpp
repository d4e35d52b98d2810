/// @file
/// Makes the state file of a server with many AORs, each with a publication and watchers, from the
/// commits of an engine that gets PUBLISHes and SUBSCRIBEs.

#include "core/engine.hpp"
#include "core/storage/record_file.hpp"
#include "tests/bench/wire/messages.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace reginfo::bench {
namespace {

constexpr std::size_t kBatch = 2000;

struct Options {
    std::string file;
    std::uint32_t aors = 1000;
    std::uint32_t watchers = 1;
    std::uint16_t watcher_port = 5071;
    bool crashed = false;
};

Endpoint loopback(std::uint16_t port) { return {IpAddress::v4(0x7f00'0001), port}; }

Settings settings_with(std::uint64_t hash_seed) {
    Settings settings;
    settings.listeners = {{Transport::udp, loopback(5060), "127.0.0.1", 5060}};
    settings.trusted_networks = {*Network::parse("127.0.0.0/8")};
    settings.notify.min_interval = Duration::zero();
    settings.notify.window_initial = 1'000'000;
    settings.notify.window_max = 1'000'000;
    settings.durable = true;
    settings.hash_seed = hash_seed;
    return settings;
}

class Maker {
public:
    explicit Maker(const Options& options)
        : options_(options),
          file_({.path = options.file, .sync = StorageSync::off}),
          engine_(settings_with(file_.hash_seed()), 1) {
        scene_.watcher = "127.0.0.1:" + std::to_string(options.watcher_port);
        file_.load([](const StoredRecord&) -> bool {
            throw std::runtime_error("the file has records already");
        });
    }

    void run() {
        for (std::uint32_t aor = 0; aor < options_.aors; ++aor) {
            text_.clear();
            write_publish(text_, scene_, {.aor = aor});
            receive(loopback(5070), text_);
        }
        flush();
        for (std::uint32_t i = 0; i < options_.aors * options_.watchers; ++i) {
            text_.clear();
            write_subscribe(text_, scene_, {.watcher = i, .aor = i % options_.aors});
            receive(loopback(options_.watcher_port), text_);
        }
        flush();
        const Stats& stats = engine_.stats();
        std::cout << stats.publications << " publications, " << stats.subscriptions
                  << " subscriptions\n";
        if (options_.crashed) return;
        while (engine_.handle_stop(now_, outbox_)) flush();
        flush();
    }

private:
    void receive(const Endpoint& peer, std::string_view bytes) {
        now_ += Duration{50};
        engine_.handle_message(now_, {Transport::udp, 0, peer}, bytes, outbox_);
        if (commits_.size() >= kBatch) flush();
        perform();
    }

    /// Writes the commits, and performs the effects that follow.
    void flush() {
        perform();
        while (!commits_.empty()) {
            std::vector<RecordFile::Batch> batches;
            const Stamp stamp = file_.clock().read();
            for (const Commit& commit : commits_) batches.push_back({commit.writes, stamp});
            file_.write(batches);
            for (const Commit& commit : std::exchange(commits_, {})) {
                engine_.handle_committed(now_, commit.id, true, outbox_);
            }
            perform();
        }
    }

    void perform() {
        while (true) {
            engine_.end_turn(now_, outbox_);
            if (outbox_.empty()) return;
            Outbox effects;
            effects.swap(outbox_);
            for (Effect& effect : effects.effects()) {
                if (const auto* send = std::get_if<Send>(&effect)) answer(*send);
                if (auto* commit = std::get_if<Commit>(&effect)) {
                    commits_.push_back(std::move(*commit));
                }
            }
            while (engine_.next_deadline() && *engine_.next_deadline() <= now_) {
                engine_.handle_timeout(now_, outbox_);
            }
        }
    }

    void answer(const Send& send) {
        std::string bytes = send.head;
        if (send.tail) bytes += *send.tail;
        const auto message = read_incoming(bytes);
        if (!message) throw std::runtime_error("malformed: " + bytes);
        if (!message->is_notify) {
            if (message->status != 200) throw std::runtime_error("refused: " + bytes);
            return;
        }
        std::string ok;
        write_answer(ok, *message);
        engine_.handle_message(now_, send.flow, ok, outbox_);
    }

    Options options_;
    RecordFile file_;
    Engine engine_;
    Scene scene_;
    Outbox outbox_;
    TimePoint now_{Duration{1'000'000'000}};
    std::vector<Commit> commits_;
    std::string text_;
};

}  // namespace
}  // namespace reginfo::bench

int main(int argc, char** argv) {
    reginfo::bench::Options options;
    CLI::App app{"Makes the state file of a server with publications and subscriptions."};
    app.add_option("file", options.file, "that does not exist yet")->required();
    app.add_option("--aors", options.aors, "each with one publication");
    app.add_option("--watchers", options.watchers, "of each AOR");
    app.add_option("--watcher-port", options.watcher_port, "of all watchers, on 127.0.0.1");
    app.add_flag("--crashed", options.crashed, "as a crash would leave it, not a clean stop");
    CLI11_PARSE(app, argc, argv);
    try {
        reginfo::bench::Maker(options).run();
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "make_state: " << error.what() << "\n";
        return 1;
    }
}
