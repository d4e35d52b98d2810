"""A log without a reader: SIP goes on, lines are lost and counted, and reported once it is read again.

  test_log.py
"""

import os
import re
import signal
import subprocess
import time

from harness import REGINFOD_BIN, environment_with, free_port, run, wait_until
from publisher import Publisher, contact
from side_port import SidePort

TOKEN = "a-token-of-the-tests"
AOR = "sip:alice@reg.test"


class Unread:
    """A reginfod whose standard error is a pipe that is read when the test does."""

    def __init__(self, bed, name, *arguments):
        self.port, self.http_port = free_port(), free_port()
        self.reader, writer = os.pipe()
        os.set_blocking(self.reader, False)
        self.name, self.text = name, b""
        self.child = subprocess.Popen(
            [REGINFOD_BIN, "--listen", f"udp:127.0.0.1:{self.port}", "--http", f"127.0.0.1:{self.http_port}",
             "--storage", "memory", *arguments],
            stdin=subprocess.DEVNULL, stderr=writer, stdout=subprocess.DEVNULL, start_new_session=True,
            cwd=bed.directory, env=environment_with(REGINFOD_HTTP_TOKEN=TOKEN))
        os.close(writer)
        bed.closers.append(self.kill)
        self.side = SidePort(self.http_port, TOKEN)

    def read(self):
        """What has come of the log by now."""
        while True:
            try:
                got = os.read(self.reader, 65536)
            except BlockingIOError:
                return self.text.decode()
            if not got:
                return self.text.decode()
            self.text += got

    def lost(self):
        return int(re.search(r"\nreginfod_log_lines_lost_total (\d+)", self.side.ask("/metrics").body).group(1))

    def kill(self):
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait()

    def end(self):
        """The exit status after SIGTERM, and how long that took."""
        begin = time.monotonic()
        self.child.send_signal(signal.SIGTERM)
        return self.child.wait(20), time.monotonic() - begin


def fill(server, publisher):
    """Lines that are not limited in rate, until some are lost; each PUBLISH is served meanwhile."""
    aor = AOR.replace("@", "%40").replace(":", "%3A")
    assert server.side.ask(f"/api/v1/registrations/{aor}/trace?seconds=600", "POST").status == 202
    slowest = 0.0
    for number in range(20_000):
        begin = time.monotonic()
        answer = publisher.publish([contact("alice", 1 + number % 200)], timeout=2.0)
        slowest = max(slowest, time.monotonic() - begin)
        assert answer.status == 200
        if number % 200 == 199 and server.lost() > 100:
            return slowest
    raise AssertionError("no line is lost")


def sip_goes_on_and_the_loss_is_told_once(bed):
    server = Unread(bed, "unread")
    wait_until(lambda: " ready " in server.read(), "it is ready")
    publisher = bed.watch(Publisher(AOR, ("127.0.0.1", server.port)))
    slowest = fill(server, publisher)
    assert slowest < 1.0, f"a PUBLISH took {slowest:.1f} s"
    assert server.side.ask("/healthz").status == 200
    lost = server.lost()
    wait_until(lambda: "log lines lost" in server.read(), "the loss is told")
    assert publisher.publish([contact("alice", 7)]).status == 200
    wait_until(lambda: server.read().count("in force, entity-tag " + publisher.etag) == 1, "the newest line")
    told = [int(n) for n in re.findall(r" warning log lines lost lines=(\d+)\n", server.read())]
    assert sum(told) == lost == server.lost(), (told, lost)
    status, _ = server.end()
    assert status == 0
    assert server.read().rstrip("\n").endswith(" info stopped"), server.read()[-300:]


def a_stop_does_not_hang_in_the_log(bed):
    server = Unread(bed, "full")
    wait_until(lambda: " ready " in server.read(), "it is ready")
    fill(server, bed.watch(Publisher(AOR, ("127.0.0.1", server.port))))
    status, took = server.end()
    assert status == 0 and took < 10.0, (status, took)


def why_it_does_not_start_is_the_last_line(bed):
    first = Unread(bed, "first")
    wait_until(lambda: " ready " in first.read(), "it is ready")
    second = Unread(bed, "second", "--listen", f"udp:127.0.0.1:{first.port}")
    assert second.child.wait(20) == 1
    assert "cannot listen on" in second.read().splitlines()[-1], second.read()
    third = Unread(bed, "third", "--log-level", "loud")
    assert third.child.wait(20) == 2
    assert third.read().startswith("reginfod: --log-level"), third.read()


def test(bed):
    sip_goes_on_and_the_loss_is_told_once(bed)
    a_stop_does_not_hang_in_the_log(bed)
    why_it_does_not_start_is_the_last_line(bed)


if __name__ == "__main__":
    run("log", test)
