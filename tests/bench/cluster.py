#!/usr/bin/env python3
"""What a Redis as store costs, and how long a take-over takes.

    cluster.py [--bin build/release] [--dir DIRECTORY] [--size full|smoke] [--rounds N]

First PUBLISHes on SQLite with sync = "full" and on Redis, in alternating rounds of which the one with
the least CPU counts: CPU of the node and of Redis for each, at saturation, and latencies at a fixed
rate. Then, with so many AORs: the node that serves gets SIGKILL, and it is measured when the other one
serves, and what of that is the reading of the records.
"""

import os
import re
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import servers  # noqa: E402

STORES = ("sqlite full", "redis")
CPU_GOAL = 0.7  # of the node and of Redis, against SQLite
SIZES = {
    "full": dict(aors=10_000, warm_up=20_000, publishes=100_000, window=512, rate=1000, timed=20_000,
                 crowds=(100_000, 1_000_000)),
    "smoke": dict(aors=50, warm_up=50, publishes=200, window=32, rate=500, timed=100, crowds=(200,)),
}


def cpu_seconds(server):
    with open(f"/proc/{server.child.pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Store:
    """A reginfod with its store, and Redis if it is one."""

    def __init__(self, bench, arguments, name):
        self.redis = servers.Redis(bench, arguments.dir) if name == "redis" else None
        options = dict(storage="redis", redis=self.redis) if self.redis else dict(
            storage="sqlite", sync="full", state=arguments.dir)
        self.server = servers.Reginfod(bench, arguments.server, **options)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.server.__exit__()
        if self.redis:
            self.redis.__exit__()


def measure(bench, arguments, name, size):
    load = dict(aors=size["aors"], watchers=0)
    with Store(bench, arguments, name) as store:
        store.server.load(f"{name}, warm-up", window=size["window"], publishes=size["warm_up"], **load)
        before = cpu_seconds(store.redis) if store.redis else 0.0
        closed = store.server.load(f"{name}, closed loop", window=size["window"], warm_up=1,
                                   publishes=size["publishes"], **load)
        redis = (cpu_seconds(store.redis) - before) if store.redis else 0.0
    with Store(bench, arguments, name) as store:
        timed = store.server.load(f"{name}, {size['rate']}/s", rate=size["rate"],
                                  publishes=size["timed"], warm_up=size["timed"] // 10,
                                  set_up_rate=size["rate"], **load)
    closed, timed = closed["stages"]["change"], timed["stages"]["change"]
    # Making the AORs is a PUBLISH each as well.
    asked = size["publishes"] + size["aors"]
    return {"rate": closed["requests"] / closed["seconds"], "cpu": closed["cpu_us_per_request"],
            "redis": 1e6 * redis / asked, "p50": timed["latency_us"]["p50"] / 1000,
            "p99": timed["latency_us"]["p99"] / 1000}


def until_it_serves(server, limit=120.0):
    end = time.monotonic() + limit
    while not server.serves():
        if time.monotonic() > end:
            raise SystemExit("nobody serves")
        time.sleep(0.02)


def take_over(bench, arguments, aors):
    """Seconds from SIGKILL until the other node serves, and milliseconds of that for the records."""
    with servers.Redis(bench, arguments.dir) as redis:
        first = servers.Reginfod(bench, arguments.server, storage="redis", redis=redis, node="a")
        until_it_serves(first)
        first.load(f"{aors} AORs", window=512, aors=aors, watchers=0, publishes=1)
        with servers.Reginfod(bench, arguments.server, storage="redis", redis=redis, node="b",
                              level="info") as second:
            first.child.send_signal(signal.SIGKILL)
            began = time.monotonic()
            first.child.wait()
            first.log.close()
            until_it_serves(second)
            took = time.monotonic() - began
            with open(second.log.name) as log:
                restored = re.findall(r"state restored aors=(\d+) .* ms=(\d+)", log.read())[-1]
    if int(restored[0]) < aors:
        bench.faults.append(f"{aors} AORs, of which {restored[0]} were read")
    return took, int(restored[1])


def main():
    arguments = servers.arguments_of_store_bench(SIZES)
    size = arguments.size
    with servers.store_bench(arguments, "cluster-") as bench:
        best = servers.best_of(arguments.rounds, STORES,
                               lambda name: measure(bench, arguments, name, size))
        times = {aors: take_over(bench, arguments, aors) for aors in size["crowds"]}
        faults = bench.faults
    one = best["sqlite full"]["cpu"]
    print(f"\n| store | PUBLISH/s | CPU of the node | of Redis | against SQLite | p50 / p99 at {size['rate']}/s |")
    print("|---|---|---|---|---|---|")
    for name, found in best.items():
        ratio = f"{found['cpu'] / one:.2f}" if one else "-"
        if name == "redis" and one:
            ratio += f", {found['redis'] / one:.2f} (each <= {CPU_GOAL})"
        print(f"| {name} | {found['rate']:,.0f} | {found['cpu']:.1f} us | {found['redis']:.1f} us | {ratio} | "
              f"{found['p50']:.2f} / {found['p99']:.2f} ms |")
    print("\n| AORs | from SIGKILL until the other node serves | of that, reading |\n|---|---|---|")
    for aors, (took, reading) in times.items():
        print(f"| {aors:,} | {took:.1f} s | {reading} ms |")
    if faults:
        print(f"FAULTS in {', '.join(faults)}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
