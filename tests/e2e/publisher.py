"""A SIP publisher of reginfo documents, as a registrar is one."""

import secrets

from sip import Agent, Message


def document(aor, contacts):
    """`contacts`: (uri, state, event, expires, callid, cseq)."""
    listed = "".join(
        f'<contact id="{index}" state="{state}" event="{event}" expires="{expires}" '
        f'callid="{callid}" cseq="{cseq}" user_agent="Phone &amp; Co"><uri>{uri}</uri></contact>'
        for index, (uri, state, event, expires, callid, cseq) in enumerate(contacts))
    active = any(contact[1] == "active" for contact in contacts)
    return ('<?xml version="1.0"?><reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="0" '
            f'state="full"><registration aor="{aor}" id="a" '
            f'state="{"active" if active else "terminated"}">{listed}</registration></reginfo>')


class Publisher:
    """One publication of one AOR."""

    def __init__(self, aor, server, transport="udp"):
        self.aor, self.server = aor, server
        self.agent = Agent(transport)
        self.etag = None

    def close(self):
        self.agent.close()

    def publish(self, contacts=None, expires=600, timeout=8.0):
        """Publishes, modifies, refreshes (no contacts) or removes (expires 0)."""
        body = "" if contacts is None else document(self.aor, contacts)
        return self.say(body, expires, timeout)

    def say(self, body, expires=600, timeout=8.0):
        """The same with a document of the caller's."""
        headers = [
            ("Max-Forwards", "70"),
            ("From", f"<{self.aor}>;tag={secrets.token_hex(4)}"),
            ("To", f"<{self.aor}>"),
            ("Call-ID", secrets.token_hex(8)),
            ("CSeq", "1 PUBLISH"),
            ("Event", "reg"),
            ("Expires", str(expires)),
        ]
        if self.etag:
            headers.append(("SIP-If-Match", self.etag))
        if body:
            headers.append(("Content-Type", "application/reginfo+xml"))
        answer = self.agent.request(Message(f"PUBLISH {self.aor} SIP/2.0", headers, body), self.server,
                                    timeout)
        self.etag = answer.get("SIP-ETag") if answer.status == 200 else None
        return answer


def contact(user, number=1, state="active", event="registered", expires=300, cseq=1):
    return (f"sip:{user}@192.0.2.{number}:5060", state, event, expires, f"{user}-{number}", cseq)
