"""Two reginfods on one Redis as the tests use them, with an edge in front (deploy/kamailio/cluster.cfg)."""

import json
import os
import re
import socket
import threading
import time

from harness import Kamailio, Reginfod, free_port, wait_until
from kamailio_files import database, reg_event
from redis import PASSWORDS, Redis, replicated
from test_kamailio import REGISTER, make_mirror_subscribe
from sip import Agent

DOMAIN = "reg.test"
SHARED_NAME = "reginfod.reg.test"
LEASE = 3.0


class TcpProxy:
    """A way to a port of this machine that can be cut, or stalled, and healed."""

    def __init__(self, target):
        self.target, self.is_cut, self.flows = target, False, set()
        self.lock = threading.Lock()
        self.open = threading.Event()
        self.open.set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self):
        """Ends each connection, and lets no new one through."""
        self.is_cut = True
        with self.lock:
            flows = list(self.flows)
        for flow in flows:
            self._end(flow)

    def stall(self):
        """Keeps the connections, but passes nothing on."""
        self.open.clear()

    def heal(self):
        self.is_cut = False
        self.open.set()

    def close(self):
        self.listener.close()
        self.cut()
        self.open.set()

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            if self.is_cut:
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                near.close()
                continue
            with self.lock:
                self.flows |= {near, far}
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    def _pass_on(self, source, sink):
        try:
            while piece := source.recv(65536):
                self.open.wait()
                sink.sendall(piece)
        except OSError:
            pass
        for flow in (source, sink):
            self._end(flow)

    def _end(self, flow):
        with self.lock:
            self.flows.discard(flow)
        try:
            flow.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        flow.close()


class Node(Reginfod):
    """One reginfod of a cluster. The nodes have one port, at different addresses of this machine."""

    def __init__(self, bed, number, port, redis_port, **settings):
        self.node = f"node-{number}"
        environment = {
            "REGINFOD_STORAGE_KIND": "redis",
            "REGINFOD_STORAGE_REDIS_SERVERS": f"127.0.0.1:{redis_port}",
            "REGINFOD_STORAGE_REDIS_USERNAME": "reginfod",
            "REGINFOD_STORAGE_REDIS_PASSWORD": PASSWORDS["reginfod"],
            "REGINFOD_CLUSTER_NODE": self.node,
            "REGINFOD_NOTIFY_UDP_BYTES_MAX": "0",  # a watcher on UDP has no TCP here
        } | settings.pop("environment", {})
        starts = len([one for one in bed.processes if one.name.startswith(self.node)])
        super().__init__(bed, f"{self.node}-{starts}" if starts else self.node, environment=environment,
                         port=port, host=f"127.0.0.{10 + number}", advertise=SHARED_NAME, storage=(),
                         wait_ready=False, **settings)
        wait_until(self._lives, f"{self.name} answers", timeout=20, pause=0.02)

    def _lives(self):
        if not self.running:
            raise AssertionError(f"{self.name} ended at its start:\n{self.output()}")
        try:
            return self.http("/healthz")[0] == 200
        except OSError:
            return False

    def readiness(self):
        """(status, reason) of /readyz; 0 if nobody answers."""
        try:
            status, _, text = self.http("/readyz")
        except OSError:
            return 0, ""
        return status, "" if status == 200 else json.loads(text)["detail"]

    @property
    def serves(self):
        """Whether it has the state, and may speak of it."""
        try:
            return (self.running and self.readiness()[0] == 200 and
                    self.metric("reginfod_cluster_serving") == 1)
        except OSError:
            return False

    def registration(self, aor):
        """Its contacts as {uri: cseq}."""
        status, _, text = self.http(f"/api/v1/registrations/{aor}")
        if status == 404:
            return {}
        assert status == 200, f"{status}: {text}"
        return {contact["uri"]: contact["cseq"] for contact in json.loads(text)["contacts"]
                if contact.get("state", "active") == "active"}


