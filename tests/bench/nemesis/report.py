"""The verdict for people: which promise was broken by which request, what was done then, and what the nodes said."""

import datetime
import re

BEFORE, AFTER = 4.0, 3.0   # seconds of the logs that are shown
LINES_MAX = 30             # of one log
SHOWN_MAX = 12             # of each promise

STAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+)Z ")


def lines_around(path, at):
    """The lines of a node's log around that time."""
    found = []
    with open(path, errors="replace") as file:
        for line in file:
            stamp = STAMP.match(line)
            if not stamp:
                continue
            when = datetime.datetime.fromisoformat(stamp.group(1) + "+00:00").timestamp()
            if at - BEFORE <= when <= at + AFTER:
                found.append(line.rstrip()[:300])
    left_out = len(found) - LINES_MAX
    return found[:LINES_MAX] + ([f"... and {left_out} more"] if left_out > 0 else [])


def explain(broken, ledger, log_paths):
    """Lines that tell of one broken promise."""
    asked, _, struck = ledger.copy()
    yield f"BROKEN at {ledger.since(broken.at):.1f} s: {broken.promise}" + (
        f" (pardoned: {broken.pardoned} may do that without replicas)" if broken.pardoned else "")
    yield from (f"  {line}" for line in broken.text.splitlines())
    for one in struck:
        for when, deed in one.deeds:
            if broken.at - 20 <= when <= broken.at + 5:
                yield f"  {ledger.since(when):8.1f} s  {one.name}: {deed}"
    for entry in asked:
        if entry.user == broken.user and broken.at - 20 <= entry.answered and entry.sent <= broken.at + 5:
            yield (f"  {ledger.since(entry.sent):8.1f} s  {entry.user}: {entry.what} {entry.state or ''} of {entry.aor} by "
                   f"{', '.join(f'{node} {status}' for _, node, status in entry.tries)}: {entry.status}, {entry.got}")
    for path in log_paths:
        lines = lines_around(path, broken.at)
        if lines:
            yield f"  {path}"
            yield from (f"    {line}" for line in lines)


def verdict(found, ledger, log_paths):
    """Everything that is wrong, each promise a few times."""
    counts = {}
    for broken in sorted(found, key=lambda one: one.at):
        counts[broken.promise] = counts.get(broken.promise, 0) + 1
        if counts[broken.promise] <= SHOWN_MAX:
            yield from explain(broken, ledger, log_paths)
            yield ""
    for promise, count in counts.items():
        yield f"{count} times: {promise}"
