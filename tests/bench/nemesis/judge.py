"""Holds the ledger against what is promised. Each promise is a function of entries that yields what broke it."""

import dataclasses
from collections import defaultdict

from watch import knowledge

SETTLED = 60.0  # seconds after which a 503 is in force nowhere, unless who had the state has changed


@dataclasses.dataclass
class Broken:
    promise: str
    at: float
    user: str
    text: str
    pardoned: str = ""   # the fault that may do this with the settings of the run


@dataclasses.dataclass
class Final:
    """An address-of-record in the end."""

    user: str
    aor: str
    allowed: list      # contents, {uri: cseq}; the acknowledged one first
    found: dict        # {node: content}, of those that have any
    watchers: dict     # {dialog: what it knows}
    at: float          # of the last acknowledged request
    refused: object = None   # the last request, if it was answered 503
    refused_content: dict | None = None


def by(entries, key):
    groups = defaultdict(list)
    for entry in entries:
        groups[key(entry)].append(entry)
    return groups


def line_of(asked):
    said = f" state {asked.state}" if asked.state else ""
    named = f" If-Match {asked.etag}" if asked.etag else ""
    ways = ", ".join(f"{node} {status or '-'}" for _, node, status in asked.tries)
    return (f"{asked.what}{said} of {asked.aor}{named} (Call-ID {asked.call_id}, CSeq {asked.cseq}) by {ways}: "
            f"{asked.status or 'no answer'} after {asked.answered - asked.sent:.2f} s, got {asked.got}")


def entity_tags_are_new(asked):
    """No entity-tag is given twice."""
    first = {}
    for entry in asked:
        if entry.what in ("publish", "refresh") and entry.ok:
            other = first.setdefault(entry.got, entry)
            if other is not entry or not entry.got:
                yield Broken("each 200 to a PUBLISH has an entity-tag of its own", entry.answered, entry.user,
                             f"{line_of(entry)}\nand before it {line_of(other)}")


def entity_tags_are_kept(asked):
    """What was acknowledged is known as long as it is not replaced: no 412."""
    for entry in asked:
        if entry.status == 412 and entry.what != "again":
            yield Broken("an acknowledged entity-tag is known", entry.sent, entry.user, line_of(entry))


def dialogs_are_kept(asked, told):
    """A 2xx to SUBSCRIBE makes a dialog that lasts until its watcher ends it."""
    ended = {}
    for entry in asked:
        if entry.what == "unsubscribe":
            ended[entry.call_id] = entry.sent
        elif entry.what in ("subscribe", "resubscribe") and entry.status in (481, 500):
            yield Broken("an acknowledged SUBSCRIBE has its dialog", entry.sent, entry.user, line_of(entry))
    for entry in told:
        call_id = entry.dialog.split()[0]
        if entry.subscription == "terminated" and entry.at < ended.get(call_id, float("inf")):
            yield Broken("a subscription ends when its watcher says so", entry.at, entry.user,
                         f"{entry.dialog}, CSeq {entry.cseq}: {entry.subscription}")


def nothing_else_is_refused(asked):
    for entry in asked:
        wanted = {0, 503, 412} | ({481, 500} if "subscribe" in entry.what else set())
        if not entry.ok and entry.status not in wanted and entry.what != "again":
            yield Broken("good requests are not refused", entry.sent, entry.user, line_of(entry))


def one_request_has_one_answer(asked):
    """By whichever way, and as often as it comes."""
    promise = "a request that comes again gets the same answer"
    for entry in asked:
        if entry.what == "again" and entry.status not in (0, 503) and (
                not entry.ok or (entry.got or "") != entry.expects):
            yield Broken(promise, entry.sent, entry.user, f"{line_of(entry)}, first {entry.expects}")
        for status, got in entry.others:
            if entry.ok and got != entry.got:
                yield Broken(promise, entry.answered, entry.user, f"{line_of(entry)}, later {status} {got}")


def cseqs_have_one_content(told):
    """No CSeq of a dialog is used with two contents."""
    for notifies in by(told, lambda entry: entry.dialog).values():
        said = {}
        for entry in notifies:
            first = said.setdefault(entry.cseq, entry)
            if (first.content, first.subscription) != (entry.content, entry.subscription):
                yield Broken("a CSeq has one content", entry.at, entry.user,
                             f"{entry.dialog}, CSeq {entry.cseq}:\n{first.content}\nand {entry.at - first.at:.2f} s "
                             f"later\n{entry.content}")


def documents_follow_each_other(told):
    """Versions grow, a partial document follows the one before it, and no state comes back."""
    for dialog, notifies in by(told, lambda entry: entry.dialog).items():
        version, known, newest = None, {}, 0
        for entry in (one for one in notifies if one.taken):
            where = f"{dialog}, CSeq {entry.cseq}, version {entry.version} after {version}"
            if version is not None and entry.version <= version:
                yield Broken("versions grow", entry.at, entry.user, where)
            if not entry.full and (version is None or entry.version != version + 1):
                yield Broken("a partial document follows the one before it", entry.at, entry.user, where)
            version, known = entry.version, knowledge(known, entry)
            state = max(known.values(), default=newest)
            if state < newest:
                yield Broken("a watcher is not told an older state", entry.at, entry.user,
                             f"{where}: state {state} after {newest}")
            newest = max(newest, state)


def so_far(asked, told):
    """What can be seen while the run goes on."""
    asked, told = sorted(asked, key=lambda entry: entry.sent), sorted(told, key=lambda entry: entry.at)
    return [*entity_tags_are_new(asked), *entity_tags_are_kept(asked), *dialogs_are_kept(asked, told),
            *nothing_else_is_refused(asked), *one_request_has_one_answer(asked), *cseqs_have_one_content(told),
            *documents_follow_each_other(told)]


def states_are_kept(finals):
    """The last acknowledged state is there, or that of a request of which nobody knows."""
    for final in finals:
        found = list(final.found.values())
        if any(one not in final.allowed for one in found) or (not found and {} not in final.allowed):
            yield Broken("an acknowledged PUBLISH is in the state", final.at, final.user,
                         f"{final.aor} is {final.found or 'unknown'}; allowed: {final.allowed}")


def watchers_know_the_state(finals):
    for final in finals:
        state = next(iter(final.found.values()), {})
        for dialog, known in final.watchers.items():
            if known != state:
                yield Broken("each watcher has been told the final state", final.at, final.user,
                             f"{final.aor} is {state}, and {dialog} knows {known}")


def refused_is_not_in_force(finals, struck):
    """A 503 is in force nowhere, but for a node that took over in between, and read it."""
    for final in finals:
        entry = final.refused
        if entry is None or entry.status != 503 or final.refused_content == final.allowed[0]:
            continue
        changed = any(one.touches in ("nodes", "ways", "redis") and one.began < entry.answered + SETTLED and
                      (one.ended or one.began) > entry.sent - 5 for one in struck)
        if not changed and final.refused_content in final.found.values():
            yield Broken("a PUBLISH that was answered 503 is not in force", entry.sent, entry.user, line_of(entry))


def in_the_end(finals, struck):
    return [*states_are_kept(finals), *watchers_know_the_state(finals), *refused_is_not_in_force(finals, struck)]


def pardon(broken, struck, replicas):
    """Without replicas that WAIT asks for, a fail-over may lose what it had not got, by design."""
    for one in broken:
        for fault in struck:
            if replicas == 0 and fault.needs_replicas and fault.began - 15 <= one.at <= (
                    fault.ended or fault.began) + SETTLED:
                one.pardoned = fault.name
    return broken
