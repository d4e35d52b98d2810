"""What no cluster survives: the ledger is to see it. It strikes only if it is named (--only)."""

from faults import fault

SEEN = {"an acknowledged PUBLISH is in the state", "an acknowledged entity-tag is known",
        "an acknowledged SUBSCRIBE has its dialog"}


@fault("redis", weight=0)
def sabotage(stage, chance):
    """Removes half of the records, and has the nodes read the rest."""
    for slot in stage.nodes.slots:
        slot.kill()
    with stage.store.primary().client() as admin:
        for kind in ("a", "d"):
            count = 0
            for key in sorted(admin.call("KEYS", f"rg:{kind}:*")):
                for field in sorted(admin.call("HKEYS", key)):
                    if chance.random() < 0.5:
                        count += admin.call("HDEL", key, field)
            stage.does(f"{count} records rg:{kind}:* are removed while all nodes are down")
    for slot in stage.nodes.slots:
        slot.start()
    yield 5.0
