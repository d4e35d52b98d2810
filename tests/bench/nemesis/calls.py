"""A request by as many ways as it takes, as an edge tries one node after the other, and its entry in the ledger."""

import queue
import time

from record import Asked

TRY = 2.0         # seconds for an answer of one node
REFUSED = 0.3     # seconds until the next one is asked after a 503
PATIENCE = 25.0   # seconds in which the same request is the same one for every node (64*T1 is 32)


class Answers(queue.Queue):
    """What comes to one request by all its branches. Who comes later is noted as well."""

    def __init__(self, entry):
        super().__init__()
        self.entry, self.is_over = entry, False

    def put(self, message, *arguments):
        if not self.is_over:
            super().put(message, *arguments)
        elif 200 <= message.status < 300:
            self.entry.others.append((message.status, self.got(message)))

    def got(self, message):
        """What must be the same in each answer."""
        if message.method == "PUBLISH":
            return message.get("SIP-ETag")
        return message.get("To").partition("tag=")[2] or None


class Caller:
    """Sends the requests of one agent."""

    def __init__(self, ledger, nodes, chance):
        self.ledger, self.nodes, self.chance = ledger, nodes, chance
        self.old = []  # (when, branches) of answered requests

    def ask(self, agent, message, entry, patience=PATIENCE):
        """The final answer, or None if it is not known whether the request was carried out."""
        self._forget(agent)
        answers, branches = Answers(entry), []
        entry.sent = time.time()
        self.ledger.add(entry)
        deadline = time.monotonic() + patience
        found, refused, order = None, 0, []
        while found is None and time.monotonic() < deadline:
            order = order or self.nodes.order(self.chance)
            slot = order.pop(0)
            entry.tries.append([time.time(), slot.name, 0])
            answer = self._try(agent, message, slot, answers, branches)
            if answer is None:
                self.nodes.pass_over(slot)
            elif answer.status == 503 and not answer.get("Retry-After"):
                entry.tries[-1][2] = 503
                refused += 1
                self.nodes.pass_over(slot)
                time.sleep(REFUSED)
            else:
                entry.tries[-1][2] = answer.status
                found = answer
        if found is None and refused == len(entry.tries):
            entry.status = 503
        elif found is not None:
            entry.status = found.status
            entry.got = answers.got(found) if entry.ok else None
        answers.is_over = True
        entry.answered = time.time()
        self.old.append((time.monotonic(), branches))
        self.ledger.write(entry)
        return found

    def _try(self, agent, message, slot, answers, branches):
        message.headers = [("Via", agent.via())] + [one for one in message.headers if one[0] != "Via"]
        branches.append(message.branch)
        agent.responses[message.branch] = answers
        until, pause = time.monotonic() + TRY, 0.5
        while (left := until - time.monotonic()) > 0:
            try:
                if agent.transport == "udp" or pause == 0.5:
                    agent.send(message, slot.address)
                answer = answers.get(timeout=min(pause, left))
                if answer.status >= 200:
                    return answer
            except queue.Empty:
                pause *= 2
            except OSError:  # nobody takes the connection
                time.sleep(0.1)
                return None
        return None

    def _forget(self, agent):
        while self.old and time.monotonic() - self.old[0][0] > 40:
            for branch in self.old.pop(0)[1]:
                agent.responses.pop(branch, None)


def asked(user, aor, what, message, **more):
    return Asked(user=user, aor=aor, what=what, call_id=message.get("Call-ID"),
                 cseq=int(message.get("CSeq").split()[0]), **more)
