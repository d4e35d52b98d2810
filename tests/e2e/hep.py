"""A collector of HEP3, as Homer is one: reads packets strictly."""

import socket
import struct
import threading

NAMES = {1: "family", 2: "protocol", 3: "from", 4: "to", 7: "from_port", 8: "to_port", 9: "seconds",
         10: "microseconds", 11: "type", 12: "capture_id", 14: "password", 15: "payload"}


def parse(packet):
    magic, length = struct.unpack("!4sH", packet[:6])
    assert magic == b"HEP3" and length == len(packet), packet[:6]
    fields, at = {}, 6
    while at < length:
        vendor, kind, size = struct.unpack("!HHH", packet[at:at + 6])
        assert vendor == 0 and size >= 6 and at + size <= length, (vendor, kind, size)
        value = packet[at + 6:at + size]
        if kind in (3, 4):
            value = socket.inet_ntoa(value)
        elif kind not in (14, 15):
            value = int.from_bytes(value, "big")
        fields[NAMES[kind]] = value
        at += size
    return fields


class Collector:
    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        self.packets, self.problems = [], []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while True:
            try:
                packet = self.socket.recv(65535)
            except OSError:
                return
            if not packet:
                return
            try:
                self.packets.append(parse(packet))
            except (AssertionError, KeyError, struct.error) as error:
                self.problems.append(repr(error))

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)  # wakes the reader
        except OSError:
            pass
        self.socket.close()
