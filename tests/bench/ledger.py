#!/usr/bin/env python3
"""Publishers and watchers of a cluster, a nemesis that breaks it, and a ledger that is held against the promises.

    ledger.py [--bin build/release] [--server FILE] [--seconds 60] [--runs 1] [--seed N] [--only FAULT]...
              [--nodes 3] [--users 16] [--replicas 1] [--set REGINFOD_NAME=VALUE]...

Each run has three reginfods on a Redis with two replicas and three Sentinels, of deploy/redis/. README.md here says
what is done and what is judged. The status is 1 if a promise was broken. Everything is on 127.0.0.1, and ends by
itself; logs, ledger.jsonl and run.log of a run are in BIN/ledger/seed-N/.
"""

import argparse
import os
import random
import signal
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(HERE, "nemesis"), os.path.join(ROOT, "tests/e2e")]

SECONDS_MAX = 2400  # what was published at the beginning lasts for an hour
SKIPPED = 77  # the exit status that means "skipped" to CTest


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--bin", default=os.path.join(ROOT, "build/release"), help="a build tree")
    parser.add_argument("--server", help="another reginfod than that of the build tree")
    parser.add_argument("--seconds", type=float, default=60, help="for which faults strike")
    parser.add_argument("--runs", type=int, default=1, help="one after the other, with the next seeds")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--only", action="append", default=[], metavar="FAULT", help="repeatable")
    parser.add_argument("--list", action="store_true", help="name all faults, and end")
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--users", type=int, default=16)
    parser.add_argument("--replicas", type=int, default=1, help="storage.redis.replicas: 0 promises less")
    parser.add_argument("--set", action="append", default=[], metavar="REGINFOD_NAME=VALUE",
                        help="a variable of the nodes; repeatable")
    parser.add_argument("--expect-broken", action="store_true",
                        help="succeed if states, entity-tags and dialogs are found lost: for --only sabotage")
    found = parser.parse_args()
    if found.seconds > SECONDS_MAX:
        parser.error(f"--seconds is {SECONDS_MAX} at most; use --runs")
    if not all("=" in one for one in found.set):
        parser.error("--set takes NAME=VALUE")
    return found


def main():
    wanted = arguments()
    os.environ["E2E_BIN"] = wanted.server or os.path.join(wanted.bin, "reginfod")
    os.environ["E2E_DIR"] = os.path.join(wanted.bin, "ledger")
    import harness
    from faults import ALL
    from run import Run  # with it all faults
    if wanted.list:
        print("\n".join(f"{name:26} {fault.touches}" for name, fault in sorted(ALL.items())))
        return 0
    unknown = [name for name in wanted.only if name not in ALL]
    if unknown:
        raise SystemExit(f"no such fault: {', '.join(unknown)}; --list names them")
    try:
        harness.need("redis-server")
    except harness.Skip as reason:
        print(f"SKIPPED: {reason}")
        return SKIPPED
    # Who is told to end stops what was started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    broken = [seed for seed in range(wanted.seed, wanted.seed + wanted.runs) if not Run(wanted, seed).held()]
    if broken:
        print(f"BROKEN with the seeds {broken}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
