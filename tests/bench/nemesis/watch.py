"""A watcher that writes each NOTIFY into the ledger, and knows what it has been told."""

import time
import xml.etree.ElementTree as ElementTree

from air import AirAgent
from calls import asked
from record import Told
from reginfo import NS, Contact
from sip import response_to, tag_of, uri_of
from watcher import Watcher

EXPIRES = 3600


class Watch(Watcher):
    """One subscription. `asking` is a calls.Caller."""

    def __init__(self, user, aor, asking, air, transport):
        self.user, self.asking, self.is_over = user, asking, False
        self.expects_end = self.is_known = False
        self.is_doubtful = False  # its SUBSCRIBE or its end may have been carried out
        self.active = {}
        self.last = 0  # CSeq
        super().__init__(aor, None, transport, name=user.name,
                         agent=lambda kind, handler, host: AirAgent(air, kind, handler))
        self.agent.request = self._ask

    @property
    def dialog(self):
        return f"{self.call_id} {self.remote_tag}"

    def ask(self, what, expires=EXPIRES):
        """Subscribes, refreshes or ends; whether it was answered 2xx."""
        self.what = what
        answer = self._send(expires)
        if answer is None or answer.status // 100 != 2:
            # A refresh without an answer leaves the dialog as it was.
            self.is_over = not self.is_known or answer is not None
            self.is_doubtful = self.is_over or what == "unsubscribe"
            return False
        self._establish(answer)
        self.is_known = True
        return True

    def _ask(self, message, hop):
        return self.asking.ask(self.agent, message, asked(self.user.name, self.aor, self.what, message))

    def _establish(self, answer):
        # It is the first answer that makes the dialog, or the NOTIFY before it.
        tag = tag_of(answer.get("To"))
        with self.changed:
            if self.remote_tag not in (None, tag):
                self.problems.append(f"a 2xx with the tag {tag} in the dialog {self.remote_tag}")
            self.remote_tag = tag
        self.remote_target = uri_of(answer.get("Contact"))

    def _handle(self, request):
        with self.changed:
            if request.method != "NOTIFY":
                return response_to(request, 405, "Method Not Allowed")
            tag = tag_of(request.get("From"))
            if self.remote_tag not in (None, tag):
                self.problems.append(f"NOTIFYs with the tags {self.remote_tag} and {tag} for one SUBSCRIBE")
            if tag_of(request.get("To")) != self.local_tag or (self.is_over and not self.expects_end) or (
                    self.remote_tag not in (None, tag)):
                return response_to(request, 481, "Subscription Does Not Exist")
            if request.branch in self.seen:
                return self.seen[request.branch]
            self.remote_tag = tag
            try:
                answer = self._take_notify(request)
            except Exception as error:  # whatever is wrong with it belongs to the verdict
                self.problems.append(f"{type(error).__name__}: {error}\n{request.encode().decode()}")
                answer = response_to(request, 200, "OK")
            self.seen[request.branch] = answer
            self.changed.notify_all()
            return answer

    def _take_notify(self, request):
        cseq = int(request.get("CSeq").split()[0])
        root = ElementTree.fromstring(request.body)
        changed = {}
        for element in root.iter(NS + "contact"):
            contact = Contact(element)
            changed[contact.uri] = contact.cseq if contact.state == "active" else None
        told = Told(self.user.name, self.aor, self.dialog, cseq, time.time(),
                    request.get("Subscription-State").split(";")[0].strip(), int(root.attrib["version"]),
                    root.attrib["state"] == "full", changed, request.body)
        # With an old CSeq it comes late (RFC 3261 12.2.2).
        told.taken = cseq > self.last
        if told.taken:
            self.last = cseq
            self.active = knowledge(self.active, told)
        self.asking.ledger.add(told)
        self.asking.ledger.write(told)
        return response_to(request, 200, "OK") if told.taken else response_to(request, 500, "Late")


def knowledge(before, told):
    """{uri: cseq} of a watcher that knew `before`, after a NOTIFY."""
    known = {} if told.full else dict(before)
    for uri, cseq in told.changed.items():
        if cseq is None:
            known.pop(uri, None)
        else:
            known[uri] = cseq
    return known
