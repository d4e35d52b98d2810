/// @file

#include "tests/bench/load/figures.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <fstream>

namespace reginfo::bench {
namespace {

double each(double cpu_seconds, std::uint64_t count) {
    return count == 0 ? 0 : cpu_seconds * 1e6 / static_cast<double>(count);
}

nlohmann::json json_of(Stage& stage) {
    return {
        {"requests", stage.requests},
        {"notifies", stage.notifies},
        {"seconds", stage.seconds},
        {"cpu_seconds", stage.cpu_seconds},
        {"cpu_us_per_request", each(stage.cpu_seconds, stage.requests)},
        {"cpu_us_per_notify", each(stage.cpu_seconds, stage.notifies)},
        {"resident_bytes", stage.resident_bytes},
        {"latency_us",
         {{"p50", stage.latencies.percentile(0.5)},
          {"p90", stage.latencies.percentile(0.9)},
          {"p99", stage.latencies.percentile(0.99)},
          {"max", stage.latencies.percentile(1)}}},
    };
}

}  // namespace

void print_table(Figures& figures) {
    std::printf(
        "%-10s %9s %9s %8s %9s %9s %9s %8s %8s %8s %8s\n",
        "stage",
        "requests",
        "notifies",
        "seconds",
        "req/s",
        "us/req",
        "us/notify",
        "p50 us",
        "p99 us",
        "max us",
        "MB"
    );
    for (Stage& stage : figures.stages) {
        std::printf(
            "%-10s %9llu %9llu %8.2f %9.0f %9.2f %9.2f %8.0f %8.0f %8.0f %8.1f\n",
            stage.name.c_str(),
            static_cast<unsigned long long>(stage.requests),
            static_cast<unsigned long long>(stage.notifies),
            stage.seconds,
            static_cast<double>(stage.requests) / stage.seconds,
            each(stage.cpu_seconds, stage.requests),
            each(stage.cpu_seconds, stage.notifies),
            stage.latencies.percentile(0.5),
            stage.latencies.percentile(0.99),
            stage.latencies.percentile(1),
            static_cast<double>(stage.resident_bytes) / 1e6
        );
    }
    const Faults& faults = figures.faults;
    const auto line = [](const char* name, std::uint64_t count) {
        if (count > 0)
            std::printf("FAULT %s: %llu\n", name, static_cast<unsigned long long>(count));
    };
    line("malformed", faults.malformed);
    line("refused", faults.refused);
    line("CSeq not by one", faults.cseq_gaps);
    line("version not by one", faults.version_gaps);
    line("older state after newer", faults.old_after_new);
    line("subscription ended", faults.ended);
    line("without the newest state", faults.not_newest);
    line("for nobody", faults.unasked);
    std::printf(
        "repeated: %llu requests of ours, %llu NOTIFYs; faults: %llu\n",
        static_cast<unsigned long long>(figures.requests_repeated),
        static_cast<unsigned long long>(figures.notifies_repeated),
        static_cast<unsigned long long>(faults.total())
    );
}

void write_json(const Options& options, Figures& figures) {
    if (options.json.empty()) return;
    nlohmann::json out;
    for (Stage& stage : figures.stages) out["stages"][stage.name] = json_of(stage);
    out["faults"] = figures.faults.total();
    out["requests_repeated"] = figures.requests_repeated;
    out["notifies_repeated"] = figures.notifies_repeated;
    out["resident_bytes_empty"] = figures.resident_bytes_empty;
    out["resident_bytes_quiet"] = figures.resident_bytes_quiet;
    out["sizes"] = {
        {"publish", figures.publish.mean()},
        {"publish_response", figures.publish_response.mean()},
        {"subscribe", figures.subscribe.mean()},
        {"subscribe_response", figures.subscribe_response.mean()},
        {"notify", figures.notify.mean()},
        {"answer", figures.answer.mean()},
    };
    std::ofstream(options.json) << out.dump(2) << "\n";
}

}  // namespace reginfo::bench
