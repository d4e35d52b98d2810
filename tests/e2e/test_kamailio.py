"""A real Kamailio publishes to reginfod, and a real Kamailio mirrors what reginfod notifies.

    test_kamailio.py direct-udp | direct-tcp | edge-udp | edge-tcp | edge-udp-NOTIFY | edge-tcp-NOTIFY |
                     readme-notify | restart | reginfod-restart | late-copy

With NOTIFY the watcher takes its route set from there, and not from the 2xx.
"""

import os
import signal
import sqlite3
import sys
import time

import harness
from harness import HERE, Kamailio, Reginfod, wait_until
from kamailio_files import database, reg_event
from publisher import document
from sip import Agent, Message, response_to
from watcher import SurvivingWatcher

DOMAIN = "reg.test"
REGISTER = os.path.join(HERE, "sipp", "register.xml")


class Scene:
    """Kamailio A and B around one reginfod, with or without the edge E, and one watcher."""

    def __init__(self, bed, transport="udp", edge=False, readme=False, database_period=100,
                 storage=("--storage", "memory"), routes_from="2xx"):
        self.bed, self.transport, self.database_period = bed, transport, database_period
        self.routes_from = routes_from
        harness.need("kamailio", "sipp")
        self.storage, self.starts = storage, 0
        self.reginfod = self.start_reginfod()
        self.suffix = ";transport=tcp" if transport == "tcp" else ""
        self.edge = self._start_edge() if edge else None
        self.hop = ("127.0.0.1", self.edge.port) if edge else self.reginfod.address
        self.a = self.start_registrar()
        port = harness.free_port()
        defines = self._defines(port, "mirror")
        if readme:
            defines["README_NOTIFY"] = None
        self.b = Kamailio(bed, "mirror", "mirror.cfg", defines=defines, port=port)
        self.cseq = {}
        self.kick = Agent("udp")
        bed.closers.append(self.kick.close)

    def start_reginfod(self, port=None):
        self.starts += 1
        return Reginfod(self.bed, name=f"reginfod-{self.starts}", storage=self.storage, port=port)

    def _start_edge(self):
        defines = reg_event(self.bed, self.reginfod, suffix=self.suffix)
        return Kamailio(self.bed, "edge", "edge.cfg", defines=defines)

    def _defines(self, port, name):
        return {"REGINFOD": f'"sip:{self.hop[0]}:{self.hop[1]}{self.suffix}"',
                "SERVER_ADDRESS": f'"sip:reginfo@127.0.0.1:{port}{self.suffix}"',
                "DB_URL": f'"sqlite:///{database(self.bed, name)}"'}

    def start_registrar(self, port=None):
        port = port or harness.free_port()
        defines = self._defines(port, "registrar") | {
            "DOMAIN": f'"{DOMAIN}"', "PUA_UPDATE_PERIOD": str(self.database_period)}
        return Kamailio(self.bed, "registrar", "registrar.cfg", defines=defines, port=port)

    def register(self, user, callid, *contacts):
        """One REGISTER with these (uri, expires) pairs, or '*'."""
        self.cseq[callid] = self.cseq.get(callid, 0) + 1
        text = ",".join(f"<{uri}>;expires={expires}" for uri, expires in contacts)
        self.bed.sipp(REGISTER, ("127.0.0.1", self.a.port), keys={
            "user": user, "domain": DOMAIN, "contacts": text, "regcseq": str(self.cseq[callid])},
            options=["-cid_str", callid])

    def watch(self, user):
        """A watcher of our own, and B made to subscribe."""
        aor = f"sip:{user}@{DOMAIN}"
        watcher = self.bed.watch(SurvivingWatcher(aor, self.reginfod.address, self.transport,
                                                  proxy=self.hop if self.edge else None,
                                                  routes_from=self.routes_from))
        answer = watcher.subscribe()
        assert answer.status == 200, answer.start
        watcher.wait_contacts()
        make_mirror_subscribe(self.kick, self.b, aor)
        return watcher

    def wait_until_alike(self, user, watcher, *uris, step):
        """Waits until A holds these contacts, the watcher has them, and B's table equals A's."""
        aor = f"{user}@{DOMAIN}"
        wait_until(lambda: set(self.a.contacts(aor)) == set(uris), f"{step}: A holds {uris}")
        try:
            watcher.wait_contacts(*uris)
            wait_until(lambda: self._same(aor), f"{step}: B's table is A's", timeout=15)
        except AssertionError as error:
            raise AssertionError(f"{step}: {error}\nA: {self.a.contacts(aor)}\n"
                                 f"B: {self.b.contacts(aor)}") from None
        print(f"{step}: {len(uris)} contacts at A, at the watcher and at B", flush=True)

    def _same(self, aor):
        a, b = self.a.contacts(aor), self.b.contacts(aor)
        return a.keys() == b.keys() and all(
            a[uri][1:] == b[uri][1:] and abs(a[uri][0] - b[uri][0]) <= 3 for uri in a)


