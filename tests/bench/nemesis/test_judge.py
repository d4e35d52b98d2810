#!/usr/bin/env python3
"""The judge finds each broken promise in a ledger, and nothing in one where all were kept."""

import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../../e2e")]

import judge  # noqa: E402
from record import Asked, Struck, Told  # noqa: E402
from times import Waits  # noqa: E402

AOR, PHONE = "sip:user1@reg.test", "sip:user1@192.0.2.1"


def publish(sent, what="publish", status=200, got=None, **more):
    return Asked("user1", AOR, what, f"call-{sent}", sent=sent, answered=sent + 0.1, status=status, got=got, **more)


def notify(cseq, version, state, at=None, full=True, content=None, dialog="call tag", **more):
    changed = {PHONE: state} if state else {}
    return Told("user1", AOR, dialog, cseq, at or float(cseq), more.pop("subscription", "active"), version, full,
                changed, content or f"{version} {full} {changed}", **more)


def final(found, allowed=({PHONE: 2},), watchers=None, refused=None):
    return judge.Final("user1", AOR, list(allowed), found, watchers or {}, 10.0, refused, {PHONE: 3})


def promises(found):
    return sorted({broken.promise for broken in found})


class Judge(unittest.TestCase):
    def assert_broken(self, found, promise):
        self.assertEqual(promises(found), [promise])

    def test_nothing_is_wrong_with_a_good_ledger(self):
        asked = [publish(1, got="e1", state=1), publish(2, what="refresh", got="e2", etag="e1"),
                 publish(2, what="again", got="e2", etag="e1", expects="e2"),
                 publish(3, what="subscribe", got="tag"), publish(4, got="e3", etag="e2", state=2, status=0),
                 publish(5, what="again", status=503, expects="e3")]
        told = [notify(1, 0, 1), notify(2, 1, 2, full=False), notify(2, 1, 2, at=2.5, full=False, taken=False),
                notify(65, 70, 2), notify(66, 71, 0, full=False)]
        self.assertEqual(judge.so_far(asked, told), [])
        self.assertEqual(judge.in_the_end([final({"node-1": {PHONE: 2}}, watchers={"d": {PHONE: 2}})], []), [])

    def test_an_entity_tag_that_is_given_twice(self):
        self.assert_broken(judge.so_far([publish(1, got="e1"), publish(2, got="e1")], []),
                           "each 200 to a PUBLISH has an entity-tag of its own")

    def test_a_200_without_an_entity_tag(self):
        self.assert_broken(judge.so_far([publish(1, got=None)], []),
                           "each 200 to a PUBLISH has an entity-tag of its own")

    def test_an_acknowledged_entity_tag_that_is_gone(self):
        self.assert_broken(judge.so_far([publish(1, got="e1"), publish(2, etag="e1", status=412)], []),
                           "an acknowledged entity-tag is known")

    def test_a_dialog_that_is_gone(self):
        for status in (481, 500):
            self.assert_broken(judge.so_far([publish(1, what="resubscribe", status=status)], []),
                               "an acknowledged SUBSCRIBE has its dialog")

    def test_a_subscription_that_ends_by_itself(self):
        told = [notify(1, 0, 1), notify(2, 1, 1, subscription="terminated")]
        self.assert_broken(judge.so_far([], told), "a subscription ends when its watcher says so")
        ended = publish(1.5, what="unsubscribe", got="tag")
        ended.call_id = "call"
        self.assertEqual(judge.so_far([ended], told), [])

    def test_a_good_request_that_is_refused(self):
        for status in (400, 403, 500):
            self.assert_broken(judge.so_far([publish(1, status=status)], []), "good requests are not refused")

    def test_a_repeated_request_with_another_answer(self):
        promise = "a request that comes again gets the same answer"
        first = publish(1, got="e1")
        for other in (publish(1, what="again", got="e2", expects="e1"),
                      publish(1, what="again", status=412, expects="e1")):
            self.assert_broken(judge.so_far([first, other], []), promise)
        self.assert_broken(judge.so_far([publish(1, got="e1", others=[(200, "e2")])], []), promise)

    def test_a_cseq_with_two_contents(self):
        told = [notify(1, 0, 1), notify(1, 0, 2, at=1.5, taken=False)]
        self.assert_broken(judge.so_far([], told), "a CSeq has one content")
        self.assertEqual(judge.so_far([], [told[0], notify(1, 0, 2, at=1.5, dialog="other tag")]), [])

    def test_versions_that_do_not_grow(self):
        self.assert_broken(judge.so_far([], [notify(1, 5, 1), notify(2, 5, 2)]), "versions grow")

    def test_a_partial_document_without_the_one_before_it(self):
        promise = "a partial document follows the one before it"
        self.assert_broken(judge.so_far([], [notify(1, 0, 1), notify(65, 64, 2, full=False)]), promise)
        self.assert_broken(judge.so_far([], [notify(1, 0, 1, full=False)]), promise)

    def test_an_older_state_after_a_newer_one(self):
        self.assert_broken(judge.so_far([], [notify(1, 0, 2), notify(2, 1, 1)]),
                           "a watcher is not told an older state")

    def test_a_state_that_is_lost(self):
        promise = "an acknowledged PUBLISH is in the state"
        for found in ({}, {"node-1": {PHONE: 1}}, {"node-1": {PHONE: 2}, "node-2": {PHONE: 1}}):
            self.assert_broken(judge.in_the_end([final(found)], []), promise)
        unknown = final({"node-1": {PHONE: 3}}, allowed=[{PHONE: 2}, {PHONE: 3}])
        self.assertEqual(judge.in_the_end([unknown], []), [])
        self.assertEqual(judge.in_the_end([final({}, allowed=[{}])], []), [])

    def test_a_watcher_that_misses_the_final_state(self):
        self.assert_broken(judge.in_the_end([final({"node-1": {PHONE: 2}}, watchers={"d": {PHONE: 1}})], []),
                           "each watcher has been told the final state")

    def test_a_503_that_is_in_force(self):
        refused = publish(9, status=503, state=3)
        one = final({"node-1": {PHONE: 3}}, allowed=[{PHONE: 2}, {PHONE: 3}], refused=refused)
        self.assert_broken(judge.in_the_end([one], []), "a PUBLISH that was answered 503 is not in force")
        # Who took over meanwhile may have read it.
        self.assertEqual(judge.in_the_end([one], [Struck("node-killed", "nodes", 8.0, 12.0)]), [])

    def test_losses_by_design_are_pardoned_without_replicas_alone(self):
        struck = [Struck("primary-killed", "redis", 5.0, 9.0, needs_replicas=True)]
        for replicas, pardoned in ((0, "primary-killed"), (1, "")):
            lost = judge.pardon(judge.in_the_end([final({})], []), struck, replicas)
            self.assertEqual([one.pardoned for one in lost], [pardoned])
        other = [Struck("node-killed", "nodes", 5.0, 9.0)]
        self.assertEqual(judge.pardon(judge.in_the_end([final({})], []), other, 0)[0].pardoned, "")

    def test_waits_are_from_the_answer_to_the_notify_that_says_it(self):
        asked = [publish(2, got="e1", state=2), publish(5, status=0)]
        waits = Waits(asked, [notify(1, 0, 1), notify(3, 1, 2, at=4.1)])
        self.assertAlmostEqual(waits.told(2, 3), 2.0)
        self.assertEqual(waits.answer(4, 6), (0.0, 1))


if __name__ == "__main__":
    unittest.main()
