"""Two reginfods on one Redis behind an edge, and what happens to them under load: what was answered is in
the state, no CSeq of a dialog comes with two contents, a mirror ends with the registrar's table, and every
request is answered 200.

    test_standby.py kill | end | pause [SECONDS] | stall | restart | cut | late | failover
"""

import signal
import sys
import threading
import time

import harness
from cluster import LEASE, Cluster, Phones, TcpProxy, notes_of
from cluster_load import Load
from harness import wait_until
from redis import replica_of

PHONES = ("alice", "bob")
TAKE_OVER = 5.0  # seconds


class Scene:
    """A cluster, its load, and phones with their mirror."""

    def __init__(self, bed, **options):
        harness.need("kamailio", "sipp", "redis-server")
        self.cluster = Cluster(bed, **options)
        self.phones = Phones(bed, self.cluster.hop)
        for user in PHONES:
            self.phones.register(user, 1)
            self.phones.watch(user)
        self.phones.wait_until_alike(*PHONES)
        self.load = Load(bed, self.cluster.hop)
        self.load.let_run(2.0)
        self.node = self.cluster.wait_for_one()
        self.fault = None

    def meanwhile(self):
        """A phone comes, one comes again and one leaves while there may be nobody who serves."""
        def register():
            self.phones.register("alice", 2)
            self.phones.register("bob", 1, expires=0)
        thread = threading.Thread(target=register, daemon=True)
        thread.start()
        return thread

    def strike(self, fault):
        """`fault()` under load."""
        self.load.expect_jump()
        self.fault = time.monotonic()
        fault()
        self.registering = self.meanwhile()

    def finish(self, node, what):
        """Everything is as it should be, at this node."""
        self.load.let_run(1.0)
        self.registering.join(30)
        self.load.stop()
        self.load.check(node)
        self.phones.wait_until_alike(*PHONES)
        tables = [set(self.phones.tables(user)[0]) for user in PHONES]
        assert [len(table) for table in tables] == [2, 0], tables
        self.load.check_problems()
        first, late, told = self.load.times(self.fault)
        late_notifies = sum(user.watcher.late for user in self.load.users)
        print(f"{what}: first 200 after {first:.2f} s, last 200 of before after {late:.2f} s, all told after "
              f"{told:.2f} s; {self.load.count} answered, {late_notifies} late NOTIFYs refused", flush=True)
        return first, told


def stands_by(node, other):
    """Whether it takes requests for the other one."""
    return node.readiness()[0] == 200 and not node.serves and other.serves


def kill(bed):
    """The node that serves gets SIGKILL: within five seconds the other one has all, and all are told. The
    next process of the first one stands by."""
    scene = Scene(bed)
    dead = scene.node

    def fault():
        dead.may_fail = True
        dead.stop(signal.SIGKILL)
    scene.strike(fault)
    heir = scene.cluster.wait_for_one(other_than=dead)
    served = time.monotonic() - scene.fault
    scene.load.let_run(max(0.0, TAKE_OVER + 1 - served))
    first, told = scene.finish(heir, f"kill -9, the other one serves after {served:.2f} s")
    assert max(first, told) < TAKE_OVER, (first, told)
    again = scene.cluster.start_node(int(dead.node.split("-")[1]))
    wait_until(lambda: stands_by(again, heir), "who comes back stands by")


def end(bed):
    """The node that serves is ended by SIGTERM, as for an upgrade: it gives way without the wait for a lease."""
    scene = Scene(bed)
    ended = scene.node
    scene.strike(lambda: ended.child.send_signal(signal.SIGTERM))
    heir = scene.cluster.wait_for_one(other_than=ended)
    served = time.monotonic() - scene.fault
    assert ended.child.wait(10) == 0
    again = scene.cluster.start_node(int(ended.node.split("-")[1]))
    wait_until(lambda: stands_by(again, heir), "who comes back stands by")
    scene.finish(heir, f"SIGTERM, the other one serves after {served:.2f} s")
    assert served < 2, "it was waited for the lease"


def pause(bed, seconds=8.0):
    """The node that serves stands still for longer than its lease, and goes on: it says nothing of what it
    had, and stands by."""
    scene = Scene(bed)
    paused = scene.node
    scene.strike(lambda: paused.child.send_signal(signal.SIGSTOP))
    try:
        heir = next(node for node in scene.cluster.nodes if node is not paused)
        wait_until(lambda: heir.serves, "the other one serves", pause=0.05)
        served = time.monotonic() - scene.fault
        scene.load.let_run(max(0.0, seconds - served))
    finally:
        paused.child.send_signal(signal.SIGCONT)
    wait_until(lambda: stands_by(paused, heir), "who was paused stands by", timeout=10)
    scene.load.let_run(3.0)
    scene.finish(heir, f"SIGSTOP for {seconds:.0f} s, the other one serves after {served:.2f} s")
    assert heir.serves and not paused.serves
    assert notes_of(paused, "gives way"), paused.output()[-1500:]


