"""RULES.md, "A window per next hop": a fan-out through a proxy with a small socket buffer reaches all, almost
without retransmissions, and does not hold up anybody else.

    test_fanout_edge.py FARM WATCHERS

FARM is tests/e2e/watchers.cpp as an executable. The edge is a Kamailio that forwards some 10,000
messages/s without state, so each retransmission comes through to the farm, which counts it.
"""

import os
import re
import subprocess
import sys
import time

import harness
from harness import Kamailio, Reginfod
from sip import Agent, Message
from watcher import Watcher

AOR = "sip:all@reg.test"
SLOW_EDGE = os.path.join(harness.HERE, "slow_edge.cfg")
EDGE_BUFFER = 212992  # net.core.rmem_default of Linux; the kernel accounts twice of what is asked


def document(aor, mark, cseq):
    return (f'<?xml version="1.0"?>\n<reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="0" '
            f'state="full"><registration aor="{aor}" id="r" state="active"><contact id="c" '
            f'state="active" event="registered" expires="3000" callid="{mark}" cseq="{cseq}">'
            f'<uri>sip:all@192.0.2.1</uri></contact></registration></reginfo>')


class Publisher:
    def __init__(self, bed, reginfod, aor):
        self.agent, self.reginfod, self.aor = Agent("udp"), reginfod, aor
        self.tag, self.cseq = None, 0
        bed.closers.append(self.agent.close)

    def publish(self, mark):
        self.cseq += 1
        request = Message(f"PUBLISH {self.aor} SIP/2.0", [
            ("Max-Forwards", "70"), ("From", f"<{self.aor}>;tag=p"), ("To", f"<{self.aor}>"),
            ("Call-ID", f"publisher-{self.aor}"), ("CSeq", f"{self.cseq} PUBLISH"), ("Event", "reg"),
            *([("SIP-If-Match", self.tag)] if self.tag else []),
            ("Expires", "3600"), ("Content-Type", "application/reginfo+xml"),
        ], document(self.aor, mark, self.cseq))
        answer = self.agent.request(request, self.reginfod.address)
        assert answer.status == 200, answer.start
        self.tag = answer.get("SIP-ETag")


def dropped(port):
    """Datagrams that the kernel dropped because a socket's buffer was full."""
    with open("/proc/net/udp") as file:
        rows = [line.split() for line in file][1:]
    return sum(int(row[-1]) for row in rows if int(row[1].split(":")[1], 16) == port)


def figures(line):
    return {key: float(value) for key, value in re.findall(r"(\w+)=(\S+)", line)}


def one_fan_out(farm, publisher, edge, mark, count):
    lost = dropped(edge.port)
    farm.stdin.write(f"expect {mark} 60\n")
    farm.stdin.flush()
    assert farm.stdout.readline().strip() == "expecting"
    publisher.publish(mark)
    line = farm.stdout.readline()
    print(line.strip(), f"dropped_at_the_edge={dropped(edge.port) - lost}", flush=True)
    told = figures(line)
    assert told["watchers"] == count, f"only {told['watchers']:.0f} of {count} were told"
    assert told["out_of_order"] == 0, line
    assert told["retransmissions"] < 0.01 * count, line


def nobody_else_waits(bed, reginfod, publisher):
    """A watcher of another AOR, not behind the edge, is notified during the fan-out."""
    other = "sip:other@reg.test"
    watcher = bed.watch(Watcher(other, reginfod.address))
    assert watcher.subscribe().status == 200
    watcher.wait_contacts()
    other_publisher = Publisher(bed, reginfod, other)

    publisher.publish("burst-in-between")
    started = time.monotonic()
    other_publisher.publish("other")
    watcher.wait_contacts("sip:all@192.0.2.1")
    took = time.monotonic() - started
    print(f"another AOR's watcher was told in {1000 * took:.0f} ms during the fan-out", flush=True)
    assert took < 0.5, took


def test(bed, farm_path, count):
    harness.need("kamailio")
    # At the end no subscription is left to be terminated.
    reginfod = Reginfod(bed, environment={"REGINFOD_DRAIN_RATE": "1000000"})
    edge = Kamailio(bed, "edge", SLOW_EDGE, transports=["udp"], options=["-b", str(EDGE_BUFFER)],
                    defines={"REGINFOD": f'"sip:127.0.0.1:{reginfod.port}"', "REST_US": "1"})
    publisher = Publisher(bed, reginfod, AOR)
    publisher.publish("before")
    with subprocess.Popen([farm_path, str(edge.port), str(count), AOR], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as farm:
        try:
            line = farm.stdout.readline()
            print(line.strip(), flush=True)
            ready = figures(line)
            assert ready["watchers"] == count and ready["refused"] == 0, line
            one_fan_out(farm, publisher, edge, "first-change", count)
            nobody_else_waits(bed, reginfod, publisher)
            one_fan_out(farm, publisher, edge, "second-change", count)
            farm.stdin.close()
            assert farm.wait(10) == 0
        finally:
            farm.kill()
    sent = reginfod.metric("reginfod_notifies_sent_total")
    again = reginfod.metric("reginfod_sip_retransmissions_sent_total") or 0
    print(f"reginfod: {sent:.0f} NOTIFYs, {again:.0f} of them sent again; dropped by full buffers: "
          f"{dropped(edge.port)} at the edge, {dropped(reginfod.port)} at reginfod", flush=True)
    assert again < 0.01 * sent, f"{again:.0f} of {sent:.0f} NOTIFYs were sent again"


if __name__ == "__main__":
    harness.run("fanout-edge", lambda bed: test(bed, sys.argv[1], int(sys.argv[2])))
