"""Nothing acknowledged is lost: reginfod is killed under load, again and again, and a ledger of what
it acknowledged is held against what it does afterwards.

    test_crash.py [CYCLES] [sqlite|redis] [SEED]

On Redis it is, half of the time, the Redis that gets SIGKILL and is started again, or both.

Each of the users publishes, modifies, refreshes and removes, and is watched (half over UDP, half over
TCP). At a random moment the process gets SIGKILL and is started again at once, while requests are
under way. Then:
- requests under way are answered once they are sent again, and none as if something acknowledged
  were unknown
- what was acknowledged since the last crash, sent again byte by byte, gets the same responses
- every entity-tag is good for a refresh, and so is every dialog; some of both only after all crashes
- there are as many publications and subscriptions as the ledger has: none lost, none twice
- each watcher is told the newest state; CSeq and version only grow, by at most a range after a crash

What a process wrote into a connection may be read when the next one has said more in another: TCP
keeps the order of one connection. So a watcher on TCP reads to their ends those of the process that
was killed before there is the next one; it reads slowly, so that this is needed each time.
"""

import functools
import random
import secrets
import signal
import sys
import threading
import time
from types import SimpleNamespace

import harness
from harness import Reginfod, free_port
from sip import Agent, Message
from storage import STORAGES
from watcher import SurvivingWatcher

USERS = 16
SLEEPERS = 4      # of them publish and subscribe once, and come back at the end
REPEATED = 8      # requests of each user that are sent again after a crash
TIMER_J = 30.0  # a little less than 64*T1


def body_of(aor, uris, cseq):
    contacts = "".join(
        f'<contact id="{i}" state="active" event="registered" expires="3000" callid="{uri}" '
        f'cseq="{cseq}"><uri>{uri}</uri></contact>' for i, uri in enumerate(uris))
    state = "active" if uris else "terminated"
    return ('<?xml version="1.0"?><reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="0" '
            f'state="full"><registration aor="{aor}" id="r" state="{state}">{contacts}'
            "</registration></reginfo>")


class Noting:
    """An agent whose user notes the SUBSCRIBEs that were acknowledged."""

    def __init__(self, agent, user):
        self.agent, self.user = agent, user

    def __getattr__(self, name):
        return getattr(self.agent, name)

    def request(self, message, peer):
        answer = self.agent.request(message, peer, timeout=20)
        if answer.status == 200:
            self.user.note(self.agent, message, answer)
        return answer


class User(threading.Thread):
    """One AOR: its publisher, its watcher, and what of both was acknowledged."""

    def __init__(self, test, number):
        super().__init__(daemon=True)
        self.test, self.number = test, number
        self.random = random.Random(f"{test.seed}/{number}")
        self.aor = f"sip:user{number}@reg.test"
        self.agent = Agent("udp")
        self.watcher = SurvivingWatcher(self.aor, test.server, "udp" if number % 2 else "tcp",
                                        name=f"watcher{number}")
        if self.watcher.agent.transport == "tcp":  # nothing is sent again there, so give up early
            self.watcher.agent.request = functools.partial(self.watcher.agent.request, timeout=1.5)
            self.watcher.agent.before_reading = self.dawdle
        if self.watcher.agent.transport == "udp":
            self.watcher.agent = Noting(self.watcher.agent, self)
        self.sleeps = number < SLEEPERS
        self.etag, self.uris, self.cseq = None, [], 0
        self.answered = []         # the newest (agent, request, response, when)
        self.acknowledged = 0
        self.problem = None

    def dawdle(self):
        if self.number % 4 == 0:
            time.sleep(random.choice((0, 0, 0, 0.15)))

    def run(self):
        try:
            while not self.test.ending:
                self.test.may_act.wait()
                with self.test.acting():
                    self.act()
                time.sleep(self.random.uniform(0, 0.01))
        except Exception as error:
            self.problem = f"{self.aor}: {type(error).__name__}: {error}"

    def act(self):
        if self.sleeps and self.etag:
            return
        if self.watcher.remote_tag is None or self.random.random() < 0.1:
            self.subscribe()
            return
        if self.etag is None or self.random.random() < 0.7:
            self.cseq += 1
            uris = [f"sip:user{self.number}@192.0.2.{self.random.randrange(1, 200)}"
                    for _ in range(self.random.randrange(1, 3))]
            self.publish(sorted(set(uris)), 3600)
        elif self.random.random() < 0.5:
            self.publish(None, 3600)
        else:
            self.publish(None, 0)

    def subscribe(self):
        self.expect(self.resilient(self.watcher.subscribe), 200, "SUBSCRIBE")

    def resilient(self, subscribe):
        """Over TCP a connection dies with the process, and the request is sent anew."""
        for _ in range(20):
            try:
                return subscribe()
            except (OSError, AssertionError):
                if self.watcher.agent.transport == "udp":
                    raise
                time.sleep(0.1)
        raise AssertionError("no connection")

    def publish(self, uris, expires):
        body = body_of(self.aor, uris, self.cseq) if uris is not None else ""
        request = Message(f"PUBLISH {self.aor} SIP/2.0", [
            ("Max-Forwards", "70"),
            ("From", f"<{self.aor}>;tag={secrets.token_hex(4)}"), ("To", f"<{self.aor}>"),
            ("Call-ID", secrets.token_hex(8)), ("CSeq", "1 PUBLISH"), ("Event", "reg"),
            ("Expires", str(expires)),
            *([("SIP-If-Match", self.etag)] if self.etag else []),
            *([("Content-Type", "application/reginfo+xml")] if body else [])], body)
        answer = self.agent.request(request, self.test.server, timeout=20)
        self.expect(answer, 200, "PUBLISH")
        self.note(self.agent, request, answer)
        self.etag = answer.get("SIP-ETag") if expires else None
        if uris is not None:
            self.uris = uris
        if not expires:
            self.uris = []

    def expect(self, answer, status, what):
        if answer.status != status:
            raise AssertionError(f"{what}: {answer.start}, entity-tag {self.etag}")
        self.acknowledged += 1

    def note(self, agent, request, answer):
        self.answered = [*self.answered[1 - REPEATED:], (agent, request, answer, time.monotonic())]

    def check_retransmissions(self):
        for agent, request, first, at in self.answered:
            if time.monotonic() - at > TIMER_J:
                continue
            again = agent.repeat(request, self.test.server)
            assert again.encode() == first.encode(), \
                f"{self.aor}: answered\n{first.encode().decode()}\nand then\n{again.encode().decode()}"
        self.answered = []

    def check_refreshes(self):
        if self.etag:
            self.publish(None, 3600)
        if self.watcher.remote_tag:
            self.subscribe()

    def check_told(self):
        self.watcher.wait(lambda w: sorted(w.fold.active) == self.uris,
                          f"{self.aor} with {self.uris}", timeout=20)


