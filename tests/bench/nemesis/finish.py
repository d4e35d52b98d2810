"""The end of a run: all is mended and at rest, and what is there is looked at."""

import time

from judge import Broken, Final

TOLD_WITHIN = 60.0  # seconds after the last request


def registrations(nodes, aor):
    """{node: content}, of those that have any."""
    found = {}
    for slot in nodes.slots:
        try:
            content = slot.node.registration(aor)
        except (OSError, AssertionError):
            continue
        if content:
            found[slot.name] = content
    return found


def final_of(scene, user, place):
    watchers = {watch.dialog: dict(watch.active) for watch in place.watches if watch.is_known and not watch.is_over}
    refused = place.refused
    asked = [entry.answered for entry in scene.ledger.asked if entry.aor == place.aor and entry.ok]
    return Final(user.name, place.aor, place.allowed, registrations(scene.nodes, place.aor), watchers,
                 max(asked, default=scene.ledger.began), refused,
                 place.allowed[-1] if refused else None)


def is_settled(final):
    found = list(final.found.values())
    content = found[0] if found else {}
    return content in final.allowed and all(one == content for one in [*found, *final.watchers.values()])


def stop_users(scene):
    for user in scene.users:
        user.ending.set()
    for user in scene.users:
        user.join(120)
        if user.problem or user.is_alive():
            raise AssertionError(user.problem or f"{user.name} does not end")


def wait_until_settled(scene, within=TOLD_WITHIN):
    """(what is there in the end, seconds that it took)."""
    began = time.monotonic()
    waiting, finals = scene.places(), []
    while True:
        left = []
        for user, place in waiting:
            final = final_of(scene, user, place)
            if is_settled(final):
                finals.append(final)
            else:
                left.append((user, place, final))
        if not left:
            return finals, time.monotonic() - began
        if time.monotonic() - began > within:
            return finals + [final for _, _, final in left], time.monotonic() - began
        waiting = [(user, place) for user, place, _ in left]
        time.sleep(0.3)


def use_all_again(scene):
    """Every entity-tag and every dialog is good for a refresh. The ledger has the answers."""
    for user, place in scene.places():
        if place.etag and not place.is_left:
            user.refresh(place)
        for watch in [one for one in place.watches if one.is_known and not one.is_over]:
            watch.ask("resubscribe")


def counts(scene):
    """As many publications and subscriptions as were acknowledged, and none twice."""
    places = [place for _, place in scene.places()]
    known = sum(bool(place.etag) and not place.is_left for place in places)
    yield from _count(scene, "reginfod_publications", known, known + sum(place.is_left for place in places))
    watches = [watch for place in places for watch in place.watches]
    known = sum(watch.is_known and not watch.is_over for watch in watches)
    yield from _count(scene, "reginfod_subscriptions", known, known + sum(watch.is_doubtful for watch in watches))


def _count(scene, metric, least, most):
    found = sum(slot.node.metric(metric) or 0 for slot in scene.nodes.slots)
    if not least <= found <= most:
        yield Broken("nothing is there twice, and nothing is gone", time.time(), "",
                     f"{metric} is {found:.0f} over all nodes, between {least} and {most} were acknowledged")
