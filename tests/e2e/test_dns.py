"""Next hops with a name (RFC 3263), looked up at a real DNS server: dnsmasq on a free port.

    test_dns.py
"""

import os
import queue
import re
import secrets
import shutil
import socket

import harness
from harness import Process, Reginfod, Skip, free_port, wait_until
from sip import Agent, Message, response_to, tag_of


def find_dnsmasq():
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    found = shutil.which("dnsmasq", path=path)
    if not found:
        raise Skip("dnsmasq is not installed")
    return found


class Dnsmasq(Process):
    def __init__(self, bed, *records):
        self.port = free_port()
        super().__init__("dnsmasq", [
            find_dnsmasq(), "--no-daemon", "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
            "--bind-interfaces", "--listen-address=127.0.0.1", f"--port={self.port}",
            "--local=/test/", "--log-queries", *records], bed.directory)
        bed.processes.append(self)
        wait_until(self._listens, "dnsmasq listens")

    def _listens(self):
        assert self.running, f"dnsmasq ended at its start:\n{self.output()}"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class Watcher:
    """Subscribes with any Contact and Record-Route; what it is sent comes to its agents."""

    def __init__(self, reginfod, agent, contact, record_route=None, also=None):
        self.notifies = queue.Queue()
        for taker in (agent, also or agent):
            taker.on_request = self._take
        tag = secrets.token_hex(4)
        self.call_id = secrets.token_hex(8) + "@dns"
        request = Message("SUBSCRIBE sip:alice@reg.test SIP/2.0", [
            ("Max-Forwards", "70"),
            ("From", f"<sip:watcher@reg.test>;tag={tag}"),
            ("To", "<sip:alice@reg.test>"),
            ("Call-ID", self.call_id),
            ("CSeq", "1 SUBSCRIBE"),
            *([("Record-Route", record_route)] if record_route else []),
            ("Contact", f"<{contact}>"),
            ("Event", "reg"),
            ("Expires", "600"),
        ])
        answer = agent.request(request, reginfod.address)
        assert answer.status == 200 and tag_of(answer.get("To")), answer.start

    def _take(self, request):
        if request.get("Call-ID") != self.call_id:
            return response_to(request, 481, "Subscription Does Not Exist")
        self.notifies.put(request)
        return response_to(request, 200, "OK")

    def notify(self, what, timeout=15):
        try:
            return self.notifies.get(timeout=timeout)
        except queue.Empty:
            raise AssertionError(f"no NOTIFY: {what}") from None


def failover(bed, reginfod, live):
    """The first of two servers is silent: the second gets a new NOTIFY after timer F."""
    notify = Watcher(reginfod, live, "sip:w@pair.test").notify("by the second server")
    assert notify.get("CSeq").split()[0] == "2", notify.get("CSeq")
    line = wait_until(lambda: re.search(r".*next hop failed.*", reginfod.output()), "a line")
    assert f"127.0.0.1:{live.port}" in line.group(0), line.group(0)
    notify = Watcher(reginfod, live, "sip:x@pair.test").notify("that passes over the silent one")
    assert notify.get("CSeq").split()[0] == "1", notify.get("CSeq")


def record_route(bed, reginfod, live):
    """Not the Contact but the first route is the next hop."""
    route = "<sip:pair.test;lr>"
    notify = Watcher(reginfod, live, "sip:w@nowhere.test", route).notify("by the route")
    assert notify.all("Route") == [route], notify.all("Route")
    assert notify.start == "NOTIFY sip:w@nowhere.test SIP/2.0", notify.start


def naptr(bed, reginfod, udp, tcp):
    """NAPTR prefers TCP, though the SUBSCRIBE came by UDP; what refuses connections is left."""
    notify = Watcher(reginfod, udp, "sip:w@naptr.test", also=tcp).notify("by TCP")
    assert "SIP/2.0/TCP" in notify.get("Via"), notify.get("Via")


def address(bed, reginfod, live):
    """A port in the URI leaves only the address to be looked up."""
    Watcher(reginfod, live, f"sip:w@host.test:{live.port}").notify("by an A record")
    Watcher(reginfod, live, f"sip:w@localhost:{live.port}").notify("by the file of hosts")


def nothing(bed, reginfod, live):
    """A name that does not exist is logged, and looked up again later."""
    before = reginfod.output().count("no route to watcher")
    watcher = Watcher(reginfod, live, "sip:w@no-such-host.test")
    line = wait_until(lambda: re.search(r".*no route to watcher.*no-such-host.*", reginfod.output()),
                      "a line of the log")
    assert watcher.call_id in line.group(0) and before == 0, line.group(0)
    failed = reginfod.metric("reginfod_notify_outcomes_total", outcome="transport_failed")
    assert failed and reginfod.metric("reginfod_subscription_operations_total", operation="failed") == 0, failed


def test(bed):
    udp, tcp = bed.watch(Agent("udp")), bed.watch(Agent("tcp"))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        dns = Dnsmasq(
            bed,
            "--host-record=host.test,127.0.0.1",
            f"--srv-host=_sip._udp.pair.test,host.test,{silent.getsockname()[1]},10,0",
            f"--srv-host=_sip._udp.pair.test,host.test,{udp.port},20,0",
            "--naptr-record=naptr.test,10,10,s,SIP+D2T,,_sip._tcp.naptr.test",
            "--naptr-record=naptr.test,10,20,s,SIP+D2U,,_sip._udp.pair.test",
            f"--srv-host=_sip._tcp.naptr.test,host.test,{free_port()},10,0",
            f"--srv-host=_sip._tcp.naptr.test,host.test,{tcp.port},20,0",
        )
        reginfod = Reginfod(bed, environment={
            "REGINFOD_RESOLVER_SERVERS": f"127.0.0.1:{dns.port}", "REGINFOD_SIP_T1_MS": "20"})
        failover(bed, reginfod, udp)
        record_route(bed, reginfod, udp)
        naptr(bed, reginfod, udp, tcp)
        address(bed, reginfod, udp)
        nothing(bed, reginfod, udp)
        assert reginfod.http("/healthz")[0] == 200


if __name__ == "__main__":
    harness.run("dns", test)
