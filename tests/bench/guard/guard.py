#!/usr/bin/env python3
"""Instructions and allocations per PUBLISH and per NOTIFY inside the engine, against the recorded ones.

    guard.py SCRIPT            fails if a part costs over 5 % more than in figures.json, or allocates
                               more often
    guard.py SCRIPT --record   writes figures.json

Instruction counts do not depend on how busy the machine is; they do on the compiler, so they are
recorded for the one of Debian 12 and the preset `release`.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
RECORDED_FOR = "12"  # the major version of g++
FIGURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "figures.json")
TOLERANCE = 0.05


def measure(script):
    with tempfile.TemporaryDirectory() as directory:
        out = os.path.join(directory, "callgrind.out")
        run = subprocess.run(
            ["valgrind", "--tool=callgrind", "--collect-atstart=no", f"--callgrind-out-file={out}",
             script], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        parts = {name: (int(units), int(allocations)) for name, units, allocations
                 in (line.split() for line in run.stdout.splitlines())}
        figures = {}
        for name in os.listdir(directory):
            with open(os.path.join(directory, name), errors="replace") as file:
                text = file.read()
            part = re.search(r"^desc: Trigger: Client Request: (\S+)$", text, re.MULTILINE)
            total = re.search(r"^(?:totals|summary): (\d+)", text, re.MULTILINE)
            if part and total and part[1] in parts:
                units, allocations = parts[part[1]]
                figures[part[1]] = {"instructions": round(int(total[1]) / units),
                                    "allocations": round(allocations / units, 2)}
        missing = set(parts) - set(figures)
        if missing:
            raise SystemExit(f"no figures for {sorted(missing)}: built without valgrind's headers?")
        return {part: figures[part] for part in parts}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("script")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--compiler", default=RECORDED_FOR, help="the version of g++ that built SCRIPT")
    arguments = parser.parse_args()
    if arguments.compiler.split(".")[0] != RECORDED_FOR:
        print(f"SKIPPED: the figures are those of g++ {RECORDED_FOR}, not {arguments.compiler}")
        return SKIPPED
    if not shutil.which("valgrind"):
        print("SKIPPED: valgrind is not installed")
        return SKIPPED
    measured = measure(arguments.script)
    if arguments.record:
        with open(FIGURES, "w") as file:
            json.dump(measured, file, indent=4)
            file.write("\n")
    with open(FIGURES) as file:
        recorded = json.load(file)
    worse = 0
    for part, now in measured.items():
        for what, tolerance, slack in (("instructions", TOLERANCE, 0), ("allocations", 0, 0.1)):
            before = recorded.get(part, {}).get(what)
            if before is None:
                print(f"{part:16} {now[what]:8} {what:12}  not recorded")
                worse += 1
                continue
            bound = before * tolerance + slack
            change = now[what] - before
            verdict = "WORSE" if change > bound else "better: record it" if -change > bound else "ok"
            worse += change > bound
            print(f"{part:16} {now[what]:8} {what:12}  recorded {before:8}  {verdict}")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
