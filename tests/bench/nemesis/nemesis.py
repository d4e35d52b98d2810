"""Draws faults by a seed, one or two at once, and has them strike; between them it looks whether all users are
served again."""

import heapq
import random
import time

import faults_of_nodes  # noqa: F401: they enter themselves
import faults_of_redis  # noqa: F401
import faults_of_ways  # noqa: F401
import sabotage  # noqa: F401
from faults import ALL, may_strike_at_once
from record import Struck
from stage import Stage

TOGETHER = 0.35       # of the strikes are two faults at once
WHOLE_WITHIN = 150.0  # seconds in which Redis has its replicas again
BACK_WITHIN = 60.0    # seconds after all is mended, in which each user is answered 200


class Nemesis:
    def __init__(self, scene, seed, say, only=()):
        self.scene, self.seed, self.say = scene, seed, say
        self.faults = [ALL[name] for name in only for _ in range(max(1, ALL[name].weight))] or [
            one for one in ALL.values() for _ in range(one.weight)]
        self.chance = random.Random(f"{seed} nemesis")
        self.deck, self.round = [], 0
        self.troubles = []  # (time, text)

    def run(self, seconds, after_round):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.round += 1
            self._calm(self.chance.uniform(0.5, 3.0))
            faults = self._draw()
            if not faults:
                return
            self._strike(faults)
            self.wait_for_users()
            after_round()

    def _draw(self):
        """The next faults: each has had its turn before it has another one."""
        first = self._take(self._may_strike)
        if first is None:  # nothing is left but what needs a whole Redis
            if not self._wait_for_store():
                return []
            first = self._take(lambda fault: True)
        if self.chance.random() >= TOGETHER:
            return [first]
        other = self._take(lambda fault: may_strike_at_once(first, fault) and self._may_strike(fault))
        return [first, other] if other else [first]

    def _take(self, fits):
        if len(self.deck) < 3:
            fresh = self.chance.sample(self.faults, len(self.faults))
            self.deck += fresh
        for number, fault in enumerate(self.deck):
            if fits(fault):
                return self.deck.pop(number)
        return None

    def _may_strike(self, fault):
        """A second loss of Redis before the first one is made good is not survived."""
        return fault.touches != "redis" or self.scene.store.is_whole()

    def _wait_for_store(self):
        deadline = time.monotonic() + WHOLE_WITHIN
        while why := self.scene.store.why_not_whole():
            if time.monotonic() > deadline:
                self._note(time.time(), f"Redis and its Sentinels do not recover: {why}")
                return False
            self._calm(0.3)
        return True

    def _strike(self, faults):
        running = []
        for number, fault in enumerate(faults):
            struck = Struck(fault.name, fault.touches, time.time(), needs_replicas=fault.needs_replicas)
            self.scene.ledger.add(struck)
            stage = Stage(self.scene, struck, self.say)
            chance = random.Random(f"{self.seed} {self.round} {fault.name}")
            delay = chance.uniform(0.0, 2.0) if number else 0.0
            heapq.heappush(running, (time.monotonic() + delay, number, fault.act(stage, chance), struck))
        while running:
            due, number, act, struck = heapq.heappop(running)
            self._calm(due - time.monotonic())
            try:
                heapq.heappush(running, (time.monotonic() + next(act), number, act, struck))
            except StopIteration:
                self._end(struck)
            except Exception as error:  # what is left is mended below
                self._note(time.time(), f"{struck.name}: {type(error).__name__}: {error}")
                self._end(struck)
        Stage(self.scene, struck, self.say).mend()

    def _note(self, at, trouble):
        self.troubles.append((at, trouble))
        self.say(f"BROKEN: {trouble}")

    def _end(self, struck):
        struck.ended = time.time()
        self.scene.ledger.write(struck)

    def _calm(self, seconds):
        """Waits, and looks whether a node ends by itself."""
        deadline = time.monotonic() + seconds
        while True:
            for slot in self.scene.nodes.slots:
                if slot.has_ended():
                    self.say(slot.faults[-1][1].partition("\n")[0])
            left = deadline - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, 0.1))

    def wait_for_users(self):
        """Until each one has had a 200 to what it asked since now."""
        mended = time.time()
        while waiting := [user.name for user in self.scene.users if user.last_ok < mended]:
            problems = [user.problem for user in self.scene.users if user.problem]
            if problems:
                raise AssertionError("\n".join(problems))
            if time.time() > mended + BACK_WITHIN:
                self._note(mended, f"{len(waiting)} users ({', '.join(waiting)}) are not answered 200 "
                           f"within {BACK_WITHIN:.0f} s after all was mended")
                return
            self._calm(0.2)
        self.say(f"each user has been answered {time.time() - mended:.1f} s after all was mended")
