"""deploy/kamailio/reg-event.cfg and what includes it: who may watch, who owns an address-of-record,
the way from presence_reginfo; and the mirror's calls.

    test_kamailio_edge.py watchers | identity | owners | again | name | one | migration | mirror-call
                          [2xx | NOTIFY]

The last word is where watchers take their route set from.
"""

import os
import random
import re
import signal
import subprocess
import sys
import threading
import time

import harness
from harness import HERE, Kamailio, Process, Reginfod, wait_until
from kamailio_files import database, reg_event
from publisher import Publisher, contact
from sip import Agent, Message, response_to
from side_port import SidePort
from test_dns import find_dnsmasq
from watcher import Watcher

DOMAIN = "reg.test"
STRANGER = "127.0.0.2"  # an address that address.list does not trust
USERS = (("alice", DOMAIN, "secret"), ("bob", DOMAIN, "other"))
REGISTER = os.path.join(HERE, "sipp", "register.xml")
ROUTES_FROM = (sys.argv[2:] or ["2xx"])[0]


def aor_of(user):
    return f"sip:{user}@{DOMAIN}"


def publisher(bed, user, hop):
    made = Publisher(aor_of(user), hop)
    bed.closers.append(made.close)
    return made


def watcher(bed, user, hop, **options):
    return bed.watch(Watcher(aor_of(user), hop, proxy=hop, routes_from=ROUTES_FROM, **options))


def start_edge(bed, *reginfods):
    edge = Kamailio(bed, "edge", "edge.cfg", defines=reg_event(bed, *reginfods, users=USERS))
    return edge, ("127.0.0.1", edge.port)


def unanswered(ask, what):
    try:
        answer = ask()
    except AssertionError:
        return
    raise AssertionError(f"{what}: answered with {answer.start}")


def watchers(bed):
    """A stranger needs a password and sees his own; a trusted peer sees all; none publishes."""
    reginfod = Reginfod(bed)
    _, hop = start_edge(bed, reginfod)
    source = publisher(bed, "alice", hop)
    assert source.publish([contact("alice")]).status == 200

    own = watcher(bed, "alice", hop, host=STRANGER, name="alice", password="secret", headers=[
        ("P-Asserted-Identity", "<sip:boss@reg.test>")])
    assert own.subscribe().status == 200
    own.wait_contacts(contact("alice")[0])
    assert own.subscribe().status == 200, "a refresh is challenged and let through"
    assert own.subscribe(expires=0).status == 200
    own.wait(lambda w: w.subscription_state.startswith("terminated"), "the last NOTIFY")

    for name, password, expected in (("alice", None, 407), ("alice", "wrong", 407),
                                     ("bob", "other", 403)):
        other = watcher(bed, "alice", hop, host=STRANGER, name=name, password=password)
        answer = other.subscribe()
        assert answer.status == expected, f"{name}/{password}: {answer.start}"

    trusted = watcher(bed, "alice", hop, name="application", headers=[
        ("P-Asserted-Identity", "<sip:application@reg.test>")])
    assert trusted.subscribe().status == 200
    trusted.wait_contacts(contact("alice")[0])

    stranger = publisher(bed, "alice", hop)
    stranger.agent.close()
    stranger.agent = Agent(host=STRANGER)
    assert stranger.publish([contact("alice", 2)]).status == 403
    forged = Agent(host=STRANGER)
    bed.closers.append(forged.close)
    notify = trusted.notifies[-1]
    notify = Message(notify.start, [h for h in notify.headers if h[0] not in ("Via", "Content-Length")],
                     notify.body)
    unanswered(lambda: forged.request(notify, hop, timeout=2.0), "a NOTIFY that is not reginfod's")
    other_package = Message(f"SUBSCRIBE {aor_of('alice')} SIP/2.0", [
        ("Max-Forwards", "70"), ("From", "<sip:x@reg.test>;tag=x"), ("To", f"<{aor_of('alice')}>"),
        ("Call-ID", "presence@test"), ("CSeq", "1 SUBSCRIBE"), ("Event", "presence")])
    answer = forged.request(other_package, hop)
    assert answer.status == 489 and answer.get("Allow-Events") == "reg", answer.start
    assert set(trusted.fold.active) == {contact("alice")[0]}


