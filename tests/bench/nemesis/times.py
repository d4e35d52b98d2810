"""How long requests and watchers waited for the end of each fault."""

import bisect
from collections import defaultdict
from statistics import median


def is_later(told, publish):
    """Whether this NOTIFY says that state, or a newer one."""
    newest = max((cseq for cseq in told.changed.values() if cseq is not None), default=None)
    if newest is None:  # nothing is left: by this removal, or by a later one
        return publish.what == "remove" or told.at >= publish.answered
    return newest >= publish.state + (publish.what == "remove")


class Waits:
    def __init__(self, asked, told):
        self.asked = [entry for entry in asked if entry.what != "again"]
        self.dialogs = defaultdict(dict)   # aor -> dialog -> NOTIFYs
        for entry in told:
            self.dialogs[entry.aor].setdefault(entry.dialog, []).append(entry)

    def answer(self, began, ended):
        """The longest wait for a 2xx of what was asked meanwhile, and how many had no answer."""
        meanwhile = [entry for entry in self.asked if entry.sent <= ended and entry.answered >= began]
        return (max((entry.answered - entry.sent for entry in meanwhile if entry.ok), default=0.0),
                sum(not entry.ok for entry in meanwhile))

    def told(self, began, ended):
        """The longest time from a 200 to a PUBLISH until a watcher knew of it."""
        longest = 0.0
        for publish in self.asked:
            if publish.what in ("publish", "remove") and publish.ok and began - 1 <= publish.answered <= ended:
                for notifies in self.dialogs[publish.aor].values():
                    longest = max(longest, self._wait(publish, notifies))
        return longest

    def _wait(self, publish, notifies):
        if notifies[0].at > publish.sent:
            return 0.0  # it was no watcher yet
        first = bisect.bisect_left(notifies, publish.sent, key=lambda told: told.at)
        for told in notifies[first:]:
            if told.taken and is_later(told, publish):
                return told.at - publish.answered
        return 0.0  # it has left; who has not is judged in the end


def table(asked, told, struck):
    """Lines of a table: each fault with the waits that it made."""
    waits, rows = Waits(asked, told), defaultdict(list)
    for one in struck:
        ended = (one.ended or one.began) + 3
        answer, unanswered = waits.answer(one.began, ended)
        rows[one.name].append((answer, waits.told(one.began, ended), unanswered))
    yield "| fault | times | longest wait for a 2xx, median / max | 200 to NOTIFY, median / max | not 2xx |"
    yield "|---|---|---|---|---|"
    for name, found in sorted(rows.items()):
        answers, tells, unanswered = zip(*found)
        yield (f"| {name} | {len(found)} | {median(answers):.1f} / {max(answers):.1f} s | "
               f"{median(tells):.1f} / {max(tells):.1f} s | {sum(unanswered)} |")
