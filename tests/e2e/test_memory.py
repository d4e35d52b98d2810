"""A flood of new addresses-of-record against a small limits.memory_bytes: the process stays, what is
there is served, and there is room again once state has ended.

  test_memory.py
"""

import re
import resource
import select
import socket
import subprocess
import time

from harness import REGINFOD_BIN, Reginfod, run, wait_until
from publisher import Publisher, contact, document
from watcher import Watcher

MIB = 1 << 20
LIMIT = 48 * MIB
BATCH = 50


class Flood:
    """PUBLISHes of ever new AORs, each with some contacts, sent without a transaction's care."""

    def __init__(self, server):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * MIB)
        self.socket.connect(server.address)
        self.port = self.socket.getsockname()[1]
        self.sent, self.statuses, self.retry_after = 0, {}, set()

    def publish(self, expires):
        self.sent += 1
        aor = f"sip:user{self.sent}@reg.test"
        body = document(aor, [contact(f"user{self.sent}", number) for number in range(1, 9)])
        self.socket.send((
            f"PUBLISH {aor} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{self.sent}\r\n"
            f"Max-Forwards: 70\r\nFrom: <{aor}>;tag=a\r\nTo: <{aor}>\r\nCall-ID: {self.sent}\r\nCSeq: 1 PUBLISH\r\n"
            f"Event: reg\r\nExpires: {expires}\r\nContent-Type: application/reginfo+xml\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}").encode())

    def take(self, wanted, timeout=2.0):
        """Answers, until so many have come or time is up."""
        until, taken = time.monotonic() + timeout, 0
        while taken < wanted and select.select([self.socket], [], [], max(0, until - time.monotonic()))[0]:
            answer = self.socket.recv(65535).decode()
            status = int(answer.split()[1])
            self.statuses[status] = self.statuses.get(status, 0) + 1
            self.retry_after |= set(re.findall(r"\r\nRetry-After: (\d+)\r\n", answer)) if status == 503 else set()
            taken += 1

    def run(self, refusals, expires=3600, most=200_000):
        """Until so many are refused."""
        before = self.statuses.get(503, 0)
        while self.sent < most and self.statuses.get(503, 0) - before < refusals:
            for _ in range(BATCH):
                self.publish(expires)
            self.take(BATCH)


def flood(bed, name, expires, within=(), storage=("--storage", "memory")):
    server = Reginfod(bed, name, environment={"REGINFOD_LIMITS_MEMORY_BYTES": str(LIMIT)}, within=within,
                      storage=storage)
    assert server.metric("reginfod_memory_limit_bytes") == LIMIT
    publisher = bed.watch(Publisher("sip:alice@reg.test", server.address))
    watcher = bed.watch(Watcher("sip:alice@reg.test", server.address))
    assert publisher.publish([contact("alice", 1), contact("alice", 2)]).status == 200
    assert watcher.subscribe().status == 200
    attack = Flood(server)
    attack.run(2_000, expires)
    assert attack.statuses.get(200, 0) > 1_000 and attack.statuses.get(503, 0) >= 2_000, attack.statuses
    assert attack.retry_after == {"60"}
    assert set(attack.statuses) == {200, 503}, attack.statuses

    assert server.running
    resident, used = server.metric("process_resident_memory_bytes"), server.metric("reginfod_memory_used_bytes")
    print(f"{name}: {attack.statuses}, resident {resident / MIB:.0f} MiB, used {used / MIB:.0f} MiB of {LIMIT / MIB:.0f}")
    assert max(resident, used) < 1.1 * LIMIT and used > 0.9 * LIMIT, (resident, used)
    assert server.http("/healthz")[0] == 200 and server.http("/readyz")[0] == 200
    assert publisher.publish().status == 200, "a refresh"
    assert publisher.publish([contact("alice", 3)]).status == 200, "a smaller document"
    wait_until(lambda: list(watcher.fold.active) == ["sip:alice@192.0.2.3:5060"], "the watcher is told")
    assert watcher.subscribe().status == 200, "a refresh"
    # What was in transit is free again, so that a last one may fit.
    for name in ("bob", "carol", "dave"):
        attack.run(200, expires)
        refused = bed.watch(Watcher("sip:alice@reg.test", server.address, name=name)).subscribe()
        if refused.status == 503:
            break
    assert refused.status == 503 and refused.get("Retry-After"), refused.start
    assert server.metric("reginfod_refused_total", bound="memory") >= 2_001
    assert "limits.memory_bytes is near" in server.output()
    return server, publisher, attack


def what_ends_makes_room(bed):
    server, _, attack = flood(bed, "small", expires=60)
    wait_until(lambda: server.metric("reginfod_publications") <= 1, "publications expire", timeout=120, pause=1)
    again = bed.watch(Publisher("sip:again@reg.test", server.address))
    assert again.publish([contact("again")]).status == 200
    accepted = attack.statuses[200]
    attack.run(500, expires=3600, most=400_000)
    assert attack.statuses[200] - accepted > accepted / 2, f"there is room again: {attack.statuses}, {accepted} before"
    assert server.metric("process_resident_memory_bytes") < 1.1 * LIMIT
    assert server.stop() == 0


def an_address_space_that_is_bounded_is_enough(bed):
    """ulimit -v above the bound: `bad_alloc` would end the process."""
    server, _, _ = flood(bed, "narrow", 3600, within=("prlimit", f"--as={6 * LIMIT}"),
                         storage=("--storage", "sqlite", "--state-dir", bed.directory + "/state"))
    assert server.stop() == 0


def the_default_is_three_quarters(bed):
    del bed
    said = subprocess.run([REGINFOD_BIN, "--check-config"], capture_output=True, text=True, check=True,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (400 * MIB, 400 * MIB)))
    assert f"\nmemory_bytes = {300 * MIB}\n" in said.stdout, said.stdout


def test(bed):
    the_default_is_three_quarters(bed)
    what_ends_makes_room(bed)
    an_address_space_that_is_bounded_is_enough(bed)


if __name__ == "__main__":
    run("memory", test)
