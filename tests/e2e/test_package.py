"""The Debian package: built from this build tree, in order by lintian and systemd, and in its place.

    test_package.py BUILD_DIR
"""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

import harness
from harness import ROOT, Process, wait_until
from publisher import Publisher, contact
from side_port import SidePort
from watcher import Watcher

INSTALLED = """
/etc/default/reginfod
/etc/reginfod/reginfod.toml
/usr/bin/reginfod
/usr/lib/systemd/system/reginfod.service
/usr/lib/systemd/system/reginfod.socket
/usr/lib/sysusers.d/reginfod.conf
/usr/share/bash-completion/completions/reginfod
/usr/share/doc/reginfod/changelog.gz
/usr/share/doc/reginfod/changelog.Debian.gz
/usr/share/doc/reginfod/copyright
/usr/share/doc/reginfod/operations.md
/usr/share/doc/reginfod/examples/kamailio/reg-event.cfg
/usr/share/doc/reginfod/examples/redis/users.acl
/usr/share/doc/reginfod/examples/prometheus/alerts.yml
/usr/share/man/man5/reginfod.toml.5.gz
/usr/share/man/man8/reginfod.8.gz
""".split()
MOST_EXPOSED = 1.5  # of 10, by systemd-analyze


def command(*arguments, environment=None, directory=None):
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=240, check=False,
                          env=harness.environment_with(**(environment or {})), cwd=directory)
    output = done.stdout + done.stderr
    assert done.returncode == 0, f"{' '.join(arguments)}:\n{output}"
    return output


def build_package(build, directory):
    """The path of the package, made in `directory`."""
    command("cpack", "--config", os.path.join(build, "CPackConfig.cmake"), "-G", "DEB", "-B", directory)
    made = [name for name in os.listdir(directory) if name.endswith(".deb")]
    assert len(made) == 1, made
    return os.path.join(directory, made[0])


def package(bed, build):
    harness.need("lintian", "dpkg-deb")
    path = build_package(build, bed.directory)
    files = {line.split()[5].lstrip(".") for line in command("dpkg-deb", "-c", path).splitlines()}
    assert set(INSTALLED) <= files, set(INSTALLED) - files
    found = command("lintian", "--allow-root", "--fail-on", "error,warning", "--tag-display-limit",
                    "0", path)
    print(found.strip() or "lintian: nothing", flush=True)
    print(f"{os.path.getsize(path)} bytes: {os.path.basename(path)}", flush=True)
    return path


def documents(bed, path):
    """The manual of operations names files where the package has them."""
    root = os.path.join(bed.directory, "documents")
    command("dpkg-deb", "-x", path, root)
    directory = os.path.join(root, "usr/share/doc/reginfod")
    with open(os.path.join(directory, "operations.md")) as file:
        text = file.read()
    named = set(re.findall(r"`((?!tests/|deploy/)[a-z]+/[\w./-]+)`", text))
    assert len(named) >= 4, named
    for name in named:
        assert os.path.exists(os.path.join(directory, name)), name


def unit(bed, path):
    """The unit is valid, and leaves little open."""
    harness.need("systemd-analyze")
    root = os.path.join(bed.directory, "root")
    command("dpkg-deb", "-x", path, root)
    service = os.path.join(root, "usr/lib/systemd/system/reginfod.service")
    text = open(service).read()
    assert "ExecStart=/usr/bin/reginfod --config /etc/reginfod/reginfod.toml\n" in text, text
    reloads = re.findall(r"^ExecReload=(.*)$", text, re.M)
    assert len(reloads) == 2 and "--check-config" in reloads[0] and "-HUP" in reloads[1], reloads
    # verify expects the executable at its path in the unit, and the man pages on this host.
    here = os.path.join(bed.directory, "reginfod.service")
    with open(here, "w") as file:
        file.write(text.replace("/usr/bin/reginfod", os.path.join(root, "usr/bin/reginfod"))
                   .replace("Documentation=man:reginfod(8) man:reginfod.toml(5)\n", ""))
    there = shutil.copy(os.path.join(root, "usr/lib/systemd/system/reginfod.socket"), bed.directory)
    trouble = [line for line in command("systemd-analyze", "verify", "--man=no", here, there).splitlines()
               if "reginfod" in line]
    assert not trouble, trouble
    sockets_are_those_of_the_listeners(there)
    exposure = command("systemd-analyze", "security", "--offline=true",
                       f"--threshold={int(MOST_EXPOSED * 10)}", here)
    print(re.findall(r"Overall exposure.*", exposure)[0], flush=True)
    return root


def sockets_are_those_of_the_listeners(path):
    """What the socket unit opens, the configuration that is installed beside it names."""
    with open(path) as file:
        found = re.findall(r"(?m)^Listen(Datagram|Stream)=(.*)$", file.read())
    opened = {("udp:" if kind == "Datagram" else "tcp:") + address for kind, address in found}
    configured = command(harness.REGINFOD_BIN, "--check-config")
    listed = re.findall(r'"([^"]+)"', re.search(r"(?m)^listen = (\[.*\])", configured).group(1))
    http = re.search(r'(?m)^listen = "(.*)"', configured).group(1)
    assert opened == {*listed, f"tcp:{http}"}, (opened, listed, http)


def system_calls(*groups):
    """The names in these groups of systemd, and in the groups within."""
    found = set()
    for line in command("systemd-analyze", "syscall-filter", *groups).splitlines():
        word = line.strip()
        if line.startswith("    ") and not word.startswith("#"):
            found |= system_calls(word) if word.startswith("@") else {word}
    return found


