"""The reginfods of a run, each with ways of its own to Redis and Sentinels."""

import signal
import time

from cluster import Node
from harness import free_port

PASSED_OVER = 2.0  # seconds, after no answer


class Slot:
    """The place of a node: its name, its address, and one process after another."""

    def __init__(self, nodes, number):
        self.nodes, self.number = nodes, number
        self.name = f"node-{number}"
        self.is_paused, self.is_down = False, True
        self.passed_over = 0.0
        links, store = nodes.links, nodes.store
        self.to_redis = [links.lead_to(one.port) for one in store.servers]
        names = {one.port: link.port for one, link in zip(store.servers, self.to_redis)}
        self.to_sentinels = [links.lead_to(one.port, names) for one in store.sentinels]
        self.node, self.before, self.faults = None, [], []

    @property
    def ways(self):
        return self.to_redis + self.to_sentinels

    @property
    def address(self):
        return self.node.address

    def start(self):
        if not self.is_down:
            return
        if self.node:
            self.before.append(self.node)
        self.node = self._process(self.number)
        self.is_paused = self.is_down = False

    def _process(self, number):
        return Node(self.nodes.bed, number, self.nodes.port, 1, environment={
            "REGINFOD_CLUSTER_NODE": self.name,
            "REGINFOD_STORAGE_REDIS_SENTINELS": ",".join(f"127.0.0.1:{link.port}" for link in self.to_sentinels),
            "REGINFOD_STORAGE_REDIS_REPLICAS": str(self.nodes.replicas)} | self.nodes.environment)

    def replace(self):
        """A second process of this name, at another address. The first one, which is returned, is to end by itself."""
        first, self.is_down = self.node, True
        first.may_fail = True
        first.child.send_signal(signal.SIGCONT)  # it may stand still
        self.before.append(first)
        # The numbers of addresses: node-1 is at 127.0.0.11.
        self.node = self._process(self.number + 20 if first.host == f"127.0.0.{10 + self.number}" else self.number)
        self.is_down = self.is_paused = False
        return first

    def note_replaced(self, first):
        """Notes how a process ended that another one has replaced."""
        if first.running:
            first.stop(signal.SIGKILL)
            self.faults.append((time.time(), f"the {self.name} that was replaced goes on"))
        elif first.child.returncode != 1:
            self.faults.append((time.time(), f"the {self.name} that was replaced ended with {first.child.returncode}"))

    def kill(self, how=signal.SIGKILL):
        if how != signal.SIGKILL:
            self.resume()
        self.is_down, self.is_paused = True, False
        self.node.may_fail = how == signal.SIGKILL
        status = self.node.stop(how, timeout=30)
        if how == signal.SIGTERM and status != 0:
            self.faults.append((time.time(), f"{self.name} ended with {status} after SIGTERM"))

    def pause(self):
        self.is_paused = True
        self.node.child.send_signal(signal.SIGSTOP)

    def resume(self):
        if self.node.running:
            self.node.child.send_signal(signal.SIGCONT)
        self.is_paused = False

    def has_ended(self):
        """Whether it has ended by itself, which is a fault; it is noted once."""
        if self.is_down or self.node.running:
            return False
        self.is_down = self.node.may_fail = True
        self.faults.append((time.time(), f"{self.name} ended by itself with {self.node.child.returncode}:\n" +
                            self.node.output()[-3000:]))
        return True

    @property
    def serves(self):
        return not self.is_paused and not self.is_down and self.node.serves

    def log_paths(self):
        return [one.log_path for one in self.before + [self.node]]


class Nodes:
    """The cluster. As an edge does, it passes over for a while who has not answered."""

    def __init__(self, bed, store, links, count, replicas, environment):
        self.bed, self.store, self.links, self.replicas = bed, store, links, replicas
        self.environment = environment
        self.port = free_port()
        self.slots = [Slot(self, number) for number in range(1, count + 1)]
        for slot in self.slots:
            slot.start()

    def order(self, chance):
        """All, those first that have answered lately."""
        now = time.monotonic()
        drawn = chance.sample(self.slots, len(self.slots))
        return sorted(drawn, key=lambda slot: slot.passed_over > now)

    def pass_over(self, slot):
        slot.passed_over = time.monotonic() + PASSED_OVER

    def owners(self):
        return [slot for slot in self.slots if slot.serves]

    def mend(self):
        for slot in self.slots:
            slot.resume()
            slot.has_ended()
            if slot.is_down:
                slot.start()
        self.links.do("mend", [link for slot in self.slots for link in slot.ways])

    def log_paths(self):
        return [path for slot in self.slots for path in slot.log_paths()]
