"""Everything that takes part in a run, started in order and stopped in the end."""

import os

from air import Air
from links import Links
from nodes import Nodes
from record import Ledger
from store import Store
from users import User


class Scene:
    def __init__(self, bed, seed, nodes, users, replicas, environment, pause=0.15):
        self.bed, self.replicas = bed, replicas
        self.ledger = Ledger(os.path.join(bed.directory, "ledger.jsonl"))
        self.air = Air(f"{seed} air")
        self.links = Links()
        bed.closers += [self.air.close, self.links.close, self.ledger.close]
        self.store = Store(bed, replicas_to_write=replicas)
        self.nodes = Nodes(bed, self.store, self.links, nodes, replicas, environment)
        self.users = [User(number, seed, self.ledger, self.nodes, self.air, pause)
                      for number in range(1, users + 1)]
        bed.closers[:0] = [self._resume, *(user.close for user in self.users), self._stop_nodes]
        for user in self.users:
            user.start()

    def _resume(self):
        """Who stands still when the run is interrupted could not be ended."""
        for one in self.nodes.slots + self.store.servers + self.store.sentinels:
            one.resume()

    def _stop_nodes(self):
        """Before the Redis that they need."""
        found = [(slot.name, slot.node.stop(timeout=30)) for slot in self.nodes.slots if slot.node.running]
        unclean = [f"{name} ended with {status}" for name, status in found if status]
        if unclean:
            raise AssertionError(", ".join(unclean))

    def places(self):
        return [(user, place) for user in self.users for place in user.places]

    def faults_of_nodes(self):
        """(time, text) of nodes that have ended by themselves, or read a store that was damaged."""
        found = [fault for slot in self.nodes.slots for fault in slot.faults]
        for path in self.nodes.log_paths():
            with open(path, errors="replace") as file:
                found += [(self.ledger.began, f"{path}: {line.strip()[:300]}") for line in file
                          if " state restored " in line and not all(
                              f" {what}=0" in line for what in ("unreadable", "damaged", "missing"))]
        return found
