/// @file
/// How often a measured piece of code allocates.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>

namespace reginfo::bench {

/// Calls of operator new so far in this program.
std::uint64_t allocations();

/// Adds the counter "allocs" to a benchmark: allocations for each iteration while this lives.
class CountAllocations {
public:
    explicit CountAllocations(benchmark::State& state) : state_(state), before_(allocations()) {}
    ~CountAllocations() {
        state_.counters["allocs"] = benchmark::Counter(
            static_cast<double>(allocations() - before_), benchmark::Counter::kAvgIterations
        );
    }
    CountAllocations(const CountAllocations&) = delete;
    CountAllocations& operator=(const CountAllocations&) = delete;

private:
    benchmark::State& state_;
    std::uint64_t before_;
};

}  // namespace reginfo::bench
