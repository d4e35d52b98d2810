"""Every file of deploy/kamailio/: Kamailio finds nothing wrong with it, and its first lines work as written.

    test_kamailio_files.py check | first-lines
"""

import glob
import os
import re
import subprocess
import sys

import harness
from harness import DEPLOY, Process, Reginfod, free_port
from kamailio_files import database, reg_event

FOLDER = os.path.join(DEPLOY, "kamailio")
PROGRAMS = ("apt-get", "cat", "sqlite3", "kamailio", "kamcmd")


def configurations():
    """All but those that are for inclusion only."""
    return sorted(name for name in os.listdir(FOLDER)
                  if name.endswith(".cfg") and name not in ("reg-event.cfg", "cluster.cfg"))


def check(bed):
    """Kamailio itself finds nothing wrong with any of the files."""
    harness.need("kamailio")
    defines = reg_event(bed, Reginfod(bed)) | {"DB_URL": f'"sqlite:///{database(bed, "pua")}"'}
    for name in configurations():
        for more in ([], ["WITH_REG_EVENT", "README_NOTIFY"], ["WITH_REG_EVENT", "WITH_REG_CLUSTER"]):
            names = [f"{key}={value}" for key, value in defines.items()] + more
            command = ["kamailio", "-c", "-f", os.path.join(FOLDER, name)]
            done = subprocess.run(command + [part for key in names for part in ("-A", key)],
                                  capture_output=True, text=True, timeout=30, check=False)
            assert done.returncode == 0, done.stderr
            loud = re.findall(r".*(?:ERROR|WARNING|CRITICAL).*", done.stderr)
            assert not loud, f"{name}: {loud}"
            print(f"{name} {' '.join(more)}: ok", flush=True)


def commands(text):
    """What a person would copy from the comment at the head of a file: its indented paragraphs that
    begin with a program."""
    head = re.match(r"#!KAMAILIO\n((?:#.*\n)+)", text).group(1)
    paragraphs = re.findall(r"(?:^#   .*\n)+", head, re.M)
    copied = [re.sub(r"^#   ", "", paragraph, flags=re.M) for paragraph in paragraphs]
    return [paragraph for paragraph in copied if paragraph.split()[0] in PROGRAMS]


def modules_of(name):
    """What a file, and what it includes, loads."""
    with open(os.path.join(FOLDER, name)) as file:
        text = file.read()
    found = set(re.findall(r'^loadmodule "(.*)"', text, re.M))
    for included in re.findall(r'^include_file "(.*)"', text, re.M):
        found |= modules_of(included)
    return found


def packages_of(modules):
    paths = [path for module in modules for path in glob.glob(f"/usr/lib/*/kamailio/modules/{module}")]
    assert len(paths) == len(modules), modules
    owners = subprocess.run(["dpkg", "-S", *paths], capture_output=True, text=True, check=True).stdout
    return {line.split(":")[0] for line in owners.splitlines()}


# Kamailio goes on behind what follows it, and tables are made without waiting for the disk.
SHELL = """
set -euo pipefail
apt-get() { shift; dpkg-query -W "$@"; }
sqlite3() { command sqlite3 -cmd "PRAGMA synchronous = off" "$@"; }
kamailio() {
    local words=("$@")
    while [ "$1" != -Y ]; do shift; done
    command kamailio "${words[@]}" &
    for ((n = 0; n < 100; ++n)); do
        kamcmd -s "$2/kamailio_ctl" core.uptime 2>/dev/null && return
        sleep 0.1
    done
    return 1
}
"""


def first_lines(bed):
    """The commands of the first lines, in their order, in a place where /tmp and ports are ours."""
    harness.need("kamailio", "sqlite3", "dpkg-query")
    folder = os.path.join(bed.directory, "deploy", "kamailio")
    os.makedirs(folder)
    for name in os.listdir(FOLDER):
        with open(os.path.join(FOLDER, name)) as file, open(os.path.join(folder, name), "w") as copy:
            copy.write(file.read().replace("/tmp/", f"{bed.directory}/"))
    for name in configurations():
        with open(os.path.join(folder, name)) as file:
            copied = commands(file.read())
        named = set(re.search(r"^apt-get install (.*)", copied[0]).group(1).split())
        wanted = packages_of(modules_of(name))
        assert wanted <= named, f"{name}: {wanted - named}"
        port = free_port()
        script = re.sub(r"(-l \w+:127\.0\.0\.1):\d+", rf"\1:{port}", "".join(copied))
        assert "kamailio -DD" in script, name
        for old in glob.glob(f"{bed.directory}/*.sqlite"):
            os.unlink(old)
        shell = Process(f"shell-{name}", ["bash", "-c", SHELL + script], bed.directory)
        bed.processes.append(shell)
        shell.child.wait(60)
        assert shell.stop() == 0, f"{name}:\n{script}\n{shell.output()}"
        print(f"{name}: ok", flush=True)


VARIANTS = {"check": check, "first-lines": first_lines}

if __name__ == "__main__":
    harness.run(f"kamailio-files-{sys.argv[1]}", VARIANTS[sys.argv[1]])
