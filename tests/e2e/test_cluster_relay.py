"""Any node of a cluster takes any request: what another one has to serve goes on to it over Redis, and the
answers and NOTIFYs come back.

    test_cluster_relay.py any | connection | load | cut | death | away
"""

import signal
import socket
import sys
import threading
import time

import harness
from cluster import DOMAIN, Cluster
from harness import wait_until
from publisher import Publisher, contact
from sip import Agent
from test_redis_faults import options
from watcher import SurvivingWatcher, Watcher

ALICE, FIRST, SECOND = f"sip:alice@{DOMAIN}", contact("alice", 1)[0], contact("alice", 2)[0]


class Phone(SurvivingWatcher):
    """Can be reached by the connection of its SUBSCRIBE alone."""

    contact = "<sip:phone@192.0.2.77>"


class Scene:
    """Two nodes. `node` has the state, `other` is the one that everybody asks."""

    def __init__(self, bed, **more):
        self.bed = bed
        self.cluster = Cluster(bed, **more)
        self.node = self.cluster.wait_for_one()
        self.other = next(one for one in self.cluster.nodes if one is not self.node)
        wait_until(lambda: self.other.readiness()[0] == 200, "the other one passes requests on")

    def publisher(self, user="alice", at=None, transport="udp"):
        return self.bed.watch(Publisher(f"sip:{user}@{DOMAIN}", (at or self.other).address, transport))

    def watcher(self, user="alice", at=None, kind=Watcher, **more):
        return self.bed.watch(kind(f"sip:{user}@{DOMAIN}", (at or self.other).address, **more))


def any_node(bed):
    """PUBLISH, its refresh and its end; SUBSCRIBE, its refresh and its end: by UDP and TCP, here and there."""
    scene = Scene(bed)
    agent = bed.watch(Agent())
    assert options(agent, scene.node).status == 200 and options(agent, scene.other).status == 200
    for transport in ("udp", "tcp"):
        there = scene.publisher(transport=transport)
        assert there.publish([contact("alice", 1)]).status == 200
        watchers = [scene.watcher(at=at, transport=by, kind=kind, name=f"{kind.__name__}-{by}-{transport}")
                    for at in (scene.node, scene.other)
                    for by, kind in (("udp", Watcher), ("tcp", Watcher), ("tcp", Phone))]
        for watcher in watchers:
            assert watcher.subscribe().status == 200
            watcher.wait_contacts(FIRST)
        here = Publisher(ALICE, scene.node.address, transport)
        bed.watch(here).etag = there.etag
        assert here.publish([contact("alice", 1), contact("alice", 2)]).status == 200, "modified at the other node"
        for watcher in watchers:
            watcher.wait_contacts(FIRST, SECOND)
            assert watcher.subscribe().status == 200, "a refresh"
        there.etag = here.etag
        assert there.publish().status == 200, "a refresh"
        assert there.publish(expires=0).status == 200
        for watcher in watchers:
            watcher.wait_contacts()
            assert watcher.subscribe(expires=0).status == 200
            watcher.wait(lambda w: w.subscription_state.startswith("terminated"), "the last NOTIFY")
    assert scene.other.metric("reginfod_bus_frames_total", direction="out", kind="request") > 10
    assert scene.other.metric("reginfod_bus_frames_total", direction="in", kind="send") > 4
    assert scene.other.metric("reginfod_bus_dropped_total") == 0
    assert scene.other.registration(ALICE) == {}, "the other one has no state"
    assert scene.other.metric("reginfod_publications") == 0


def connection(bed):
    """Connections to the other node end. A watcher with a listener is told by a new connection to that; a
    phone without one when it has connected again."""
    scene = Scene(bed)
    publisher = scene.publisher()
    assert publisher.publish([contact("alice", 1)]).status == 200
    watcher, phone = (scene.watcher(transport="tcp", kind=kind, name=kind.__name__) for kind in (Watcher, Phone))
    for one in (watcher, phone):
        assert one.subscribe().status == 200
        one.wait_contacts(FIRST)
    for one in [*watcher.agent.connections.values(), *phone.agent.connections.values()]:
        one.shutdown(socket.SHUT_RDWR)
    wait_until(lambda: scene.other.metric("reginfod_tcp_connections") in (0, None), "the connection is gone")
    assert publisher.publish([contact("alice", 2)]).status == 200
    # Told to its Contact, over a connection of the node that has the state.
    watcher.wait_contacts(SECOND)
    assert watcher.subscribe().status == 200, "by the other node"
    wait_until(lambda: scene.other.metric("reginfod_bus_frames_total", direction="out", kind="gone") > 0,
               "the node with the state is told that the connection of the phone is gone")
    phone.agent.connections.clear()
    phone.may_jump = True  # NOTIFYs were lost with the connection
    assert phone.subscribe().status == 200, "on a new connection, within its dialog"
    phone.wait_contacts(SECOND)