def identity(bed):
    """What reginfod gets of a watcher: the identity that the proxy asserts, and no password."""
    asked = []

    def refuse(request):
        asked.append(request)
        return response_to(request, 403, "Forbidden")
    server = Agent(on_request=refuse)
    bed.closers.append(server.close)
    _, hop = start_edge(bed, server)
    claimed = [("P-Asserted-Identity", "<sip:boss@reg.test>")]

    watcher(bed, "alice", hop, host=STRANGER, name="alice", password="secret",
            headers=claimed).subscribe()
    watcher(bed, "alice", hop, name="application", headers=claimed).subscribe()

    digest, trusted = asked
    assert digest.all("P-Asserted-Identity") == ["<sip:alice@reg.test>"], digest.headers
    assert digest.get("Proxy-Authorization") is None
    assert trusted.all("P-Asserted-Identity") == ["<sip:boss@reg.test>"], trusted.headers


def owners(bed):
    """Two instances share the addresses-of-record; what one owns the other is never asked for."""
    state = [os.path.join(bed.directory, f"state-{n}") for n in (1, 2)]
    both = [Reginfod(bed, f"reginfod-{n}", storage=("--state-dir", state[n - 1])) for n in (1, 2)]
    edge, hop = start_edge(bed, *both)
    users = [f"user{n}" for n in range(12)]
    told = {}
    for user in users:
        source = publisher(bed, user, hop)
        assert source.publish([contact(user)]).status == 200
        told[user] = watcher(bed, user, hop)
        # The same address-of-record, written differently (RFC 3261 10.3).
        told[user].remote_target = aor_of(user).replace("user", "%75ser").replace(DOMAIN, "REG.Test")
        assert told[user].subscribe().status == 200
        told[user].wait_contacts(contact(user)[0])
    owned = [{entry["aor"] for entry in SidePort(one.http_port).ask(
        "/api/v1/registrations?limit=100").json["registrations"]} for one in both]
    assert owned[0] and owned[1] and not owned[0] & owned[1], owned
    assert owned[0] | owned[1] == {aor_of(user) for user in users}, owned

    # And a registrar, whose pua sends to the edge only.
    registrar = start_registrar(bed, edge.port)
    for user in users[:4]:
        uri = f"sip:{user}@127.0.0.1:20001"
        register(bed, registrar, user, uri, 1)
        told[user].wait_contacts(contact(user)[0], uri)

    def first(of):
        return next(user for user in users if aor_of(user) in owned[of])
    mine, others = first(0), first(1)
    both[0].stop()
    lost = watcher(bed, mine, hop)
    unanswered(lambda: lost.agent.request(lost_subscribe(lost), hop, timeout=4.0), "a dead owner")
    assert told[others].subscribe().status == 200, "the other owner goes on"
    edge.rpc("dispatcher.set_state", "dx", 1, "all")
    answer = watcher(bed, mine, hop).subscribe()
    assert answer.status == 503 and answer.get("Retry-After"), answer.start
    edge.rpc("dispatcher.set_state", "a", 1, "all")
    Reginfod(bed, "reginfod-1-again", port=both[0].port, storage=("--state-dir", state[0]))
    assert told[mine].subscribe().status == 200, "its dialog goes on after the restart"
    print(f"{len(owned[0])} and {len(owned[1])} addresses-of-record", flush=True)


class NameServer(Process):
    """Answers for one name; on port 53 of an address that is used by nothing else."""

    def __init__(self, bed, name, address):
        self.name_served, self.hosts = name, os.path.join(bed.directory, "hosts")
        self.listens = f"127.{random.randrange(64, 250)}.{random.randrange(250)}.53"
        self._write(address)
        super().__init__("dnsmasq", [
            find_dnsmasq(), "--no-daemon", "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
            "--bind-interfaces", f"--listen-address={self.listens}", f"--addn-hosts={self.hosts}",
            "--user=root", "--local-ttl=600"], bed.directory)
        bed.processes.append(self)

    def _write(self, address):
        with open(self.hosts, "w") as file:
            file.write(f"{address} {self.name_served}\n")

    def move(self, address):
        self._write(address)
        self.child.send_signal(signal.SIGHUP)


