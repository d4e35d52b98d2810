"""deploy/kamailio/websocket.cfg: watchers in browsers (RFC 7118).

    test_websocket.py udp | tcp | gone | silent | refused | browser
"""

import http.client
import os
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import harness
from browser import Browser
from harness import Kamailio, Reginfod, wait_until
from kamailio_files import reg_event
from publisher import Publisher, contact
from side_port import SidePort
from sip import Message
from watcher import Watcher
from websocket import Refused, WebSocket, WebSocketAgent

AOR = "sip:alice@reg.test"
USERS = (("alice", "reg.test", "secret"), ("bob", "reg.test", "other"))


class Scene:
    """reginfod, the edge with its door for browsers, and alice's registrar."""

    def __init__(self, bed, suffix="", **defines):
        """`suffix` is of reginfod's URI in dispatcher.list."""
        harness.need("kamailio")
        self.bed = bed
        self.reginfod = Reginfod(bed)
        self.edge = Kamailio(bed, "edge", "websocket.cfg", defines=reg_event(
            bed, self.reginfod, users=USERS, suffix=suffix) | {
                key: str(value) for key, value in defines.items()})
        self.hop = ("127.0.0.1", self.edge.port)
        self.source = Publisher(AOR, self.hop)
        bed.closers.append(self.source.close)
        self.registered = 0

    def connect(self, on_text):
        return WebSocket(self.hop, on_text)

    def watch(self, routes_from="2xx", name="alice", password="secret", connect=None):
        watcher = self.bed.watch(Watcher(
            AOR, self.hop, proxy=self.hop, name=name, password=password, routes_from=routes_from,
            agent=lambda transport, handle, host: WebSocketAgent(connect or self.connect, handle)))
        return watcher

    def subscribed(self, *args, **options):
        watcher = self.watch(*args, **options)
        answer = watcher.subscribe()
        assert answer.status == 200, answer.start
        wait_until(lambda: all(one["last_notify_status"] == 200 and not one["notify_in_flight"]
                               for one in self.subscriptions()), "each first NOTIFY is answered")
        watcher.wait_contacts(*self.contacts())
        return watcher

    def contacts(self):
        return [contact("alice", number)[0] for number in range(1, self.registered + 1)]

    def change(self):
        """One contact more; returns what all are then."""
        self.registered += 1
        assert self.source.publish([contact("alice", number) for number in
                                    range(1, self.registered + 1)]).status == 200
        return self.contacts()

    def subscriptions(self):
        return SidePort(self.reginfod.http_port).ask("/api/v1/subscriptions").json["subscriptions"]

    def wait_ended(self, left, what, timeout=3.0):
        wait_until(lambda: len(self.subscriptions()) == left, what, timeout=timeout)

    def answered(self, code):
        return self.reginfod.metric("reginfod_notify_responses_received_total", code=str(code)) or 0


def is_told(scene, watcher):
    """Of a change, after a refresh, and of its end."""
    watcher.wait_contacts(*scene.change())
    assert watcher.subscribe().status == 200, "a refresh"
    watcher.wait_contacts(*scene.change())
    watcher.names_itself = True
    watcher.wait_contacts(*scene.change())
    watcher.wait_contacts(*scene.change())
    [held] = scene.subscriptions()
    assert re.search(r";alias=127\.0\.0\.1~\d+~5\b", held["remote_target"]), held
    assert watcher.subscribe(expires=0).status == 200
    watcher.wait(lambda w: w.subscription_state.startswith("terminated"), "the last NOTIFY")
    scene.wait_ended(0, "no subscription is left")


def life(bed, suffix=""):
    """A browser subscribes by digest, gets changes, refreshes, ends; and comes back meanwhile."""
    scene = Scene(bed, suffix)
    for routes_from in ("2xx", "NOTIFY"):
        is_told(scene, scene.subscribed(routes_from))
        print(f"routes from the {routes_from}: subscribed, told, refreshed, ended", flush=True)
    for routes_from in ("2xx", "NOTIFY"):
        watcher = scene.subscribed(routes_from)
        watcher.agent.connection.drop()
        watcher.agent.reconnect()
        assert watcher.subscribe().status == 200, "a refresh on a new connection"
        is_told(scene, watcher)
        print(f"routes from the {routes_from}: went on with a new connection", flush=True)
    assert scene.answered(481) == 0


