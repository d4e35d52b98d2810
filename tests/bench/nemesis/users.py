"""The users: each publishes and watches, one request after another, and moves to a new address-of-record when it
is not known whether a PUBLISH of it was carried out."""

import random
import secrets
import threading
import time

from air import AirAgent
from calls import Caller, asked
from publisher import document
from sip import Message
from watch import Watch

DOMAIN = "reg.test"
CONTACT_EXPIRES = 3500
REPEATED_WITHIN = 12.0  # seconds, and answers are the same for 32


def contacts_of(aor, state):
    """{uri: cseq} of a state: one contact is always there, another one every other time."""
    name = aor.removeprefix("sip:").partition("@")[0]
    always, sometimes = (f"sip:{name}@192.0.2.{n}" for n in (1, 2))
    return {always: state} | ({sometimes: state} if state % 2 else {})


class Place:
    """An address-of-record of a user, with its publication, and what it may be in."""

    def __init__(self, name):
        self.aor = f"sip:{name}@{DOMAIN}"
        self.etag, self.state = None, 0
        self.allowed = [{}]       # contents: the acknowledged one, and one of which it is not known
        self.is_left = False      # it is not known which entity-tag it has
        self.refused = None       # the request with 503 that may not be in force
        self.watches = []


class User(threading.Thread):
    def __init__(self, number, seed, ledger, nodes, air, pause):
        super().__init__(daemon=True)
        self.name, self.air, self.pause, self.ledger = f"user{number}", air, pause, ledger
        self.chance = random.Random(f"{seed} {number}")
        self.asking = Caller(ledger, nodes, random.Random(f"{seed} {number} ways"))
        self.agent = AirAgent(air, "udp" if number % 3 else "tcp")
        self.transports = ("udp", "tcp") if number % 2 else ("udp",)  # of watchers
        self.places = [Place(self.name)]
        self.running, self.ending = threading.Event(), threading.Event()
        self.last_ok, self.last = 0.0, None   # time of the newest request with a 2xx; the last PUBLISH
        self.problem = None

    def close(self):
        self.agent.close()
        for place in self.places:
            for watch in place.watches:
                watch.close()

    @property
    def place(self):
        return self.places[-1]

    def run(self):
        try:
            self.begin()
            while not self.ending.is_set():
                self.act()
                self.ending.wait(self.chance.uniform(0.2, 1.8) * self.pause)
        except Exception as error:  # a fault of this program
            self.problem = f"{self.name}: {type(error).__name__}: {error}"
            raise

    def act(self):
        """What one of it does next, by chance."""
        (deed, *arguments), = self.chance.choices(
            [(self.publish,), (self.refresh,), (self.remove,), (self.again,), (self.resubscribe,),
             (self.leave_and_watch,)], (70, 8, 4, 6, 9, 3))
        deed(*arguments)

    def publish(self):
        place = self.place
        place.state += 1
        content = contacts_of(place.aor, place.state)
        body = document(place.aor, [(uri, "active", "registered", CONTACT_EXPIRES, f"call-{uri}", cseq)
                                    for uri, cseq in content.items()])
        self._say("publish", body, content, state=place.state)

    def refresh(self, place=None):
        place = place or self.place
        if place.etag:
            self._say("refresh", "", place.allowed[0], place=place)

    def remove(self):
        if self.place.etag:
            self._say("remove", "", {}, expires=0, state=self.place.state)

    def _say(self, what, body, content, expires=3600, state=None, place=None):
        place = place or self.place
        message = Message(f"PUBLISH {place.aor} SIP/2.0", [
            ("Max-Forwards", "70"), ("From", f"<{place.aor}>;tag={secrets.token_hex(4)}"),
            ("To", f"<{place.aor}>"), ("Call-ID", secrets.token_hex(8)), ("CSeq", "1 PUBLISH"),
            ("Event", "reg"), ("Expires", str(expires)),
            *([("SIP-If-Match", place.etag)] if place.etag else []),
            *([("Content-Type", "application/reginfo+xml")] if body else [])], body)
        entry = asked(self.name, place.aor, what, message, state=state, etag=place.etag)
        self.asking.ask(self.agent, message, entry)
        if entry.ok:
            place.allowed = [content]
            place.etag = entry.got if expires else None
            self.last_ok = entry.sent
            self.last = (message, entry)
        else:
            # Nobody knows, or it was refused, which the verdict looks at: this one is left as it is.
            place.is_left = True
            if content not in place.allowed:
                place.allowed.append(content)
            place.refused = entry if entry.status else None
            if not self.ending.is_set():
                self.move()

    def move(self):
        self.places.append(Place(f"{self.name}-{len(self.places)}"))
        self.last = None
        self.begin()

    def begin(self):
        place = self.place
        self.publish()
        if not place.is_left:
            for transport in self.transports:
                self.watch(transport)

    def again(self):
        """The last PUBLISH once more, by another way: it gets the same answer, and nothing happens."""
        if not self.last or time.time() - self.last[1].sent > REPEATED_WITHIN:
            return
        message, first = self.last
        entry = asked(self.name, first.aor, "again", message, state=first.state, etag=first.etag,
                      expects=first.got or "")
        self.asking.ask(self.agent, message, entry, patience=10)

    def watch(self, transport):
        place = self.place
        watch = Watch(self, place.aor, self.asking, self.air, transport)
        place.watches.append(watch)
        if not watch.ask("subscribe") and not self.ending.is_set():
            self.ending.wait(0.5)
            self.watch(transport)

    def resubscribe(self):
        watch = self.chance.choice([one for one in self.place.watches if not one.is_over] or [None])
        if watch and not watch.ask("resubscribe") and watch.is_over:
            self.watch(watch.agent.transport)

    def leave_and_watch(self):
        """Ends a subscription, and makes another one."""
        watch = self.chance.choice([one for one in self.place.watches if not one.is_over] or [None])
        if watch:
            watch.expects_end = True
            watch.ask("unsubscribe", expires=0)
            watch.is_over = True
            self.watch(watch.agent.transport)
