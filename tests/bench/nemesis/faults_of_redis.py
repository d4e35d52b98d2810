"""Redis that dies, stands still, is full, fails over, and Sentinels that are not there."""

from faults import fault
from store import MEMORY


def failed_over(stage, primary):
    """Until another one is the primary; yields meanwhile."""
    for _ in range(200):
        if stage.has_other_primary(primary):
            stage.does(f"{stage.store.primary().name} is the primary")
            return
        yield 0.2
    stage.does(f"nobody has become the primary instead of {primary.name}")


def killed(stage, *servers):
    for server in servers:
        stage.does(f"{server.name} gets SIGKILL")
        server.kill()


def started(stage, *servers):
    for server in servers:
        if not server.process.running:
            stage.does(f"{server.name} is started again")
            server.start()


@fault("redis", needs_replicas=True, weight=2)
def primary_killed(stage, chance):
    primary = stage.store.primary()
    killed(stage, primary)
    yield from failed_over(stage, primary)
    yield chance.uniform(0.0, 3.0)
    started(stage, primary)


@fault("redis")
def primary_restarted(stage, chance):
    """It is back, on its disk, before Sentinels call it down."""
    primary = stage.store.primary()
    killed(stage, primary)
    yield chance.uniform(0.0, 0.7)
    started(stage, primary)


@fault("redis", needs_replicas=True, needs_owner=True, weight=2)
def primary_paused(stage, chance):
    """It comes back as a primary, beside the one that Sentinels have made; if that is in the middle of it, the other
    replica follows it for a moment."""
    primary = stage.store.primary()
    stage.does(f"{primary.name}, the primary, gets SIGSTOP")
    primary.pause()
    try:
        yield chance.uniform(2.5, 6.0)
    finally:
        stage.does(f"{primary.name} gets SIGCONT")
        primary.resume()
    yield 1.0


@fault("redis")
def primary_stutters(stage, chance):
    """As with forks, or a slow disk."""
    primary = stage.store.primary()
    stage.tell_primary("BGREWRITEAOF")
    for _ in range(chance.randint(2, 6)):
        stage.does(f"{primary.name}, the primary, stands still for a moment")
        primary.pause()
        try:
            yield chance.uniform(0.1, 1.4)
        finally:
            primary.resume()
        yield chance.uniform(0.2, 1.0)


@fault("redis", needs_replicas=True)
def asked_failover(stage, chance):
    """As deploy/redis/README.md says: nothing is written until the primary knows that it is none."""
    primary = stage.store.primary()
    stage.does(f"CLIENT PAUSE 4000 WRITE at {primary.name}, and SENTINEL FAILOVER")
    stage.tell_primary("CLIENT", "PAUSE", "4000", "WRITE")
    chance.choice(stage.store.sentinels).ask("FAILOVER")
    yield from failed_over(stage, primary)


@fault("redis", needs_replicas=True, needs_owner=True)
def sudden_failover(stage, chance):
    """For a second the old primary, with the other replica, takes changes that the new one has not."""
    primary = stage.store.primary()
    stage.does("SENTINEL FAILOVER")
    chance.choice(stage.store.sentinels).ask("FAILOVER")
    yield from failed_over(stage, primary)


@fault("redis", needs_replicas=True)
def failover_beside_pauses(stage, chance):
    """The primary dies while nodes stand still, who wake up when it is over, or in the middle."""
    primary = stage.store.primary()
    slots = chance.choice((stage.nodes.slots, [stage.draw_node(chance)]))
    for slot in slots:
        stage.does(f"{slot.name} gets SIGSTOP")
        slot.pause()
    try:
        yield chance.uniform(0.0, 1.0)
        killed(stage, primary)
        yield chance.uniform(1.0, 7.0)
    finally:
        for slot in slots:
            stage.does(f"{slot.name} gets SIGCONT")
            slot.resume()
    yield from failed_over(stage, primary)
    started(stage, primary)


