"""A restart as publishers and watchers see it.

    test_restart.py connections
    test_restart.py udp|tcp|settled [SUBSCRIPTIONS]

`connections`: a TCP watcher, alone or behind a proxy, is reached by a new connection when its old one
died with the process. `udp`, `tcp`: a clean restart with so many subscriptions while others publish
and refresh. Over UDP no request may be lost; over TCP those are counted whose connection was closed
before they were answered. `settled`: after `kill -9` nobody is told who has answered.
"""

import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time

import harness
from harness import REGINFOD_BIN, Reginfod, free_port
from publisher import Publisher, contact, document
from sip import Agent, Message
from watcher import SurvivingWatcher

USERS = 8


class RoutedWatcher(SurvivingWatcher):
    """Behind a proxy that record-routes: its own Contact cannot be reached."""

    def __init__(self, aor, server):
        super().__init__(aor, server, "tcp", name="routed")
        self.via_proxy = True
        sent = self.agent.request
        self.agent.request = lambda message, peer: sent(self._through_proxy(message), peer)

    def _through_proxy(self, message):
        nowhere = f"<sip:routed@127.0.0.1:{free_port()};transport=tcp>"
        message.headers = [(name, nowhere if name == "Contact" else value)
                           for name, value in message.headers]
        message.headers.append(self._record_route())
        return message

    def _record_route(self):
        return "Record-Route", f"<sip:127.0.0.1:{self.agent.port};transport=tcp;lr>"

    def _take(self, request):
        request.headers.append(self._record_route())
        super()._take(request)


def connections(bed):
    """Both kinds of end: a clean stop, and SIGKILL."""
    state = ("--state-dir", os.path.join(bed.directory, "state"))
    reginfod = Reginfod(bed, name="reginfod-0", storage=state)
    watchers = [bed.watch(SurvivingWatcher("sip:alice@reg.test", reginfod.address, "tcp")),
                bed.watch(RoutedWatcher("sip:alice@reg.test", reginfod.address))]
    for watcher in watchers:
        assert watcher.subscribe().status == 200
        watcher.wait_contacts()
    publisher = bed.watch(Publisher("sip:alice@reg.test", reginfod.address))
    for number, how in enumerate((signal.SIGTERM, signal.SIGKILL), 1):
        reginfod.may_fail = True
        reginfod.stop(how)
        before = [len(watcher.notifies) for watcher in watchers]
        for watcher in watchers:
            watcher.may_jump = how == signal.SIGKILL
        reginfod = Reginfod(bed, name=f"reginfod-{number}", storage=state, port=reginfod.port)
        assert publisher.publish([contact("alice", number)]).status == 200
        for watcher, seen in zip(watchers, before):
            watcher.wait_contacts(contact("alice", number)[0])
            request = watcher.notifies[-1]
            assert len(watcher.notifies) > seen
            routed = isinstance(watcher, RoutedWatcher)
            assert bool(request.all("Route")) == routed, request.encode().decode()


class UdpUser:
    """Publishes and refreshes its subscription as long as it may; sends again what is not answered."""

    def __init__(self, bed, number, server):
        self.aor = f"sip:user{number}@reg.test"
        self.number = number
        self.publisher = bed.watch(Publisher(self.aor, server))
        self.watcher = bed.watch(SurvivingWatcher(self.aor, server, name=f"user{number}"))
        self.answered, self.count, self.longest, self.lost, self.problem = 0, 0, 0.0, 0, None

    def act(self):
        self.count += 1
        began = time.monotonic()
        if self.count % 4 == 1:
            answer = self.watcher.subscribe()
        else:
            answer = self.publisher.publish(
                [contact(f"user{self.number}", self.count % 200 + 1, cseq=self.count)], timeout=32)
        assert answer.status == 200, f"{self.aor}: {answer.start}"
        self.answered += 1
        self.longest = max(self.longest, time.monotonic() - began)

    def check(self):
        self.watcher.wait(lambda w: [c.cseq for c in w.fold.active.values()] == [self.last_published],
                          f"{self.aor} as published last", timeout=30)

    @property
    def last_published(self):
        return self.count if self.count % 4 != 1 else self.count - 1


