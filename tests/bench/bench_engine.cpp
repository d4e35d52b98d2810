/// @file
/// What happens inside the engine: a PUBLISH with its merge, the NOTIFYs of a fan-out, timers.

#include "core/base/timer_queue.hpp"
#include "tests/bench/allocations.hpp"
#include "tests/bench/wire/engine_rig.hpp"

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

namespace {

using namespace reginfo;
using namespace std::chrono_literals;
using bench::CountAllocations;

/// Time and allocations inside the engine only.
struct Inside {
    bench::EngineRig::Around around() {
        return [this](const std::function<void()>& call) {
            const std::uint64_t before = bench::allocations();
            const auto begin = std::chrono::steady_clock::now();
            call();
            time += std::chrono::steady_clock::now() - begin;
            allocations += bench::allocations() - before;
        };
    }

    std::chrono::steady_clock::duration time{};
    std::uint64_t allocations = 0;
};

/// PUBLISHes that modify, of AORs in turn, with so many watchers each; for each PUBLISH.
void publish(benchmark::State& state) {
    constexpr std::uint32_t kAors = 100;
    Inside inside;
    bench::EngineRig rig(kAors, inside.around());
    rig.publish_all();
    rig.subscribe_all(static_cast<std::uint32_t>(state.range(0)));
    rig.publish_all();
    rig.pass(40s);
    inside.allocations = 0;
    std::uint32_t aor = 0;
    for (auto _ : state) {
        inside.time = {};
        rig.publish(aor++ % kAors);
        state.SetIterationTime(std::chrono::duration<double>(inside.time).count());
    }
    state.counters["allocs"] = benchmark::Counter(
        static_cast<double>(inside.allocations), benchmark::Counter::kAvgIterations
    );
}
BENCHMARK(publish)->Arg(0)->Arg(1)->Arg(10)->UseManualTime();

struct Thing {
    Timer timer;
};

/// Soft state that is refreshed: each of so many objects moves its deadline an hour ahead in turn.
void move_timer(benchmark::State& state) {
    std::vector<Thing> things(static_cast<std::size_t>(state.range(0)));
    TimerQueue<Thing, &Thing::timer> queue;
    TimePoint now{1h};
    const Duration step = Duration{1h} / state.range(0);
    for (Thing& thing : things) queue.set(thing, (now += step) + 1h);
    std::size_t next = 0;
    const CountAllocations allocations(state);
    for (auto _ : state) {
        now += step;
        benchmark::DoNotOptimize(queue.pop_expired(now - 1h));
        queue.set(things[next++ % things.size()], now + 1h);
    }
}
BENCHMARK(move_timer)->Arg(1'000)->Arg(1'000'000);

/// A NOTIFY's timer E: set, and cancelled by the answer, beside so many others.
void set_and_cancel_timer(benchmark::State& state) {
    std::vector<Thing> things(static_cast<std::size_t>(state.range(0)));
    TimerQueue<Thing, &Thing::timer> queue;
    TimePoint now{1h};
    for (Thing& thing : things) queue.set(thing, (now += 1ms) + 1h);
    Thing notify;
    const CountAllocations allocations(state);
    for (auto _ : state) {
        now += 10us;
        queue.set(notify, now + 500ms);
        benchmark::DoNotOptimize(queue.next_deadline());
        notify.timer.cancel();
    }
}
BENCHMARK(set_and_cancel_timer)->Arg(1'000)->Arg(1'000'000);

}  // namespace
