"""deploy/kamailio/cluster.cfg: how an edge finds the node that serves. The nodes are played here.

    test_cluster_edge.py standby | unknown | silent | unanswered | nobody | dead | overload | dialog | notify | one
"""

import sys
import threading
import time

import harness
from harness import Kamailio, wait_until
from kamailio_files import database, reg_event
from publisher import Publisher, contact
from sip import Agent, Message, response_to
from test_kamailio import REGISTER
from watcher import Watcher

AOR = "sip:alice@reg.test"
STRANGER = "127.0.0.2"  # an address that address.list does not have


class Node:
    """What an edge sees of a node, which serves, stands by, is overloaded or silent."""

    def __init__(self, bed, does="serves"):
        self.does, self.asked = does, []
        self.agent = Agent(on_request=self._answer)
        bed.closers.append(self.agent.close)

    @property
    def host(self):
        return self.agent.host

    @property
    def port(self):
        return self.agent.port

    def _answer(self, request):
        is_ping = request.method == "OPTIONS"
        if not is_ping and not any(request.branch == other.branch for other in self.asked):
            self.asked.append(request)
        if self.does == "silent":
            return None
        if self.does == "leaves PUBLISHes unanswered" and request.method == "PUBLISH":
            return None
        if self.does == "stands by":
            return response_to(request, 503, "Standing By")
        if self.does == "is overloaded" and not is_ping:
            return response_to(request, 503, "Overloaded", [("Retry-After", "2")])
        answer = response_to(request, 200, "OK", [
            ("Contact", "<sip:reginfod.reg.test>"), ("Expires", "600"), ("SIP-ETag", "tag")])
        answer.headers = [(name, value if name != "To" or "tag=" in value else f"{value};tag=7f")
                          for name, value in answer.headers]
        return answer


class Edge(Kamailio):
    def __init__(self, bed, *nodes):
        super().__init__(bed, "edge", "edge.cfg", defines=reg_event(bed, *nodes, cluster=True))
        self.bed, self.hop = bed, ("127.0.0.1", self.port)

    def wait_states(self, *states):
        """Until the nodes are active (A), inactive (I) or on the way there (T), as listed."""
        wait_until(lambda: self.states() == list(states), f"the edge knows {states}")

    def states(self):
        listed = self.rpc("dispatcher.list")["RECORDS"][0]["SET"]["TARGETS"]
        by_uri = {one["DEST"]["URI"]: one["DEST"]["FLAGS"][0] for one in listed}
        return [by_uri[uri] for uri in sorted(by_uri)]

    def publish(self):
        """The answer to a PUBLISH, and after how long it came."""
        source = Publisher(AOR, self.hop)
        self.bed.closers.append(source.close)
        began = time.monotonic()
        answer = source.publish([contact("alice")], timeout=25.0)
        return answer, time.monotonic() - began

    def watcher(self):
        return self.bed.watch(Watcher(AOR, self.hop, proxy=self.hop))


def start(bed, *doings):
    """Nodes in the order of their ports, and an edge in front."""
    nodes = sorted((Node(bed) for _ in doings), key=lambda node: f"{node.port}")
    for node, does in zip(nodes, doings):
        node.does = does
    return Edge(bed, *nodes), *nodes


def standby(bed):
    """Only the node that serves is asked. When it gives way, the other one is asked at once."""
    edge, first, second = start(bed, "serves", "stands by")
    edge.wait_states("A", "I")
    for _ in range(4):
        assert edge.publish()[0].status == 200
    assert len(first.asked) == 4 and not second.asked
    first.does, second.does = "stands by", "serves"
    edge.wait_states("I", "A")
    for _ in range(4):
        assert edge.publish()[0].status == 200
    assert len(first.asked) == 4 and len(second.asked) == 4