def gone(bed):
    """For a browser that has left, the next NOTIFY is answered 481, and no other loses anything."""
    scene = Scene(bed)
    stays = scene.subscribed()
    plain = bed.watch(Watcher(AOR, scene.hop, proxy=scene.hop, name="application"))
    assert plain.subscribe().status == 200
    for leave in (WebSocket.close, WebSocket.drop):
        leaves = scene.subscribed(routes_from="NOTIFY")
        leave(leaves.agent.connection)
        time.sleep(0.5)
        assert len(scene.subscriptions()) == 3, "nobody knows yet"
        before = scene.answered(481)
        contacts = scene.change()
        scene.wait_ended(2, "the subscription has ended at the first change")
        assert scene.answered(481) == before + 1
        stays.wait_contacts(*contacts)
        plain.wait_contacts(*contacts)
        print(f"left with {leave.__name__}: 481", flush=True)
    scene.edge.stop()
    scene.edge = Kamailio(bed, "edge-again", "websocket.cfg", port=scene.edge.port,
                          defines=reg_event(bed, scene.reginfod, users=USERS))
    plain.wait_contacts(*scene.change())
    scene.wait_ended(1, "an edge that has started anew knows no connection")
    assert stays.agent.connection.closed.is_set()


def silent(bed):
    """A page that has stopped without closing its connection: pings find it, or the NOTIFY does."""
    scene = Scene(bed, PING_SECONDS=3, ANSWER_MS=30000)
    stays = scene.subscribed()
    stopped = scene.subscribed()
    assert len(keepalives(scene.edge.port)) == 2, "the kernel looks after each connection as well"
    stopped.agent.connection.deaf = True
    wait_until(stopped.agent.connection.closed.is_set, "the edge closes a connection without pongs",
               timeout=25.0)
    assert stopped.agent.connection.pings > 0 and stays.agent.connection.pings > 0
    assert len(scene.subscriptions()) == 2
    contacts = scene.change()
    scene.wait_ended(1, "481 as the connection is gone")
    stays.wait_contacts(*contacts)
    print("no pong: closed, then 481", flush=True)

    stays.close()
    scene.edge.stop()
    scene.edge = Kamailio(bed, "edge-again", "websocket.cfg", port=scene.edge.port, defines=reg_event(
        bed, scene.reginfod, users=USERS) | {"PING_SECONDS": "600", "ANSWER_MS": "2000"})
    scene.change()
    scene.wait_ended(0, "nobody is left of the first edge")
    stopped = scene.subscribed()
    stopped.agent.connection.deaf = True
    before = scene.answered(481)
    scene.change()
    scene.wait_ended(0, "481 as the NOTIFY is not answered", timeout=8.0)
    assert scene.answered(481) == before + 1
    assert not stopped.agent.connection.closed.is_set()
    print("no answer: 481", flush=True)


def keepalives(port):
    """The connections of a local port for which the kernel's keepalive timer runs."""
    with open("/proc/net/tcp") as file:
        rows = [line.split() for line in file][1:]
    return [row for row in rows if int(row[1].split(":")[1], 16) == port and row[3] == "01"
            and row[5].startswith("02:") and int(row[5][3:], 16) <= 30 * os.sysconf("SC_CLK_TCK")]


def refused(bed):
    """Pages of others, what is no SIP over WebSocket, and what a browser may not do."""
    scene = Scene(bed, ORIGINS='"^https://phone[.]example[.]org$"')

    def handshake(**options):
        try:
            WebSocket(scene.hop, **options).close()
        except Refused as answer:
            return answer.status
        return 101
    assert handshake(origin="https://phone.example.org") == 101
    assert handshake() == 101, "no browser"
    for origin in ("https://evil.example.org", "https://phone.example.org.evil.test", "null",
                   "http://localhost"):
        assert handshake(origin=origin) == 403, origin
    assert handshake(protocol="xmpp") == 400
    assert handshake(protocol=None) == 400
    asked = http.client.HTTPConnection(*scene.hop, timeout=5)
    asked.request("GET", "/")
    assert asked.getresponse().status == 404
    asked.close()

    # 127.0.0.1 is trusted in address.list, but that does not apply to a page.
    for name, password, expected in (("alice", None, 407), ("alice", "wrong", 407), ("bob", "other", 403)):
        answer = scene.watch(name=name, password=password).subscribe()
        assert answer.status == expected, f"{name}/{password}: {answer.start}"
    agent = scene.watch().agent
    publish = Message(f"PUBLISH {AOR} SIP/2.0", [
        ("Max-Forwards", "70"), ("From", f"<{AOR}>;tag=p"), ("To", f"<{AOR}>"), ("Call-ID", "p@test"),
        ("CSeq", "1 PUBLISH"), ("Event", "reg"), ("Expires", "600")])
    assert agent.request(publish, scene.hop).status == 403
    liar = scene.watch()
    liar.agent.parameters = ";alias=127.0.0.1~9~1"
    assert liar.subscribe().status == 400, "an alias that is not the edge's"
    steers = scene.watch()
    steers.headers = [("Record-Route", "<sip:127.0.0.1:9;lr>")]
    assert steers.subscribe().status == 200
    steers.wait(lambda w: w.notifies, "a NOTIFY on its own connection, whatever way it named")
    assert steers.subscribe(expires=0).status == 200
    scene.wait_ended(0, "no subscription is left")
    assert scene.subscriptions() == []


