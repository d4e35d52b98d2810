"""The container image and the Debian package, each built and run in a Debian of its own, and all of it
in the other Debian. As root.

    test_image.py image | compose | package | service BUILD_DIR
    test_image.py bookworm | trixie BUILD_DIR

Each Debian is fetched once by debootstrap and kept, with the images, in build/images.
"""

import hashlib
import json
import os
import platform
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

import harness
from debian import KEPT, OtherDebian, command, compiler_cache, debootstrap, need_root
from dockerfile import Dockerfile
from harness import DEPLOY, ROOT, Process, free_port, wait_until
from publisher import Publisher, contact
from side_port import SidePort
from test_kamailio_edge import NameServer, register
from test_package import build_package
from watcher import SurvivingWatcher, Watcher

BASE = "docker.io/library/debian:{}-slim"
HERE = platform.freedesktop_os_release()["VERSION_CODENAME"]
IMAGE = "localhost/reginfod"
KAMAILIO = "localhost/reginfod-kamailio"
NAME = "reginfod.example.org"
AOR = "sip:alice@reg.test"
LARGEST = 22_000_000  # bytes of the image; OpenSSL has 8 of them
# How this machine reaches a mirror; which one, and which release, debootstrap has written.
APT = ["--volume", "/etc/apt/apt.conf.d:/etc/apt/apt.conf.d:ro"]


def buildah(*arguments):
    return command("buildah", "--storage-driver", "vfs", "--root", os.path.join(KEPT, "storage"),
                   "--runroot", os.path.join(KEPT, "run"), *arguments)


def working_container(bed, image):
    made = buildah("from", "--pull-never", image)
    bed.removers.append(lambda: buildah("rm", made))
    return made


def base_image(release):
    """The image that stands in for a FROM line, as there is no registry to pull it from."""
    harness.need("buildah")
    need_root()
    name = BASE.format(release)
    if not buildah("images", "--filter", f"reference={name}", "--quiet"):
        made = buildah("from", "scratch")
        buildah("add", "-q", made, debootstrap(release, os.path.join(KEPT, release)), "/")
        buildah("commit", "-q", made, name)
        buildah("rm", made)
    return name


class Container(Process):
    """The image's root file system, read-only, as process 1, as the image's user and with the image's
    environment; its volume is filled with what the image has there, and outlives it."""

    def __init__(self, bed, name, root, image, environment=None, arguments=(), volume=None):
        self.root, self.image = root, image
        variables = [entry.split("=", 1) for entry in image.get("Env") or []]
        self.environment = dict(variables) | (environment or {})
        self.state = os.path.join(bed.directory, volume or "state")
        if not os.path.exists(self.state):
            command("cp", "-a", root + list(image["Volumes"])[0], self.state)
        super().__init__(name, self._command([*image["Entrypoint"], *arguments]), bed.directory)
        bed.processes.append(self)

    def _command(self, arguments):
        volume = list(self.image["Volumes"])[0]
        script = (f'mount --bind "{self.root}" "{self.root}" && '
                  f'mount -o remount,ro,bind "{self.root}" && '
                  f'mount --bind "{self.state}" "{self.root}{volume}" && '
                  f'mount -t proc proc "{self.root}/proc" && exec "$@"')
        variables = [f"{key}={value}" for key, value in self.environment.items()]
        return ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script, "sh",
                "env", "-i", *variables, "/usr/sbin/chroot", f"--userspec={self.image['User']}", self.root, *arguments]

    @property
    def first_process(self):
        """What is process 1 within; None when it is gone."""
        try:
            with open(f"/proc/{self.child.pid}/task/{self.child.pid}/children") as file:
                found = file.read().split()
        except FileNotFoundError:
            return None
        return int(found[0]) if found else None

    def stop(self, how=signal.SIGTERM, timeout=10.0):
        """`how` goes to process 1, which takes only signals that it handles; unshare ends with it."""
        if self.running and self.first_process:
            os.kill(self.first_process, how)
        return super().stop(0, timeout)

    def is_read_only(self):
        """Whether all it can see is, but for the volume."""
        with open(f"/proc/{self.first_process}/mounts") as file:
            mounts = {line.split()[1]: line.split()[3].split(",")[0] for line in file}
        return mounts["/"] == "ro" and mounts[list(self.image["Volumes"])[0]] == "rw"

    def is_healthy(self):
        test = self.image["Healthcheck"]["Test"]
        assert test[0] == "CMD", test
        return subprocess.run(self._command(test[1:]), capture_output=True, timeout=30,
                              check=False).returncode == 0


