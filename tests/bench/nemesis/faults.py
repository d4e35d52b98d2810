"""What the nemesis can do. A fault is a generator: it strikes, yields for how many seconds that is to last, and goes
on; at its end, in whatever way that comes, all is mended but for what mends itself."""

import dataclasses
from typing import Callable

ALL = {}


@dataclasses.dataclass
class Fault:
    name: str
    act: Callable          # (stage, chance): yields seconds
    touches: str           # nodes, ways, redis, air: two of one kind do not strike at once
    needs_replicas: bool   # whether it is survived only if a replica has what was acknowledged
    needs_owner: bool      # whether it is survived only if the node that has the state lives
    weight: int


def fault(touches, needs_replicas=False, needs_owner=False, weight=1):
    def keep(act):
        name = act.__name__.replace("_", "-")
        ALL[name] = Fault(name, act, touches, needs_replicas, needs_owner, weight)
        return act
    return keep


def may_strike_at_once(one, other):
    """With Redis and a node lost in the same seconds, what was acknowledged is on a replica only."""
    if one.touches == other.touches:
        return False
    for first, second in ((one, other), (other, one)):
        if first.needs_owner and second.touches in ("nodes", "ways"):
            return False
    return True