class Requests(threading.Thread):
    """A user that publishes at the other node again and again, with a watcher there."""

    def __init__(self, scene, number, transport):
        super().__init__(daemon=True)
        self.publisher = scene.publisher(f"user{number}", transport=transport)
        self.watcher = scene.watcher(f"user{number}", kind=SurvivingWatcher, name=f"w{number}", transport=transport)
        self.user, self.ending = f"user{number}", threading.Event()
        self.answered, self.problem = 0, None

    def run(self):
        try:
            assert self.watcher.subscribe().status == 200
            while not self.ending.is_set():
                answer = self.publisher.publish([contact(self.user, 1, cseq=self.answered + 1)], timeout=20)
                assert answer.status == 200, answer.start
                self.answered += 1
        except Exception as error:
            self.problem = f"{self.user} after {self.answered}: {type(error).__name__}: {error}"

    def check(self):
        self.ending.set()
        self.join(25)
        assert not self.problem, self.problem
        uri = contact(self.user, 1)[0]
        self.watcher.wait(lambda w: w.fold.active[uri].cseq == self.answered, "the last state")


def run_load(scene, meanwhile, transports=("udp", "tcp")):
    users = [Requests(scene, number, transport) for number, transport in enumerate(transports * 3)]
    for user in users:
        user.start()
    time.sleep(1)
    meanwhile()
    for user in users:
        user.check()
    print(f"{sum(user.answered for user in users)} PUBLISHes answered 200 by way of the other node", flush=True)
    return users


def load(bed):
    scene = Scene(bed)
    run_load(scene, lambda: time.sleep(3))
    assert scene.other.metric("reginfod_bus_dropped_total") == 0


def cut(bed):
    """The connections of the bus are cut again and again: nothing is lost, nothing executed twice."""
    scene = Scene(bed)

    def meanwhile():
        for kind in ("pubsub", "pubsub", "normal", "pubsub") * 2:
            with scene.cluster.redis.client() as admin:
                admin.call("CLIENT", "KILL", "TYPE", kind)
            time.sleep(1)
    run_load(scene, meanwhile)
    repeated = sum(node.metric("reginfod_bus_repeated_total") for node in scene.cluster.nodes)
    print(f"{repeated:.0f} parcels repeated", flush=True)
    assert repeated > 0


def death(bed):
    """The node that has the state dies. What is asked of the other one meanwhile waits until it has it."""
    scene = Scene(bed)
    publisher = scene.publisher()
    assert publisher.publish([contact("alice", 1)]).status == 200
    watcher = scene.watcher(kind=SurvivingWatcher)
    assert watcher.subscribe().status == 200
    watcher.wait_contacts(FIRST)
    watcher.may_jump = scene.node.may_fail = True
    scene.node.stop(signal.SIGKILL)
    began = time.monotonic()
    answer = publisher.publish([contact("alice", 2)], timeout=20)
    took = time.monotonic() - began
    assert answer.status == 200, answer.start
    assert scene.other.metric("reginfod_cluster_serving") == 1
    watcher.wait_contacts(SECOND)
    print(f"a PUBLISH at the other node, sent as the first one died, was answered after {took:.2f} s", flush=True)
    assert took < 6, took


def away(bed):
    """Without Redis nothing can be passed on: after some seconds the node says so."""
    scene = Scene(bed)
    agent = bed.watch(Agent())
    scene.cluster.redis.kill()
    wait_until(lambda: scene.other.readiness()[0] == 503, "it is not ready", timeout=10)
    assert options(agent, scene.other).status == 503
    answer = scene.publisher().publish([contact("alice", 1)])
    assert answer.status == 503 and not answer.get("Retry-After"), answer.headers
    scene.cluster.restart_redis()
    wait_until(lambda: scene.cluster.serving() and all(one.readiness()[0] == 200 for one in scene.cluster.nodes),
               "both take requests again", timeout=20)
    assert scene.publisher().publish([contact("alice", 1)]).status == 200


if __name__ == "__main__":
    harness.need("redis-server")
    harness.run(f"relay-{sys.argv[1]}", {"any": any_node, "connection": connection, "load": load, "cut": cut,
                                         "death": death, "away": away}[sys.argv[1]])
