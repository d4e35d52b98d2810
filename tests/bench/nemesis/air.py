"""Datagrams between peers and nodes that are lost, doubled or late, and nodes that no peer reaches."""

import heapq
import random
import threading
import time

from sip import Agent

MILD = dict(loss=0.005, double=0.02, late=0.02)
LATE_MAX = 1.2  # seconds


class Later(threading.Thread):
    """Calls functions at their times."""

    def __init__(self):
        super().__init__(daemon=True)
        self.due, self.count, self.ended = [], 0, False
        self.changed = threading.Condition()
        self.start()

    def call(self, seconds, function):
        with self.changed:
            self.count += 1
            heapq.heappush(self.due, (time.monotonic() + seconds, self.count, function))
            self.changed.notify()

    def close(self):
        with self.changed:
            self.ended = True
            self.changed.notify()

    def run(self):
        while True:
            with self.changed:
                while not self.ended and (not self.due or self.due[0][0] > time.monotonic()):
                    self.changed.wait(self.due[0][0] - time.monotonic() if self.due else None)
                if self.ended:
                    return
                _, _, function = heapq.heappop(self.due)
            try:
                function()
            except OSError:
                pass  # its socket is closed


class Air:
    """What becomes of a datagram. `silent` holds the hosts of nodes that no peer reaches, nor they any."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.later = Later()
        self.silent = frozenset()
        self.opened = threading.Condition()
        self.set(**MILD)

    def set(self, loss, double, late):
        self.loss, self.double, self.late = loss, double, late

    def silence(self, *hosts):
        """Only these are out of reach from now on."""
        with self.opened:
            self.silent = frozenset(hosts)
            self.opened.notify_all()

    def carry(self, host, deliver):
        """Hands a datagram to or from that host over: not at all, now, later, or again."""
        if host in self.silent or self.chance.random() < self.loss:
            return
        if self.chance.random() < self.double:
            self.later.call(self.chance.uniform(0, LATE_MAX), deliver)
        if self.chance.random() < self.late:
            self.later.call(self.chance.uniform(0, LATE_MAX), deliver)
        else:
            deliver()

    def wait_for(self, host):
        """A stream is not lost: it waits."""
        with self.opened:
            self.opened.wait_for(lambda: host not in self.silent)

    def close(self):
        self.silence()
        self.later.close()


class Stream:
    """A connection through the air."""

    def __init__(self, connection, host, air):
        self.connection, self.host, self.air = connection, host, air
        self.close = connection.close

    def recv(self, size):
        piece = self.connection.recv(size)
        self.air.wait_for(self.host)
        return piece

    def sendall(self, data):
        self.air.wait_for(self.host)
        self.connection.sendall(data)


class AirAgent(Agent):
    """An agent whose messages go through the air."""

    def __init__(self, air, transport="udp", on_request=None):
        self.air = air
        super().__init__(transport, on_request)

    def send(self, message, peer):
        if self.transport == "tcp":
            if peer[0] in self.air.silent:
                raise OSError(f"{peer[0]} is out of reach")
            super().send(message, peer)
        else:
            self._send_datagram(message.encode(), peer)

    def _send_datagram(self, data, peer):
        self.air.carry(peer[0], lambda: self.socket.sendto(data, peer))

    def _read_datagrams(self):
        while not self.closed:
            try:
                data, peer = self.socket.recvfrom(65535)
            except OSError:
                return
            if data.strip():
                self.air.carry(peer[0], lambda data=data, peer=peer: self._handle(
                    data, lambda answer: self._send_datagram(answer, peer)))

    def _read_stream(self, connection, peer):
        super()._read_stream(Stream(connection, peer[0], self.air), peer)
        with self.lock:
            if self.connections.get(peer) is connection:
                del self.connections[peer]