def stall(bed, seconds=5.0):
    """Redis stands still for longer than a lease: the node that serves falls silent, and goes on with what
    it has when Redis does. Nobody takes over."""
    scene = Scene(bed)
    redis = scene.cluster.redis
    scene.strike(lambda: redis.child.send_signal(signal.SIGSTOP))
    try:
        wait_until(lambda: scene.node.readiness() == (503, "Redis has not renewed the lease of this node."),
                   "it knows that its lease is over", timeout=LEASE + 1)
        time.sleep(max(0.0, seconds - (time.monotonic() - scene.fault)))
    finally:
        redis.child.send_signal(signal.SIGCONT)
    wait_until(lambda: scene.node.serves, "it serves again", timeout=10, pause=0.05)
    served = time.monotonic() - scene.fault
    scene.load.let_run(LEASE + 2)
    scene.finish(scene.node, f"Redis stalled for {seconds:.0f} s, served again after {served:.2f} s")
    assert scene.cluster.serving() == [scene.node]


def restart(bed):
    """Redis is killed and comes back with its append-only file."""
    scene = Scene(bed)
    scene.strike(scene.cluster.redis.kill)
    time.sleep(1.0)
    scene.cluster.restart_redis()
    node = scene.cluster.wait_for_one()
    served = time.monotonic() - scene.fault
    scene.load.let_run(LEASE + 2)
    scene.finish(node, f"Redis killed and started, served again after {served:.2f} s")


def failover(bed):
    """The machine of Redis dies, and Sentinels make its replica the primary: the node that serves goes on with
    what it has, and what was answered is on the replica."""
    scene = Scene(bed, replicas=True)
    scene.strike(scene.cluster.redis.kill)
    wait_until(lambda: all(one.primary_port() == scene.cluster.replica.port
                           for one in scene.cluster.sentinels), "the replica is the primary", timeout=40)
    with scene.cluster.replica.client() as admin:
        wait_until(lambda: admin.call("ROLE")[0] == b"master", "the replica takes writes")
    promoted = time.monotonic() - scene.fault
    # No other replica is there: without one nothing would be acknowledged.
    third = replica_of(bed, "redis-3", scene.cluster.replica)
    node = scene.cluster.wait_for_one(timeout=20)
    served = time.monotonic() - scene.fault
    scene.load.let_run(3.0)
    scene.finish(node, f"a replica became the primary after {promoted:.2f} s, served after {served:.2f} s")
    assert third.running
    assert all(one.stop() == 0 for one in scene.cluster.nodes)  # before the replica that they need


def lose_redis(bed, how):
    """The node that serves loses Redis, and nothing else: it falls silent before the other one speaks, and
    stands by when Redis is back."""
    scene = Scene(bed, proxied=True)
    lonely = scene.node
    proxy = scene.cluster.proxy_of(lonely)
    scene.strike(lambda: how(proxy))
    heir = scene.cluster.wait_for_one(other_than=lonely)
    served = time.monotonic() - scene.fault
    scene.load.let_run(max(0.0, TAKE_OVER + 1 - served))
    assert lonely.readiness()[0] == 503 and lonely.http("/healthz")[0] == 200
    proxy.heal()
    wait_until(lambda: stands_by(lonely, heir), "who was cut off stands by", timeout=10)
    scene.load.let_run(2.0)
    scene.finish(heir, f"without Redis, the other one serves after {served:.2f} s")


def cut(bed):
    """Its connections to Redis end, and no new one comes about."""
    lose_redis(bed, TcpProxy.cut)


def late(bed):
    """Its connections stand still. What it wrote meanwhile comes to Redis late, and changes nothing."""
    lose_redis(bed, TcpProxy.stall)


VARIANTS = {"kill": kill, "end": end, "pause": pause, "stall": stall, "restart": restart, "cut": cut,
            "late": late, "failover": failover}

if __name__ == "__main__":
    test = VARIANTS[sys.argv[1]]
    size = [float(word) for word in sys.argv[2:]]
    harness.run(f"standby-{sys.argv[1]}", lambda bed: test(bed, *size))
