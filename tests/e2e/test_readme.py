"""README.md: its size, its picture and the links of all manuals; and the lines under "Try it", as they
stand there, against a reginfod on free ports.

    test_readme.py
"""

import os
import re
import subprocess

import harness
from harness import ROOT, Reginfod
from test_page import PICTURE, the_picture_is_of_this_size

LINES_MAX, COLUMNS_MAX = 150, 120
MANUALS = ("README.md", "app/README.md", "core/README.md", "deploy/README.md", "deploy/kamailio/README.md",
           "metrics/README.md", "tests/README.md", "tests/bench/README.md", "transport/README.md")


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def it_is_read_in_five_minutes(bed):
    lines = read("README.md").splitlines()
    assert len(lines) <= LINES_MAX, f"README.md has {len(lines)} lines; {LINES_MAX} are allowed"
    wide = [number for number, line in enumerate(lines, 1) if len(line) > COLUMNS_MAX]
    assert not wide, f"README.md has lines of more than {COLUMNS_MAX} columns: {wide}"


def anchors_of(text):
    """The names by which headings are linked to, as GitHub and GitLab make them."""
    outside_of_blocks = re.sub(r"(?ms)^```.*?^```$", "", text)
    headings = re.findall(r"(?m)^#+ (.*)$", outside_of_blocks)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links_lead_somewhere(bed):
    found = 0
    for manual in MANUALS:
        for link in re.findall(r"\]\(([^)\s]+)\)", read(manual)):
            path, _, anchor = link.partition("#")
            target = os.path.normpath(os.path.join(os.path.dirname(manual), path)) if path else manual
            assert os.path.exists(os.path.join(ROOT, target)), f"{manual}: {link}"
            assert not anchor or anchor in anchors_of(read(target)), f"{manual}: {link}: {anchors_of(read(target))}"
            found += 1
    assert found >= 20, found


def the_picture_is_there(bed):
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", read("README.md"))
    assert [os.path.join(ROOT, path) for path in pictures] == [PICTURE], pictures
    the_picture_is_of_this_size()


def try_it():
    return re.search(r"^## Try it$(.*?)^## ", read("README.md"), re.M | re.S).group(1)


def without_chance(message):
    """A message without line breaks in its document, and without what differs from run to run."""
    head, body = message.strip().replace("\r", "").split("\n\n", 1)
    text = head + "\n\n" + re.sub(r"\s+", " ", re.sub(r">\s+<", "><", body))
    return re.sub(r"\d+", "N", re.sub(r"[0-9a-f]{16,}", "X", text)).strip()


def lines_can_be_pasted(bed):
    harness.need("sipp", "curl")
    lines = re.findall(r"^    (.*)$", try_it(), re.M)
    assert 5 <= len(lines) <= 10, lines
    reginfod = Reginfod(bed)
    script = "\n".join(lines)
    for shown, real in ((":5060", f":{reginfod.port}"), (":8080", f":{reginfod.http_port}"),
                        ("/tmp/", bed.directory + "/")):
        assert shown in script, f"{shown} is not in README's lines"
        script = script.replace(shown, real)

    def paste(text):
        done = subprocess.run(["bash", "-c", text], cwd=ROOT, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=60, check=False)
        print(done.stdout + done.stderr, flush=True)
        assert done.returncode == 0, done.returncode
        assert "SIP-ETag" in done.stdout
        assert done.stdout.count("<uri>sip:alice@192.0.2.10:5060</uri>") == 1
        return done.stdout

    output = paste(script)
    assert "reginfod_publications 1" in output
    sent = re.search(r"^NOTIFY sip:.*?</reginfo>", output, re.M | re.S).group(0)
    shown = re.search(r"^```\n(NOTIFY sip:.*?)\n```$", try_it(), re.M | re.S).group(1)
    assert without_chance(sent) == without_chance(shown), f"sent:\n{sent}\nshown:\n{shown}"
    over_tcp = script.replace("-t u1", "-t t1")
    assert over_tcp != script and "-t t1" in try_it(), "README has no word on TCP"
    assert re.search(r"^NOTIFY sip:.*transport=TCP", paste(over_tcp), re.M)


def test(bed):
    it_is_read_in_five_minutes(bed)
    links_lead_somewhere(bed)
    the_picture_is_there(bed)
    lines_can_be_pasted(bed)


if __name__ == "__main__":
    harness.run("readme", test)
