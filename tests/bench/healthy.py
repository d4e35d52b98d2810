"""The healthy peer beside a hostile one: publishes, gets NOTIFYs, refreshes; and its latencies.

Everything is sent again as RFC 3261 §17.1.2.2 asks, so what is lost costs time; a wait lasts from the
first sending until the kernel had the answer, however late this process gets a processor.
"""

import heapq
import itertools
import select
import socket
import struct
import time

T1, T2 = 0.5, 4.0
PROBES = ("options", "refresh", "publish", "told", "named")
COPIED = (b"Via", b"From", b"To", b"Call-ID", b"CSeq")

BODY = (
    '<?xml version="1.0"?><reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="0" state="full">'
    '<registration aor="sip:%(aor)s@reg.test" id="r" state="active"><contact id="c" state="active" '
    'event="registered" expires="3000" callid="%(aor)s" cseq="%(number)d">'
    "<uri>sip:n%(number)d@192.0.2.1</uri></contact></registration></reginfo>")
PUBLISH = (
    "PUBLISH sip:%(aor)s@reg.test SIP/2.0\r\nVia: SIP/2.0/UDP %(here)s;branch=z9hG4bK%(branch)s\r\n"
    "Max-Forwards: 70\r\nFrom: <sip:%(aor)s@reg.test>;tag=p\r\nTo: <sip:%(aor)s@reg.test>\r\n"
    "Call-ID: %(branch)s\r\nCSeq: 1 PUBLISH\r\nEvent: reg\r\nExpires: 3600\r\n%(match)s"
    "Content-Type: application/reginfo+xml\r\nContent-Length: %(length)d\r\n\r\n%(body)s")
SUBSCRIBE = (
    "SUBSCRIBE %(uri)s SIP/2.0\r\nVia: SIP/2.0/UDP %(here)s;branch=z9hG4bK%(branch)s\r\n%(route)s"
    "Max-Forwards: 70\r\nFrom: <sip:%(who)s@reg.test>;tag=%(who)s\r\nTo: <sip:%(aor)s@reg.test>%(tag)s\r\n"
    "Call-ID: %(who)s\r\nCSeq: %(cseq)d SUBSCRIBE\r\nEvent: reg\r\nExpires: %(expires)d\r\n"
    "Contact: <sip:%(who)s@%(contact)s>\r\nContent-Length: 0\r\n\r\n")
OPTIONS = (
    "OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP %(here)s;branch=z9hG4bK%(branch)s\r\n"
    "Max-Forwards: 70\r\nFrom: <sip:probe@reg.test>;tag=o\r\nTo: <sip:127.0.0.1>\r\n"
    "Call-ID: %(branch)s\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")


def field(message, name):
    """A header line with its line end before it, as it is; empty without."""
    at = message.find(b"\r\n" + name + b": ")
    return message[at:message.index(b"\r\n", at + 2)] if at >= 0 else b""


def value(message, name):
    return field(message, name)[len(name) + 4:].decode()


def between(message, before, after):
    at = message.find(before)
    if at < 0:
        return None
    at += len(before)
    return message[at:message.index(after, at)]


def answer_to(request):
    return (b"SIP/2.0 200 OK" + b"".join(field(request, name) for name in COPIED)
            + b"\r\nContent-Length: 0\r\n\r\n")


class Port:
    """A socket of 127.0.0.1 with the arrival time of each datagram by the kernel."""

    SO_TIMESTAMPNS = 35

    def __init__(self, server):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.socket.setsockopt(socket.SOL_SOCKET, self.SO_TIMESTAMPNS, 1)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.server = server
        self.number = self.socket.getsockname()[1]
        self.here = f"127.0.0.1:{self.number}"

    def send(self, data):
        try:
            self.socket.sendto(data, self.server)
        except OSError:
            pass  # lost, as on any network

    def take(self, most=256):
        """(message, when) of what has come."""
        for _ in range(most):
            try:
                data, ancillary, _, _ = self.socket.recvmsg(65536, 64)
            except OSError:
                return
            seconds, nanoseconds = struct.unpack("qq", ancillary[0][2])
            yield data, seconds + nanoseconds / 1e9


