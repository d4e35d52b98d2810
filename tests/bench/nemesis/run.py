"""One run with one seed: it is set up, the nemesis strikes, and the ledger is judged on the way and in the end."""

import os
import threading
import time
import traceback

import finish
import judge
import report
from harness import Bed
from nemesis import Nemesis
from sabotage import SEEN
from scene import Scene
from times import table


class Run:
    def __init__(self, wanted, seed):
        self.wanted, self.seed = wanted, seed
        self.bed = Bed(f"seed-{seed}")
        self.log = open(os.path.join(self.bed.directory, "run.log"), "w")
        self.scene, self.seen = None, set()
        self.lock = threading.Lock()

    def say(self, text):
        began = self.scene.ledger.since() if self.scene else 0.0
        self.note(f"{began:8.1f} s  {text}")

    def note(self, text):
        with self.lock:
            print(text, flush=True)
            self.log.write(text + "\n")
            self.log.flush()

    def held(self):
        """Whether all promises were kept."""
        found = [judge.Broken("the run comes to its end", time.time(), "", "see above")]
        try:
            found = self._judge()
        except Exception:
            self.note(traceback.format_exc())
        finally:  # an interrupt too must stop what was started
            unclean = self._close()
            self.log.close()
        broken = {one.promise for one in found if not one.pardoned}
        return not unclean and (broken >= SEEN if self.wanted.expect_broken else not broken)

    def _judge(self):
        wanted = self.wanted
        self.note(f"seed {self.seed}, {wanted.nodes} nodes, {wanted.users} users, replicas = {wanted.replicas}, "
                  f"{wanted.seconds:.0f} s: {self.bed.directory}")
        environment = dict(one.split("=", 1) for one in wanted.set)
        self.scene = Scene(self.bed, self.seed, wanted.nodes, wanted.users, wanted.replicas, environment)
        nemesis = Nemesis(self.scene, self.seed, self.say, wanted.only)
        nemesis.wait_for_users()
        nemesis.run(wanted.seconds, self._look)
        finish.stop_users(self.scene)
        finals, took = finish.wait_until_settled(self.scene, 3.0 if wanted.expect_broken else finish.TOLD_WITHIN)
        self.say(f"all is told {took:.1f} s after the last request")
        finish.use_all_again(self.scene)
        found = [*finish.counts(self.scene), *self._broken_so_far(), *judge.in_the_end(finals, self._struck())]
        found += [judge.Broken("the nodes come back, and serve", at, "", text)
                  for at, text in nemesis.troubles + self.scene.faults_of_nodes()]
        found += [judge.Broken("messages are as they should be", time.time(), user.name, problem)
                  for user, place in self.scene.places() for watch in place.watches for problem in watch.problems]
        judge.pardon(found, self._struck(), wanted.replicas)
        self._tell(found)
        return found

    def _struck(self):
        return self.scene.ledger.copy()[2]

    def _broken_so_far(self):
        asked, told, _ = self.scene.ledger.copy()
        return judge.so_far(asked, told)

    def _look(self):
        """Says at once what is broken."""
        for broken in self._broken_so_far():
            if (broken.promise, broken.text) not in self.seen:
                self.seen.add((broken.promise, broken.text))
                self.say(f"BROKEN: {broken.promise}: {broken.text}")

    def _tell(self, found):
        asked, told, struck = self.scene.ledger.copy()
        for line in table(asked, told, struck):
            self.note(line)
        for line in report.verdict(found, self.scene.ledger, self.scene.nodes.log_paths()):
            self.note(line)
        ok, unknown = sum(one.ok for one in asked), sum(one.status == 0 for one in asked)
        refused = sum(one.status == 503 for one in asked)
        late = sum(not one.taken for one in told)
        bad = sum(not one.pardoned for one in found)
        self.note(f"seed {self.seed}: {len(struck)} faults, {len(asked)} requests, of which {ok} 2xx, {refused} 503 and "
                  f"{unknown} unknown; {len(told)} NOTIFYs, {late} of them late. "
                  f"{'All promises were kept' if not bad else f'BROKEN: {bad} times'}")

    def _close(self):
        unclean = self.bed.close()
        for line in unclean:
            self.note(f"at the end: {line}")
        return unclean
