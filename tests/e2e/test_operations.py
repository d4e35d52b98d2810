"""What operators do to a running reginfod: drain, stop, reload, trace, copies to Homer.

  test_operations.py
"""

import os
import re
import signal
import socket
import subprocess
import time
import urllib.parse

from harness import REGINFOD_BIN, Reginfod, need, run, wait_until
from hep import Collector
from publisher import Publisher, contact
from side_port import SidePort
from watcher import Watcher

TOKEN = "a-token-of-the-tests"
AOR = "sip:alice@reg.test"
PATH = "/api/v1/registrations/" + urllib.parse.quote(AOR, safe="")
DEACTIVATED = "terminated;reason=deactivated"
PATIENT = {"REGINFOD_HTTP_TOKEN": TOKEN, "REGINFOD_DRAIN_ANSWER_TIMEOUT": "600"}


def watch(bed, server, name, user_agent=None):
    watcher = bed.watch(Watcher(AOR, server.address, name=name))
    watcher.user_agent = user_agent
    assert watcher.subscribe().status == 200
    watcher.wait(lambda w: w.notifies, "the first NOTIFY")
    return watcher


def drained_by_http(bed):
    server = Reginfod(bed, "drained", environment=PATIENT)
    port = SidePort(server.http_port, TOKEN)
    publisher = bed.watch(Publisher(AOR, server.address))
    assert publisher.publish([contact("alice")]).status == 200
    watcher = watch(bed, server, "bob")
    kamailio = watch(bed, server, "mirror", "kamailio (5.6.3 (x86_64/linux))")
    assert port.ask("/api/v1/drain", "POST", token=False).status == 401
    assert port.ask("/readyz").status == 200
    assert port.ask("/api/v1/drain", "POST").status == 202
    assert port.ask("/readyz").status == 503 and port.ask("/healthz").status == 200
    watcher.wait(lambda w: w.subscription_state == DEACTIVATED, "that it is let go of")
    refused = bed.watch(Watcher(AOR, server.address, name="carol")).subscribe()
    assert refused.status == 503 and refused.get("Retry-After") == "10", refused.start
    assert kamailio.subscribe().status == 200, "a Kamailio stays until its refresh meets a 481"
    assert publisher.publish([contact("alice", cseq=2)]).status == 200
    wait_until(lambda: server.metric("reginfod_drain_phase") == 2, "all are ended")
    assert port.ask("/api/v1/summary").json["draining"] is True
    assert server.metric("reginfod_refused_total", bound="draining") == 1
    assert server.metric("reginfod_subscription_operations_total", operation="drained") == 1
    assert port.ask("/api/v1/drain", "POST").status == 202, "once more changes nothing"
    kamailio.wait(lambda w: len(w.notifies) >= 3, "its NOTIFYs")
    assert server.stop() == 0
    assert "terminated" not in kamailio.subscription_state


def answers_are_awaited(bed):
    server = Reginfod(bed, "awaiting", environment=PATIENT)
    watcher = watch(bed, server, "bob")
    watcher.silent = True
    server.child.send_signal(signal.SIGTERM)
    wait_until(lambda: server.metric("reginfod_drain_phase") == 2, "the last NOTIFY is sent")
    assert server.running and server.metric("reginfod_notifies_in_flight") == 1
    watcher.silent = False  # it answers the next retransmission
    assert server.child.wait(20) == 0
    assert watcher.subscription_state == DEACTIVATED


def a_second_signal_does_not_wait(bed):
    server = Reginfod(bed, "hurried", environment=PATIENT)
    watcher = watch(bed, server, "bob")
    watcher.silent = True
    server.child.send_signal(signal.SIGTERM)
    wait_until(lambda: server.metric("reginfod_drain_phase") == 2, "the last NOTIFY is sent")
    server.child.send_signal(signal.SIGTERM)
    assert server.child.wait(20) == 0
    assert "stopping at once" in server.output()


def with_a_store_nothing_is_ended(bed):
    storage = ("--storage", "sqlite", "--state-dir", os.path.join(bed.directory, "state"))
    server = Reginfod(bed, "durable", environment=PATIENT, storage=storage)
    watcher = watch(bed, server, "bob")
    assert server.stop() == 0
    again = Reginfod(bed, "durable-again", environment=PATIENT, storage=storage, port=server.port)
    assert watcher.subscribe().status == 200, "the dialog goes on"
    watcher.wait(lambda w: len(w.notifies) == 2, "the NOTIFY to its refresh")
    assert all("active" in n.get("Subscription-State") for n in watcher.notifies)
    assert again.stop() == 0


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def a_new_configuration_is_taken(bed):
    path = os.path.join(bed.directory, "reload.toml")
    write(path, f'[http]\ntoken = "{TOKEN}"\n')
    server = Reginfod(bed, "reloaded", arguments=("--config", path))
    port = SidePort(server.http_port, TOKEN)
    assert port.ask("/api/v1/dump").status == 200

    write(path, '[http]\ntoken = "another-token-of-tests"\nconnections = 7\n'
                '[publish]\nmax_expires = 60\n[limits]\nsubscriptions = 1\n')
    server.child.send_signal(signal.SIGHUP)
    wait_until(lambda: "takes a restart" in server.output(), "the reload")
    log = server.output()
    changed = re.search(r'reloaded changed="([^"]*)"', log).group(1).split(", ")
    assert {"publish.max_expires", "limits.subscriptions", "http.token"} <= set(changed), changed
    assert "http.connections" not in changed
    assert "takes a restart keys=http.connections" in log, log
    assert port.ask("/api/v1/dump").status == 401
    assert SidePort(server.http_port, "another-token-of-tests").ask("/api/v1/dump").status == 200
    publisher = bed.watch(Publisher(AOR, server.address))
    assert publisher.publish([contact("alice")], expires=600).get("Expires") == "60"
    watch(bed, server, "bob")
    assert bed.watch(Watcher(AOR, server.address, name="carol")).subscribe().status == 503

    write(path, "[limits]\nsubscriptions = 0\n")
    server.child.send_signal(signal.SIGHUP)
    wait_until(lambda: "not reloaded" in server.output(), "the refusal")
    assert f"{path}:2" in server.output(), "it says where"
    assert SidePort(server.http_port, "another-token-of-tests").ask("/api/v1/dump").status == 200
    assert server.stop() == 0


