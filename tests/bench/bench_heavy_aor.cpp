/// @file
/// What one request about the heaviest AOR that the bounds let in costs everybody else: the time
/// that the engine holds the reactor, its commit and the NOTIFY included.

#include "core/engine.hpp"
#include "tests/support/engine_fixture.hpp"

#include <benchmark/benchmark.h>

#include <time.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace {

using namespace reginfo;
using namespace std::chrono_literals;
using test::BodyText;
using test::ContactText;
using test::Publisher;
using test::Watcher;

/// Of this thread: others may have the processor meanwhile.
double cpu_seconds() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// What the AOR is heavy of.
enum class Shape : std::int64_t {
    contacts,  ///< four registrars, each with contacts of its own
    orphans,   ///< very many publications of the same few contacts
    texts,     ///< few contacts with long texts
};

class HeavyAor {
public:
    explicit HeavyAor(Shape shape) : shape_(shape), engine_(settings(), 1) {
        const std::size_t publications = shape == Shape::orphans ? 250 : 4;
        for (std::size_t i = 0; i < publications; ++i) {
            Publisher one;
            const std::string response = ask(one.request(3600, body(i, 1)).text());
            const std::size_t tag = response.find("SIP-ETag: ");
            if (tag == std::string::npos) break;  // full
            one.etag = response.substr(tag + 10, 16);
            publishers_.push_back(one);
        }
        seconds_ = 0;
    }

    /// @param cseq  another one changes all contacts of the publication
    std::string body(std::size_t publication, std::uint32_t cseq) const {
        const bool is_texts = shape_ == Shape::texts;
        const std::size_t contacts = shape_ == Shape::orphans ? 8 : is_texts ? 2 : 500;
        const std::string much(is_texts ? 8'000 : 0, 'x');
        BodyText text;
        for (std::size_t i = 0; i < contacts; ++i) {
            const std::size_t number = shape_ == Shape::orphans ? i : 1000 * publication + i;
            ContactText contact{
                .uri = "sip:user" + std::to_string(number) + "@192.0.2.1:5060;transport=tcp",
                .callid = "call-" + std::to_string(number) + "@192.0.2.1",
                .cseq = cseq,
            };
            contact.attributes = R"( received="" path="" user_agent="Phone/1.0")";
            for (std::size_t piece = 0; is_texts && piece < 7; ++piece) {
                contact.children += "<unknown-param name=\"p\">" + much + "</unknown-param>";
            }
            text.contacts.push_back(std::move(contact));
        }
        return text.text();
    }

    /// The response to a request, and whatever else it leads to.
    std::string ask(std::string_view request) {
        const double begin = cpu_seconds();
        Outbox outbox;
        engine_.handle_message(now_, Publisher().flow, request, outbox);
        engine_.end_turn(now_, outbox);
        std::string response;
        while (!outbox.empty()) {
            Outbox next;
            for (Effect& effect : outbox.effects()) {
                if (const auto* commit = std::get_if<Commit>(&effect)) {
                    engine_.handle_committed(now_, commit->id, true, next);
                } else if (auto* send = std::get_if<Send>(&effect)) {
                    if (send->head.starts_with("SIP/2.0 ")) response = send->head;
                }
            }
            engine_.end_turn(now_, next);
            outbox.swap(next);
        }
        seconds_ += cpu_seconds() - begin;
        return response;
    }

    /// Of the requests since the last call.
    double seconds() {
        now_ += 1s;
        return std::exchange(seconds_, 0);
    }

    const Publisher& publisher() const { return publishers_.front(); }
    /// Whether the response to a PUBLISH of the publisher is a 200.
    bool learn(const std::string& response) {
        const std::size_t tag = response.find("SIP-ETag: ");
        if (tag != std::string::npos) publishers_.front().etag = response.substr(tag + 10, 16);
        return tag != std::string::npos;
    }
    void count(benchmark::State& state) const {
        const Stats& stats = engine_.stats();
        state.counters["publications"] = static_cast<double>(stats.publications);
        state.counters["contacts"] = static_cast<double>(stats.contacts_active);
        state.counters["refused"] =
            static_cast<double>(stats.refused_by_bound[index_of(Bound::aor_bytes)]);
    }

private:
    static Settings settings() {
        Settings settings = test::test_settings();
        settings.durable = true;
        return settings;
    }

    Shape shape_;
    Engine engine_;
    TimePoint now_{1h};
    std::vector<Publisher> publishers_;
    double seconds_ = 0;
};

void refresh(benchmark::State& state) {
    HeavyAor heavy(static_cast<Shape>(state.range(0)));
    for (auto _ : state) {
        const bool is_taken = heavy.learn(heavy.ask(heavy.publisher().request(3600).text()));
        if (!is_taken) state.SkipWithError("refused");
        state.SetIterationTime(heavy.seconds());
    }
    heavy.count(state);
}
BENCHMARK(refresh)->DenseRange(0, 2)->UseManualTime();

void change(benchmark::State& state) {
    HeavyAor heavy(static_cast<Shape>(state.range(0)));
    Watcher watcher("w1");
    heavy.ask(watcher.subscribe().text());
    std::uint32_t cseq = 1;
    for (auto _ : state) {
        const std::string body = heavy.body(0, ++cseq);
        heavy.seconds();
        const bool is_taken = heavy.learn(heavy.ask(heavy.publisher().request(3600, body).text()));
        if (!is_taken) state.SkipWithError("refused");
        state.SetIterationTime(heavy.seconds());
    }
    heavy.count(state);
}
BENCHMARK(change)->DenseRange(0, 2)->UseManualTime();

void subscribe(benchmark::State& state) {
    HeavyAor heavy(static_cast<Shape>(state.range(0)));
    int number = 0;
    for (auto _ : state) {
        Watcher watcher("w" + std::to_string(number++));
        if (state.range(1) != 0) watcher.user_agent = "kamailio";
        heavy.seconds();
        heavy.ask(watcher.subscribe().text());
        state.SetIterationTime(heavy.seconds());
    }
}
BENCHMARK(subscribe)->ArgsProduct({{0, 1, 2}, {0, 1}})->UseManualTime();

}  // namespace