class Pages:
    """A web server for one empty page."""

    def __init__(self, bed):
        class Page(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(b"<!doctype html><title>watcher</title><link rel=icon href=data:,>")

            def log_message(self, *_):
                pass
        self.server = ThreadingHTTPServer(("", 0), Page)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        bed.closers.append(self.server.shutdown)


class Tab:
    """A WebSocket of a page in a tab of its own; the same face as WebSocket."""

    OPEN = """
        const [url, done] = arguments;
        window.arrived = [];
        window.door = new WebSocket(url, 'sip');
        door.onmessage = async event => arrived.push(
            typeof event.data === 'string' ? event.data : await event.data.text());
        door.onopen = () => done(door.protocol);
        door.onerror = () => done('refused');
    """

    def __init__(self, browser, page, peer, on_text=lambda text: None):
        self.browser, self.turn, self.on_text = browser, threading.Lock(), on_text
        self.first, = browser.call("GET", "/window/handles")
        self._show(browser.call("POST", "/window/new", {"type": "tab"})["handle"])
        self.browser.open(page)
        opened = browser.call("POST", "/execute/async", {
            "script": self.OPEN, "args": [f"ws://{peer[0]}:{peer[1]}/"]})
        self.stopped = threading.Event()
        if opened != "sip":
            self._leave()
            raise Refused(0)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _run(self, script, *arguments):
        with self.turn:
            return self.browser.run(script, *arguments)

    def _read(self):
        while not self.stopped.wait(0.05):
            for text in self._run("return arrived.splice(0)"):
                self.on_text(text.encode())

    def send(self, text):
        self._run("door.send(arguments[0])", text)

    def _show(self, handle):
        self.browser.call("POST", "/window", {"handle": handle})

    def _leave(self):
        self.browser.call("DELETE", "/window")
        self._show(self.first)

    def close(self):
        if not self.stopped.is_set():
            self.stopped.set()
            self.reader.join()
            try:
                self._leave()
            except (OSError, AssertionError):
                pass  # the browser is closed already


def browser(bed):
    """The same in Chromium, whose page is left in the end."""
    scene = Scene(bed)
    pages = Pages(bed)
    chromium = Browser(bed)
    try:
        Tab(chromium, f"http://127.0.0.2:{pages.port}/", scene.hop)
        raise AssertionError("a page of somebody else's was let in")
    except Refused:
        pass
    for routes_from in ("2xx", "NOTIFY"):
        def connect(on_text):
            return Tab(chromium, f"http://127.0.0.1:{pages.port}/", scene.hop, on_text)
        watcher = scene.subscribed(routes_from, connect=connect)
        is_told(scene, watcher)
        watcher.close()
        watcher = scene.subscribed(routes_from, connect=connect)
        watcher.close()
        assert len(scene.subscriptions()) == 1
        scene.change()
        # At once, or by timer F if the edge has not seen yet that the connection is gone.
        scene.wait_ended(0, "the tab that was left gets nothing any more", timeout=40.0)
        print(f"routes from the {routes_from}: subscribed, told, refreshed, ended, left", flush=True)


VARIANTS = {"udp": life, "tcp": lambda bed: life(bed, ";transport=tcp"), "gone": gone,
            "silent": silent, "refused": refused, "browser": browser}

if __name__ == "__main__":
    harness.run(f"websocket-{sys.argv[1]}", VARIANTS[sys.argv[1]])