def name(bed):
    """reginfod comes back at another address behind the same name: its dialogs go on."""
    if os.geteuid() != 0:
        raise harness.Skip("a name server of its own for Kamailio wants root")
    called, port = f"reginfod.{DOMAIN}", harness.free_port()

    def start(number):
        return Reginfod(bed, f"reginfod-{number}", host=f"127.0.0.{10 + number}", port=port,
                        advertise=called, storage=("--state-dir", os.path.join(bed.directory, "state")))
    first = start(1)
    names = NameServer(bed, called, first.host)
    resolv = os.path.join(bed.directory, "resolv.conf")
    with open(resolv, "w") as file:
        file.write(f"nameserver {names.listens}\n")
    edge = Kamailio(bed, "edge", "edge.cfg", defines=reg_event(bed, first, host=called), within=[
        "unshare", "--mount", "sh", "-c", f'mount --bind "{resolv}" /etc/resolv.conf && exec "$@"', "sh"])
    hop = ("127.0.0.1", edge.port)
    source, told = publisher(bed, "alice", hop), watcher(bed, "alice", hop)
    assert source.publish([contact("alice")]).status == 200
    assert told.subscribe().status == 200
    told.wait_contacts(contact("alice")[0])
    assert f"<sip:{called}:{port}>" == told.notifies[-1].get("Contact"), told.notifies[-1].headers

    assert first.stop() == 0
    second = start(2)
    names.move(second.host)
    # The first copy went to the old address, which Kamailio still remembered.
    assert source.publish([contact("alice", 2)], timeout=25.0).status == 200
    told.wait_contacts(contact("alice", 2)[0])
    assert told.subscribe().status == 200, "the dialog was lost"
    assert second.metric("reginfod_publish_entity_tag_mismatches_total") in (None, 0)


def lost_subscribe(watching):
    return Message(f"SUBSCRIBE {watching.aor} SIP/2.0", [
        ("Max-Forwards", "70"), ("From", "<sip:watcher@reg.test>;tag=lost"),
        ("To", f"<{watching.aor}>"), ("Call-ID", watching.call_id), ("CSeq", "1 SUBSCRIBE"),
        ("Contact", f"<sip:watcher@{watching.agent.address}>"), ("Event", "reg"), ("Expires", "60")])


def start_registrar(bed, target, more=None):
    port = harness.free_port()
    defines = {"REGINFOD": f'"sip:127.0.0.1:{target or port}"', "DOMAIN": f'"{DOMAIN}"',
               "SERVER_ADDRESS": f'"sip:reginfo@127.0.0.1:{port}"',
               "DB_URL": f'"sqlite:///{database(bed, "registrar")}"'} | (more or {})
    return Kamailio(bed, "registrar", "registrar.cfg", defines=defines, port=port)


def register(bed, registrar, user, uri, cseq, expires=300):
    bed.sipp(REGISTER, ("127.0.0.1", registrar.port), options=["-cid_str", f"{uri}@test"], keys={
        "user": user, "domain": DOMAIN, "contacts": f"<{uri}>;expires={expires}",
        "regcseq": str(cseq)})


def one(bed):
    """One Kamailio is registrar and the watchers' way to reginfod, and publishes through itself."""
    reginfod = Reginfod(bed)
    kamailio = start_registrar(bed, None, reg_event(bed, reginfod, users=USERS) | {
        "WITH_REG_EVENT": None})
    hop = ("127.0.0.1", kamailio.port)
    uri = "sip:alice@127.0.0.1:20001"
    own = watcher(bed, "alice", hop, host=STRANGER, name="alice", password="secret")
    assert own.subscribe().status == 200
    own.wait_contacts()
    register(bed, kamailio, "alice", uri, 1)
    own.wait_contacts(uri)
    assert own.subscribe().status == 200
    register(bed, kamailio, "alice", uri, 2, expires=0)
    own.wait_contacts()
    own.wait_told(uri, "unregistered")


