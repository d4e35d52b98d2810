"""Sockets that a service manager holds over a restart (systemd.socket(5)): no request is refused meanwhile.

  test_sockets.py
"""

import fcntl
import os
import signal
import socket
import sys
import threading
import time

from harness import REGINFOD_BIN, Process, Reginfod, free_port, run, wait_until
from publisher import Publisher, contact
from side_port import SidePort
from watcher import SurvivingWatcher

AOR = "sip:alice@reg.test"
# What the manager does between fork and exec: the sockets from descriptor 3 on, and their names.
PASS = """
import os, sys
passed = [int(number) for number in sys.argv[1].split(",")]
for place, number in enumerate(passed, 3):
    os.dup2(number, place)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(passed)),
                  LISTEN_FDNAMES=":".join(["reginfod.socket"] * len(passed)))
os.execv(sys.argv[2], sys.argv[2:])
"""


class Manager:
    """Holds sockets for SIP over UDP and TCP and for HTTP, and reads the messages to it."""

    def __init__(self, bed, http_port=None):
        self.port, self.http_port = free_port(), http_port or free_port()
        self.sockets = [self._bound(socket.SOCK_DGRAM, self.port), self._bound(socket.SOCK_STREAM, self.port),
                        self._bound(socket.SOCK_STREAM, self.http_port)]
        # Far from the descriptors that they are to have.
        self.numbers = [fcntl.fcntl(s.fileno(), fcntl.F_DUPFD, 100) for s in self.sockets]
        self.told_at = os.path.join(bed.directory, "notify")
        self.told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.told.bind(self.told_at)
        self.told.settimeout(20)
        bed.closers.append(self.close)

    @staticmethod
    def _bound(kind, port):
        made = socket.socket(socket.AF_INET, kind)
        if kind == socket.SOCK_STREAM:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(("127.0.0.1", port))
        if kind == socket.SOCK_STREAM:
            made.listen(128)
        return made

    def within(self, count=3):
        return sys.executable, "-c", PASS, ",".join(str(n) for n in self.numbers[:count])

    def start(self, bed, name, state):
        server = Reginfod(bed, name, port=self.port, http=f"127.0.0.1:{self.http_port}", ipv6=True,
                          storage=("--state-dir", state), within=self.within(), pass_fds=self.numbers,
                          environment={"NOTIFY_SOCKET": self.told_at}, wait_ready=False)
        server.http_port = self.http_port
        assert self.told.recv(100) == b"READY=1"
        return server

    def close(self):
        for number in self.numbers:
            os.close(number)
        for held in (*self.sockets, self.told):
            held.close()


class Asks(threading.Thread):
    """Asks while no server runs; the answer, or the error, comes later."""

    def __init__(self, ask):
        super().__init__(daemon=True)
        self.ask, self.answer, self.problem = ask, None, None
        self.start()

    def run(self):
        try:
            self.answer = self.ask()
        except BaseException as error:
            self.problem = error

    def status(self, timeout=20.0):
        self.join(timeout)
        assert self.problem is None, repr(self.problem)
        assert self.answer is not None, "no answer"
        return self.answer.status


def nobody_is_refused_while_the_server_restarts(bed):
    manager = Manager(bed)
    state = os.path.join(bed.directory, "state")
    server = manager.start(bed, "reginfod-0", state)
    opened = f"listening listen=udp:[::1]:{manager.port}"
    wait_until(lambda: opened in server.output(), "the one that was not passed is opened")
    said = server.output()
    for kind, port in (("udp", manager.port), ("tcp", manager.port), ("tcp", manager.http_port)):
        assert f"socket was passed socket={kind}:127.0.0.1:{port} name=reginfod.socket" in said, said
    with open(f"/proc/{server.child.pid}/environ", "rb") as file:
        assert b"LISTEN_PID" in file.read(), "what it was started with"

    watchers = [bed.watch(SurvivingWatcher(AOR, server.address, transport, name=transport))
                for transport in ("tcp", "udp")]
    publisher = bed.watch(Publisher(AOR, server.address))
    assert publisher.publish([contact("alice", 1)]).status == 200
    for watcher in watchers:
        assert watcher.subscribe().status == 200
        watcher.wait_contacts(contact("alice", 1)[0])

    for number, how in enumerate((signal.SIGTERM, signal.SIGKILL), 2):
        server.may_fail = True
        server.stop(how)
        if how == signal.SIGTERM:
            assert manager.told.recv(100) == b"STOPPING=1"
        wait_until(lambda: not watchers[0].agent.connections, "the connection is gone")
        for watcher in watchers:
            watcher.may_jump = how == signal.SIGKILL
        asked = [Asks(watcher.subscribe) for watcher in watchers]
        asked.append(Asks(lambda n=number: publisher.publish([contact("alice", n)], timeout=20.0)))
        asked.append(Asks(lambda: SidePort(manager.http_port).ask("/readyz")))
        time.sleep(1.0)  # long enough for a refusal
        assert all(one.is_alive() for one in asked), [(one.answer, one.problem) for one in asked]

        server = manager.start(bed, f"reginfod-{number}", state)
        assert [one.status() for one in asked] == [200] * 4
        for watcher in watchers:
            watcher.wait_contacts(contact("alice", number)[0])


def one_that_no_listener_has_is_an_error(bed):
    manager = Manager(bed)
    wrong = Process("wrong", [*manager.within(), REGINFOD_BIN, "--listen", f"udp:127.0.0.1:{manager.port}",
                              "--http", "off", "--storage", "memory"], bed.directory,
                    pass_fds=manager.numbers)
    wrong.may_fail = True
    bed.processes.append(wrong)
    assert wrong.child.wait(10) == 2, wrong.output()
    said = f'tcp:127.0.0.1:{manager.port} ("reginfod.socket") was passed, but no listener has that address'
    assert said in wrong.output() and "sip.listen" in wrong.output(), wrong.output()


def test(bed):
    nobody_is_refused_while_the_server_restarts(bed)
    os.unlink(os.path.join(bed.directory, "notify"))
    one_that_no_listener_has_is_an_error(bed)


if __name__ == "__main__":
    run("sockets", test)