def bytes_below(root):
    return sum(os.lstat(os.path.join(folder, name)).st_size
               for folder, _, names in os.walk(root) for name in names)


def build(image_name, context, dockerfile):
    release = re.fullmatch("debian:(.*)-slim", Dockerfile(os.path.join(context, dockerfile)).base)[1]
    base_image(release)
    began = time.monotonic()
    buildah("build", "--isolation", "chroot", "--pull-never", "--format", "docker", *APT,
            "--volume", f"{compiler_cache(release)}:/root/.cache/ccache",
            "-f", os.path.join(context, dockerfile), "-t", image_name, context)
    buildah("rmi", "--prune")  # the one that had the name before
    print(f"{image_name} built in {time.monotonic() - began:.0f} s", flush=True)


def unpacked(bed, image_name):
    """The root of a container made of the image, and the image's configuration."""
    root = buildah("mount", working_container(bed, image_name))
    os.makedirs(os.path.join(root, "proc"), exist_ok=True)  # an engine makes it
    return root, json.loads(buildah("inspect", "--type", "image", image_name))["Docker"]["config"]


def image(bed):
    build(IMAGE, ROOT, "deploy/Dockerfile")
    root, config = unpacked(bed, IMAGE)
    size = bytes_below(root)
    print(f"{size} bytes: {sorted(os.listdir(root + '/usr/bin'))}", flush=True)
    assert size < LARGEST and os.listdir(root + "/usr/bin") == ["reginfod"], "more than it needs"
    assert config["User"].split(":")[0] not in ("", "0", "root"), config["User"]
    assert config["StopSignal"] == "SIGTERM", config
    serves_and_moves(bed, root, config)


def serves_and_moves(bed, root, config):
    """A PUBLISH and a SUBSCRIBE pass; and the dialog goes on at another address behind the name."""
    port, http = free_port(), free_port()

    def start(number):
        """The container number, at an address of its own and under the same name."""
        host = f"127.0.0.{10 + number}"
        made = Container(bed, f"container-{number}", root, config, {
            "REGINFOD_SIP_LISTEN": f"udp:{host}:{port},tcp:{host}:{port}".replace(
                ",tcp", f",advertise={NAME}:{port},tcp") + f",advertise={NAME}:{port}",
            "REGINFOD_HTTP_LISTEN": f"0.0.0.0:{http}"})
        wait_until(made.is_healthy, f"{made.name} is healthy: {made.output()}", timeout=30.0)
        return made, (host, port)

    def target(message):
        """Where the name in a Contact leads: to the container that runs now."""
        assert f"{NAME}:{port}" in message.get("Contact"), message.get("Contact")
        return address
    first, address = start(1)
    assert first.is_read_only()
    assert os.stat(f"/proc/{first.first_process}").st_uid != 0
    source = Publisher(AOR, address)
    bed.closers.append(source.close)
    assert source.publish([contact("alice", 1)]).status == 200
    watching = bed.watch(Watcher(AOR, address))
    assert watching.subscribe().status == 200
    watching.wait_contacts(contact("alice", 1)[0])
    assert os.listdir(first.state), "no state in the volume"
    assert first.stop(signal.SIGTERM) == 0, first.output()
    assert not first.is_healthy()

    second, address = start(2)
    watching.hop = target(watching.notifies[-1])
    assert watching.subscribe().status == 200, "the dialog was lost"
    source.server = address
    answer = source.publish([contact("alice", 1), contact("alice", 2)])
    assert answer.status == 200, f"the publication was lost: {answer.start}"
    watching.wait_contacts(contact("alice", 1)[0], contact("alice", 2)[0])
    assert target(watching.notifies[-1]) == address
    assert second.stop(signal.SIGTERM) == 0, second.output()


