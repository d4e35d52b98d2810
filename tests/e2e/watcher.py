"""A SIP watcher of the reg package: one subscription, its NOTIFYs answered and folded."""

import hashlib
import re
import secrets
import threading

from reginfo import Fold
from sip import Agent, Message, response_to, tag_of, uri_of


def digest(challenge, user, password, method, uri):
    """The credentials that answer a challenge (RFC 2617 3.2.2)."""
    given = dict(re.findall(r'(\w+)="?([^",]*)"?', challenge))

    def md5(*parts):
        return hashlib.md5(":".join(parts).encode()).hexdigest()
    cnonce = secrets.token_hex(4)
    response = md5(md5(user, given["realm"], password), given["nonce"], "00000001", cnonce, "auth",
                   md5(method, uri))
    return (f'Digest username="{user}", realm="{given["realm"]}", nonce="{given["nonce"]}", '
            f'uri="{uri}", qop=auth, nc=00000001, cnonce="{cnonce}", response="{response}"')


class Watcher:
    def __init__(self, aor, server, transport="udp", name="watcher", proxy=None,
                 host="127.0.0.1", password=None, headers=(), routes_from="2xx", agent=Agent):
        """`server` and `proxy` are (host, port); requests leave to the proxy where there is one.
        A challenge is answered with the password, if there is one; `headers` go into every SUBSCRIBE.
        The dialog's route set and remote target are those of the "2xx" to the first SUBSCRIBE (RFC 3261
        12.1.2), or of the first "NOTIFY" (RFC 6665 4.4.1)."""
        self.aor, self.name = aor, name
        self.hop = proxy or server
        self.via_proxy = proxy is not None
        self.user_agent = None
        self.silent = False          # while it is, NOTIFYs are not answered
        self.names_itself = False    # whether its 2xx has a Contact
        self.fold = Fold()
        self.problems = []
        self.notifies = []
        self.seen = {}               # branch -> our answer: a retransmission is answered again
        self.retransmissions = 0
        self.notify_cseq = 0
        self.changed = threading.Condition()
        self.agent = agent(transport, self._handle, host)
        self.routes_from = routes_from
        self.password, self.headers = password, list(headers)
        self.call_id = secrets.token_hex(8) + "@watch"
        self.local_tag = secrets.token_hex(4)
        self.remote_tag = None
        self.remote_target = aor
        self.routes = []
        self.cseq = 0

    def close(self):
        self.agent.close()

    @property
    def contact(self):
        return f"<sip:{self.name}@{self.agent.address}>"

    def subscribe(self, expires=600):
        """Subscribes, refreshes or (0) unsubscribes; returns the final response."""
        if self.remote_tag and self.routes_from == "NOTIFY":
            self.wait(lambda w: w.notifies, "the NOTIFY that makes the dialog")
        answer = self._send(expires)
        if answer.status == 407 and self.password:
            credentials = digest(answer.get("Proxy-Authenticate"), self.name, self.password,
                                 "SUBSCRIBE", self.remote_target)
            answer = self._send(expires, [("Proxy-Authorization", credentials)])
        if answer.status // 100 == 2:
            self._establish(answer)
        return answer

    def _send(self, expires, headers=()):
        self.cseq += 1
        to = f"<{self.aor}>" + (f";tag={self.remote_tag}" if self.remote_tag else "")
        request = Message(f"SUBSCRIBE {self.remote_target} SIP/2.0", [
            *[("Route", route) for route in self.routes],
            ("Max-Forwards", "70"),
            ("From", f"<sip:{self.name}@reg.test>;tag={self.local_tag}"),
            ("To", to),
            ("Call-ID", self.call_id),
            ("CSeq", f"{self.cseq} SUBSCRIBE"),
            ("Contact", self.contact),
            ("Event", "reg"),
            ("Accept", "application/reginfo+xml"),
            ("Expires", str(expires)),
            *self.headers,
            *headers,
            *([("User-Agent", self.user_agent)] if self.user_agent else []),
        ])
        return self.agent.request(request, self.hop)

    def _establish(self, answer):
        if self.remote_tag is None:
            self.remote_tag = tag_of(answer.get("To"))
            routes = list(reversed(answer.all("Record-Route")))
            if self.via_proxy != bool(routes):
                self.problems.append(f"Record-Route in the 2xx: {routes}")
            if self.routes_from == "2xx":
                self.routes = routes
        if self.routes_from == "2xx":
            self.remote_target = uri_of(answer.get("Contact"))

    def _handle(self, request):
        with self.changed:
            if self.silent:
                return None
            if request.method != "NOTIFY":
                return response_to(request, 405, "Method Not Allowed")
            if tag_of(request.get("To")) != self.local_tag:
                return response_to(request, 481, "Subscription Does Not Exist")
            if request.branch in self.seen:
                self.retransmissions += 1
                return self.seen[request.branch]
            try:
                self._take(request)
            except Exception as error:  # whatever is wrong with it belongs to the test's report
                self.problems.append(f"{type(error).__name__}: {error}\n{request.encode().decode()}")
            contact = [("Contact", self.contact)] if self.names_itself else []
            answer = response_to(request, 200, "OK", contact)
            self.seen[request.branch] = answer
            self.changed.notify_all()
            return answer

    def _take(self, request):
        self.notifies.append(request)
        self._take_dialog(request)
        cseq = int(request.get("CSeq").split()[0])
        if self.notify_cseq and cseq != self.notify_cseq + 1:
            raise AssertionError(f"CSeq {cseq} after {self.notify_cseq}")
        self.notify_cseq = cseq
        if request.get("Event").split(";")[0].strip() != "reg":
            raise AssertionError("Event is not reg")
        state = request.get("Subscription-State")
        if state.startswith("active") and "expires=" not in state:
            raise AssertionError(f"Subscription-State: {state}")
        if request.get("Content-Type") != "application/reginfo+xml":
            raise AssertionError(f"Content-Type: {request.get('Content-Type')}")
        self.fold.take(request.body)

    def _take_dialog(self, request):
        routes = request.all("Record-Route")
        if self.via_proxy != bool(routes):
            raise AssertionError(f"Record-Route in a NOTIFY: {routes}")
        if self.routes_from == "NOTIFY":
            self.routes = self.routes or routes
            self.remote_target = uri_of(request.get("Contact"))

    @property
    def subscription_state(self):
        return self.notifies[-1].get("Subscription-State") if self.notifies else None

    def wait(self, condition, what, timeout=15.0):
        """Waits until `condition(self)`, or fails with the state of this watcher."""
        with self.changed:
            done = self.changed.wait_for(lambda: self.problems or condition(self), timeout)
            if self.problems:
                raise AssertionError("\n".join(self.problems))
            if not done:
                raise AssertionError(f"watcher {self.name} waited for: {what}; it knows "
                                     f"{list(self.fold.active.values())}, told {self.fold.events}")

    def wait_contacts(self, *uris, timeout=15.0):
        self.wait(lambda w: set(w.fold.active) == set(uris), f"contacts {sorted(uris)}", timeout)

    def wait_told(self, uri, event, timeout=15.0):
        self.wait(lambda w: (uri, "terminated", event) in w.fold.events,
                  f"{uri} terminated/{event}", timeout)


class SurvivingWatcher(Watcher):
    """Lets CSeq and version jump once after each crash of the server, by at most a range."""

    RANGE = 64
    may_jump = False

    def _take(self, request):
        cseq = int(request.get("CSeq").split()[0])
        # What the old process sent last may come now; only a gap is the jump.
        if self.may_jump and self.notify_cseq and cseq != self.notify_cseq + 1:
            self.may_jump = False
            self._jump(cseq, re.search(r"<reginfo [^>]*>", request.body).group())
        super()._take(request)

    def _jump(self, cseq, root):
        if not self.notify_cseq < cseq <= self.notify_cseq + self.RANGE + 1:
            raise AssertionError(f"after a crash CSeq {cseq} follows {self.notify_cseq}")
        version = int(re.search(r' version="(\d+)"', root).group(1))
        if not self.fold.version < version <= self.fold.version + self.RANGE + 1:
            raise AssertionError(f"after a crash version {version} follows {self.fold.version}")
        if ' state="full"' not in root:
            raise AssertionError("the first document after a crash is not full")
        self.notify_cseq, self.fold.version = cseq - 1, version - 1
