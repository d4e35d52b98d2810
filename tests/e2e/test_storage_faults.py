"""A disk that is full or read-only: the error at a start, the answers meanwhile, that it
recovers without a restart, and that what is outdated does not fill it. A small file system of its own
stands for the disk.

    test_storage_faults.py
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import harness
from harness import REGINFOD_BIN, Reginfod, free_port, wait_until
from publisher import Publisher, contact
from sip import Agent, Message
from watcher import SurvivingWatcher, Watcher

OWN_MOUNTS = "E2E_OWN_MOUNTS"
PATIENCE = 10.0  # how long a request waits for the disk
AOR = "sip:alice@reg.test"


class SmallDisk:
    """A file system that can be filled up and made read-only."""

    def __init__(self, bed, megabytes=4):
        self.path = os.path.join(bed.directory, "disk")
        os.makedirs(self.path)
        if OWN_MOUNTS not in os.environ:
            raise harness.Skip("no file system can be mounted here")
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", self.path],
                       check=True)
        self.ballast = os.path.join(self.path, "ballast")
        self.state = os.path.join(self.path, "state")

    def fill(self):
        with open(self.ballast, "ab", buffering=0) as file:
            for size in (1 << 16, 1 << 12, 1):
                try:
                    while file.write(b"x" * size):
                        pass
                except OSError:
                    continue

    def free(self):
        os.unlink(self.ballast)

    def remount(self, how):
        subprocess.run(["mount", "-o", f"remount,{how}", self.path], check=True)


def refused_start(state, *words):
    """A start that ends with status 1 and one line with the reason."""
    done = subprocess.run(
        [REGINFOD_BIN, "--state-dir", state, "--listen", f"udp:127.0.0.1:{free_port()}",
         "--http", "off"], capture_output=True, text=True, timeout=30, check=False,
        stdin=subprocess.DEVNULL, env=harness.environment_with())
    assert done.returncode == 1, done
    line = done.stderr.strip().splitlines()[-1]
    for word in ("reginfod: ", state, *words):
        assert word in line, (word, line)


def at_the_start(disk):
    disk.fill()
    refused_start(disk.state, "no space left", "--state-dir")
    disk.free()
    disk.remount("ro")
    refused_start(disk.state, "Read-only file system", "--state-dir")
    disk.remount("rw")


def options(agent, server):
    """What needs no store."""
    began = time.monotonic()
    answer = agent.request(Message("OPTIONS sip:127.0.0.1 SIP/2.0", [
        ("Max-Forwards", "70"), ("From", "<sip:test@127.0.0.1>;tag=t"),
        ("To", "<sip:127.0.0.1>"), ("Call-ID", f"options-{began}"), ("CSeq", "1 OPTIONS")]), server)
    assert answer.status == 200, answer.start
    return time.monotonic() - began


class Asking(threading.Thread):
    """A request that may take long; its answer and how long it took."""

    def __init__(self, ask):
        super().__init__(daemon=True)
        self.ask, self.answer, self.took = ask, None, None
        self.start()

    def run(self):
        began = time.monotonic()
        self.answer = self.ask()
        self.took = time.monotonic() - began

    def result(self):
        self.join(30)
        assert self.answer is not None, "no answer"
        return self.answer


def is_ready(reginfod):
    return reginfod.http("/readyz")[0] == 200


def many(user, count):
    return [contact(f"{user}{n}", n) for n in range(1, count + 1)]


def exhaust(bed, disk, reginfod):
    """Fills the disk, and what the server's own files had room for."""
    disk.fill()
    number = 0
    for count in (200, 1):
        status = 200
        while status == 200:
            number += 1
            publisher = bed.watch(Publisher(f"sip:{number}@f", reginfod.address, "tcp"))
            status = publisher.publish(many("f", count), timeout=20).status
        assert status == 503, status
    status = 200
    while status == 200:
        number += 1
        watcher = bed.watch(Watcher(f"sip:{number}@f", reginfod.address))
        watcher.agent.request = with_timeout(watcher.agent.request, 20)
        status = watcher.subscribe().status
    assert status == 503, status