class Cluster:
    """A Redis, nodes, and an edge. With `proxied` each node has a way to Redis of its own; with `replicas`
    Redis has one, and Sentinels."""

    def __init__(self, bed, nodes=2, proxied=False, replicas=False, relay=True):
        self.bed, self.relay = bed, relay
        self.sentinels = []
        if replicas:
            self.redis, self.replica, self.sentinels = replicated(bed)
        else:
            self.redis = Redis(bed)
        self.port = free_port()
        self.proxies = {}
        self.nodes = []
        self.proxied = proxied
        for number in range(1, nodes + 1):
            self.start_node(number)
            self.wait_for_one()
        self.edge = Kamailio(bed, "edge", "edge.cfg", defines=reg_event(bed, *self.nodes, cluster=True))
        self.hop = ("127.0.0.1", self.edge.port)

    def start_node(self, number):
        if self.proxied and number not in self.proxies:
            self.proxies[number] = TcpProxy(self.redis.port)
            self.bed.closers.append(self.proxies[number].close)
        port = self.proxies[number].port if self.proxied else self.redis.port
        environment = {"REGINFOD_STORAGE_REDIS_SENTINELS": ",".join(
            f"127.0.0.1:{one.port}" for one in self.sentinels)} if self.sentinels else {}
        environment["REGINFOD_CLUSTER_RELAY"] = str(self.relay).lower()
        node = Node(self.bed, number, self.port, port, environment=environment)
        self.nodes = [one for one in self.nodes if one.node != node.node] + [node]
        return node

    def restart_redis(self):
        self.redis = Redis(self.bed, port=self.redis.port)

    def proxy_of(self, node):
        return self.proxies[int(node.node.split("-")[1])]

    def serving(self):
        return [node for node in self.nodes if node.serves]

    def wait_for_one(self, other_than=None, timeout=15.0):
        """The one node that serves."""
        def one():
            found = self.serving()
            return found if len(found) == 1 and found[0] is not other_than else None
        return wait_until(one, "one node serves", timeout=timeout, pause=0.05)[0]


class Phones:
    """A Kamailio whose phones register, and one that mirrors its table, both by way of the edge."""

    def __init__(self, bed, hop):
        self.bed, self.cseq = bed, {}
        self.registrar = self._start("registrar", hop, {"DOMAIN": f'"{DOMAIN}"'})
        self.mirror = self._start("mirror", hop, {})
        self.kick = Agent()
        bed.closers.append(self.kick.close)

    def _start(self, name, hop, more):
        port = free_port()
        return Kamailio(self.bed, name, f"{name}.cfg", port=port, defines={
            "REGINFOD": f'"sip:{hop[0]}:{hop[1]}"',
            "SERVER_ADDRESS": f'"sip:reginfo@127.0.0.1:{port}"',
            "DB_URL": f'"sqlite:///{database(self.bed, name)}"'} | more)

    def watch(self, user):
        make_mirror_subscribe(self.kick, self.mirror, f"sip:{user}@{DOMAIN}")

    def register(self, user, phone, expires=600):
        uri = f"sip:{user}@127.0.0.1:{21000 + phone}"
        self.cseq[uri] = self.cseq.get(uri, 0) + 1
        self.bed.sipp(REGISTER, ("127.0.0.1", self.registrar.port), options=["-cid_str", f"{uri}@test"],
                      keys={"user": user, "domain": DOMAIN, "contacts": f"<{uri}>;expires={expires}",
                            "regcseq": str(self.cseq[uri])})
        return uri

    def tables(self, user):
        """The contacts at the registrar and at the mirror, each with its Call-ID and CSeq."""
        return [{uri: bound[1:] for uri, bound in one.contacts(f"{user}@{DOMAIN}").items()}
                for one in (self.registrar, self.mirror)]

    def wait_until_alike(self, *users, timeout=20.0):
        for user in users:
            def alike(user=user):
                at_registrar, at_mirror = self.tables(user)
                return at_registrar == at_mirror
            try:
                wait_until(alike, f"{user}: the mirror has the registrar's table", timeout)
            except AssertionError as error:
                raise AssertionError(f"{error}: {self.tables(user)}") from None


def notes_of(node, *whats):
    """The lines of a node's log with one of these."""
    return [line for line in node.output().splitlines() if any(re.search(rf"\b{what}\b", line) for what in whats)]
