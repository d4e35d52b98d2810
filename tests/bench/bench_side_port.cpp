/// @file
/// What the side port costs the reactor: a scrape, and one step of a list, with many records.
///
///     SIDE_PORT_RECORDS=1000000 bench_side_port

#include "metrics/collector.hpp"
#include "metrics/gzip.hpp"
#include "metrics/process_collector.hpp"
#include "metrics/routes.hpp"
#include "metrics/state_collector.hpp"
#include "tests/bench/wire/engine_rig.hpp"

#include <benchmark/benchmark.h>
#include <prometheus/text_serializer.h>

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace reginfo::metrics {
namespace {

std::uint32_t records() {
    const char* const text = std::getenv("SIDE_PORT_RECORDS");
    return text == nullptr ? 2'000 : static_cast<std::uint32_t>(std::strtoul(text, nullptr, 10));
}

/// That many AORs, each published and watched once.
struct Scene {
    Scene() : rig(records()) {
        rig.publish_all();
        rig.subscribe_all(1);
        access.stats = [this]() -> const Stats& { return rig.stats(); };
        access.inspection = [this]() -> const Inspection& { return rig.engine().inspection(); };
        access.now = [this] { return rig.now(); };
        access.act = [](const OperatorAction&) { return ActionOutcome::busy; };
        access.observe = [](Observer*) {};
        access.log = [](const std::string&) {};
        RouteSources sources;
        sources.collectables = {&core, &state, &process};
        sources.unready_because = [] { return std::string(); };
        sources.core = access;
        sources.token = [] { return std::string("a-token-of-the-bench"); };
        router = make_routes(std::move(sources));
    }

    HttpResponse ask(std::string path, std::string query = {}) const {
        HttpRequest request{"GET", std::move(path), std::move(query)};
        request.authorization = "Bearer a-token-of-the-bench";
        return router.dispatch(std::move(request));
    }

    bench::EngineRig rig;
    CoreAccess access;
    CoreCollector core{[this]() -> const Stats& { return rig.stats(); }, "bench"};
    StateCollector state{CoreAccess{
        [this]() -> const Stats& { return rig.stats(); },
        [this]() -> const Inspection& { return rig.engine().inspection(); },
        [this] { return rig.now(); },
        {},
        {},
        {},
        {}
    }};
    ProcessCollector process;
    Router router;
};

Scene& scene() {
    static Scene only;
    return only;
}

void BM_Scrape(benchmark::State& state) {
    std::size_t bytes = 0;
    scene();
    for (auto _ : state) bytes = scene().ask("/metrics").body.size();
    state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(BM_Scrape)->Unit(benchmark::kMicrosecond);

void BM_ScrapeCompressed(benchmark::State& state) {
    scene();
    for (auto _ : state) {
        std::string compressed;
        GzipWriter().write(scene().ask("/metrics").body, true, compressed);
        benchmark::DoNotOptimize(compressed);
    }
}
BENCHMARK(BM_ScrapeCompressed)->Unit(benchmark::kMicrosecond);

/// CPU time of this thread: other load on the machine does not count.
std::chrono::nanoseconds cpu_time() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

/// Reads the whole body. The longest step is the longest time without the reactor.
void draw(benchmark::State& state, const std::string& path, const std::string& query) {
    scene();
    std::chrono::nanoseconds longest{};
    std::size_t steps = 0;
    std::size_t bytes = 0;
    std::size_t largest = 0;
    for (auto _ : state) {
        bytes = 0;
        const HttpResponse response = scene().ask(path, query);
        for (bool more = true; more;) {
            std::string piece;
            const auto begin = cpu_time();
            more = response.stream->next(piece) == BodyStream::Step::more;
            longest = std::max(longest, cpu_time() - begin);
            ++steps;
            largest = std::max(largest, piece.size());
            bytes += piece.size();
        }
    }
    state.counters["longest_step_us"] = std::chrono::duration<double, std::micro>(longest).count();
    state.counters["largest_step_bytes"] = static_cast<double>(largest);
    state.counters["bytes"] = static_cast<double>(bytes);
    state.counters["steps"] = static_cast<double>(steps) / static_cast<double>(state.iterations());
}

void BM_Page(benchmark::State& state) { draw(state, "/api/v1/subscriptions", "limit=1000"); }
BENCHMARK(BM_Page)->Unit(benchmark::kMicrosecond);

void BM_SearchThatFindsNothing(benchmark::State& state) {
    draw(state, "/api/v1/registrations", "prefix=nobody");
}
BENCHMARK(BM_SearchThatFindsNothing)->Unit(benchmark::kMillisecond);

void BM_Dump(benchmark::State& state) { draw(state, "/api/v1/dump", ""); }
BENCHMARK(BM_Dump)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace reginfo::metrics