def compose(bed):
    """The containers of deploy/compose.yaml serve together: a phone registers, a watcher with a
    password is told, and reginfod is replaced by another container."""
    import yaml
    harness.need("buildah")
    with open(os.path.join(DEPLOY, "compose.yaml")) as file:
        made = yaml.safe_load(file)
    if not buildah("images", "--filter", f"reference={IMAGE}", "--quiet"):
        build(IMAGE, ROOT, "deploy/Dockerfile")
    build(KAMAILIO, os.path.join(DEPLOY, "kamailio"), "Dockerfile")
    reginfod, kamailio = unpacked(bed, IMAGE), unpacked(bed, KAMAILIO)
    # One host network instead of one for each, so the two cannot have the same port.
    port, http, sip = free_port(), free_port(), free_port()
    names = NameServer(bed, "reginfod", "127.0.0.1")
    service = made["services"]["kamailio"]
    for config in service["configs"]:
        with open(kamailio[0] + config["target"], "w") as file:
            file.write(made["configs"][config["source"]]["content"].replace(":5060", f":{port}"))
    with open(kamailio[0] + "/etc/resolv.conf", "w") as file:
        file.write(f"nameserver {names.listens}\n")
    words = [re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", word) for word in service["command"]]
    words = [word.replace(":5060", f":{sip}") for word in words]

    def start(number):
        made_one = Container(
            bed, f"reginfod-{number}", *reginfod, made["services"]["reginfod"]["environment"] | {
                "REGINFOD_SIP_LISTEN": f"udp:0.0.0.0:{port},tcp:0.0.0.0:{port}",
                "REGINFOD_HTTP_LISTEN": f"0.0.0.0:{http}"}, volume="reginfod-state")
        wait_until(made_one.is_healthy, f"{made_one.name} is healthy: {made_one.output()}", timeout=30.0)
        return made_one
    first = start(1)
    edge = Container(bed, "kamailio", *kamailio, arguments=words, volume="kamailio-state")
    edge.port = sip
    early = bed.watch(Watcher(AOR, ("127.0.0.1", sip), host="127.0.0.2"))
    assert early.subscribe().status == 407, "a watcher without a password"
    ha1 = hashlib.md5(b"alice:reg.test:secret").hexdigest()
    with sqlite3.connect(os.path.join(edge.state, "auth.sqlite")) as users:
        users.execute("INSERT INTO subscriber (username, domain, ha1) VALUES ('alice', 'reg.test', ?)",
                      (ha1,))
    users.close()
    told = bed.watch(Watcher(AOR, ("127.0.0.1", sip), proxy=("127.0.0.1", sip), host="127.0.0.2",
                             name="alice", password="secret"))
    assert told.subscribe().status == 200
    told.wait_contacts()
    uri = "sip:alice@127.0.0.1:20001"
    register(bed, edge, "alice", uri, 1)
    told.wait_contacts(uri)
    assert first.stop(signal.SIGTERM) == 0, first.output()
    start(2)
    register(bed, edge, "alice", uri, 2, expires=0)
    told.wait_contacts(timeout=30.0)
    told.wait_told(uri, "unregistered")
    assert told.subscribe().status == 200, "the dialog was lost"


def package(bed):
    """Installed by apt in a Debian with nothing else, run as its unit says, upgraded, and removed."""
    path = build_package(sys.argv[2], bed.directory)
    made = working_container(bed, base_image(HERE))
    name = os.path.basename(path)
    buildah("copy", made, path, f"/{name}")

    def inside(*words):
        return buildah("run", "--isolation", "chroot", *APT, made, "--", *words)
    inside("sh", "-c", "apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y "
           f"--no-install-recommends /{name}")
    root = buildah("mount", made)
    user = inside("getent", "passwd", "reginfod").split(":")
    assert int(user[2]) < 1000 and user[5] == "/var/lib/reginfod", user
    unit = read(root, "usr/lib/systemd/system/reginfod.service")
    settings = dict(line.split("=", 1) for line in unit if "=" in line)
    enabled = os.path.join(root, "etc/systemd/system/multi-user.target.wants/reginfod.service")
    assert os.path.lexists(enabled), "the service is not enabled"
    upgraded_under_its_dialog(bed, root, settings, user, lambda: inside(
        "apt-get", "install", "-q", "-y", "--reinstall", f"/{name}"))
    inside("apt-get", "-q", "-y", "purge", "reginfod")
    for gone in ("usr/bin/reginfod", "etc/reginfod", "var/lib/reginfod"):
        assert not os.path.exists(os.path.join(root, gone)), gone


def read(root, path):
    with open(os.path.join(root, path)) as file:
        return file.read().splitlines()


def upgraded_under_its_dialog(bed, root, settings, user, upgrade):
    """With the unit's command line and user, and the state directory that systemd would make."""
    state = os.path.join(root, "var/lib", settings["StateDirectory"])
    os.makedirs(state, exist_ok=True)
    os.chown(state, int(user[2]), int(user[3]))
    port, http = free_port(), free_port()
    key, value = settings["Environment"].split("=", 1)

    def serve(name):
        served = Process(name, [
            "env", "-i", f"{key}={value}", f"REGINFOD_SIP_LISTEN=udp:127.0.0.1:{port}",
            f"REGINFOD_HTTP_LISTEN=127.0.0.1:{http}", "/usr/sbin/chroot",
            f"--userspec={user[2]}:{user[3]}", root, *settings["ExecStart"].split()], bed.directory)
        bed.processes.append(served)
        wait_until(lambda: " ready " in served.output(), f"{name} is ready", timeout=20.0)
        return served
    served = serve("installed")
    source = Publisher(AOR, ("127.0.0.1", port))
    bed.closers.append(source.close)
    assert source.publish([contact("alice", 1)]).status == 200
    watching = bed.watch(Watcher(AOR, ("127.0.0.1", port)))
    assert watching.subscribe().status == 200
    watching.wait_contacts(contact("alice", 1)[0])
    assert served.stop(signal.SIGTERM) == 0, served.output()
    assert os.path.exists(os.path.join(state, "reginfod.db"))
    upgrade()
    served = serve("upgraded")
    assert watching.subscribe().status == 200, "the dialog was lost"
    assert source.publish([contact("alice", 2)]).status == 200, "the publication was lost"
    watching.wait_contacts(contact("alice", 2)[0])
    assert served.stop(signal.SIGTERM) == 0, served.output()


class Booted(Process):
    """A Debian with systemd as process 1, in this host's network."""

    def __init__(self, bed, root):
        super().__init__("booted", [
            "systemd-nspawn", "--quiet", "--directory", root, "--boot", "--register=no", "--keep-unit",
            f"--machine=reginfod-{os.getpid()}"], bed.directory)
        bed.processes.append(self)
        wait_until(lambda: "running" in self.run("systemctl", "is-system-running") or
                   self.output().count("Multi-User System"), "it has booted", timeout=90.0)

    def run(self, *words):
        """The output of a command within; empty if it fails."""
        assert self.running, self.output()[-3000:]
        with open(f"/proc/{self.child.pid}/task/{self.child.pid}/children") as file:
            found = file.read().split()
        if not found:
            return ""
        return subprocess.run(["nsenter", "--target", found[0], "--all", *words], capture_output=True,
                              text=True, timeout=60, check=False).stdout

    def stop(self, how=signal.SIGTERM, timeout=60.0):
        """Powers it off."""
        if self.running:
            self.run("systemctl", "poweroff")
        return super().stop(0, timeout)

    def property(self, name):
        return self.run("systemctl", "show", "--value", "--property", name, "reginfod").strip()


def service(bed):
    """systemd itself runs the unit in its sandbox: ready at its message, its state kept over a
    restart, and killed by the watchdog and started again when it hangs."""
    harness.need("systemd-nspawn")
    path = build_package(sys.argv[2], bed.directory)
    made = working_container(bed, base_image(HERE))
    buildah("copy", made, path, "/reginfod.deb")
    buildah("run", "--isolation", "chroot", *APT, made, "--", "sh", "-c",
            "apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y "
            "--no-install-recommends systemd systemd-sysv dbus /reginfod.deb")
    root = buildah("mount", made)
    port, http = free_port(), free_port()
    with open(os.path.join(root, "etc/reginfod/reginfod.toml"), "w") as file:
        file.write(f'[sip]\nlisten = ["udp:127.0.0.1:{port}"]\n[http]\nlisten = "127.0.0.1:{http}"\n')
    folder = os.path.join(root, "etc/systemd/system/reginfod.service.d")
    os.makedirs(folder)
    with open(os.path.join(folder, "test.conf"), "w") as file:
        file.write("[Service]\nWatchdogSec=3\n")
    booted = Booted(bed, root)

    def active_again(restarts):
        wait_until(lambda: booted.property("ActiveState") == "active" and
                   booted.property("NRestarts") == restarts,
                   "the unit is active: " + booted.run("journalctl", "--no-pager", "-u", "reginfod"),
                   timeout=60.0)
    active_again("0")
    source = Publisher(AOR, ("127.0.0.1", port))
    bed.closers.append(source.close)
    assert source.publish([contact("alice", 1)]).status == 200
    told = bed.watch(SurvivingWatcher(AOR, ("127.0.0.1", port)))
    assert told.subscribe().status == 200
    told.wait_contacts(contact("alice", 1)[0])

    booted.run("systemctl", "restart", "reginfod")
    active_again("0")
    assert told.subscribe().status == 200, "the dialog was lost in a restart"
    time.sleep(4)
    assert booted.property("NRestarts") == "0", "the watchdog bit a healthy server"
    told.may_jump = True  # the watchdog's end is a crash
    booted.run("systemctl", "kill", "--kill-whom=main", "--signal=STOP", "reginfod")
    active_again("1")
    assert "Watchdog timeout" in booted.run("journalctl", "--no-pager", "-u", "reginfod")
    assert source.publish([contact("alice", 2)]).status == 200, "the publication was lost"
    told.wait_contacts(contact("alice", 2)[0])
    booted.run("systemctl", "stop", "reginfod")
    assert booted.property("Result") == "success" and booted.property("ExecMainStatus") == "0"
    told.may_jump = False
    sockets(booted, root, port, http, told)


def sockets(booted, root, port, http, told):
    """reginfod.socket: the first request starts a stopped server, which answers it."""
    folder = os.path.join(root, "etc/systemd/system/reginfod.socket.d")
    os.makedirs(folder)
    with open(os.path.join(folder, "test.conf"), "w") as file:
        file.write(f"[Socket]\nListenDatagram=\nListenStream=\nListenDatagram=127.0.0.1:{port}\n"
                   f"ListenStream=127.0.0.1:{http}\n")
    booted.run("systemctl", "daemon-reload")
    booted.run("systemctl", "enable", "--now", "reginfod.socket")
    assert booted.run("systemctl", "is-active", "reginfod.socket").strip() == "active"
    assert booted.property("ActiveState") == "inactive"
    assert told.subscribe().status == 200, booted.run("journalctl", "--no-pager", "-u", "reginfod")
    wait_until(lambda: booted.property("ActiveState") == "active", "the socket has started the unit")
    assert "socket was passed" in booted.run("journalctl", "--no-pager", "-u", "reginfod")
    assert SidePort(http).ask("/readyz").status == 200
    booted.run("systemctl", "stop", "reginfod.socket", "reginfod.service")
    assert booted.property("ActiveState") == "inactive"


def other(bed):
    """All that this machine builds and tests, in the other Debian: with its compiler, its libraries and
    its Kamailio."""
    debian = OtherDebian(bed, sys.argv[1])
    debian.take(ROOT)
    debian.run("build", "deploy/run", "--build-only")
    path = debian.run("package", "deploy/package").splitlines()[-1]
    debian.run("install", "sh", "-c", f"apt-get install -q -y --no-install-recommends {path} && "
               "reginfod --version && apt-get purge -q -y reginfod")
    for what in ("unit", "e2e"):
        found = debian.run(f"tests-{what}", "tests/run", what)
        print(f"{what}:", *re.findall("(?m)^(?:skipped: .*|.*% tests passed.*)$", found), sep="\n", flush=True)
    starting = debian.run("starting", "find", "/etc/systemd/system", "/etc/rc3.d", "-name", "*kamailio*",
                          "-o", "-name", "*prometheus*")
    assert not re.search("wants/|/S[0-9]", starting), f"these start with the machine: {starting}"


if __name__ == "__main__":
    variants = {"image": image, "compose": compose, "package": package, "service": service,
                "bookworm": other, "trixie": other}
    harness.run(f"image-{sys.argv[1]}", variants[sys.argv[1]])