class TcpUser:
    """Publishes over a connection of its own; a request without an answer when that is closed is
    lost, and the publisher has to ask anew."""

    def __init__(self, _, number, server):
        self.aor, self.server = f"sip:user{number}@reg.test", server
        self.number, self.socket, self.etag = number, None, None
        self.answered, self.count, self.longest, self.lost, self.problem = 0, 0, 0.0, 0, None
        self.stale = 0

    def act(self):
        began = time.monotonic()
        if self.socket is None:
            try:
                self.socket = socket.create_connection(self.server, timeout=10)
            except ConnectionRefusedError:
                time.sleep(0.01)
                return
        self.count += 1
        body = document(self.aor, [contact(f"user{self.number}", cseq=self.count)])
        request = Message(f"PUBLISH {self.aor} SIP/2.0", [
            ("Via", f"SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK{secrets.token_hex(8)}"),
            ("Max-Forwards", "70"), ("From", f"<{self.aor}>;tag=t"), ("To", f"<{self.aor}>"),
            ("Call-ID", secrets.token_hex(8)), ("CSeq", "1 PUBLISH"), ("Event", "reg"),
            ("Expires", "600"), ("Content-Type", "application/reginfo+xml"),
            *([("SIP-If-Match", self.etag)] if self.etag else [])], body)
        answer = self._ask(request.encode())
        if answer is None:
            self.lost += 1
            self.socket = None
            return
        if answer.status == 412:  # the lost one had been carried out
            self.stale += 1
            self.etag = None
            return
        assert answer.status == 200, answer.start
        self.etag = answer.get("SIP-ETag")
        self.answered += 1
        self.longest = max(self.longest, time.monotonic() - began)

    def _ask(self, data):
        received = b""
        try:
            self.socket.sendall(data)
            while b"\r\n\r\n" not in received:
                piece = self.socket.recv(65536)
                if not piece:
                    return None
                received += piece
        except (ConnectionError, BrokenPipeError):
            return None
        return Message.parse(received)

    def check(self):
        assert self.lost <= 2, f"{self.lost} requests lost in one restart"


class Load:
    def __init__(self, users):
        self.users, self.ending = users, False
        self.threads = [threading.Thread(target=self.run, args=(user,), daemon=True) for user in users]

    def run(self, user):
        try:
            while not self.ending:
                user.act()
                time.sleep(0.005)
        except Exception as error:
            user.problem = f"{user.aor}: {type(error).__name__}: {error}"

    def start(self):
        for thread in self.threads:
            thread.start()

    def end(self):
        self.ending = True
        for thread in self.threads:
            thread.join(60)
        problems = [user.problem for user in self.users if user.problem]
        assert not problems, "\n".join(problems)
        for user in self.users:
            user.check()


def make_state(bed, subscriptions):
    directory = os.path.join(bed.directory, "state")
    os.makedirs(directory)
    maker = os.path.join(os.path.dirname(REGINFOD_BIN), "tests/bench/make_state")
    subprocess.run([maker, os.path.join(directory, "reginfod.db"), "--aors", str(subscriptions)],
                   check=True, stdout=subprocess.DEVNULL)
    return "--state-dir", directory


def settled(bed, subscriptions):
    state = make_state(bed, subscriptions)
    first = Reginfod(bed, name="reginfod-1", storage=state)
    watcher = bed.watch(SurvivingWatcher("sip:alice@reg.test", first.address, name="alice"))
    publisher = bed.watch(Publisher("sip:alice@reg.test", first.address))
    assert watcher.subscribe().status == 200
    assert publisher.publish([contact("alice")]).status == 200
    watcher.wait_contacts(contact("alice")[0])
    time.sleep(2.5)  # what has settled is gathered for a second
    first.may_fail = True
    first.stop(signal.SIGKILL)
    watcher.may_jump = True
    second = Reginfod(bed, name="reginfod-2", storage=state, port=first.port)
    time.sleep(2)
    watched = second.metric("reginfod_subscriptions")
    assert watched >= subscriptions, watched
    sent = second.metric("reginfod_notifies_sent_total")
    assert sent == 0, f"{sent} NOTIFYs to watchers who had answered"
    assert publisher.publish([contact("alice"), contact("alice", 2)]).status == 200
    watcher.wait_contacts(contact("alice")[0], contact("alice", 2)[0])
    print(f"{watched:.0f} subscriptions after kill -9, {sent:.0f} NOTIFYs by the start", flush=True)


def under_load(bed, transport, subscriptions):
    state = make_state(bed, subscriptions)
    # Pacing would only make the end longer.
    environment = {"REGINFOD_NOTIFY_MIN_INTERVAL": "0"}
    first = Reginfod(bed, name="reginfod-1", storage=state, environment=environment)
    load = Load([(UdpUser if transport == "udp" else TcpUser)(bed, number, first.address)
                 for number in range(USERS)])
    load.start()
    time.sleep(1.5)
    began = time.monotonic()
    assert first.stop() == 0
    stopped = time.monotonic()
    second = Reginfod(bed, name="reginfod-2", storage=state, environment=environment, port=first.port)
    ready = time.monotonic()
    time.sleep(1.5)
    load.end()
    assert second.metric("reginfod_subscriptions") >= subscriptions
    users = load.users
    lost = sum(user.lost for user in users)
    print(f"{subscriptions} subscriptions: stopped in {1000 * (stopped - began):.0f} ms, ready after "
          f"{1000 * (ready - stopped):.0f} ms more; over {transport} "
          f"{sum(user.answered for user in users)} requests answered, {lost} lost"
          + (f" ({sum(user.stale for user in users)} of them had been carried out)" if lost else "")
          + f", the longest took {max(user.longest for user in users):.2f} s")


def test(bed):
    if sys.argv[1] == "connections":
        return connections(bed)
    subscriptions = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    if sys.argv[1] == "settled":
        settled(bed, subscriptions)
    else:
        under_load(bed, sys.argv[1], subscriptions)


if __name__ == "__main__":
    harness.run(f"restart-{sys.argv[1]}", test)
