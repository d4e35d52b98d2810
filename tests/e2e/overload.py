"""Many SIP clients in one loop: new PUBLISHes and SUBSCRIBEs over UDP, sent again like RFC 3261
§17.1.2.2 asks, at a rate or in a closed loop; what was answered how, and when."""

import heapq
import itertools
import select
import socket
import time

CONTACTS = 16
PUBLISH = (
    "PUBLISH sip:%(who)s@load.test SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 127.0.0.1:%(port)d;branch=z9hG4bK%(who)s\r\nMax-Forwards: 70\r\n"
    "From: <sip:%(who)s@load.test>;tag=%(who)s\r\nTo: <sip:%(who)s@load.test>\r\n"
    "Call-ID: %(who)s\r\nCSeq: 1 PUBLISH\r\nEvent: reg\r\nExpires: 600\r\n"
    "Content-Type: application/reginfo+xml\r\nContent-Length: %(length)d\r\n\r\n%(body)s")
# Of some size, so that reading it is much more work for the server than sending it is for us.
BODY = (
    '<?xml version="1.0"?><reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="0" '
    'state="full"><registration aor="sip:%(who)s@load.test" id="r" state="active">' + "".join(
        f'<contact id="c{i}" state="active" event="registered" expires="600" callid="call{i}" '
        f'cseq="{i}" received="sip:192.0.2.1:{5000 + i}" user_agent="a phone, version {i}">'
        f"<uri>sip:%(who)s@192.0.2.1:{5060 + i}</uri></contact>" for i in range(CONTACTS))
    + "</registration></reginfo>")
SUBSCRIBE = (
    "SUBSCRIBE %(uri)s SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 127.0.0.1:%(port)d;branch=z9hG4bK%(branch)s\r\nMax-Forwards: 70\r\n"
    "From: <sip:watcher@load.test>;tag=%(who)s\r\nTo: <sip:%(who)s@load.test>%(to_tag)s\r\n"
    "Call-ID: %(who)s\r\nCSeq: %(cseq)d SUBSCRIBE\r\nEvent: reg\r\nExpires: 600\r\n"
    "Contact: <sip:127.0.0.1:%(port)d>\r\nContent-Length: 0\r\n\r\n")
T1, T2, TIMER_F = 0.5, 4.0, 32.0
BRANCH = b";branch=z9hG4bK"


def field(message, name):
    at = message.index(b"\r\n" + name + b": ")
    return message[at:message.index(b"\r\n", at + 2)]


class Request:
    """A client transaction."""

    def __init__(self, kind, text, now):
        self.kind = kind
        self.bytes = text.encode()
        self.begun = now
        self.interval = T1
        self.status = None
        self.answered_after = None


class Clients:
    def __init__(self, server):
        self.server = server
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.port = self.socket.getsockname()[1]
        self.numbers = itertools.count()
        self.open = {}      # by branch
        self.again = []     # (when, branch)
        self.dialogs = []   # [user, to tag, cseq] of dialogs to refresh
        self.published = []  # whose PUBLISH was answered 200
        self.sent_again = 0

    def close(self):
        self.socket.close()

    def begin(self, kind, branch, text):
        now = time.monotonic()
        request = self.open[branch] = Request(kind, text, now)
        heapq.heappush(self.again, (now + T1, branch))
        self._send(request.bytes)
        return request

    def publish(self):
        who = f"p{next(self.numbers)}"
        body = BODY % {"who": who}
        return self.begin("PUBLISH", who, PUBLISH % {
            "who": who, "port": self.port, "length": len(body), "body": body})

    def subscribe(self):
        who = f"s{next(self.numbers)}"
        return self.begin("SUBSCRIBE", who, SUBSCRIBE % {
            "uri": f"sip:{who}@load.test", "who": who, "branch": who, "port": self.port,
            "to_tag": "", "cseq": 1})

    def refresh(self, dialog):
        who, to_tag, _ = dialog
        dialog[2] += 1
        branch = f"r{next(self.numbers)}"
        return self.begin("refresh", branch, SUBSCRIBE % {
            "uri": "sip:127.0.0.1", "who": who, "branch": branch, "port": self.port,
            "to_tag": f";tag={to_tag}", "cseq": dialog[2]})

    def some(self):
        """Nine PUBLISHes for each SUBSCRIBE."""
        return self.subscribe() if next(self.numbers) % 10 == 0 else self.publish()

    def turn(self, wait=0.0005):
        """Sends again what is due, and takes what has come; returns the requests answered now."""
        now = time.monotonic()
        while self.again and self.again[0][0] <= now:
            _, branch = heapq.heappop(self.again)
            request = self.open.get(branch)
            if request is None:
                continue
            if now - request.begun > TIMER_F:
                del self.open[branch]
                request.status = 408
                continue
            request.interval = min(2 * request.interval, T2)
            heapq.heappush(self.again, (now + request.interval, branch))
            self.sent_again += 1
            self._send(request.bytes)
        select.select([self.socket], [], [], wait)
        answered = []
        for _ in range(256):
            try:
                message = self.socket.recv(65536)
            except BlockingIOError:
                break
            if message.startswith(b"NOTIFY "):
                self._send(b"SIP/2.0 200 OK" + b"".join(field(message, name) for name in (
                    b"Via", b"From", b"To", b"Call-ID", b"CSeq"))
                    + b"\r\nContent-Length: 0\r\n\r\n")
                continue
            at = message.index(BRANCH) + len(BRANCH)
            end = at
            while message[end:end + 1].isalnum():
                end += 1
            request = self.open.pop(message[at:end].decode(), None)
            if request is not None:
                self._answered(request, message)
                answered.append(request)
        return answered

    def _answered(self, request, message):
        request.status = int(message[8:11])
        request.answered_after = time.monotonic() - request.begun
        if request.status != 200:
            return
        who = field(message, b"Call-ID")[11:].decode()
        if request.kind == "PUBLISH":
            self.published.append(who)
        elif request.kind == "SUBSCRIBE":
            self.dialogs.append([who, field(message, b"To").split(b";tag=")[1].decode(), 1])

    def _send(self, data):
        try:
            self.socket.sendto(data, self.server)
        except BlockingIOError:
            pass  # lost, like on any network

    def closed_loop(self, seconds, window):
        """Always `window` new requests open. Returns 200s a second."""
        begun = time.monotonic()
        mine, good = 0, 0
        while time.monotonic() - begun < seconds:
            while mine < window:
                self.some()
                mine += 1
            for request in self.turn():
                if request.begun >= begun:
                    mine -= 1
                good += request.status == 200
        return good / (time.monotonic() - begun)

    def open_loop(self, seconds, rate, each_tenth=lambda: None):
        """New requests at that rate, whatever becomes of them. Returns 200s and requests a
        second."""
        begun = last = time.monotonic()
        offered, good = 0, 0
        while (now := time.monotonic()) - begun < seconds:
            for _ in range(min(int((now - begun) * rate) - offered, 64)):
                self.some()
                offered += 1
            if now - last >= 0.1:
                last = now
                each_tenth()
            good += sum(request.status == 200 for request in self.turn(0))
        taken = time.monotonic() - begun
        return good / taken, offered / taken

    def wait_for_answers(self, seconds):
        """Waits until no request is open, at most this long."""
        end = time.monotonic() + seconds
        while self.open and time.monotonic() < end:
            self.turn(0.02)