class PresenceWatcher(Watcher):
    """Takes what presence_reginfo sends: no body at first, and no version that grows."""

    def _take(self, request):
        self.notifies.append(request)
        self.fold.active = dict.fromkeys(re.findall(
            r'<contact [^>]*state="active"[^>]*>\s*<uri>([^<]*)</uri>', request.body))


def migration(bed):
    """From presence_reginfo to reginfod and back under one watcher of each, without a gap."""
    reginfod = Reginfod(bed)
    port = harness.free_port()
    server = Kamailio(bed, "presence", "migration.cfg", port=port, defines=reg_event(
        bed, reginfod, users=USERS) | {
            "SERVER_ADDRESS": f'"sip:127.0.0.1:{port}"',
            "DB_URL": f'"sqlite:///{database(bed, "presence")}"'})
    hop = ("127.0.0.1", port)
    registrar = start_registrar(bed, port)
    uris = [f"sip:alice@127.0.0.1:{20001 + n}" for n in range(5)]

    def phase(number):
        subprocess.run(["kamcmd", "-s", f"unixs:{server.run_directory}/kamailio_ctl", "cfg.seti",
                        "reginfod", "phase", str(number)], check=True, capture_output=True, timeout=20)

    def watch(kind):
        made = watcher(bed, "alice", hop) if kind is Watcher else bed.watch(kind(aor_of("alice"), hop))
        assert made.subscribe().status == 200
        return made

    def tags_refused():
        return reginfod.metric("reginfod_publish_entity_tag_mismatches_total") or 0

    old = watch(PresenceWatcher)
    direct = bed.watch(Watcher(aor_of("alice"), reginfod.address))
    assert direct.subscribe().status == 200
    register(bed, registrar, "alice", uris[0], 1)
    old.wait_contacts(uris[0])
    direct.wait_contacts(uris[0])
    register(bed, registrar, "alice", uris[0], 2)
    register(bed, registrar, "alice", uris[1], 1)
    old.wait_contacts(*uris[:2])
    direct.wait_contacts(*uris[:2])
    assert tags_refused() == 0 and reginfod.metric("reginfod_publications") == 1
    server.rpc("htable.sets", "tags", aor_of("alice"), "lost")
    register(bed, registrar, "alice", uris[2], 1)
    direct.wait_contacts(*uris[:3])
    assert tags_refused() == 1, "a copy with a tag that reginfod does not know is sent anew"
    source = publisher(bed, "carol", hop)
    server.rpc("htable.sets", "tags", aor_of("carol"), "lost")
    # Now and then presence finds its SQLite locked, and answers 500.
    wait_until(lambda: source.publish([contact("carol")], expires=1200).status == 200, "published")
    side = SidePort(reginfod.http_port)

    def copied():
        held = side.ask(f"/api/v1/publications?aor={aor_of('carol')}").json["publications"]
        return [entry["expires"] for entry in held]
    copy = wait_until(copied, "the copy is sent anew")
    assert len(copy) == 1 and 1100 < copy[0] <= 1200, f"as long as what was published: {copy}"
    print("phase 0: both know everything", flush=True)

    phase(1)
    new = watch(Watcher)
    new.wait_contacts(*uris[:3])
    register(bed, registrar, "alice", uris[3], 1)
    old.wait_contacts(*uris[:4])
    new.wait_contacts(*uris[:4])
    assert old.subscribe().status == 481, "an old dialog ends at its refresh"
    assert new.subscribe().status == 200
    print("phase 1: the old dialog was told until its refresh, the new one is", flush=True)

    phase(0)
    assert new.subscribe().status == 481, "and back"
    again = watch(PresenceWatcher)
    again.wait_contacts(*uris[:4])
    phase(2)
    assert again.subscribe(expires=0).status in (200, 202), "an old dialog can still be ended"
    last = watch(Watcher)
    last.wait_contacts(*uris[:4])
    before = tags_refused()
    register(bed, registrar, "alice", uris[4], 1)
    last.wait_contacts(*uris)
    assert tags_refused() > before, "pua came with a tag of presence_reginfo and published anew"
    register(bed, registrar, "alice", uris[4], 2, expires=0)
    last.wait_contacts(*uris[:4])
    last.wait_told(uris[4], "unregistered")
    # The last copy, which is not renewed, still has this contact.
    register(bed, registrar, "alice", uris[3], 2, expires=0)
    last.wait_contacts(*uris[:3])
    last.wait_told(uris[3], "unregistered")
    print("phase 2: reginfod alone", flush=True)


