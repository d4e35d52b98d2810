"""What happens to the connections between nodes and Redis."""

from faults import fault


def mended(stage, slots, seconds):
    """Lets it last, and mends the ways of these nodes."""
    try:
        yield seconds
    finally:
        stage.does(f"the ways of {names(slots)} to Redis are mended")
        stage.do_to_ways("mend", slots)


def names(slots):
    return ", ".join(slot.name for slot in slots)


@fault("ways", weight=2)
def node_cut(stage, chance):
    slots = [stage.draw_node(chance)]
    stage.does(f"{names(slots)} is cut off from Redis and Sentinels")
    stage.do_to_ways("cut", slots)
    yield from mended(stage, slots, chance.choice((chance.uniform(0.1, 2.0), chance.uniform(2.5, 9.0))))


@fault("ways")
def node_stalled(stage, chance):
    """Its connections stand still, and what it wrote comes late."""
    slots = [stage.draw_node(chance)]
    stage.does(f"the connections of {names(slots)} to Redis and Sentinels stand still")
    stage.do_to_ways("stall", slots)
    yield from mended(stage, slots, chance.choice((chance.uniform(0.5, 2.0), chance.uniform(2.5, 9.0))))


@fault("ways")
def node_unheard(stage, chance):
    """Redis hears it, but its answers do not arrive; or the other way round."""
    slots, heard = [stage.draw_node(chance)], chance.random() < 0.5
    stage.does(f"what Redis says does not come to {names(slots)}" if heard else
               f"what {names(slots)} says does not come to Redis")
    stage.do_to_ways("stall", slots, up=not heard, down=heard)
    yield from mended(stage, slots, chance.uniform(0.5, 8.0))


@fault("ways")
def late_bytes(stage, chance):
    """What a node sent on connections that have ended comes to Redis beside, and after, its new ones."""
    slots = [stage.draw_node(chance)]
    stage.does(f"what {names(slots)} sends to Redis is held back")
    stage.do_to_ways("hold", slots)
    yield chance.uniform(0.1, 1.5)
    stage.does(f"the connections of {names(slots)} end on its side, and it may make new ones")
    stage.do_to_ways("orphan", slots, node_knows=True)
    yield from mended(stage, slots, chance.uniform(0.5, 7.0))


@fault("ways")
def half_open(stage, chance):
    """Redis has ended the connections, and the node does not know."""
    slots = [stage.draw_node(chance)]
    stage.does(f"the connections of {names(slots)} have ended on the side of Redis only")
    stage.do_to_ways("orphan", slots, node_knows=False)
    yield from mended(stage, slots, chance.uniform(1.0, 8.0))


@fault("ways", weight=3)
def one_connection(stage, chance):
    """That of the lease, of changes, of the bus: the others go on."""
    slots, which = [stage.draw_node(chance)], chance.random()
    how = chance.choice(("stalled", "half open", "heard by nobody"))
    stage.does(f"one connection of {names(slots)} to Redis is {how}")
    stage.do_to_ways("strike_one", slots, which=which, how=how)
    yield from mended(stage, slots, chance.uniform(1.0, 9.0))


@fault("ways")
def slow_ways(stage, chance):
    slots = chance.choice((stage.nodes.slots, [stage.draw_node(chance)]))
    seconds = chance.uniform(0.01, 0.3)
    stage.does(f"each message between Redis and {names(slots)} takes {1000 * seconds:.0f} ms more")
    stage.do_to_ways("slow_down", slots, seconds=seconds)
    yield from mended(stage, slots, chance.uniform(3.0, 8.0))


@fault("ways")
def all_cut(stage, chance):
    stage.does("all nodes are cut off from Redis and Sentinels")
    stage.do_to_ways("cut", stage.nodes.slots)
    yield from mended(stage, stage.nodes.slots, chance.uniform(0.5, 8.0))


@fault("ways")
def flapping(stage, chance):
    """Connections end again and again."""
    slots = [stage.draw_node(chance)]
    for _ in range(chance.randint(4, 10)):
        stage.does(f"each connection of {names(slots)} to Redis ends")
        stage.do_to_ways("reset", slots)
        yield chance.uniform(0.05, 1.2)


@fault("ways", weight=2)
def connections_killed(stage, chance):
    """By Redis: those of the bus, or all."""
    for _ in range(chance.randint(2, 8)):
        kind = chance.choice(("pubsub", "pubsub", "normal"))
        stage.does(f"CLIENT KILL TYPE {kind}")
        stage.tell_primary("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")
        yield chance.uniform(0.05, 1.2)


@fault("ways")
def small_buffers(stage, chance):
    """A node that listens slowly is cut off from the bus."""
    slot = stage.draw_node(chance)
    stage.does(f"the bus may hold back 1 kB for a node, and {slot.name} hears slowly")
    stage.tell_all("CONFIG", "SET", "client-output-buffer-limit", "pubsub 1kb 1kb 1")
    stage.do_to_ways("slow_down", [slot], seconds=0.4)
    try:
        yield from mended(stage, [slot], chance.uniform(2.0, 6.0))
    finally:
        stage.tell_all("CONFIG", "SET", "client-output-buffer-limit", "pubsub 64mb 32mb 5")
