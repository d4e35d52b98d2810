#!/usr/bin/env python3
"""The ways that the nemesis breaks are broken as it says, and mended."""

import os
import socket
import sys
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../../e2e")]

from air import Air  # noqa: E402
from links import Links  # noqa: E402

SOON = 0.3  # seconds


class Far:
    """Keeps what each of its connections got, and answers it."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.got, self.connections = [], []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            self.got.append(b"")
            threading.Thread(target=self._read, args=(connection, len(self.got) - 1), daemon=True).start()

    def _read(self, connection, number):
        try:
            while piece := connection.recv(1000):
                self.got[number] += piece
                connection.sendall(b"answer to " + piece)
        except OSError:
            pass


class Ways(unittest.TestCase):
    def setUp(self):
        self.far, self.links = Far(), Links()
        self.link = self.links.lead_to(self.far.port)

    def tearDown(self):
        self.links.close()
        self.far.listener.close()
        for connection in self.far.connections:
            connection.close()

    def near(self):
        connection = socket.create_connection(("127.0.0.1", self.link.port))
        connection.settimeout(SOON)
        self.addCleanup(connection.close)
        self.assertEqual(self.ask(connection, b"hello"), b"answer to hello")
        return connection

    def ask(self, connection, said):
        """The answer; None if none comes, b"" if the connection has ended."""
        try:
            connection.sendall(said)
            return connection.recv(1000)
        except TimeoutError:
            return None
        except OSError:
            return b""

    def do(self, deed, **options):
        self.links.do(deed, [self.link], **options)

    def test_a_way_that_is_cut_ends_and_lets_nobody_through(self):
        connection = self.near()
        self.do("cut")
        self.assertEqual(self.ask(connection, b"1"), b"")
        again = socket.create_connection(("127.0.0.1", self.link.port))
        again.settimeout(SOON)
        self.assertEqual(self.ask(again, b"2"), b"")
        again.close()
        self.do("mend")
        self.near()

    def test_what_was_sent_into_a_stalled_way_comes_late(self):
        connection = self.near()
        self.do("stall")
        self.assertIsNone(self.ask(connection, b"1"))
        self.assertEqual(self.far.got, [b"hello"])
        self.do("mend")
        self.assertEqual(connection.recv(1000), b"answer to 1")

    def test_a_way_may_be_stalled_in_one_direction(self):
        connection = self.near()
        self.do("stall", up=False)
        self.assertIsNone(self.ask(connection, b"1"))
        self.assertEqual(self.far.got, [b"hello1"])
        self.do("mend")
        self.do("stall", down=False)
        self.assertEqual(connection.recv(1000), b"answer to 1")
        self.assertIsNone(self.ask(connection, b"2"))
        self.assertEqual(self.far.got, [b"hello1"])

    def test_bytes_of_an_old_connection_come_beside_a_new_one(self):
        old = self.near()
        self.do("hold")
        old.sendall(b"old")
        time.sleep(SOON)
        self.do("orphan", node_knows=True)
        self.assertEqual(self.ask(old, b"x"), b"")
        self.near()
        self.assertEqual(self.far.got, [b"hello", b"hello"])
        self.do("mend")
        time.sleep(SOON)
        self.assertEqual(self.far.got, [b"helloold", b"hello"])

    def test_a_half_open_way_takes_bytes_that_go_nowhere(self):
        connection = self.near()
        self.do("orphan", node_knows=False)
        self.assertIsNone(self.ask(connection, b"1"))
        self.do("mend")
        self.assertEqual(self.ask(connection, b"2"), b"")
        self.assertEqual(self.far.got, [b"hello"])

    def test_one_connection_may_be_struck_while_the_other_goes_on(self):
        for how in ("stalled", "half open", "heard by nobody"):
            first, second = self.near(), self.near()
            self.do("strike_one", which=0.0, how=how)
            self.assertIsNone(self.ask(first, b"1"), how)
            self.assertEqual(self.ask(second, b"2"), b"answer to 2", how)
            self.do("mend")
            self.do("reset")

    def test_a_slow_way_takes_its_time(self):
        connection = self.near()
        self.do("slow_down", seconds=0.1)
        began = time.monotonic()
        self.assertEqual(self.ask(connection, b"1"), b"answer to 1")
        self.assertGreater(time.monotonic() - began, 0.13)

    def test_a_sentinel_names_the_way_to_the_primary(self):
        named = self.links.lead_to(self.far.port, {34567: 45678})
        connection = socket.create_connection(("127.0.0.1", named.port))
        connection.settimeout(SOON)
        self.assertEqual(self.ask(connection, b"$5\r\n34567\r\n"), b"answer to $5\r\n45678\r\n")
        connection.close()


class Datagrams(unittest.TestCase):
    def carried(self, host="127.0.0.11", **weather):
        air, got = Air("a seed"), []
        air.set(**{"loss": 0.0, "double": 0.0, "late": 0.0} | weather)
        air.silence("127.0.0.12")
        for number in range(100):
            air.carry(host, lambda number=number: got.append(number))
        at_once = list(got)
        time.sleep(1.5)
        air.close()
        return at_once, got

    def test_they_are_lost_doubled_and_late_as_it_says(self):
        self.assertEqual(self.carried(), (list(range(100)), list(range(100))))
        self.assertEqual(self.carried(loss=1.0), ([], []))
        self.assertEqual(self.carried(host="127.0.0.12"), ([], []))
        at_once, all_of_them = self.carried(double=1.0)
        self.assertEqual((len(at_once), len(all_of_them)), (100, 200))
        at_once, all_of_them = self.carried(late=1.0)
        self.assertEqual((at_once, sorted(all_of_them)), ([], list(range(100))))


if __name__ == "__main__":
    unittest.main()
