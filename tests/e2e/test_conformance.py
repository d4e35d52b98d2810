"""The conformance suite, where it stands beside the repository, against one reginfod.

    test_conformance.py [redis] [--slow]

REGINFO_CONFORMANCE names its folder; without it, ../shared/conformance beside the repository.
"""

import os
import subprocess
import sys

import harness
from harness import ROOT, Reginfod
from storage import STORAGES

SUITE = os.environ.get("REGINFO_CONFORMANCE",
                       os.path.join(os.path.dirname(ROOT), "shared", "conformance"))

# Cases that ask for what is deliberately not so here.
OTHERWISE = {
    "reg-kamailio-attrs": "RFC 3680 5.4 allows no such attributes on <contact>: only profile kamailio is told them",
}


def test(bed, arguments):
    runner = os.path.join(SUITE, "run.py")
    if not os.path.exists(runner):
        raise harness.Skip(f"no conformance suite at {SUITE}")
    options = {}
    if "redis" in arguments:
        storage = STORAGES["redis"](bed)
        options = dict(storage=storage.flags, environment=storage.environment)
    reginfod = Reginfod(bed, ipv6=True, **options)
    done = subprocess.run(
        [sys.executable, runner, "--target", f"127.0.0.1:{reginfod.port}",
         "--v6-target", f"[::1]:{reginfod.port}", "--http", f"127.0.0.1:{reginfod.http_port}",
         *(word for word in arguments if word.startswith("-"))],
        cwd=bed.directory, capture_output=True, text=True, timeout=600, check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    with open(os.path.join(bed.directory, "conformance.txt"), "w") as file:
        file.write(done.stdout + done.stderr)
    bad = [line for line in done.stdout.splitlines() if line.startswith("FAIL")]
    print("\n".join(bad + done.stdout.splitlines()[-1:]), flush=True)
    failed = {line.split()[1] for line in bad}
    for case in sorted(failed & set(OTHERWISE)):
        print(f"{case} is otherwise here: {OTHERWISE[case]}", flush=True)
    assert failed <= set(OTHERWISE), f"failed: {sorted(failed - set(OTHERWISE))}\n{done.stderr}"
    assert done.returncode == (1 if failed else 0), f"the suite ended with {done.returncode}\n{done.stderr}"


if __name__ == "__main__":
    name = "-".join(["conformance", *(word.strip("-") for word in sys.argv[1:])])
    harness.run(name, lambda bed: test(bed, sys.argv[1:]))
