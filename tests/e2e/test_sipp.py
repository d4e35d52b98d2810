"""SIPp publishes and subscribes: what deploy/sipp ships, and whole lives.

    test_sipp.py udp | tcp
"""

import os
import re
import sys
import threading

import harness
from harness import DEPLOY, HERE, Reginfod, wait_until

OF_TRANSPORT = {"udp": "u1", "tcp": "t1"}


def scenario(name):
    return os.path.join(HERE, "sipp", name)


class SippInBackground(threading.Thread):
    def __init__(self, bed, *args, **kwargs):
        super().__init__()
        self.work = lambda: bed.sipp(*args, **kwargs)
        self.trace, self.error = None, None
        self.start()

    def run(self):
        try:
            self.trace = self.work()
        except Exception as error:  # reported by result()
            self.error = error

    def result(self):
        self.join()
        if self.error:
            raise self.error
        return self.trace


def shipped_scenarios(bed, reginfod, mode):
    keys = {"user": "alice", "domain": "reg.test"}
    bed.sipp(os.path.join(DEPLOY, "sipp", "publish.xml"), reginfod.address, keys, transport=mode)
    trace = bed.sipp(os.path.join(DEPLOY, "sipp", "subscribe.xml"), reginfod.address, keys,
                     transport=mode)
    assert "<uri>sip:alice@192.0.2.10:5060</uri>" in trace, trace


def life_of_a_subscription(bed, reginfod, mode):
    def publish(user):
        bed.sipp(os.path.join(DEPLOY, "sipp", "publish.xml"), reginfod.address,
                 {"user": user, "domain": "reg.test"}, transport=mode)

    def refreshed():
        return reginfod.metric("reginfod_subscription_operations_total", operation="refreshed") or 0

    publish("bob")
    before = refreshed()
    watcher = SippInBackground(bed, scenario("subscribe_life.xml"), reginfod.address,
                               {"user": "bob"}, transport=mode)
    wait_until(lambda: not watcher.is_alive() or refreshed() > before, "the watcher refreshed")
    publish("bob")
    trace = watcher.result()
    versions = re.findall(r'<reginfo [^>]*\bversion="(\d+)"', trace)
    assert [v for i, v in enumerate(versions) if v not in versions[:i]] == ["0", "1", "2", "3"], versions
    assert re.search(r"Subscription-State: *terminated;reason=timeout", trace), trace


def test(bed, transport):
    harness.need("sipp")
    reginfod, mode = Reginfod(bed), OF_TRANSPORT[transport]
    shipped_scenarios(bed, reginfod, mode)
    bed.sipp(scenario("publish_life.xml"), reginfod.address, {"user": "carol"}, transport=mode)
    life_of_a_subscription(bed, reginfod, mode)


if __name__ == "__main__":
    harness.run(f"sipp-{sys.argv[1]}", lambda bed: test(bed, sys.argv[1]))
