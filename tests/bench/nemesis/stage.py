"""What a fault may lay its hands on, and where it notes what it does."""

import time

from air import MILD
from store import MEMORY


class Stage:
    """The cluster as one strike sees it."""

    def __init__(self, scene, struck, say):
        self.nodes, self.store, self.links, self.air = scene.nodes, scene.store, scene.links, scene.air
        self.struck, self.say = struck, say

    def does(self, what):
        self.struck.deeds.append((time.time(), what))
        self.say(f"{self.struck.name}: {what}")

    def draw_node(self, chance):
        """One that runs; mostly one that has state."""
        wanted, which = chance.random(), chance.random()
        slots = [slot for slot in self.nodes.slots if not slot.is_down and not slot.is_paused]
        owners = [slot for slot in slots if slot.serves]
        drawn = owners if owners and wanted < 0.7 else slots or self.nodes.slots
        return drawn[int(which * len(drawn))]

    def do_to_ways(self, deed, slots, **options):
        self.links.do(deed, [link for slot in slots for link in slot.ways], **options)

    def has_other_primary(self, primary):
        found = self.store.primary()
        return bool(found and found is not primary and (found.role() or [b""])[0] == b"master")

    def tell_primary(self, *words):
        primary = self.store.primary()
        if primary:
            primary.tell(*words)

    def tell_all(self, *words):
        for server in self.store.servers:
            server.tell(*words)

    def calm_air(self):
        self.air.set(**MILD)

    def mend(self):
        """Everything, as far as it is not mended yet."""
        self.air.silence()
        self.calm_air()
        self.store.mend()
        self.tell_all("CONFIG", "SET", "maxmemory", MEMORY)
        self.tell_all("CONFIG", "SET", "client-output-buffer-limit", "pubsub 64mb 32mb 5")
        self.nodes.mend()