def make_mirror_subscribe(kick, mirror, aor):
    """By an OPTIONS for it."""
    options = Message(f"OPTIONS {aor} SIP/2.0", [
        ("Max-Forwards", "70"), ("From", "<sip:test@127.0.0.1>;tag=k"), ("To", f"<{aor}>"),
        ("Call-ID", f"kick-{aor}"), ("CSeq", "1 OPTIONS")])
    assert kick.request(options, ("127.0.0.1", mirror.port)).status == 200


def contact(number):
    return f"sip:alice@127.0.0.1:{20000 + number}"


def life_of_a_registration(scene, user="alice"):
    """Register, refresh, two more at once, one unregisters, one expires, all leave, one returns."""
    c1, c2, c3, c4 = (contact(n) for n in (1, 2, 3, 4))
    watcher = scene.watch(user)
    scene.wait_until_alike(user, watcher, step="nothing registered")
    scene.register(user, "phone-1", (c1, 300))
    scene.wait_until_alike(user, watcher, c1, step="registered")
    scene.register(user, "phone-1", (c1, 900))
    watcher.wait(lambda w: w.fold.active[c1].expires > 600, "the refreshed contact's new time")
    scene.wait_until_alike(user, watcher, c1, step="refreshed")
    scene.register(user, "phone-2", (c2, 300), (c3, 300))
    scene.wait_until_alike(user, watcher, c1, c2, c3, step="two more at once")
    scene.register(user, "phone-2", (c2, 0))
    scene.wait_until_alike(user, watcher, c1, c3, step="one of three unregistered")
    watcher.wait_told(c2, "unregistered")
    scene.register(user, "phone-3", (c4, 4))
    scene.wait_until_alike(user, watcher, c1, c3, c4, step="a short one")
    scene.wait_until_alike(user, watcher, c1, c3, step="the short one expired")
    watcher.wait_told(c4, "expired")
    scene.register(user, "phone-2", (c3, 0))
    scene.wait_until_alike(user, watcher, c1, step="another one unregistered")
    scene.register(user, "phone-1", (c1, 0))
    scene.wait_until_alike(user, watcher, step="the last one unregistered")
    watcher.wait_told(c1, "unregistered")
    return watcher


def three_at_once(scene, user="carol"):
    """A first REGISTER with three contacts: three initial PUBLISHes race and leave orphans."""
    c1, c2, c3 = (f"sip:{user}@127.0.0.1:{20010 + n}" for n in (1, 2, 3))
    watcher = scene.watch(user)
    scene.register(user, "carol-1", (c1, 300), (c2, 300), (c3, 300))
    scene.wait_until_alike(user, watcher, c1, c2, c3, step="three at once")
    scene.register(user, "carol-1", (c2, 0))
    scene.wait_until_alike(user, watcher, c1, c3, step="one of them unregistered, against orphans")
    scene.register(user, "carol-1", (c1, 300), (c3, 300))
    scene.wait_until_alike(user, watcher, c1, c3, step="the others refreshed")
    scene.register(user, "carol-1", (c1, 0), (c3, 0))
    scene.wait_until_alike(user, watcher, step="all of them unregistered")


def life(bed, **options):
    scene = Scene(bed, **options)
    three_at_once(scene)
    watcher = life_of_a_registration(scene)
    scene.register("alice", "phone-1", (contact(1), 300))
    scene.wait_until_alike("alice", watcher, contact(1), step="back again")
    assert watcher.subscribe().status == 200
    answer = watcher.subscribe(expires=0)
    assert answer.status == 200 and answer.get("Expires") == "0", answer.start
    watcher.wait(lambda w: w.subscription_state.startswith("terminated"), "the last NOTIFY")
    assert watcher.retransmissions == 0, f"{watcher.retransmissions} retransmissions"