class CrashTest:
    def __init__(self, bed, cycles, seed, storage):
        self.bed, self.cycles, self.seed, self.storage = bed, cycles, seed, storage
        self.random = random.Random(seed)
        self.victims = [("reginfod",)]
        if hasattr(storage, "redis"):
            self.victims += [("redis",), ("redis", "reginfod")]
        self.port = free_port()
        self.server = ("127.0.0.1", self.port)
        self.ending = False
        self.may_act = threading.Event()
        self.busy = 0
        self.idle = threading.Condition()
        self.starts = 0
        self.reginfod = None
        self.restart_times = []

    def acting(self):
        test = self

        class Acting:
            def __enter__(self):
                with test.idle:
                    test.busy += 1

            def __exit__(self, *_):
                with test.idle:
                    test.busy -= 1
                    test.idle.notify_all()
        return Acting()

    def start(self):
        began = time.monotonic()
        self.starts += 1
        self.reginfod = Reginfod(
            self.bed, name=f"reginfod-{self.starts}", port=self.port,
            # A watcher on UDP has no TCP here, and an attempt to reach it there would use up a CSeq.
            environment={"REGINFOD_NOTIFY_UDP_BYTES_MAX": "0"} | self.storage.environment,
            storage=self.storage.flags)
        self.restart_times.append(time.monotonic() - began)

    def kill(self):
        for user in self.users:
            with user.watcher.changed:
                user.watcher.may_jump = True
        self.reginfod.may_fail = True
        self.reginfod.stop(signal.SIGKILL)
        for user in self.users:
            if user.watcher.agent.transport == "tcp":
                user.watcher.agent.read_out()

    def check(self, awake=False):
        """With no request under way, everything is as the ledger has it."""
        self.may_act.clear()
        with self.idle:
            assert self.idle.wait_for(lambda: self.busy == 0, 40), "requests are not answered"
        problems = [user.problem for user in self.users if user.problem]
        assert not problems, "\n".join(problems)
        for user in self.users:
            user.check_retransmissions()
        for user in self.users:
            if user.watcher.remote_tag:
                user.check_told()
        self.count("reginfod_publications", sum(1 for u in self.users if u.etag))
        self.count("reginfod_subscriptions", sum(1 for u in self.users if u.watcher.remote_tag))
        for user in self.users:
            if awake or not user.sleeps:
                user.check_refreshes()

    def count(self, metric, expected):
        found = self.reginfod.metric(metric)
        assert found == expected, f"{metric} is {found}, the ledger has {expected}"

    def run(self):
        self.start()
        self.users = [User(self, number) for number in range(USERS)]
        for user in self.users:
            self.bed.watch(user.watcher)
            self.bed.watch(user.agent)
            # Before the first crash: over TCP a SUBSCRIBE that is not answered is sent anew, and
            # rightly makes a second dialog.
            user.expect(user.watcher.subscribe(), 200, "SUBSCRIBE")
            user.start()
        for cycle in range(self.cycles):
            self.may_act.set()
            time.sleep(self.random.uniform(0.02, 0.6))
            whom = self.random.choice(self.victims)
            if "redis" in whom:
                self.storage.redis.kill()
            if "reginfod" in whom:
                self.kill()
            if "redis" in whom:
                self.storage.restart()
            if "reginfod" in whom:
                self.start()
            time.sleep(self.random.uniform(0.0, 0.2))
            self.check()
        self.check(awake=True)
        self.ending = True
        self.may_act.set()
        for user in self.users:
            user.join(30)
        assert self.reginfod.stop() == 0
        acknowledged = sum(user.acknowledged for user in self.users)
        assert acknowledged > self.cycles * USERS // 4, "there was no load"
        print(f"{self.cycles} crashes, seed {self.seed}: {acknowledged} requests acknowledged, "
              f"restart {1000 * sum(self.restart_times) / len(self.restart_times):.0f} ms on average")


def test(bed):
    arguments = SimpleNamespace(
        cycles=int(sys.argv[1]) if len(sys.argv) > 1 else 20,
        storage=sys.argv[2] if len(sys.argv) > 2 else "sqlite",
        seed=int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1 << 30))
    print(f"seed {arguments.seed}")
    CrashTest(bed, arguments.cycles, arguments.seed, STORAGES[arguments.storage](bed)).run()


if __name__ == "__main__":
    harness.run("crash-redis" if "redis" in sys.argv else "crash", test)