@fault("redis", needs_replicas=True)
def machine_lost(stage, chance):
    """The primary and the node that has the state die at the same moment."""
    primary, slot = stage.store.primary(), stage.draw_node(chance)
    stage.does(f"{slot.name} and {primary.name}, the primary, get SIGKILL")
    for one in chance.sample((slot, primary), 2):
        one.kill()
    yield from failed_over(stage, primary)
    stage.does(f"{slot.name} and {primary.name} are started again")
    slot.start()
    primary.start()


@fault("redis", needs_replicas=True, needs_owner=True)
def lagging_replica_promoted(stage, chance):
    """Who has the last seconds dies, primary and replica, and the one that lags takes over: the nodes write what it
    lacks again."""
    primary, replicas = stage.store.primary(), stage.store.replicas()
    lagging = chance.choice(replicas)
    stage.does(f"{lagging.name}, a replica, gets SIGSTOP")
    lagging.pause()
    try:
        yield chance.uniform(0.5, 1.8)
        killed(stage, primary, *(one for one in replicas if one is not lagging))
    finally:
        stage.does(f"{lagging.name} gets SIGCONT")
        lagging.resume()
    yield from failed_over(stage, primary)
    started(stage, *stage.store.servers)


@fault("redis")
def replica_lags(stage, chance):
    """One or all of them: then nothing can be acknowledged."""
    replicas = stage.store.replicas()
    lagging = chance.choice((replicas, replicas[:1]))
    for one in lagging:
        stage.does(f"{one.name}, a replica, gets SIGSTOP")
        one.pause()
    try:
        yield chance.uniform(0.5, 6.0)
    finally:
        for one in lagging:
            stage.does(f"{one.name} gets SIGCONT")
            one.resume()


@fault("redis")
def replica_killed(stage, chance):
    replica = chance.choice(stage.store.replicas())
    killed(stage, replica)
    yield chance.uniform(0.0, 5.0)
    started(stage, replica)


@fault("redis")
def replication_cut(stage, chance):
    for _ in range(chance.randint(2, 6)):
        stage.does("CLIENT KILL TYPE replica")
        stage.tell_primary("CLIENT", "KILL", "TYPE", "replica")
        yield chance.uniform(0.1, 1.0)


@fault("redis", needs_replicas=True)
def sentinels_gone(stage, chance):
    """No two Sentinels are left when the primary dies: it takes until one is back."""
    primary, gone = stage.store.primary(), chance.sample(stage.store.sentinels, 2)
    for one in gone:
        stage.does(f"{one.name} gets SIGKILL")
        one.kill()
    killed(stage, primary)
    yield chance.uniform(2.0, 5.0)
    started(stage, *gone)
    yield from failed_over(stage, primary)
    started(stage, primary)


@fault("redis")
def sentinels_paused(stage, chance):
    """They wake up, and believe for a moment that everybody is down."""
    asleep = chance.sample(stage.store.sentinels, chance.randint(1, len(stage.store.sentinels)))
    for one in asleep:
        stage.does(f"{one.name} gets SIGSTOP")
        one.pause()
    try:
        yield chance.uniform(2.0, 6.0)
    finally:
        for one in asleep:
            stage.does(f"{one.name} gets SIGCONT")
            one.resume()
    yield 2.0


@fault("redis", needs_replicas=True, needs_owner=True)
def all_redis_killed(stage, chance):
    servers = stage.store.servers
    killed(stage, *chance.sample(servers, len(servers)))
    yield chance.uniform(0.0, 4.0)
    started(stage, *chance.sample(servers, len(servers)))


@fault("redis")
def memory_full(stage, chance):
    stage.does("maxmemory is 1mb")
    stage.tell_all("CONFIG", "SET", "maxmemory", "1mb")
    try:
        yield chance.uniform(1.0, 7.0)
    finally:
        stage.does(f"maxmemory is {MEMORY}")
        stage.tell_all("CONFIG", "SET", "maxmemory", MEMORY)
