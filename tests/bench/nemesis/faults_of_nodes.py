"""Nodes that die, stand still, are replaced, or are out of reach of their peers."""

import signal

from faults import fault


@fault("nodes", weight=2)
def node_killed(stage, chance):
    slot = stage.draw_node(chance)
    stage.does(f"{slot.name} gets SIGKILL")
    slot.kill()
    yield chance.choice((0.0, chance.uniform(0.0, 6.0)))
    stage.does(f"{slot.name} is started again")
    slot.start()


@fault("nodes")
def node_ended(stage, chance):
    slot = stage.draw_node(chance)
    stage.does(f"{slot.name} gets SIGTERM, as for an upgrade")
    slot.kill(signal.SIGTERM)
    yield chance.uniform(0.0, 3.0)
    stage.does(f"{slot.name} is started again")
    slot.start()


@fault("nodes")
def all_nodes_killed(stage, chance):
    stage.does("all nodes get SIGKILL")
    for slot in stage.nodes.slots:
        slot.kill()
    yield chance.uniform(0.0, 3.0)
    for slot in chance.sample(stage.nodes.slots, len(stage.nodes.slots)):
        stage.does(f"{slot.name} is started again")
        slot.start()


@fault("nodes")
def two_nodes_killed(stage, chance):
    slots = chance.sample(stage.nodes.slots, min(2, len(stage.nodes.slots)))
    for slot in slots:
        stage.does(f"{slot.name} gets SIGKILL")
        slot.kill()
        yield chance.uniform(0.0, 4.0)
    for slot in slots:
        stage.does(f"{slot.name} is started again")
        slot.start()
        yield chance.uniform(0.0, 1.0)


def paused(stage, slots, seconds):
    for slot in slots:
        stage.does(f"{slot.name} gets SIGSTOP")
        slot.pause()
    try:
        yield seconds
    finally:
        for slot in slots:
            stage.does(f"{slot.name} gets SIGCONT")
            slot.resume()


@fault("nodes", weight=2)
def node_paused(stage, chance):
    """Shorter than a lease, about a lease, longer than a take-over takes."""
    seconds = chance.choice((chance.uniform(0.3, 2.0), chance.uniform(2.4, 4.2), chance.uniform(5.0, 11.0)))
    yield from paused(stage, [stage.draw_node(chance)], seconds)


@fault("nodes")
def node_stutters(stage, chance):
    """It stands still again and again: each time it may be between two lines of a turn."""
    slot = stage.draw_node(chance)
    for _ in range(chance.randint(3, 8)):
        yield from paused(stage, [slot], chance.uniform(0.05, 1.5))
        yield chance.uniform(0.05, 0.6)


@fault("nodes")
def all_nodes_paused(stage, chance):
    yield from paused(stage, stage.nodes.slots, chance.uniform(1.0, 8.0))


@fault("nodes")
def pause_goes_round(stage, chance):
    """One after the other stands still as soon as it may have taken over."""
    for slot in chance.sample(stage.nodes.slots, len(stage.nodes.slots)):
        yield from paused(stage, [slot], chance.uniform(2.5, 4.5))


@fault("nodes")
def node_replaced(stage, chance):
    slot = stage.draw_node(chance)
    stage.does(f"a second {slot.name} is started, and the first one is to end")
    first = slot.replace()
    for _ in range(80):
        if not first.running:
            break
        yield 0.2
    slot.note_replaced(first)


@fault("air", weight=2)
def storm(stage, chance):
    weather = dict(loss=chance.uniform(0.05, 0.3), double=chance.uniform(0.0, 0.3), late=chance.uniform(0.0, 0.3))
    stage.does("datagrams are lost (%.0f %%), doubled (%.0f %%) and late (%.0f %%)" % tuple(
        100 * share for share in weather.values()))
    try:
        stage.air.set(**weather)
        yield chance.uniform(3.0, 9.0)
    finally:
        stage.does("the storm is over")
        stage.calm_air()


@fault("air")
def node_unreachable(stage, chance):
    """It has Redis, but no peer."""
    slot = stage.draw_node(chance)
    stage.does(f"{slot.name} is out of reach of publishers and watchers")
    try:
        stage.air.silence(slot.node.host)
        yield chance.uniform(1.0, 9.0)
    finally:
        stage.does(f"{slot.name} is in reach again")
        stage.air.silence()
