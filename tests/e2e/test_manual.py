"""The manual pages and the shell completion agree with the help of the executable.

    test_manual.py
"""

import os
import re
import subprocess

import harness
from harness import DEPLOY, REGINFOD_BIN

MANUAL = os.path.join(DEPLOY, "man")


def said(*arguments):
    done = subprocess.run([REGINFOD_BIN, *arguments, "--help"], capture_output=True, text=True,
                          timeout=20, check=True)
    return done.stdout


def flags_in(text):
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", re.sub(r"\(.*\)$", "", text, flags=re.M)))


def verbs():
    return set(re.findall(r"^  ([a-z]+) ", said("state").split("Subcommands:")[1], re.M))


def completed(*words):
    """What bash offers for the last of these words."""
    script = (f'compopt() {{ :; }}; source {DEPLOY}/completion/reginfod; COMP_WORDS=("$@"); '
              'COMP_CWORD=$(($# - 1)); _reginfod; printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "-c", script, "bash", "reginfod", *words], capture_output=True,
                          text=True, timeout=20, check=True, cwd=DEPLOY)
    assert not done.stderr, done.stderr
    return set(done.stdout.split())


def completion(bed):
    flags = flags_in(said())
    assert len(flags) >= 9, flags
    assert completed("--") == flags, completed("--") ^ flags
    assert completed("") == flags | {"state"}
    assert completed("--st") == {"--storage", "--state-dir"}
    assert completed("state", "") == verbs() | {"--help"}
    assert completed("state", "import", "--d") == {"--domain"}
    assert "--domain" in flags_in(said("state", "import"))
    assert "reginfod.example.toml" in completed("--config", "reg")
    assert "README.md" not in completed("--state-dir", "") and "man" in completed("--state-dir", "")
    for flag, value in (("--storage", "sqlite memory"), ("--log-format", "text json"),
                        ("--log-level", "debug info warning error off")):
        offered = completed(flag, "")
        assert offered == set(value.split()), offered
        for word in offered:
            done = subprocess.run([REGINFOD_BIN, flag, word, "--check-config"], timeout=20,
                                  capture_output=True, check=False)
            assert done.returncode == 0, (flag, word, done.stderr)


def pages(bed):
    harness.need("mandoc")
    with open(os.path.join(MANUAL, "reginfod.8")) as file:
        page = file.read().replace("\\-", "-")
    assert flags_in(said()) - flags_in(page) == set(), flags_in(said()) - flags_in(page)
    assert flags_in(page) - flags_in(said()) == {"--domain"}, flags_in(page)
    assert set(re.findall(r"state ([a-z]+)", page)) >= verbs()
    for name in os.listdir(MANUAL):
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", os.path.join(MANUAL, name)],
                              capture_output=True, text=True, timeout=20, check=False)
        assert done.returncode == 0, done.stdout


def operations(bed):
    """The manual of operations has a remedy for each alert, and names files that exist."""
    with open(os.path.join(DEPLOY, "README.md")) as file:
        text = file.read()
    with open(os.path.join(DEPLOY, "prometheus/alerts.yml")) as file:
        alerts = set(re.findall(r"- alert: (\w+)", file.read()))
    named = set(re.findall(r"`(Reginfod\w+)`", text))
    assert named == alerts, named ^ alerts
    for path in re.findall(r"`((?:kamailio|prometheus|kubernetes|systemd|debian|man|completion|grafana)"
                           r"/[\w.-]*)`", text):
        assert os.path.exists(os.path.join(DEPLOY, path)), path
    done = subprocess.run([REGINFOD_BIN, "--check-config"], capture_output=True, text=True, check=True)
    sections = dict(re.findall(r"(?ms)^\[(\w+)\]$(.*?)(?=^\[|\Z)", done.stdout))
    for section, key in re.findall(r"`(\w+)\.([a-z_]+)(?: = [^`]*)?`", text):
        if section in sections:
            assert re.search(rf"(?m)^{key} = ", sections[section]), f"{section}.{key}"


def test(bed):
    completion(bed)
    operations(bed)
    pages(bed)


if __name__ == "__main__":
    harness.run("manual", test)
