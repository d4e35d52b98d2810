"""Publishers and watchers that go on while a cluster has its faults, with a ledger of what was answered."""

import functools
import secrets
import threading
import time

from publisher import document
from sip import Agent, Message, response_to
from watcher import SurvivingWatcher

DOMAIN = "reg.test"
PATIENCE = 25.0  # seconds in which an edge has an answer


class Ledger(SurvivingWatcher):
    """A watcher that keeps what each CSeq of its dialog has said. A NOTIFY that comes late, with an old
    CSeq, is refused (RFC 3261 12.2.2)."""

    def __init__(self, *arguments, **options):
        self.said, self.late, self.when = {}, 0, []
        super().__init__(*arguments, **options)

    def _handle(self, request):
        with self.changed:
            if request.method == "NOTIFY" and request.branch not in self.seen:
                cseq = int(request.get("CSeq").split()[0])
                content = (request.get("Subscription-State").split(";")[0], request.body)
                if self.said.setdefault(cseq, content) != content:
                    self.problems.append(f"CSeq {cseq} came with\n{self.said[cseq]}\nand with\n{content}")
                if cseq <= self.notify_cseq:
                    self.late += 1
                    return response_to(request, 500, "Late")
            return super()._handle(request)

    def _take(self, request):
        super()._take(request)
        newest = max((one.cseq for one in self.fold.active.values()), default=0)
        self.when.append((newest, time.monotonic()))

    def told_at(self, number):
        """When it was told this state, or a newer one; None if it has not been."""
        with self.changed:
            return next((at for newest, at in self.when if newest >= number), None)


class User(threading.Thread):
    """One address-of-record. Its publisher says states 1, 2, 3 and so on; each waits for its answer."""

    def __init__(self, load, number):
        super().__init__(daemon=True)
        self.load, self.name = load, f"user{number}"
        self.aor = f"sip:{self.name}@{DOMAIN}"
        self.agent = Agent()
        self.watcher = Ledger(self.aor, load.hop, proxy=load.hop, name=f"watcher{number}")
        self.watcher.agent.request = functools.partial(self.watcher.agent.request, timeout=PATIENCE)
        self.etag = None
        self.answered = [(0, 0.0, 0.0)]  # (state, sent at, answered at)
        self.problem = None

    def close(self):
        self.agent.close()
        self.watcher.close()

    def contacts(self, number):
        """{uri: cseq} of a state: one contact is always there, another one every other time."""
        always, sometimes = (f"sip:{self.name}@192.0.2.{n}" for n in (1, 2))
        return {always: number} | ({sometimes: number} if number % 2 else {})

    def run(self):
        try:
            while not self.load.ending.is_set():
                self.load.running.wait()
                self.act()
                self.load.ending.wait(self.load.pause)
        except Exception as error:
            self.problem = f"{self.aor}: {type(error).__name__}: {error}"

    def act(self):
        state = self.answered[-1][0] + 1
        self.publish(state)

    def publish(self, state=None):
        """Says a state, or (None) that the last one holds."""
        body = "" if state is None else document(self.aor, [
            (uri, "active", "registered", 3000, f"call-{uri}", cseq)
            for uri, cseq in self.contacts(state).items()])
        request = Message(f"PUBLISH {self.aor} SIP/2.0", [
            ("Max-Forwards", "70"), ("From", f"<{self.aor}>;tag={secrets.token_hex(4)}"),
            ("To", f"<{self.aor}>"), ("Call-ID", secrets.token_hex(8)), ("CSeq", "1 PUBLISH"),
            ("Event", "reg"), ("Expires", "3600"),
            *([("SIP-If-Match", self.etag)] if self.etag else []),
            *([("Content-Type", "application/reginfo+xml")] if body else [])], body)
        sent = time.monotonic()
        answer = self.agent.request(request, self.load.hop, timeout=PATIENCE)
        if answer.status != 200:
            raise AssertionError(f"state {state} after {time.monotonic() - sent:.1f} s: {answer.start}")
        self.etag = answer.get("SIP-ETag")
        if state is not None:
            self.answered.append((state, sent, time.monotonic()))

    @property
    def state(self):
        return self.answered[-1][0]


class Load:
    """Users that publish all the time. With every fault each request is to be answered 200: the edge
    waits for whoever takes over."""

    def __init__(self, bed, hop, users=12, pause=0.1):
        self.hop, self.pause = hop, pause
        self.running, self.ending = threading.Event(), threading.Event()
        self.users = []
        for number in range(users):
            user = User(self, number)
            bed.closers.append(user.close)
            self.users.append(user)
            assert user.watcher.subscribe().status == 200
        self.running.set()
        for user in self.users:
            user.start()

    def let_run(self, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.check_problems()
            time.sleep(0.05)

    def check_problems(self):
        found = [user.problem for user in self.users if user.problem]
        found += [f"{user.aor}: {problem}" for user in self.users for problem in user.watcher.problems]
        assert not found, "\n".join(found)

    def expect_jump(self):
        """CSeq and version may jump once from here on."""
        for user in self.users:
            with user.watcher.changed:
                user.watcher.may_jump = True

    def stop(self):
        """Ends the publishers, with the answers that they wait for."""
        self.ending.set()
        for user in self.users:
            user.join(PATIENCE + 5)
            assert not user.is_alive(), f"{user.aor} waits for an answer"
        self.check_problems()

    def check(self, node):
        """With the publishers at rest, everything is as the ledger has it: the state, what watchers know,
        entity-tags and dialogs."""
        for user in self.users:
            found = node.registration(user.aor)
            assert found == user.contacts(user.state), f"{user.aor} in state {user.state}: {found}"
            user.watcher.wait(lambda w, user=user: {
                uri: one.cseq for uri, one in w.fold.active.items()} == user.contacts(user.state),
                f"{user.aor} in state {user.state}", timeout=20)
        for user in self.users:
            user.publish()
            assert user.watcher.subscribe().status == 200
        self.check_problems()
        for metric in ("reginfod_publications", "reginfod_subscriptions"):
            found = node.metric(metric)
            assert found >= len(self.users), f"{metric} is {found}"

    def times(self, fault):
        """Seconds from a fault to the first 200 of a request sent after it, to the last 200 of one sent
        before it, and until all watchers knew what had been answered before it."""
        first = min((at for user in self.users for _, sent, at in user.answered if sent > fault), default=None)
        late = max((at for user in self.users for _, sent, at in user.answered if sent <= fault < at),
                   default=fault)
        told = 0.0
        for user in self.users:
            state = max(state for state, _, at in user.answered if at <= fault)
            at = user.watcher.told_at(state)
            assert at, f"{user.aor}: state {state} was never told"
            told = max(told, at - fault)
        return first - fault, late - fault, told

    @property
    def count(self):
        return sum(len(user.answered) - 1 for user in self.users)