def mirror_call(bed):
    """A call reaches a phone through the mirror, which has it from reginfod alone."""
    reginfod = Reginfod(bed)
    port = harness.free_port()
    mirror = Kamailio(bed, "mirror", "mirror.cfg", port=port, defines={
        "REGINFOD": f'"sip:127.0.0.1:{reginfod.port}"',
        "SERVER_ADDRESS": f'"sip:reginfo@127.0.0.1:{port}"',
        "DB_URL": f'"sqlite:///{database(bed, "mirror")}"'})
    rung = []

    def ring(request):
        rung.append(request)
        return response_to(request, 200, "OK")
    phone = Agent(on_request=ring)
    caller = Agent()
    bed.closers += [phone.close, caller.close]
    uri = f"sip:alice@{phone.address}"
    source = publisher(bed, "alice", reginfod.address)
    assert source.publish([(uri, "active", "registered", 300, "phone", 1)]).status == 200

    def message(number, aor=aor_of("alice")):
        return caller.request(Message(f"MESSAGE {aor} SIP/2.0", [
            ("Max-Forwards", "70"), ("From", "<sip:bob@reg.test>;tag=b"),
            ("To", f"<{aor_of('alice')}>"), ("Call-ID", f"call-{number}@test"),
            ("CSeq", "1 MESSAGE")], "hello"), ("127.0.0.1", port))
    first = message(1)
    assert first.status == 480 and first.get("Retry-After") == "1", first.start
    wait_until(lambda: mirror.contacts(f"alice@{DOMAIN}"), "the mirror knows the phone")
    assert message(2).status == 200
    assert message(3, "sip:alice@REG.Test").status == 200
    assert [request.start for request in rung] == 2 * [f"MESSAGE {uri} SIP/2.0"], rung
    assert message(4, "sip:alice@other.test").status == 404, "alice of another domain"
    assert message(5, f"sip:{DOMAIN}").status == 404
    assert len(rung) == 2 and reginfod.metric("reginfod_subscriptions") == 1
    assert source.publish(expires=0).status == 200
    wait_until(lambda: not mirror.contacts(f"alice@{DOMAIN}"), "the mirror knows that it left")
    assert message(6).status == 480


def again(bed):
    """reginfod stands still for longer than the edge waits, which then sends the request once more in
    another branch. It is carried out once, and its sender gets the tag of what there is."""
    reginfod = Reginfod(bed)
    _, hop = start_edge(bed, reginfod)
    source, mirror = publisher(bed, "alice", hop), watcher(bed, "alice", hop)
    answers = {}

    def ask(name, request):
        thread = threading.Thread(target=lambda: answers.update({name: request()}))
        thread.start()
        return thread

    reginfod.child.send_signal(signal.SIGSTOP)
    asking = [ask("PUBLISH", lambda: source.publish([contact("alice")], timeout=20)),
              ask("SUBSCRIBE", mirror.subscribe)]
    time.sleep(4.5)
    reginfod.child.send_signal(signal.SIGCONT)
    for thread in asking:
        thread.join(20)
    assert {name: answer.status for name, answer in answers.items()} == {
        "PUBLISH": 200, "SUBSCRIBE": 200}, answers
    assert reginfod.metric("reginfod_sip_repeats_received_total") >= 2
    assert reginfod.metric("reginfod_publications") == 1
    assert reginfod.metric("reginfod_subscriptions") == 1
    assert source.publish([contact("alice"), contact("alice", 2)]).status == 200
    assert reginfod.metric("reginfod_publications") == 1, "the tag was the one of the publication"
    mirror.wait_contacts(contact("alice")[0], contact("alice", 2)[0])


VARIANTS = {"watchers": watchers, "identity": identity, "owners": owners, "again": again,
            "name": name, "one": one, "migration": migration, "mirror-call": mirror_call}

if __name__ == "__main__":
    harness.run("-".join(["kamailio-edge", *sys.argv[1:]]), VARIANTS[sys.argv[1]])