def too_long_full(bed, disk, reginfod, watcher, published):
    """Requests are refused with 503 after their patience, PUBLISH over UDP comes again until there is
    room, and memory is as before."""
    exhaust(bed, disk, reginfod)
    publications = reginfod.metric("reginfod_publications")
    subscriptions = reginfod.metric("reginfod_subscriptions")
    late = bed.watch(Publisher("sip:late@reg.test", reginfod.address, "tcp"))
    patient = Asking(lambda: published.publish(many("alice", 20), timeout=60))
    asking = [Asking(lambda: late.publish(many("late", 20), timeout=20))]
    other = bed.watch(Watcher(AOR, reginfod.address))
    other.agent.request = with_timeout(other.agent.request, 20)
    asking.append(Asking(other.subscribe))
    wait_until(lambda: not is_ready(reginfod), "/readyz tells of the disk")
    assert reginfod.metric("reginfod_storage_healthy") == 0
    assert reginfod.metric("reginfod_storage_failed_attempts_total") > 0
    assert reginfod.http("/healthz")[0] == 200, "/healthz is about the process"
    agent = bed.watch(Agent("udp"))
    assert options(agent, reginfod.address) < 2, "what needs no store was held up"
    for ask in asking:
        answer = ask.result()
        assert answer.status == 503, answer.start
        assert int(answer.get("Retry-After")) > 0, answer.encode()
        assert ask.took > PATIENCE - 1, f"refused after {ask.took:.1f} s"
    assert reginfod.metric("reginfod_storage_commits_total", outcome="failed") >= 3
    assert reginfod.metric("reginfod_publications") == publications
    assert reginfod.metric("reginfod_subscriptions") == subscriptions
    assert [c.uri for c in watcher.fold.active.values()] == [contact("alice")[0]]
    assert patient.answer is None, patient.answer.start
    disk.free()
    wait_until(lambda: is_ready(reginfod), "/readyz after the disk is back", timeout=30)
    assert reginfod.metric("reginfod_storage_healthy") == 1
    assert patient.result().status == 200, patient.answer.start
    watcher.wait_contacts(*(listed[0] for listed in many("alice", 20)))


def with_timeout(request, timeout):
    return lambda message, peer: request(message, peer, timeout)


def briefly_full(bed, disk, reginfod, watcher, published):
    """Requests wait, and are served when there is room in time."""
    exhaust(bed, disk, reginfod)
    asking = Asking(lambda: published.publish([contact("alice", 3), *many("more", 20)], timeout=20))
    wait_until(lambda: not is_ready(reginfod), "/readyz tells of the disk")
    time.sleep(1)
    assert asking.answer is None, "acknowledged without a disk"
    disk.free()
    assert asking.result().status == 200, asking.answer.start
    watcher.wait_contacts(contact("alice", 3)[0], *(c[0] for c in many("more", 20)))
    wait_until(lambda: is_ready(reginfod), "/readyz after the disk is back")


def bytes_of(directory):
    return sum(os.path.getsize(os.path.join(directory, name)) for name in os.listdir(directory))


def refreshes_only(bed, disk, reginfod):
    """What is outdated does not fill the disk, and a full disk goes on with what it has."""
    large = bed.watch(Publisher("sip:large@reg.test", reginfod.address))
    assert large.publish(many("large", 200)).status == 200
    for _ in range(400):
        assert large.publish().status == 200, "a refresh"
    assert bytes_of(disk.state) < 3 << 20, bytes_of(disk.state)
    disk.fill()
    for _ in range(400):
        assert large.publish().status == 200, "a refresh on a full disk"
    return large


def kill_and_start(bed, disk, reginfod, name):
    reginfod.may_fail = True
    reginfod.stop(signal.SIGKILL)
    return Reginfod(bed, name=name, storage=("--state-dir", disk.state), port=reginfod.port)


def test(bed):
    disk = SmallDisk(bed)
    at_the_start(disk)
    reginfod = Reginfod(bed, name="reginfod-1", storage=("--state-dir", disk.state))
    watcher = bed.watch(SurvivingWatcher(AOR, reginfod.address))
    assert watcher.subscribe().status == 200
    published = bed.watch(Publisher(AOR, reginfod.address))
    assert published.publish([contact("alice")]).status == 200
    watcher.wait_contacts(contact("alice")[0])

    large = refreshes_only(bed, disk, reginfod)
    watcher.may_jump = True
    reginfod = kill_and_start(bed, disk, reginfod, "reginfod-2")
    for _ in range(100):
        assert large.publish().status == 200, "a refresh on a full disk after kill -9"
    disk.free()

    too_long_full(bed, disk, reginfod, watcher, published)
    briefly_full(bed, disk, reginfod, watcher, published)

    publications = reginfod.metric("reginfod_publications")
    subscriptions = reginfod.metric("reginfod_subscriptions")
    watcher.may_jump = True
    again = kill_and_start(bed, disk, reginfod, "reginfod-3")
    assert again.metric("reginfod_publications") == publications
    assert again.metric("reginfod_subscriptions") == subscriptions
    assert published.publish().status == 200, "the entity-tag is not valid after the restart"
    assert watcher.subscribe().status == 200
    assert again.stop() == 0


def move_to_own_mounts():
    """Goes on in a mount namespace, where root is not needed to mount, and which takes all that is
    mounted with it when it ends."""
    unshare = ["unshare", "--map-root-user", "--mount"]
    if OWN_MOUNTS in os.environ or not shutil.which("unshare"):
        return
    if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode == 0:
        os.execvpe(unshare[0], [*unshare, sys.executable, "-B", *sys.argv],
                   {**os.environ, OWN_MOUNTS: "1"})


if __name__ == "__main__":
    move_to_own_mounts()
    harness.run("storage-faults", test)