class Dialog:
    def __init__(self, who, aor):
        self.who, self.aor = who, aor
        self.tag, self.cseq = None, 0
        self.refreshing = False


class Aor:
    """One publication, and the watchers that have not got its newest state yet."""

    def __init__(self, name):
        self.name = name
        self.etag, self.number = None, 0
        self.answered, self.behind = True, {}


class Healthy:
    """`aors` with `watchers` each behind one edge, and `dead` ones behind the same edge."""

    def __init__(self, server, aors, watchers, dead=0):
        self.own, self.edge = Port(server), Port(server)
        self.route = f"Record-Route: <sip:{self.edge.here};lr>\r\n"
        self.numbers = itertools.count(1)
        self.aors = [Aor(f"a{i}") for i in range(aors)]
        self.dialogs = {f"w{i}-{j}": Dialog(f"w{i}-{j}", self.aors[i])
                        for i in range(aors) for j in range(watchers)}
        self.dead = {f"d{i}": Dialog(f"d{i}", self.aors[i % aors]) for i in range(dead)}
        self.open = {}       # by branch: (kind, begun, bytes, port, what)
        self.again = []      # (when, interval, branch)
        self.waits = {kind: [] for kind in PROBES}
        self.unanswered = dict.fromkeys(PROBES, 0)
        self.refused = dict.fromkeys(PROBES, 0)
        self.named = {}      # Call-ID: when its SUBSCRIBE began
        self.to_dead = 0     # NOTIFYs that came for them, each copy counted
        self.measures = False

    def close(self):
        self.own.socket.close()
        self.edge.socket.close()

    # What is asked.

    def begin(self, kind, template, port, what=None, **values):
        branch = f"h{next(self.numbers)}"
        data = (template % dict(values, branch=branch, here=port.here)).encode()
        now = time.time()
        self.open[branch] = (kind, now, data, port, what)
        heapq.heappush(self.again, (now + T1, T1, branch))
        port.send(data)
        return now

    def options(self):
        self.begin("options", OPTIONS, self.own)

    def publish(self, aor):
        aor.number = next(self.numbers)
        aor.answered = False
        body = BODY % {"aor": aor.name, "number": aor.number}
        began = self.begin("publish", PUBLISH, self.own, aor, aor=aor.name, body=body, length=len(body),
                           match=f"SIP-If-Match: {aor.etag}\r\n" if aor.etag else "")
        if self.measures:
            aor.behind = {who: began for who, d in self.dialogs.items() if d.aor is aor and d.tag}

    def subscribe(self, dialog, **more):
        dialog.cseq += 1
        dialog.refreshing = True
        values = dict(
            uri="sip:127.0.0.1" if dialog.tag else f"sip:{dialog.aor.name}@reg.test", who=dialog.who,
            aor=dialog.aor.name, tag=f";tag={dialog.tag}" if dialog.tag else "", cseq=dialog.cseq,
            expires=3600, route=self.route, contact="192.0.2.9")
        return self.begin("refresh", SUBSCRIBE, self.edge, dialog, **dict(values, **more))

    def fetch_by_name(self):
        """The latency for a watcher whose Contact is a name that was not looked up yet."""
        number = next(self.numbers)
        dialog = Dialog(f"f{number}", self.aors[number % len(self.aors)])
        self.named[dialog.who] = self.subscribe(
            dialog, expires=0, route="", contact=f"f{number}.good.test:{self.edge.number}")

    # What comes.

    def take(self):
        for port in (self.own, self.edge):
            for data, at in port.take():
                if data.startswith(b"NOTIFY "):
                    self.take_notify(data, at)
                else:
                    self.take_response(data, at)

    def take_notify(self, data, at):
        who = value(data, b"Call-ID")
        if who in self.dead:
            self.to_dead += 1
            return
        self.edge.send(answer_to(data))
        if who in self.named:
            self.wait("named", self.named.pop(who), at)
        dialog = self.dialogs.get(who)
        if dialog and b"<uri>sip:n%d@" % dialog.aor.number in data:
            began = dialog.aor.behind.pop(who, None)
            if began:
                self.wait("told", began, at)

    def take_response(self, data, at):
        branch = between(data, b";branch=z9hG4bK", b"\r")
        found = self.open.pop(branch.split(b";")[0].decode(), None)
        if not found:
            return
        kind, began, _, _, what = found
        if kind == "refresh" and what.who not in self.dialogs:
            kind = "dead" if what.who in self.dead else "named"
        good = data.startswith(b"SIP/2.0 200")
        if not good and self.measures and kind != "dead":
            self.refused[kind] += 1
        if kind == "publish":
            what.answered = True
            what.etag = value(data, b"SIP-ETag") if good else None
            if not good:
                what.behind = {}
        if isinstance(what, Dialog):
            what.refreshing = False
            if good:
                what.tag = value(data, b"To").split(";tag=")[1]
        if kind == "named" and not good:
            self.named.pop(what.who, None)
        if kind in ("options", "refresh", "publish"):
            self.wait(kind, began, at)

    def wait(self, kind, began, at):
        if self.measures:
            self.waits[kind].append(max(at - began, 0.0))

    # Time.

    def turn(self, wait):
        now = time.time()
        while self.again and self.again[0][0] <= now:
            _, interval, branch = heapq.heappop(self.again)
            if branch in self.open:
                _, _, data, port, _ = self.open[branch]
                port.send(data)
                interval = min(2 * interval, T2)
                heapq.heappush(self.again, (now + interval, interval, branch))
        select.select([self.own.socket, self.edge.socket], [], [], wait)
        self.take()

    def each(self, things, act, done, patience=30.0, window=16):
        """Does something with each, a few at a time; false if that is not done in time."""
        end = time.monotonic() + patience
        left, open_ones = list(reversed(things)), []
        while left or open_ones:
            if time.monotonic() > end:
                return False
            open_ones = [thing for thing in open_ones if not done(thing)]
            while left and len(open_ones) < window:
                open_ones.append(left.pop())
                act(open_ones[-1])
            self.turn(0.002)
        return True

    def set_up(self):
        ready = self.each(self.aors, self.publish, lambda aor: aor.answered)
        ready = ready and self.each(list(self.dialogs.values()), self.subscribe, lambda d: d.tag)
        if not ready:
            raise SystemExit("the server does not answer even before anything happens")
        self.pass_time(0.5)

    def remove_dead(self):
        """The dead subscribe as well; a refusal is no error."""
        self.each(list(self.dead.values()), self.subscribe, lambda d: not d.refreshing)

    def pass_time(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.turn(0.01)

    def run(self, seconds, pause):
        """Each `pause` one of each kind, unless the one in turn still waits for its answer."""
        dialogs, aors = itertools.cycle(self.dialogs.values()), itertools.cycle(self.aors)
        self.measures = True
        began = next_at = time.monotonic()
        while (now := time.monotonic()) < began + seconds:
            if now >= next_at:
                next_at = max(next_at + pause, now - pause)
                self.options()
                self.fetch_by_name()
                dialog, aor = next(dialogs), next(aors)
                if not dialog.refreshing:
                    self.subscribe(dialog)
                if aor.answered and not aor.behind:
                    self.publish(aor)
            self.turn(max(min(next_at - time.monotonic(), 0.01), 0))
        self.finish()

    def finish(self):
        """What is still waited for after a second of grace has waited until now."""
        self.pass_time(1.0)
        now = time.time()
        begun = [(kind, began) for kind, began, _, _, what in self.open.values()
                 if kind != "refresh" or what.who in self.dialogs]
        begun += [("told", began) for aor in self.aors for began in aor.behind.values()]
        begun += [("named", began) for began in self.named.values()]
        for kind, began in begun:
            self.unanswered[kind] += 1
            self.waits[kind].append(now - began)

    def figures(self):
        found = {}
        for kind in PROBES:
            waits = sorted(self.waits[kind])
            if waits:
                found[kind] = {
                    "count": len(waits), "p50_ms": 1000 * waits[len(waits) // 2],
                    "p99_ms": 1000 * waits[len(waits) * 99 // 100], "max_ms": 1000 * waits[-1],
                    "unanswered": self.unanswered[kind], "refused": self.refused[kind]}
        return found
