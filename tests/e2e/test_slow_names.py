"""Names that a DNS server never answers for, and Contacts that lead to the server itself.

    test_slow_names.py
"""

import secrets
import socket
import struct
import threading
import time

import harness
from harness import Reginfod, free_port, wait_until
from sip import Agent, Message
from test_dns import Watcher

NOBODY_ANSWERS = ".slow.test"
MANY = 400


class Dns(threading.Thread):
    """Answers with 127.0.0.1, but for names below slow.test with nothing at all."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.dropped = 0
        self.start()

    def run(self):
        while True:
            query, peer = self.socket.recvfrom(2000)
            labels, at = [], 12
            while query[at]:
                labels.append(query[at + 1:at + 1 + query[at]].decode())
                at += query[at] + 1
            kind = struct.unpack(">H", query[at + 1:at + 3])[0]
            if ".".join(labels).endswith(NOBODY_ANSWERS):
                self.dropped += 1
                continue
            address = b"\xc0\x0c\0\1\0\1\0\0\0\1\0\4\x7f\0\0\1" if kind == 1 else b""
            counts = struct.pack(">HHHH", 1, 1 if address else 0, 0, 0)
            self.socket.sendto(query[:2] + b"\x81\x80" + counts + query[12:at + 5] + address, peer)


def subscribe(contact, sender="w"):
    return Message("SUBSCRIBE sip:alice@reg.test SIP/2.0", [
        ("Max-Forwards", "70"),
        ("From", f"<sip:{sender}@reg.test>;tag={secrets.token_hex(4)}"),
        ("To", "<sip:alice@reg.test>"),
        ("Call-ID", secrets.token_hex(8) + "@slow"),
        ("CSeq", "1 SUBSCRIBE"),
        ("Contact", f"<{contact}>"),
        ("Event", "reg"),
        ("Expires", "600"),
    ])


def takes(reginfod, agent, contact, route=None):
    begin = time.monotonic()
    Watcher(reginfod, agent, contact, route).notify(f"{contact}, {route}")
    return time.monotonic() - begin


def slow_zones(bed, reginfod, dns, name_of):
    """A name that is new, one that is known and one of a route set, behind many that are slow."""
    good, flood = bed.watch(Agent("udp")), bed.watch(Agent("udp"))
    known = f"sip:w@known.good.test:{good.port}"
    takes(reginfod, good, known)
    for i in range(MANY):
        answer = flood.request(subscribe(f"sip:w@{name_of(i)}:5060", f"s{i}"), reginfod.address)
        assert answer.status == 200, answer.start
    wait_until(lambda: dns.dropped > 3, "slow names are asked for")
    waits = {
        "known": takes(reginfod, good, known),
        "route": takes(reginfod, good, "sip:w@x.invalid",
                       f"<sip:edge.{secrets.token_hex(3)}.test:{good.port};lr>"),
        "new": takes(reginfod, good, f"sip:w@n.{secrets.token_hex(3)}.test:{good.port}"),
    }
    print(waits)
    assert max(waits.values()) < 3, waits


def own_sockets(bed, reginfod):
    """Nothing is sent to the listeners, to the side port, or to more than one host."""
    agent = bed.watch(Agent("udp"))
    for place in (f"127.0.0.1:{reginfod.port}", f"127.0.0.1:{reginfod.http_port}",
                  f"[::ffff:127.0.0.1]:{reginfod.port}", "224.0.1.75", "255.255.255.255", "0.0.0.0"):
        answer = agent.request(subscribe(f"sip:w@{place}"), reginfod.address)
        assert answer.status == 403 and "Contact leads to" in answer.start, (place, answer.start)
    assert reginfod.metric("reginfod_forbidden_next_hops_total") == 6
    # A name that leads there is as bad, but detected later; other ports of the host are allowed.
    answer = agent.request(subscribe(f"sip:w@loop.good.test:{reginfod.port}"), reginfod.address)
    assert answer.status == 200, answer.start
    wait_until(lambda: reginfod.metric("reginfod_forbidden_next_hops_total") == 7, "it is refused")
    assert "next hop refused" in reginfod.output()
    Watcher(reginfod, agent, f"sip:w@127.0.0.1:{agent.port}").notify("on the same address")


def test(bed):
    dns = Dns()
    servers = {"REGINFOD_RESOLVER_SERVERS": f"127.0.0.1:{dns.port}"}
    one = Reginfod(bed, environment=servers)
    slow_zones(bed, one, dns, lambda i: f"n{i}{NOBODY_ANSWERS}")
    own_sockets(bed, one)
    many = Reginfod(bed, name="many", environment=servers, port=free_port())
    slow_zones(bed, many, dns, lambda i: f"n.z{i}{NOBODY_ANSWERS}")
    assert many.http("/healthz")[0] == 200


if __name__ == "__main__":
    harness.run("slow-names", test)