def readme_notify(bed):
    """B does not answer a NOTIFY it cannot use; 33 s later it must still get the next one."""
    scene = Scene(bed, readme=True)
    watcher = life_of_a_registration(scene)
    time.sleep(33)  # longer than timer F: an unanswered NOTIFY has failed by now
    scene.register("alice", "phone-1", (contact(1), 300))
    scene.wait_until_alike("alice", watcher, contact(1), step="back again after timer F")


def stored_tags(bed):
    """The entity-tags that A's database holds."""
    connection = sqlite3.connect(database(bed, "registrar"), timeout=5)
    with connection:
        tags = {row[0] for row in connection.execute("SELECT etag FROM pua")}
    connection.close()
    return tags


def restart(bed):
    """A's entity-tags outlive it in a database, which pua writes every few seconds: good ones, and
    stale ones after a crash, when the publication of the lost tag lives on as an orphan."""
    period = 6  # the shortest that pua takes
    scene = Scene(bed, database_period=period)
    c1, c2 = contact(1), contact(2)
    watcher = scene.watch("alice")

    def register_both(step):
        scene.register("alice", "phone-1", (c1, 300))
        scene.register("alice", "phone-2", (c2, 300))
        scene.wait_until_alike("alice", watcher, c1, c2, step=step)

    def mismatches():
        return scene.reginfod.metric("reginfod_publish_entity_tag_mismatches_total")
    register_both("registered")
    time.sleep(period + 1)
    assert stored_tags(bed), "A stored no entity-tag"
    scene.a.stop()
    scene.a = scene.start_registrar(scene.a.port)
    register_both("after a clean restart")
    assert mismatches() == 0, "A lost its entity-tag in a clean restart"

    old = stored_tags(bed)
    scene.register("alice", "phone-1", (c1, 300))
    wait_until(lambda: stored_tags(bed) - old, "A has just written its newest entity-tag")
    before = stored_tags(bed)
    register_both("refreshed")
    scene.a.may_fail = True
    scene.a.stop(signal.SIGKILL)
    assert stored_tags(bed) == before, "A stored the newest entity-tag just before its crash"
    scene.a = scene.start_registrar(scene.a.port)
    register_both("after a crash")
    assert mismatches() > 0, "no PUBLISH came with a stale entity-tag: this proves nothing"
    scene.register("alice", "phone-1", (c1, 0))
    scene.wait_until_alike("alice", watcher, c2, step="one unregistered, against an orphan publication")
    scene.register("alice", "phone-2", (c2, 0))
    scene.wait_until_alike("alice", watcher, step="none left")


def reginfod_restart(bed):
    """reginfod ends in the middle of a life, cleanly and by SIGKILL, while phones go on registering:
    A sends its PUBLISHes of that time again, and B and the watcher have all in the end."""
    scene = Scene(bed, storage=("--state-dir", os.path.join(bed.directory, "state")))
    c1, c2, c3 = (contact(n) for n in (1, 2, 3))
    watcher = scene.watch("alice")
    scene.register("alice", "phone-1", (c1, 300))
    scene.register("alice", "phone-2", (c2, 300))
    scene.wait_until_alike("alice", watcher, c1, c2, step="registered")

    def restart(how, meanwhile):
        scene.reginfod.may_fail = how == signal.SIGKILL
        watcher.may_jump = how == signal.SIGKILL
        scene.reginfod.stop(how)
        meanwhile()
        scene.reginfod = scene.start_reginfod(scene.reginfod.port)

    for how, number in ((signal.SIGTERM, 4), (signal.SIGKILL, 5)):
        name, fresh = how.name, contact(number)
        restart(how, lambda: None)
        scene.wait_until_alike("alice", watcher, c1, c2, step=f"{name}: nothing happened meanwhile")
        scene.register("alice", "phone-1", (c1, 600))
        watcher.wait(lambda w: w.fold.active[c1].expires > 400, f"{name}: the refreshed contact")
        scene.wait_until_alike("alice", watcher, c1, c2, step=f"{name}: one refreshed afterwards")
        restart(how, lambda: scene.register("alice", "phone-3", (c3, 300)))
        scene.wait_until_alike("alice", watcher, c1, c2, c3, step=f"{name}: one registered meanwhile")
        restart(how, lambda: scene.register("alice", "phone-3", (c3, 0)))
        scene.wait_until_alike("alice", watcher, c1, c2, step=f"{name}: one unregistered meanwhile")
        watcher.wait_told(c3, "unregistered")
        scene.register("alice", "phone-4", (fresh, 300))
        scene.register("alice", "phone-4", (fresh, 0))
        scene.wait_until_alike("alice", watcher, c1, c2, step=f"{name}: another came and went")
        scene.register("alice", "phone-1", (c1, 300))
    mismatches = scene.reginfod.metric("reginfod_publish_entity_tag_mismatches_total")
    assert mismatches == 0, "A's entity-tag was not known after a restart"
    scene.register("alice", "phone-1", (c1, 0))
    scene.register("alice", "phone-2", (c2, 0))
    scene.wait_until_alike("alice", watcher, step="none left")
    assert scene.reginfod.metric("reginfod_subscriptions") == 2


