#!/usr/bin/env python3
"""reginfod, Kamailio and the floor on the same work, in turn and in one run; prints the ratios.

    compare.py [--bin build/release] [--size full|smoke] [--rounds N] [--case NAME ...] [--json FILE]

The floor is a program that only receives and sends datagrams of the same number and sizes. Only
ratios of one round count: machines drift, within a minute by half. So each CPU case is run in
several rounds, of which the one with the middle ratio is shown, and the range of all. Every NOTIFY
is checked; a fault fails the run.
"""

import argparse
import json
import os
import platform
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)

import servers  # noqa: E402

# What is done: options of `load`. `unit`: what the CPU is divided by. `stage`: where it is spent.
# `floor`: NOTIFYs for each request, as the floor counts them.
CPU_CASES = {
    "publish": dict(
        title="PUBLISH, no watcher", unit="request", floor=0, goal=2.0, over_kamailio=4,
        load=dict(aors=1000, watchers=0, publishes=100_000, warm_up=40_000, window=32)),
    "one-watcher": dict(
        title="1,000 x 1, per PUBLISH + NOTIFY + 200", unit="request", floor=1, goal=1.7,
        over_kamailio=4,
        load=dict(aors=1000, watchers=1, publishes=60_000, warm_up=20_000, window=32)),
    "ten-watchers": dict(
        title="1,000 x 10, per NOTIFY (all CPU)", unit="notify", floor=10, goal=1.6,
        over_kamailio=3.2,
        load=dict(aors=1000, watchers=10, publishes=20_000, warm_up=8_000, window=16)),
    "fan-out": dict(
        title="10 x 1,000, per NOTIFY (all CPU)", unit="notify", floor=1000, goal=1.5,
        over_kamailio=4,
        load=dict(aors=10, watchers=1000, publishes=200, warm_up=60, window=1)),
    "subscribe": dict(
        title="SUBSCRIBE + 200 + NOTIFY + 200, 3,000/s", unit="request", floor=1, goal=2.2,
        over_kamailio=5, stage="subscribe", rate=3000, warm=False,
        load=dict(aors=500, watchers=60, publishes=0, warm_up=0, set_up_rate=3000)),
}
LATENCY_CASES = {
    "latency-fan-out": dict(
        title="10 x 1,000 at 4 PUBLISH/s, p50 / p99", floor=1000, factor=(2, 4), rate=4,
        load=dict(aors=10, watchers=1000, publishes=160, warm_up=40, rate=4)),
    "latency-single": dict(
        title="1,000 x 1 at 2,000/s, p50 / p99", floor=1, above_us=(30, 200), rate=2000,
        load=dict(aors=1000, watchers=1, publishes=40_000, warm_up=8_000, rate=2000)),
}
SMOKE = dict(publishes=50, warm_up=10)


def shrunk(case, smoke):
    load = dict(case["load"])
    if smoke:
        load["aors"] = min(load["aors"], 20)
        load["watchers"] = min(load["watchers"], 20)
        load["publishes"] = min(load["publishes"], SMOKE["publishes"])
        load["warm_up"] = min(load["warm_up"], SMOKE["warm_up"])
    return load


