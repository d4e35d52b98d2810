"""A document that outgrows a datagram, for a watcher that takes UDP only, and for one that takes TCP.

  test_too_large.py
"""

import time

from harness import Reginfod, run
from publisher import Publisher, contact
from watcher import Watcher

AOR = "sip:alice@reg.test"
BODIES = 300  # contacts of some 240 bytes: more than 65,507 in all


class Reader(Watcher):
    """One that keeps NOTIFYs as they come, with or without a document."""

    def _take(self, request):
        self.notifies.append(request)


def many(count):
    return [contact("a" * 60 + str(number), number % 250) for number in range(count)]


def test(bed):
    server = Reginfod(bed, "reginfod")
    publisher = bed.watch(Publisher(AOR, server.address, "tcp"))
    by_udp = bed.watch(Reader(AOR, server.address, name="udp"))
    by_tcp = bed.watch(Reader(AOR, server.address, "tcp", name="tcp"))
    for watcher in (by_udp, by_tcp):
        assert watcher.subscribe().status == 200
        watcher.wait(lambda w: w.notifies, "the first NOTIFY")
    assert publisher.publish(many(20)).status == 200
    for watcher in (by_udp, by_tcp):
        watcher.wait(lambda w: len(w.notifies) == 2, "what fits")

    began = time.monotonic()
    assert publisher.publish(many(BODIES)).status == 200
    by_tcp.wait(lambda w: len(w.notifies) == 3, "all of it, over TCP")
    assert len(by_tcp.notifies[-1].body) > 65_507, "the test shows nothing"
    by_udp.wait(lambda w: len(w.notifies) == 3, "the end")
    assert time.monotonic() - began < 2, "known at once"
    last = by_udp.notifies[-1]
    assert last.get("Subscription-State") == "terminated;reason=giveup", last.encode()
    assert not last.body and not last.get("Content-Type"), "no document"
    assert by_udp.subscribe().status == 481
    assert "NOTIFY fits no datagram" in server.output() and "the watcher needs TCP" in server.output()

    assert publisher.publish(many(3)).status == 200
    by_tcp.wait(lambda w: len(w.notifies) == 4, "that goes on")


if __name__ == "__main__":
    run("too-large", test)
