"""deploy/run, deploy/package and tests/run: their output before they do anything.

    test_scripts.py
"""

import os
import pty
import re
import shutil
import subprocess

import harness
from harness import ROOT


UNSHARE = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c")


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False,
                          stdin=subprocess.DEVNULL)


def run_on_terminal(*command, environment=None):
    """Its exit status and what it showed, on a terminal of its own."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs,
                             env=environment or os.environ | {"TERM": "xterm"})
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:  # nobody has the other end any more
        pass
    os.close(ours)
    return child.wait(60), shown.decode()


class Machine:
    """A PATH on which Debian's tools print what a test wants, record their arguments, and do
    nothing."""

    def __init__(self, bed, name, installed, on_offer=()):
        self.path = os.path.join(bed.directory, name)
        self.asked = self.path + ".asked"
        os.makedirs(self.path)
        open(self.asked, "w").close()
        for tool in ("bash", "cat", "dirname", "env", "sed", "cut", "tr", "tail", "grep", "mktemp", "rm",
                     "find", "sort", "comm", "tee", "chmod", "dpkg"):
            os.symlink(shutil.which(tool), os.path.join(self.path, tool))
        self.add("id", "echo 1000")
        self.add("dpkg-query", "".join(f"echo installed {name} {version}; "
                                       for name, version in installed.items()) or ":")
        self.add("apt-cache", f'case " {" ".join(on_offer)} " in *" $2 "*) echo "Candidate: 1";; esac')
        self.add("apt-get", f'echo "apt-get $*" >> {self.asked}')

    def add(self, tool, script):
        file = os.path.join(self.path, tool)
        with open(file, "w") as made:
            made.write(f"#!/bin/sh\n{script}\n")
        os.chmod(file, 0o755)

    def run(self, script, *arguments, within=()):
        done = run(*within, "env", f"PATH={self.path}", os.path.join(ROOT, script), *arguments)
        with open(self.asked) as file:
            return done, file.read()


def wrong_arguments_are_refused_before_anything_is_installed(bed):
    machine = Machine(bed, "bare", {})
    for script, *arguments in (
            ("tests/run", "unti"), ("tests/run", "unit", "image"), ("tests/run", "--frob"),
            ("tests/run", "-R"), ("tests/run", "-C", "image"), ("deploy/run", "--frob"),
            ("deploy/package", "frob"), ("deploy/install-packages", "frob"),
            ("deploy/install-packages",)):
        done, asked = machine.run(script, *arguments)
        assert done.returncode == 2 and done.stderr and not done.stdout, (script, arguments, done)
        assert not asked, (script, arguments, asked)
    for script in ("tests/run", "deploy/run", "deploy/package", "deploy/install-packages"):
        for flag in ("--help", "-h"):
            done, asked = machine.run(script, flag)
            assert done.returncode == 0 and script in done.stdout and not asked, (script, done, asked)
        from_elsewhere = subprocess.run(["../" + script, "--help"], cwd=os.path.join(ROOT, "app"), timeout=60,
                                        capture_output=True, text=True, check=False)
        assert from_elsewhere.stdout == done.stdout, (script, from_elsewhere)
    assert "unit" in machine.run("tests/run", "--help")[0].stdout


def without_root_one_sentence_names_the_packages(bed):
    machine = Machine(bed, "no-root", {"cmake": "3"}, ["libboost-dev"])
    done, asked = machine.run("deploy/run", "--packages-only")
    assert done.returncode == 1 and not asked, (done, asked)
    assert done.stderr.count("\n") == 1, done.stderr
    for word in ("missing: g++ ", " libboost-dev", "As root, run: ", "deploy/install-packages build\n"):
        assert word in done.stderr, (word, done.stderr)
    assert " cmake" not in done.stderr, done.stderr
    machine.add("sudo", 'echo "no" >&2; exit 1')
    done, asked = machine.run("deploy/run", "--packages-only")
    assert done.returncode == 1 and not asked, (done, asked)
    assert done.stderr.startswith("no\nThese packages are missing: "), done.stderr


def the_release_decides_between_names(bed):
    """Debian 12 has a Boost that is too old under the name that Debian 13 uses."""
    twelve = Machine(bed, "twelve", {"libboost-dev": "1.74.0.3"},
                     ["libboost1.81-dev", "libboost-dev", "libboost-url1.81-dev"])
    done, _ = twelve.run("deploy/install-packages", "build")
    for library in ("libboost", "libboost-url"):
        assert library + "1.81-dev" in done.stderr and library + "-dev" not in done.stderr, done.stderr
    thirteen = Machine(bed, "thirteen", {"libboost-dev": "1.83.0.2", "libboost-url-dev": "1.83.0.2"})
    done, _ = thirteen.run("deploy/install-packages", "build")
    assert "cmake" in done.stderr and "boost" not in done.stderr, done.stderr


def progress_is_one_line_on_a_terminal_and_rare_lines_elsewhere(bed):
    """What deploy/run shows while packages come: the last line of their log, anew each second."""
    log = os.path.join(bed.directory, "progress.log")
    command = (os.path.join(ROOT, "deploy/progress"), log, "sh", "-c", "echo 'Get:7 cmake'; sleep 2.5; exit 3")
    status, shown = run_on_terminal(*command)
    assert status == 3 and len(re.findall(r"\r\x1b\[K  0 min \d s: Get:7 cmake", shown)) >= 2, (status, shown)
    assert shown.split("\r\x1b[K")[-1].split() == ["Get:7", "cmake"], "the line was not cleared for the output"
    done = run(*command)
    assert done.returncode == 3 and done.stdout == "" and done.stderr == "Get:7 cmake\n", done


def copy_of_the_scripts(bed, name):
    place = os.path.join(bed.directory, name)
    os.makedirs(os.path.join(place, "deploy"))
    for script in ("run", "package", "install-packages", "build-tree", "progress"):
        shutil.copy(os.path.join(ROOT, "deploy", script), os.path.join(place, "deploy"))
    return place


def the_build_shows_its_progress(bed):
    """On a terminal ninja writes its own line, with the steps and the time; elsewhere a line names the log."""
    place = copy_of_the_scripts(bed, "building")
    tools = os.path.join(place, "tools")
    os.makedirs(tools)
    with open(os.path.join(tools, "ninja"), "w") as file:
        file.write('#!/bin/sh\ncase "$*" in\n*" -n "*) echo "[1/2] a"; echo "[2/2] b";;\n'
                   '*) [ -t 1 ] && echo "terminal $NINJA_STATUS" || echo "[1/2] a";; esac\n')
    with open(os.path.join(tools, "cmake"), "w") as file:
        file.write("#!/bin/sh\n")
    for tool in ("ninja", "cmake"):
        os.chmod(os.path.join(tools, tool), 0o755)
    environment = os.environ | {"PATH": f"{tools}:{os.environ['PATH']}", "TERM": "xterm"}
    command = (os.path.join(place, "deploy/build-tree"), "release", "reginfod")
    status, shown = run_on_terminal(*command, environment=environment)
    assert status == 0 and "building build/release: 2 steps" in shown, shown
    assert "terminal [%f/%t, %e s]" in shown, shown
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 and done.stderr == "building build/release: 2 steps, log: build/release.log\n", done


def where_nothing_can_be_written_one_sentence_says_so(bed):
    """Before anything is installed: a folder of somebody else's, or on a read-only file system."""
    for name, locked in (("read-only", ""), ("read-only-build", "build"), ("read-only-tree", "build/release")):
        place = copy_of_the_scripts(bed, name)
        os.makedirs(os.path.join(place, locked), exist_ok=True)
        machine = Machine(bed, name + ".tools", {})
        folder = os.path.join(place, locked).rstrip("/")
        for script in ("deploy/run", "deploy/package"):
            done = run(*UNSHARE, f'mount --bind "{folder}" "{folder}" && mount -o remount,bind,ro "{folder}" && '
                       f'exec env "PATH={machine.path}" "{place}/{script}"')
            assert done.returncode == 1 and not done.stdout, done
            assert re.fullmatch(rf"\S+ cannot write {re.escape(folder)}, where it is built\. Run this as the owner "
                                rf"of {re.escape(place)}, or in a copy of it that you may write\.\n", done.stderr), done
            with open(machine.asked) as file:
                assert not file.read(), "something was asked of apt"


