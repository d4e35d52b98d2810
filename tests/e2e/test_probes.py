"""Health checks while others take, or try to take, all there is of the side port.

  test_probes.py
"""

import http.client
import multiprocessing
import re
import socket
import time

from harness import Reginfod, run

HEAD = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
PATIENCE = 1.0  # of a probe


def connect(port, sent=b"", source="127.0.0.1"):
    peer = socket.socket()
    peer.bind((source, 0))
    peer.connect(("127.0.0.1", port))
    peer.settimeout(5)
    if sent:
        peer.sendall(sent)
    return peer


def probe(port, path="/healthz"):
    """How long the answer took; it must be a 200. A probe whose process had no CPU between connecting
    and asking may have given way to hundreds of others: it asks again, and that counts."""
    begin = time.monotonic()
    while True:
        asked = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            asked.request("GET", path)
            status = asked.getresponse().status
            break
        except ConnectionError:
            assert time.monotonic() - begin < 5, f"{path}: no answer"
        finally:
            asked.close()
    assert status == 200, f"{path}: {status}"
    return time.monotonic() - begin


class Pressure:
    """Another process that goes on doing something until the end of the block."""

    def __init__(self, act):
        self.process = multiprocessing.get_context("fork").Process(target=self._run, args=(act,), daemon=True)

    @staticmethod
    def _run(act):
        while True:
            try:
                act()
            except OSError:
                time.sleep(0.001)

    def __enter__(self):
        self.process.start()
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.join()


def slowest(port, seconds=2.0):
    """The slowest of many probes but two: a machine that is busy may hold up one of its own."""
    took, until = [], time.monotonic() + seconds
    while time.monotonic() < until or len(took) < 20:
        took += [probe(port), probe(port, "/readyz")]
        time.sleep(0.02)
    return sorted(took)[-3]


def held(server, name, sent, sources, count):
    """Connections that have sent this and are kept open."""
    port = server.http_port
    peers = [connect(port, sent, source) for source in sources for _ in range(count)]
    time.sleep(0.3)
    took = slowest(port)
    print(f"{name}: probes within {took * 1000:.0f} ms")
    assert took < PATIENCE, f"{name}: {took:.2f} s"
    for peer in peers:
        peer.close()


def dripping(server):
    """Heads of which a byte comes now and then."""
    port, peers = server.http_port, []

    def drip():
        while len(peers) < 300:
            peers.append(connect(port, b"GET /me", "127.0.4.1"))
        for peer in list(peers):
            try:
                peer.sendall(b"t")
            except OSError:
                peers.remove(peer)
                peer.close()
        time.sleep(0.05)
    with Pressure(drip):
        took = slowest(port)
    assert took < PATIENCE, f"dripping heads: {took:.2f} s"


def flood(server, sent, name):
    """New connections as fast as they come."""
    port, peers = server.http_port, []

    def more():
        peers.append(connect(port, sent, f"127.0.1.{1 + len(peers) % 200}"))
        if len(peers) > 400:
            peers.pop(0).close()
    with Pressure(more):
        took = slowest(port)
    print(f"{name}: probes within {took * 1000:.0f} ms")
    assert took < PATIENCE, f"{name}: {took:.2f} s"


def not_reading(server):
    """Answers that are not read: pipelined until the socket is full."""
    sent = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" * 500
    port, peers = server.http_port, []
    for number in range(300):
        peer = connect(port, b"", f"127.0.2.{1 + number % 5}")
        peer.setblocking(False)
        try:
            peer.send(sent)
        except BlockingIOError:
            pass
        peers.append(peer)
    took = slowest(port)
    print(f"unread answers: probes within {took * 1000:.0f} ms")
    assert took < PATIENCE, f"unread answers: {took:.2f} s"
    for peer in peers:
        peer.close()


def test(bed):
    server = Reginfod(bed)
    many = [f"127.0.3.{number}" for number in range(1, 101)]
    events = b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n"
    held(server, "idle, one peer", b"", ["127.0.0.1"], 256)
    held(server, "idle, many peers", b"", many, 4)
    held(server, "half a head", HEAD, ["127.0.0.1"], 300)
    held(server, "half a body", b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n", many, 3)
    held(server, "keep-alive", HEAD + b"\r\n", ["127.0.0.1"], 300)
    held(server, "events, one peer", events, ["127.0.0.1"], 100)
    held(server, "events, many peers", events, many, 1)
    dripping(server)
    flood(server, b"", "new connections")
    flood(server, HEAD + b"\r\n", "new requests")
    not_reading(server)
    refused = re.search(r"displaced_total (\d+)", server.http("/metrics")[2])
    assert int(refused.group(1)) > 300, "those that do not ask gave way"


if __name__ == "__main__":
    run("probes", test)