class Notifier:
    """Plays reginfod for one mirror: accepts its SUBSCRIBE, and sends NOTIFYs as they are asked for."""

    def __init__(self, bed):
        self.agent = Agent("udp", self._handle)
        bed.closers.append(self.agent.close)
        self.subscribe, self.cseq = None, 0

    def _handle(self, message):
        if message.method != "SUBSCRIBE":
            return None
        accepted = response_to(message, 200, "OK", [("Contact", f"<sip:{self.agent.address}>"), ("Expires", "600")])
        accepted.headers = [(name, f"{value};tag=notifier" if name.lower() == "to" else value)
                            for name, value in accepted.headers]
        self.subscribe = message
        return accepted

    def notify(self, mirror, *contacts):
        self.cseq += 1
        dialog = self.subscribe
        request = Message(f"NOTIFY sip:mirror@127.0.0.1:{mirror.port} SIP/2.0", [
            ("Max-Forwards", "70"), ("From", dialog.get("To") + ";tag=notifier"), ("To", dialog.get("From")),
            ("Call-ID", dialog.get("Call-ID")), ("CSeq", f"{self.cseq} NOTIFY"), ("Event", "reg"),
            ("Contact", f"<sip:{self.agent.address}>"), ("Subscription-State", "active;expires=600"),
            ("Content-Type", "application/reginfo+xml")],
            document("sip:alice@reg.test", contacts).replace('version="0"', f'version="{self.cseq - 1}"'))
        assert self.agent.request(request, ("127.0.0.1", mirror.port)).status == 200
        return request


def late_copy(bed):
    """A NOTIFY that comes once more 8 s later, behind a newer one, changes nothing: Kamailio's tm by
    itself would have forgotten it after 5 s."""
    harness.need("kamailio")
    notifier, kick = Notifier(bed), Agent("udp")
    bed.closers.append(kick.close)
    port = harness.free_port()
    mirror = Kamailio(bed, "mirror", "mirror.cfg", port=port, defines={
        "REGINFOD": f'"sip:{notifier.agent.address}"', "SERVER_ADDRESS": f'"sip:reginfo@127.0.0.1:{port}"',
        "DB_URL": f'"sqlite:///{database(bed, "mirror")}"'})
    make_mirror_subscribe(kick, mirror, "sip:alice@reg.test")
    wait_until(lambda: notifier.subscribe, "the mirror subscribes")

    def bound():
        return mirror.contacts("alice@reg.test")

    first = notifier.notify(mirror, (contact(1), "active", "registered", 300, "phone-1", 1))
    wait_until(lambda: set(bound()) == {contact(1)}, "the contact is bound")
    notifier.notify(mirror, (contact(1), "terminated", "unregistered", 0, "phone-1", 2))
    wait_until(lambda: not bound(), "the contact is gone")
    time.sleep(8)
    assert notifier.agent.repeat(first, ("127.0.0.1", port)).status == 200
    time.sleep(1)
    assert not bound(), bound()


VARIANTS = {
    "direct-udp": lambda bed: life(bed),
    "direct-tcp": lambda bed: life(bed, transport="tcp"),
    "edge-udp": lambda bed: life(bed, edge=True),
    "edge-tcp": lambda bed: life(bed, transport="tcp", edge=True),
    "edge-udp-NOTIFY": lambda bed: life(bed, edge=True, routes_from="NOTIFY"),
    "edge-tcp-NOTIFY": lambda bed: life(bed, transport="tcp", edge=True, routes_from="NOTIFY"),
    "readme-notify": readme_notify,
    "restart": restart,
    "reginfod-restart": reginfod_restart,
    "late-copy": late_copy,
}

if __name__ == "__main__":
    harness.run(f"kamailio-{sys.argv[1]}", VARIANTS[sys.argv[1]])
