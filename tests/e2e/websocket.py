"""SIP over WebSocket (RFC 7118): a client of RFC 6455, and a SIP agent over one such client."""

import base64
import hashlib
import os
import queue
import secrets
import socket
import struct
import threading
import time

from sip import Agent

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


class Refused(Exception):
    """The answer to the handshake was not 101."""

    def __init__(self, status):
        super().__init__(f"handshake answered with {status}")
        self.status = status


class WebSocket:
    """One connection; each text that comes goes to `on_text`, whose life is a thread of its own."""

    def __init__(self, peer, on_text=lambda text: None, origin=None, protocol="sip"):
        self.on_text = on_text
        self.deaf = False      # while it is, nothing that comes is answered, as if the page had stopped
        self.pings = 0
        self.closed = threading.Event()
        self.writing = threading.Lock()
        self.socket = socket.create_connection(peer, timeout=10)
        self.local = self.socket.getsockname()
        self.stream = self.socket.makefile("rb")
        self._shake_hands(peer, origin, protocol)
        self.socket.settimeout(None)
        threading.Thread(target=self._read, daemon=True).start()

    def _shake_hands(self, peer, origin, protocol):
        key = base64.b64encode(os.urandom(16)).decode()
        lines = ["GET / HTTP/1.1", f"Host: {peer[0]}:{peer[1]}", "Upgrade: websocket",
                 "Connection: Upgrade", f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13",
                 *([f"Sec-WebSocket-Protocol: {protocol}"] if protocol else []),
                 *([f"Origin: {origin}"] if origin else [])]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        status = self.stream.readline().decode().split()[1]
        headers = {}
        while line := self.stream.readline().decode().strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        if status != "101":
            self.socket.close()
            raise Refused(int(status))
        expected = base64.b64encode(hashlib.sha1(
            (key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
        assert headers["sec-websocket-accept"] == expected, headers
        assert headers["sec-websocket-protocol"] == "sip", headers

    def send(self, text):
        self._send(TEXT, text.encode())

    def _send(self, opcode, payload):
        size = len(payload)
        if size < 126:
            length = bytes([0x80 | size])
        elif size < 1 << 16:
            length = struct.pack("!BH", 0x80 | 126, size)
        else:
            length = struct.pack("!BQ", 0x80 | 127, size)
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
        with self.writing:
            self.socket.sendall(bytes([0x80 | opcode]) + length + mask + masked)

    def _frame(self):
        """(whether it is the last, opcode, payload); a server's frame must not be masked."""
        first, second = self.stream.read(2)
        size = second & 0x7F
        assert not second & 0x80, "a masked frame from the server"
        if size == 126:
            size, = struct.unpack("!H", self.stream.read(2))
        elif size == 127:
            size, = struct.unpack("!Q", self.stream.read(8))
        return bool(first & 0x80), first & 0x0F, self.stream.read(size)

    def _read(self):
        parts = b""
        try:
            while True:
                last, opcode, payload = self._frame()
                if opcode == CLOSE:
                    self._send(CLOSE, payload[:2])
                    break
                if opcode == PING:
                    self.pings += 1
                if self.deaf:
                    continue
                if opcode == PING:
                    time.sleep(0.1)  # as over a network: Kamailio misses one that is back at once
                    self._send(PONG, payload)
                elif opcode in (CONTINUATION, TEXT, BINARY):
                    parts += payload
                    if last:
                        parts, whole = b"", parts
                        self.on_text(whole)
        except (OSError, ValueError):
            pass  # the connection is gone
        self.closed.set()

    def close(self):
        """As a page does that is left."""
        try:
            self._send(CLOSE, struct.pack("!H", 1001))
        except OSError:
            pass
        self.drop()

    def drop(self):
        """Without a word."""
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()
        self.closed.wait(5)


class WebSocketAgent(Agent):
    """An agent whose only connection is made by `connect(on_text)`; its address leads nowhere, as that of
    a browser does (RFC 7118 5)."""

    def __init__(self, connect, on_request):
        self.transport = "ws"
        self.name = f"{secrets.token_hex(6)}.invalid"
        self.parameters = ""  # more of its URI
        self.on_request = on_request
        self.responses = {}
        self.connect = connect
        self.reconnect()

    def reconnect(self):
        self.arrived = queue.Queue()
        self.connection = self.connect(self.arrived.put)
        threading.Thread(target=self._take, args=(self.arrived, self.connection), daemon=True).start()

    def _take(self, arrived, connection):
        while (text := arrived.get()) is not None:
            if text.strip():
                self._handle(text, lambda answer: connection.send(answer.decode()))

    def close(self):
        self.arrived.put(None)
        self.connection.close()

    @property
    def address(self):
        return f"{self.name}{self.parameters};transport=ws"

    def via(self):
        return f"SIP/2.0/WS {self.name};branch=z9hG4bK{secrets.token_hex(8)}"

    def send(self, message, peer):
        self.connection.send(message.encode().decode())
