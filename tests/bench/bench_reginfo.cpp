/// @file
/// Reading documents of Kamailio.

#include "core/reginfo/reader.hpp"
#include "tests/bench/allocations.hpp"
#include "tests/core/reginfo/samples.hpp"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string_view>

namespace {

void read_body(benchmark::State& state, std::string_view body) {
    const reginfo::bench::CountAllocations allocations(state);
    while (state.KeepRunning()) {
        auto document = reginfo::read_document(body, {});
        if (!document) state.SkipWithError(document.error().reason.c_str());
        benchmark::DoNotOptimize(document);
    }
    state.SetBytesProcessed(
        static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(body.size())
    );
}

BENCHMARK_CAPTURE(read_body, one_contact, reginfo::test::kKamailio);
BENCHMARK_CAPTURE(read_body, three_contacts, reginfo::test::kKamailioThree);

}  // namespace

BENCHMARK_MAIN();