def what_came_does_not_start_with_the_machine(bed):
    """Enabled by its package, a Kamailio is disabled again, with systemd or without; what was enabled
    before stays so."""
    for tool in ("systemctl", "deb-systemd-helper"):
        machine = Machine(bed, f"with-{tool}", {})
        units, programs = machine.path + ".units", machine.path + ".programs"
        wants = os.path.join(units, "multi-user.target.wants")
        os.makedirs(wants)
        os.makedirs(programs)
        os.symlink("/lib/systemd/system/mine.service", os.path.join(wants, "mine.service"))
        machine.add("id", "echo 0")
        machine.add("apt-get", 'case "$*" in *" install -y "*) /bin/ln -s /lib/systemd/system/kamailio.service '
                    "/etc/systemd/system/multi-user.target.wants/;; esac")
        machine.add(tool, f'echo "$*" >> {machine.asked}')
        done, asked = machine.run("deploy/install-packages", "try", within=(
            *UNSHARE, f'mount --bind "{units}" /etc/systemd/system && '
            f'mount --bind "{programs}" /usr/sbin && exec "$0" "$@"'))
        assert done.returncode == 0, done
        assert asked.split()[-2:] == ["disable", "kamailio.service"], (asked, done)
        assert "not started with the machine: kamailio\n" in done.stderr, done
        assert not os.listdir(programs), "policy-rc.d was left"


def a_package_is_not_made_without_what_it_depends_on(bed):
    """cpack fails where dpkg-shlibdeps is missing, here hidden by a mount."""
    hidden = shutil.which("dpkg-shlibdeps")
    build = os.path.dirname(harness.REGINFOD_BIN)
    if not hidden or not os.path.exists(os.path.join(build, "CPackConfig.cmake")):
        raise harness.Skip("no dpkg-dev, or no build tree")
    nothing = os.path.join(bed.directory, "nothing")
    open(nothing, "w").close()
    place = os.path.join(bed.directory, "package")
    done = run(*UNSHARE, f'mount --bind "{nothing}" "{hidden}" && '
               f'exec cpack --config "$0/CPackConfig.cmake" -G DEB -B "{place}"', build)
    assert done.returncode != 0 and "dpkg-shlibdeps is missing" in done.stderr, done
    assert not [name for name in os.listdir(place) if name.endswith(".deb")]


def test(bed):
    wrong_arguments_are_refused_before_anything_is_installed(bed)
    without_root_one_sentence_names_the_packages(bed)
    the_release_decides_between_names(bed)
    progress_is_one_line_on_a_terminal_and_rare_lines_elsewhere(bed)
    the_build_shows_its_progress(bed)
    if run(*UNSHARE, "true").returncode:
        raise harness.Skip("no mount namespace can be made here")
    where_nothing_can_be_written_one_sentence_says_so(bed)
    what_came_does_not_start_with_the_machine(bed)
    a_package_is_not_made_without_what_it_depends_on(bed)


if __name__ == "__main__":
    harness.run("scripts", test)