def floor_of(bench, case, load, sizes, smoke):
    """The floor's figures for the same datagrams."""
    notifies = min(case["floor"], load["watchers"]) if smoke else case["floor"]
    first = "subscribe" if case.get("stage") == "subscribe" else "publish"
    count = load["publishes"] or load["aors"] * load["watchers"]
    arguments = dict(
        notifies=notifies, count=count, window=load.get("window", 32), rate=case.get("rate", 0),
        request_bytes=sizes[first], response_bytes=sizes[first + "_response"],
        notify_bytes=max(sizes["notify"], 64), answer_bytes=max(sizes["answer"], 64))
    with servers.Floor(bench) as floor:
        floor.drive(**{**arguments, "count": max(1, count // 4)})  # warm
        return floor.drive(**arguments)


def run_case(bench, name, case, arguments):
    smoke = arguments.size == "smoke"
    load = shrunk(case, smoke)
    result = {"title": case["title"]}
    with servers.Reginfod(bench, arguments.server) as server:
        result["reginfod"] = server.load(name, **load)
    result["floor"] = floor_of(bench, case, load, result["reginfod"]["sizes"], smoke)
    if arguments.kamailio and servers.Kamailio.installed():
        with servers.Kamailio(bench) as server:
            result["kamailio"] = server.load(name, versions=False, **load)
    return result


def cpu_of(case, result):
    """Microseconds a unit of the floor, of reginfod and of Kamailio, if that was run."""
    key = f"cpu_us_per_{case['unit']}"
    stage = case.get("stage", "change")
    kamailio = result.get("kamailio")
    return (result["floor"][key], result["reginfod"]["stages"][stage][key],
            kamailio["stages"][stage][key] if kamailio else None)


def ratio_of(case, result):
    floor, own, _ = cpu_of(case, result)
    return own / floor if floor else 0.0


def cpu_row(case, rounds):
    """`rounds`: by ratio."""
    floor, own, theirs = cpu_of(case, rounds[len(rounds) // 2])
    row = [case["title"], f"{floor:.2f} us"]
    row.append(f"{theirs / floor:.1f}" if theirs and floor else "-")
    ratios = [f"{ratio_of(case, result):.2f}" for result in rounds]
    spread = f" ({ratios[0]} to {ratios[-1]})" if len(rounds) > 1 else ""
    row.append(f"{ratios[len(rounds) // 2]}{spread} (<= {case['goal']})" if floor else "-")
    row.append(f"{theirs / own:.1f} (>= {case['over_kamailio']})" if theirs and own else "-")
    return row


def latency_row(case, result):
    def milliseconds(figures):
        latency = figures["latency_us"]
        return latency["p50"] / 1000, latency["p99"] / 1000

    floor = milliseconds(result["floor"])
    own = milliseconds(result["reginfod"]["stages"]["change"])
    row = [case["title"], "{:.3f} / {:.3f} ms".format(*floor)]
    kamailio = result.get("kamailio")
    row.append("{:.3f} / {:.3f}".format(*milliseconds(kamailio["stages"]["change"])) if kamailio else "-")
    row.append("{:.3f} / {:.3f}".format(*own))
    if "factor" in case:
        row.append("{:.1f} x / {:.1f} x the floor (<= {} / {})".format(
            own[0] / floor[0], own[1] / floor[1], *case["factor"]))
    else:
        row.append("floor {:+.0f} / {:+.0f} us (<= {} / {})".format(
            (own[0] - floor[0]) * 1000, (own[1] - floor[1]) * 1000, *case["above_us"]))
    return row


def held_subscriptions(bench, arguments):
    """The same NOTIFY beside few and beside very many subscriptions."""
    many = 1_000 if arguments.size == "smoke" else 1_000_000
    load = dict(aors=1000, watchers=1, publishes=60_000, warm_up=20_000, window=32)
    load = shrunk(dict(load=load), arguments.size == "smoke")
    costs = []
    for idle in (0, many):
        with servers.Reginfod(bench, arguments.server) as server:
            figures = server.load(f"held-{idle}", idle=idle, **load)
        costs.append(figures["stages"]["change"]["cpu_us_per_notify"])
    few, many_cost = costs
    ratio = f"{many_cost / few:.2f} (<= 1.3)" if few else "-"
    return ["NOTIFY beside 1,000,000 subscriptions against 1,000", f"{few:.2f} us",
            f"{many_cost:.2f} us", ratio, ""]


def resting(bench, arguments):
    """PUBLISHes to AORs whose state rests as a record, against such as are kept open."""
    costs = []
    for aors in (1_000, 50_000):
        load = shrunk(dict(load=dict(aors=aors, watchers=0, publishes=100_000, warm_up=0, window=32)),
                      arguments.size == "smoke")
        with servers.Reginfod(bench, arguments.server) as server:
            figures = server.load(f"publish-{aors}", **load)
        costs.append(figures["stages"]["change"]["cpu_us_per_request"])
    return ["PUBLISH to 50,000 AORs in turn against 1,000", f"{costs[0]:.2f} us", f"{costs[1]:.2f} us",
            "", ""]


def memory_per_item(bench, arguments):
    """One AOR with its publication and subscription, transactions forgotten."""
    small, large = (100, 200) if arguments.size == "smoke" else (50_000, 100_000)
    quiet = 0.5 if arguments.size == "smoke" else 40
    resident = []
    for aors in (small, large):
        with servers.Reginfod(bench, arguments.server) as server:
            figures = server.load(f"memory-{aors}", aors=aors, watchers=1, publishes=0, warm_up=0,
                                  set_up_rate=5000, quiet=quiet)
            kinds = server.memory_by_kind()
        resident.append(figures["resident_bytes_quiet"])
    each = (resident[1] - resident[0]) / (large - small)
    by_kind = ", ".join(f"{kind} {size / large:.0f}" for kind, size in kinds.items() if size > large)
    return ["memory per AOR + publication + subscription; by kind", "", "1,634 B",
            f"{each:.0f} B (<= 1,000)", by_kind]


def memory_of_transactions(bench, arguments):
    """Finished ones, their timer J running; and what is left once it has run out."""
    smoke = arguments.size == "smoke"
    with servers.Reginfod(bench, arguments.server) as server:
        figures = server.load(
            "transactions", aors=1000, watchers=0, warm_up=0,
            publishes=500 if smoke else 400_000, window=32, quiet=0.5 if smoke else 60)
    before = figures["stages"]["initial"]["resident_bytes"]
    full = figures["stages"]["change"]["resident_bytes"]
    after = figures["resident_bytes_quiet"]
    each = (full - before) / figures["stages"]["change"]["requests"]
    return ["memory per finished transaction; resident before, full, after", "", "~ 13 kB",
            f"{each:.0f} B (<= 96)", f"{before / 1e6:.1f}, {full / 1e6:.1f}, {after / 1e6:.1f} MB "
            f"({after / before - 1:+.0%}, within 10 %)"]


def over_tcp(bench, arguments):
    """One connection from a proxy that carries everything, and one for each of many watchers,
    beside the same over UDP."""
    smoke = arguments.size == "smoke"
    single = dict(aors=1000, watchers=1, publishes=60_000, warm_up=20_000, window=32)
    many = dict(aors=10, watchers=1000, publishes=200, warm_up=60, window=1)
    costs = []
    for name, load, unit in (("one connection", single, "request"), ("10,000 connections", many, "notify")):
        load = shrunk(dict(load=load), smoke)
        for options in ({}, dict(tcp=True, connections=1 if load["watchers"] == 1 else 20 if smoke else 10_000)):
            with servers.Reginfod(bench, arguments.server) as server:
                figures = server.load(f"{name}, {'TCP' if options else 'UDP'}", **load, **options)
            costs.append(figures["stages"]["change"][f"cpu_us_per_{unit}"])
    return ["TCP: 1,000 x 1 over one connection; 10 x 1,000 over 10,000 (UDP: the same)",
            f"{costs[0]:.2f}; {costs[2]:.2f} us", "", f"{costs[1]:.2f}; {costs[3]:.2f} us", ""]


def a_million(bench, arguments):
    """Every AOR published and watched. Of the 1,600 changes a second, 1,000 are what the goal names;
    the others stand for the 278 publications and 278 subscriptions that are refreshed each second
    if each is every hour, and cost more than those."""
    smoke = arguments.size == "smoke"
    aors = 1_000 if smoke else 1_000_000
    with servers.Reginfod(bench, arguments.server) as server:
        figures = server.load(
            "million", aors=aors, watchers=1, publishes=100 if smoke else 80_000,
            warm_up=10 if smoke else 5_000, rate=1600, set_up_rate=12_000)
    change = figures["stages"]["change"]
    latency = change["latency_us"]
    return [f"{aors:,} AORs x 1 at 1,600 changes/s, p50 / p99; resident", "", "",
            f"{latency['p50'] / 1000:.3f} / {latency['p99'] / 1000:.3f} ms (p99 < 5)",
            f"{change['resident_bytes'] / 1e9:.2f} GB (< 2)"]


def beside_fan_out(bench, arguments):
    """How long an OPTIONS waits during fan-outs to very many watchers of one AOR."""
    watchers = 200 if arguments.size == "smoke" else 100_000
    with servers.Reginfod(bench, arguments.server) as server, servers.Prober(server.port) as prober:
        figures = server.load("beside", aors=1, watchers=watchers, publishes=5, warm_up=1, window=1,
                              set_up_rate=12_000)
    stages = figures["stages"]
    telling = stages["warm-up"]["seconds"] + stages["change"]["seconds"]
    told = stages["change"]["latency_us"]["p50"] / 1000
    return [f"OPTIONS beside fan-outs to {watchers:,} ({told:.0f} ms each), p50 / p99 / max", "", "",
            "{:.2f} / {:.2f} / {:.2f} ms (< 5)".format(*prober.last(telling + 0.3)), ""]


OTHER_CASES = {
    "tcp": over_tcp,
    "held": held_subscriptions,
    "resting": resting,
    "memory": memory_per_item,
    "transactions": memory_of_transactions,
    "million": a_million,
    "beside-fan-out": beside_fan_out,
}


def print_rows(head, rows):
    table = [head] + rows
    widths = [max(len(str(row[i])) for row in table) for i in range(len(head))]
    for number, row in enumerate(table):
        print("| " + " | ".join(str(cell).ljust(width) for cell, width in zip(row, widths)) + " |")
        if number == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")
    print(flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", default=os.path.join(ROOT, "build/release"), help="a build tree")
    parser.add_argument("--server", help="another reginfod than that of the build tree")
    parser.add_argument("--size", choices=("full", "smoke"), default="full")
    parser.add_argument("--rounds", type=int, help="of each CPU case (full: 3, smoke: 1)")
    parser.add_argument("--case", action="append", help="only these; may be repeated")
    parser.add_argument("--no-kamailio", dest="kamailio", action="store_false")
    parser.add_argument("--json", help="file for all figures")
    arguments = parser.parse_args()
    arguments.rounds = arguments.rounds or (1 if arguments.size == "smoke" else 3)
    arguments.server = arguments.server or os.path.join(arguments.bin, "reginfod")

    def wanted(name):
        return not arguments.case or name in arguments.case

    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, {platform.release()}")
    everything = {}
    with tempfile.TemporaryDirectory(prefix="reginfod-bench-") as directory:
        bench = servers.Bench(os.path.join(arguments.bin, "tests/bench"), directory)
        rows = []
        for name, case in CPU_CASES.items():
            if wanted(name):
                rounds = [run_case(bench, name, case, arguments) for _ in range(arguments.rounds)]
                everything[name] = sorted(rounds, key=lambda result: ratio_of(case, result))
                rows.append(cpu_row(case, everything[name]))
        if rows:
            print_rows(["CPU", "floor", "Kamailio / floor", "reginfod / floor", "Kamailio / reginfod"], rows)
        rows = []
        for name, case in LATENCY_CASES.items():
            if wanted(name):
                everything[name] = run_case(bench, name, case, arguments)
                rows.append(latency_row(case, everything[name]))
        if rows:
            print_rows(["latency", "floor", "Kamailio", "reginfod", "goal"], rows)
        rows = [run(bench, arguments) for name, run in OTHER_CASES.items() if wanted(name)]
        if rows:
            print_rows(["other", "", "Kamailio, or many", "reginfod", ""], rows)
        if arguments.json:
            with open(arguments.json, "w") as file:
                json.dump(everything, file, indent=2)
        if bench.faults:
            print(f"FAULTS in {', '.join(bench.faults)}")
    return 1 if bench.faults else 0


if __name__ == "__main__":
    sys.exit(main())