def lines_of(server, aor):
    """(id, what) of each trace line of that AOR."""
    return re.findall(rf'trace (?:flow=\S+ )?detail="([0-9a-f]{{16}}) {re.escape(aor)} ([^"]*)"', server.output())


def a_trace_leads_from_publish_to_notify(bed):
    server = Reginfod(bed, "traced", environment=PATIENT | {"REGINFOD_NOTIFY_MIN_INTERVAL": "0"})
    port = SidePort(server.http_port, TOKEN)
    publisher = bed.watch(Publisher(AOR, server.address))
    other = bed.watch(Publisher("sip:other@reg.test", server.address))
    watchers = [watch(bed, server, name) for name in ("bob", "carol")]
    assert port.ask(f"{PATH}/trace?seconds=3600", "POST").status == 202
    publisher.publish([contact("alice")])
    other.publish([contact("other")])
    wait_until(lambda: sum("accepted (200)" in what for _, what in lines_of(server, AOR)) == 2, "two answers")
    way = lines_of(server, AOR)[1:]  # the first is about its beginning
    assert len({number for number, _ in way}) == 1, way
    told = [what for _, what in way]
    assert told[0].startswith("PUBLISH received") and "2 watchers are told" in told[1], told
    for watcher in watchers:
        assert sum("sent" in what and watcher.call_id in what for what in told) == 1, told
    assert not lines_of(server, "sip:other@reg.test")

    assert port.ask(f"{PATH}/trace?seconds=1", "POST").status == 202, "now it ends soon"
    wait_until(lambda: "trace ends: its time is over" in server.output(), "the end by itself")
    assert server.metric("reginfod_traces") == 0
    before = len(lines_of(server, AOR))
    publisher.publish([contact("alice", cseq=2)])
    assert len(lines_of(server, AOR)) == before
    assert server.stop() == 0


def copies_go_to_homer(bed):
    collector = Collector()
    server = Reginfod(bed, "copied", environment={
        "REGINFOD_HEP_SERVER": collector.address, "REGINFOD_HEP_CAPTURE_ID": "77",
        "REGINFOD_HEP_PASSWORD": "secret"})
    publisher = bed.watch(Publisher(AOR, server.address))
    watcher = watch(bed, server, "bob")
    publisher.publish([contact("alice")])
    watcher.wait(lambda w: len(w.notifies) == 2, "the change")
    # SUBSCRIBE, 200, NOTIFY, 200, PUBLISH, 200, NOTIFY, 200
    wait_until(lambda: len(collector.packets) >= 8, "eight copies")
    assert not collector.problems, collector.problems
    by_start = {}
    for packet in collector.packets:
        by_start.setdefault(packet["payload"].split(b" ")[0].decode(), []).append(packet)
        assert packet["capture_id"] == 77 and packet["password"] == b"secret" and packet["type"] == 1
        assert abs(packet["seconds"] - time.time()) < 300 and packet["protocol"] == 17
        assert packet["from"] == packet["to"] == "127.0.0.1"
    publish = by_start["PUBLISH"][0]
    assert publish["to_port"] == server.port and publish["from_port"] == publisher.agent.port
    notify = by_start["NOTIFY"][-1]
    assert notify["from_port"] == server.port and notify["to_port"] == watcher.agent.port
    assert notify["payload"].decode().endswith(watcher.notifies[-1].body), "whole, with its body"
    collector.close()  # no collector any more: SIP goes on, and drops are counted
    wait_until(lambda: publisher.publish([contact("alice")]).status == 200
               and server.metric("reginfod_hep_dropped_total") > 0, "drops")
    assert server.metric("reginfod_hep_sent_total") >= 8
    assert server.stop() == 0


def connections_leave_descriptors_to_the_side_port(bed):
    need("prlimit")
    server = Reginfod(bed, "narrow", within=("prlimit", "--nofile=40:80"))
    assert server.metric("process_max_fds") == 80, "the soft limit is raised to the hard one"
    assert "RLIMIT_NOFILE is 80; raise it" in server.output(), server.output()
    peers = [socket.create_connection(server.address) for _ in range(80)]
    wait_until(lambda: server.metric("reginfod_tcp_connection_attempts_total", outcome="refused"), "refusals")
    assert server.http("/healthz")[0] == 200
    assert server.metric("reginfod_tcp_connection_attempts_total", outcome="accept_error") == 0
    checked = subprocess.run([REGINFOD_BIN, "--check-health", "--http", f"127.0.0.1:{server.http_port}"],
                             capture_output=True, timeout=20)
    assert checked.returncode == 0, checked.stderr
    for peer in peers:
        peer.close()
    assert server.stop() == 0


def test(bed):
    drained_by_http(bed)
    answers_are_awaited(bed)
    a_second_signal_does_not_wait(bed)
    with_a_store_nothing_is_ended(bed)
    a_new_configuration_is_taken(bed)
    a_trace_leads_from_publish_to_notify(bed)
    copies_go_to_homer(bed)
    connections_leave_descriptors_to_the_side_port(bed)


if __name__ == "__main__":
    run("operations", test)
