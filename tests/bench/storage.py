#!/usr/bin/env python3
"""What durability costs: PUBLISHes against the memory store and against SQLite.

    storage.py [--bin build/release] [--dir DIRECTORY] [--size full|smoke] [--rounds N]

Prints for each store the PUBLISHes a second and the CPU of each at saturation (closed loop), and the
latency at a fixed rate, beside the time that the disk takes for a commit. The directory must be on
the disk that is meant. Rounds alternate, and the one with the least CPU counts: machines drift.
"""

import os
import statistics
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import servers  # noqa: E402

STORES = {
    "memory": dict(storage="memory"),
    "sqlite normal": dict(storage="sqlite", sync="normal"),
    "sqlite full": dict(storage="sqlite", sync="full"),
}
CPU_GOAL = 2.5      # sqlite full against memory
COMMITS_GOAL = 2.0  # p50 of sqlite full in commits of the disk
SIZES = {
    "full": dict(aors=10_000, warm_up=20_000, publishes=100_000, window=512, rate=1000,
                 timed=20_000, probes=300),
    "smoke": dict(aors=50, warm_up=50, publishes=200, window=32, rate=500, timed=100, probes=20),
}


def commit_milliseconds(directory, probes):
    """The median of what an append of two pages and its fdatasync take: a commit in WAL mode."""
    times = []
    path = os.path.join(directory, "probe")
    with open(path, "wb", buffering=0) as file:
        for _ in range(probes):
            began = time.perf_counter()
            file.write(b"x" * 8192)
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - began)
    os.unlink(path)
    return 1000 * statistics.median(times)


def measure(bench, arguments, name, size):
    with servers.Reginfod(bench, arguments.server, state=arguments.dir, **STORES[name]) as server:
        load = dict(aors=size["aors"], watchers=0)
        closed = server.load(f"{name}, closed loop", window=size["window"],
                             warm_up=size["warm_up"], publishes=size["publishes"], **load)
    with servers.Reginfod(bench, arguments.server, state=arguments.dir, **STORES[name]) as server:
        timed = server.load(f"{name}, {size['rate']}/s", rate=size["rate"], publishes=size["timed"],
                            warm_up=size["warm_up"] // 10, set_up_rate=size["rate"], **load)
    closed, timed = closed["stages"]["change"], timed["stages"]["change"]
    return {"rate": closed["requests"] / closed["seconds"], "cpu": closed["cpu_us_per_request"],
            "p50": timed["latency_us"]["p50"] / 1000, "p99": timed["latency_us"]["p99"] / 1000}


def main():
    arguments = servers.arguments_of_store_bench(SIZES)
    size = arguments.size
    with servers.store_bench(arguments, "storage-") as bench:
        commit = commit_milliseconds(arguments.dir, size["probes"])
        best = servers.best_of(arguments.rounds, STORES,
                               lambda name: measure(bench, arguments, name, size))
        faults = bench.faults
    print(f"\na commit of the disk: {commit:.2f} ms\n")
    print("| store | PUBLISH/s | CPU per PUBLISH | against memory | "
          f"p50 / p99 at {size['rate']}/s | p50 in commits |")
    print("|---|---|---|---|---|---|")
    for name, found in best.items():
        ratio = found["cpu"] / best["memory"]["cpu"] if best["memory"]["cpu"] else 0
        full = name == "sqlite full"
        print(f"| {name} | {found['rate']:,.0f} | {found['cpu']:.1f} us | {ratio:.2f}"
              f"{f' (< {CPU_GOAL})' if full else ''} | {found['p50']:.2f} / {found['p99']:.2f} ms | "
              f"{found['p50'] / commit:.1f}{f' (<= {COMMITS_GOAL:.0f})' if full else ''} |")
    if faults:
        print(f"FAULTS in {', '.join(faults)}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