def unknown(bed):
    """What no OPTIONS has told yet is learnt from a 503, without a wait."""
    edge, first, second = start(bed, "serves", "stands by")
    edge.wait_states("A", "I")
    first.does, second.does = "stands by", "serves"
    took = []
    while not first.asked and len(took) < 10:
        edge.rpc("dispatcher.set_state", "a", 1, "all")
        answer, seconds = edge.publish()
        took.append(seconds)
        assert answer.status == 200, answer.start
    assert first.asked and max(took) < 0.4, took
    print(f"{1000 * max(took):.0f} ms", flush=True)


def silent(bed):
    """A node that answers nothing costs the requests of two seconds a try, and later ones nothing."""
    edge, first, second = start(bed, "serves", "serves")
    edge.wait_states("A", "A")
    first.does = "silent"
    took = [edge.publish()[1] for _ in range(2)]
    assert 1.8 < max(took) < 3.0 and min(took) < 0.5, took
    edge.wait_states("I", "A")
    asked = len(first.asked)
    took = [edge.publish()[1] for _ in range(4)]
    assert max(took) < 0.5 and len(first.asked) == asked, took
    first.does = "serves"
    began = time.monotonic()
    edge.wait_states("A", "A")
    print(f"back after {time.monotonic() - began:.1f} s", flush=True)


def unanswered(bed):
    """A node that answers OPTIONS and leaves PUBLISHes unanswered is overloaded: they come again, and nothing
    else waits for them."""
    edge, first, second = start(bed, "leaves PUBLISHes unanswered", "stands by")
    edge.wait_states("A", "I")
    answers = []
    thread = threading.Thread(target=lambda: answers.append(edge.publish()))
    thread.start()
    for _ in range(8):
        began = time.monotonic()
        assert edge.watcher().subscribe().status == 200
        assert time.monotonic() - began < 0.4
        assert edge.states() == ["A", "I"]
        time.sleep(0.5)
    first.does = "serves"
    thread.join(20)
    assert answers[0][0].status == 200 and answers[0][1] < 7, answers
    tries = [request for request in first.asked if request.method == "PUBLISH"]
    assert 2 <= len(tries) <= 4 and len({request.get("CSeq") for request in tries}) == 1, len(tries)


def nobody(bed):
    """While nobody serves a request waits, for sixteen seconds at most, and asks nobody in vain."""
    edge, first, second = start(bed, "stands by", "stands by")
    edge.wait_states("I", "I")
    threading.Timer(4.0, lambda: setattr(second, "does", "serves")).start()
    answer, took = edge.publish()
    assert answer.status == 200 and 3.9 < took < 6.5, f"{answer.start} after {took:.1f} s"
    assert len(first.asked) + len(second.asked) == 1
    print(f"4.0 s without a node: answered after {took:.1f} s", flush=True)

    second.does = "stands by"
    edge.wait_states("I", "I")
    answer, took = edge.publish()
    assert answer.status == 503 and answer.get("Retry-After") == "5", answer.start
    assert 14 < took < 19, f"{took:.1f} s"
    second.does = "serves"
    edge.wait_states("I", "A")
    assert edge.publish()[0].status == 200


def dead(bed):
    """Where nobody answers a request is tried for as long, two seconds each time."""
    edge, first, second = start(bed, "leaves PUBLISHes unanswered", "leaves PUBLISHes unanswered")
    edge.wait_states("A", "A")
    answer, took = edge.publish()
    assert answer.status in (408, 503) and 14 < took < 20, f"{answer.start} after {took:.1f} s"
    asked = sorted((len(first.asked), len(second.asked)))
    assert sum(asked) in (7, 8) and asked[0] >= 3, f"both in turn: {asked}"


def overload(bed):
    """A 503 with Retry-After is the answer of the node that serves: it is passed on."""
    edge, first, second = start(bed, "is overloaded", "stands by")
    edge.wait_states("A", "I")
    answer, _ = edge.publish()
    assert answer.status == 503 and answer.get("Retry-After") == "2", answer.headers
    assert len(first.asked) == 1 and not second.asked and edge.states() == ["A", "I"]