def lives_within(bed, root):
    """What a server calls from start to stop, the unit's filters allow: systemd would kill it else."""
    harness.need("strace")
    if subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode:
        raise harness.Skip("nothing may be traced here")
    with open(os.path.join(root, "usr/lib/systemd/system/reginfod.service")) as file:
        unit = file.read()
    allowed = set()
    for value in re.findall(r"(?m)^SystemCallFilter=(.*)$", unit):
        named = system_calls(*value.lstrip("~").split())
        allowed = allowed - named if value.startswith("~") else allowed | named
    families = re.findall(r"(?m)^RestrictAddressFamilies=(.*)$", unit)[0].split()

    trace = os.path.join(bed.directory, "trace")
    # As no root, like the service: SQLite changes owners only as root. So not below /root either.
    place = tempfile.mkdtemp(prefix="reginfod-")
    bed.closers.append(lambda: shutil.rmtree(place))
    os.chmod(place, 0o755)
    manager, state = os.path.join(place, "notify"), os.path.join(place, "state")
    binary = shutil.copy(harness.REGINFOD_BIN, place)
    os.mkdir(state)
    user = []
    if os.geteuid() == 0:
        user = ["-u", "nobody"]
        shutil.chown(state, "nobody")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(manager)
        os.chmod(manager, 0o777)
        port, http = harness.free_port(), harness.free_port()
        traced = Process("traced", [
            "strace", "-f", "-qq", *user, "-o", trace, binary, "--listen",
            f"udp:127.0.0.1:{port}", "--listen", f"tcp:127.0.0.1:{port}", "--http",
            f"127.0.0.1:{http}", "--state-dir", state],
            bed.directory, {"NOTIFY_SOCKET": manager, "WATCHDOG_USEC": "200000"})
        bed.processes.append(traced)
        wait_until(lambda: " ready " in traced.output(), "the traced one is ready", timeout=30.0)
        server = ("127.0.0.1", port)
        source = Publisher("sip:alice@reg.test", server)
        bed.closers.append(source.close)
        assert source.publish([contact("alice")]).status == 200
        watching = bed.watch(Watcher("sip:alice@reg.test", server, "tcp"))
        assert watching.subscribe().status == 200
        watching.wait_contacts(contact("alice")[0])
        # A next hop with a name is looked up.
        named = Watcher("sip:alice@reg.test", server, "tcp")
        named.agent.host = "no-such-host.invalid"
        bed.watch(named).agent.via = watching.agent.via
        assert named.subscribe().status == 200
        SidePort(http).ask("/metrics")
        stop_child_of(traced)
    called = set()
    with open(trace, errors="replace") as file:
        for line in file:
            name = re.match(r"\d+ +(?:<\.\.\. )?(\w+)", line)
            called |= {name.group(1)} if name else set()
            family = re.search(r"socket\((AF_\w+)", line)
            assert not family or family.group(1) in families, line
    assert {"sendmmsg", "recvmmsg", "fdatasync"} & called, f"nothing was traced: {called}"
    assert called <= allowed, f"the unit's filter would kill it at: {called - allowed}"
    print(f"{len(called)} system calls, all allowed", flush=True)


def stop_child_of(traced):
    """SIGTERM to what strace runs, which ends with it and its exit status."""
    with open(f"/proc/{traced.child.pid}/task/{traced.child.pid}/children") as file:
        os.kill(int(file.read().split()[0]), signal.SIGTERM)
    assert traced.child.wait(20) == 0, traced.output()


def installed_elsewhere(bed, build):
    """`cmake --install --prefix` puts everything below the prefix, and the unit names that."""
    for name in ("prefix", "pre fix", "50 % of it; $HOME & (more)"):
        installed_below(os.path.join(bed.directory, name), build)


def installed_below(prefix, build):
    command("cmake", "--install", build, "--prefix", prefix)
    for path in INSTALLED:
        below = os.path.join(prefix, path.removeprefix("/usr/").lstrip("/"))
        assert os.path.isfile(below), below
    service = os.path.join(prefix, "lib/systemd/system/reginfod.service")
    # It is an error to verify where the executable is not found.
    trouble = command("systemd-analyze", "verify", "--man=no", service)
    assert "reginfod.service" not in trouble, trouble
    started, = commands_of(service, "ExecStart")
    assert started == [f"{prefix}/bin/reginfod", "--config", f"{prefix}/etc/reginfod/reginfod.toml"], started
    reloaded = commands_of(service, "ExecReload")[0]
    command(*reloaded)
    assert reloaded[-2:] == [started[0], started[2]], reloaded
    done = command(os.path.join(prefix, "bin/reginfod"), "--config",
                   os.path.join(prefix, "etc/reginfod/reginfod.toml"), "--check-config")
    assert "listen" in done, done


def commands_of(service, key):
    """The words of each command in a unit, as systemd.service(5) has them: quotes, %% and, but in the
    name of the program, $$."""
    with open(service) as file:
        lines = re.findall(rf"(?m)^{key}=(.*)$", file.read())
    words = [shlex.split(line.replace("%%", "%")) for line in lines]
    return [[first, *(word.replace("$$", "$") for word in rest)] for first, *rest in words]


def test(bed):
    build = sys.argv[1]
    if not os.path.exists(os.path.join(build, "CPackConfig.cmake")):
        raise harness.Skip(f"{build} is not a build tree of {ROOT}")
    path = package(bed, build)
    documents(bed, path)
    root = unit(bed, path)
    installed_elsewhere(bed, build)
    shutil.rmtree(os.path.join(bed.directory, "_CPack_Packages"))
    lives_within(bed, root)


if __name__ == "__main__":
    harness.run("package", test)
