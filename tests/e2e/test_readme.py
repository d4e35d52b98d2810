"""The lines under "Try it" in README.md, as they stand there, against a reginfod on free ports.

    test_readme.py
"""

import os
import re
import subprocess

import harness
from harness import ROOT, Reginfod


def lines_to_paste():
    with open(os.path.join(ROOT, "README.md")) as file:
        section = re.search(r"^## Try it$(.*?)^## ", file.read(), re.M | re.S).group(1)
    return re.findall(r"^    (.*)$", section, re.M)


def test(bed):
    harness.need("sipp", "curl")
    lines = lines_to_paste()
    assert 5 <= len(lines) <= 10, lines
    reginfod = Reginfod(bed)
    script = "\n".join(lines)
    for shown, real in ((":5060", f":{reginfod.port}"), (":8080", f":{reginfod.http_port}"),
                        ("/tmp/", bed.directory + "/")):
        assert shown in script, f"{shown} is not in README's lines"
        script = script.replace(shown, real)
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=60, check=False)
    print(done.stdout + done.stderr, flush=True)
    assert done.returncode == 0, done.returncode
    assert "SIP-ETag" in done.stdout
    assert "reginfod_publications 1" in done.stdout
    assert len(re.findall("^NOTIFY sip:watcher@", done.stdout, re.M)) == 2
    assert done.stdout.count("<uri>sip:alice@192.0.2.10:5060</uri>") == 2


if __name__ == "__main__":
    harness.run("readme", test)