def dialog(bed):
    """A refresh goes to whoever serves now, not to the Contact of the dialog, and the route set is that of
    any node."""
    edge, first, second = start(bed, "serves", "stands by")
    edge.wait_states("A", "I")
    told = edge.watcher()
    assert told.subscribe().status == 200
    first.does, second.does = "stands by", "serves"
    edge.wait_states("I", "A")
    assert told.subscribe().status == 200
    assert len(first.asked) == 1 and len(second.asked) == 1
    assert second.asked[0].start == "SUBSCRIBE sip:reginfod.reg.test SIP/2.0"
    assert not second.asked[0].all("Route"), second.asked[0].headers


def notify(bed):
    """NOTIFYs are let in from every address of group 3, whichever node has the dialog; others are not."""
    edge, first, second = start(bed, "serves", "stands by")
    edge.wait_states("A", "I")
    told = edge.watcher()
    told._take = told.notifies.append
    assert told.subscribe().status == 200
    made = first.asked[0]

    def notify_from(agent, cseq):
        return agent.request(Message(f"NOTIFY {made.get('Contact').strip('<>')} SIP/2.0", [
            *[("Route", route) for route in made.all("Record-Route")],
            ("Max-Forwards", "70"), ("From", f"{made.get('To')};tag=7f"), ("To", made.get("From")),
            ("Call-ID", made.get("Call-ID")), ("CSeq", f"{cseq} NOTIFY"), ("Event", "reg"),
            ("Contact", "<sip:reginfod.reg.test>"), ("Subscription-State", "active;expires=600")]),
            edge.hop, timeout=2.0)
    assert notify_from(second.agent, 1).status == 200
    stranger = Agent(host=STRANGER)
    bed.closers.append(stranger.close)
    try:
        answer = notify_from(stranger, 2)
    except AssertionError:
        answer = None
    assert answer is None and len(told.notifies) == 1
    assert told.notifies[0].all("Record-Route"), "watchers take their route set from it"


def one(bed):
    """A registrar that is its own edge publishes to whoever serves, also if nobody did at first."""
    harness.need("sipp")
    nodes = [Node(bed), Node(bed, "stands by")]
    port = harness.free_port()
    registrar = Kamailio(bed, "registrar", "registrar.cfg", port=port, defines=reg_event(
        bed, *nodes, cluster=True) | {
            "WITH_REG_EVENT": None, "REGINFOD": f'"sip:127.0.0.1:{port}"',
            "SERVER_ADDRESS": f'"sip:reginfo@127.0.0.1:{port}"',
            "DB_URL": f'"sqlite:///{database(bed, "registrar")}"'})

    def register(cseq):
        bed.sipp(REGISTER, ("127.0.0.1", registrar.port), options=["-cid_str", "phone@test"], keys={
            "user": "alice", "domain": "reg.test", "contacts": f"<{contact('alice')[0]}>;expires=300",
            "regcseq": str(cseq)})
    register(1)
    wait_until(lambda: nodes[0].asked, "the first node has it")
    time.sleep(0.5)  # for its answer
    nodes[0].does = "stands by"
    time.sleep(1.5)
    register(2)
    time.sleep(2)
    nodes[1].asked.clear()
    nodes[1].does = "serves"
    wait_until(lambda: nodes[1].asked, "the second node has it")
    assert nodes[1].asked[0].get("SIP-If-Match") == "tag", nodes[1].asked[0].headers


VARIANTS = {"standby": standby, "unknown": unknown, "silent": silent,
            "unanswered": unanswered, "nobody": nobody, "dead": dead, "overload": overload, "dialog": dialog, "notify": notify, "one": one}

if __name__ == "__main__":
    harness.run("-".join(["cluster-edge", *sys.argv[1:]]), VARIANTS[sys.argv[1]])
