"""SIP for tests: messages as text, and an agent that sends and receives them over UDP or TCP."""

import queue
import re
import secrets
import socket
import threading
import time

COMPACT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length",
           "c": "content-type", "o": "event", "k": "supported", "e": "content-encoding", "u": "allow-events"}


class Message:
    """A start line, headers in order (names as received) and a body."""

    def __init__(self, start, headers=(), body=""):
        self.start = start
        self.headers = list(headers)
        self.body = body

    @classmethod
    def parse(cls, data):
        head, _, body = data.partition(b"\r\n\r\n")
        lines = re.sub(rb"\r\n[ \t]+", b" ", head).decode().split("\r\n")
        headers = []
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers.append((name.strip(), value.strip()))
        return cls(lines[0], headers, body.decode())

    @staticmethod
    def _key(name):
        name = name.lower()
        return COMPACT.get(name, name)

    def all(self, name):
        """Every value of a header, lists split where the comma stands outside <> and quotes."""
        values = []
        for key, value in self.headers:
            if self._key(key) == name.lower():
                values += [v.strip() for v in re.findall(r'(?:<[^>]*>|"[^"]*"|[^,<"])+', value)]
        return values

    def get(self, name, default=None):
        for key, value in self.headers:
            if self._key(key) == name.lower():
                return value
        return default

    @property
    def is_request(self):
        return not self.start.startswith("SIP/2.0")

    @property
    def method(self):
        return self.start.split()[0] if self.is_request else self.get("CSeq").split()[1]

    @property
    def status(self):
        return 0 if self.is_request else int(self.start.split()[1])

    @property
    def branch(self):
        return re.search(r"branch=([^;,\s]+)", self.get("Via")).group(1)

    def encode(self):
        body = self.body.encode()
        lines = [self.start] + [f"{name}: {value}" for name, value in self.headers]
        lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def tag_of(value):
    """The tag of a From or To header, or None."""
    found = re.search(r";\s*tag=([^;,\s>]+)", value)
    return found.group(1) if found else None


def uri_of(value):
    """The URI inside <> of a name-addr."""
    found = re.search(r"<([^>]*)>", value)
    return found.group(1) if found else value.split(";")[0].strip()


def response_to(request, status, reason, headers=()):
    copied = [(n, v) for n, v in request.headers
              if Message._key(n) in ("via", "from", "to", "call-id", "cseq", "record-route")]
    return Message(f"SIP/2.0 {status} {reason}", copied + list(headers))


class Agent:
    """One local address. Requests that arrive go to `on_request(message) -> response or None`."""

    def __init__(self, transport="udp", on_request=None, host="127.0.0.1"):
        self.transport = transport
        self.host = host
        self.on_request = on_request or (lambda message: None)
        self.before_reading = lambda: None  # a piece of a stream
        self.responses = {}
        self.closed = False
        self.connections = {}
        self.lock = threading.Lock()
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        self.socket = socket.socket(socket.AF_INET, kind)
        self.socket.bind((self.host, 0))
        self.port = self.socket.getsockname()[1]
        self.kept = self._keep_tcp_port() if transport == "udp" else None
        if transport == "udp":
            self._spawn(self._read_datagrams)
        else:
            self.socket.listen(16)
            self._spawn(self._accept)

    def _keep_tcp_port(self):
        """A NOTIFY too large for UDP is tried over TCP: there it must be refused, not taken by whoever
        else on this machine happens to listen on that number."""
        while True:
            kept = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            try:
                kept.bind((self.host, self.port))
                return kept
            except OSError:
                kept.close()
                self.socket.close()
                self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                self.socket.bind((self.host, 0))
                self.port = self.socket.getsockname()[1]

    def _spawn(self, function, *args):
        threading.Thread(target=function, args=args, daemon=True).start()

    def close(self):
        self.closed = True
        with self.lock:
            for connection in self.connections.values():
                connection.close()
        self.socket.close()
        if self.kept:
            self.kept.close()

    def read_out(self, timeout=20.0):
        """When the peers have ended: until all that they sent by TCP has been taken."""
        deadline = time.monotonic() + timeout

        def wait(done):
            while not done():
                assert time.monotonic() < deadline, "connections of a process that has ended go on"
                time.sleep(0.002)
        # Connections are accepted in order: after one of our own, all of theirs have been.
        with socket.create_connection((self.host, self.port)) as own:
            wait(lambda: own.getsockname() in self.connections)
        wait(lambda: not self.connections)

    @property
    def address(self):
        suffix = ";transport=tcp" if self.transport == "tcp" else ""
        return f"{self.host}:{self.port}{suffix}"

    def via(self):
        return (f"SIP/2.0/{self.transport.upper()} {self.host}:{self.port};rport;"
                f"branch=z9hG4bK{secrets.token_hex(8)}")

    def send(self, message, peer):
        if self.transport == "udp":
            self.socket.sendto(message.encode(), peer)
        else:
            self._connection(peer).sendall(message.encode())

    def request(self, message, peer, timeout=8.0):
        """Sends a request with a new Via and returns its final response; retransmits over UDP."""
        message.headers = [("Via", self.via())] + [h for h in message.headers if h[0] != "Via"]
        answers = self.responses.setdefault(message.branch, queue.Queue())
        waited, pause = 0.0, 0.5
        self.send(message, peer)
        while waited < timeout:
            try:
                answer = answers.get(timeout=pause)
                if answer.status >= 200:
                    return answer
            except queue.Empty:
                waited += pause
                pause = min(2 * pause, 4.0)
                if self.transport == "udp":
                    self.send(message, peer)
        raise AssertionError(f"no answer to: {message.start}")

    def repeat(self, message, peer, timeout=5.0):
        """Sends a request that was answered once more, byte by byte; returns the response to it."""
        answers = self.responses[message.branch]
        while not answers.empty():
            answers.get()
        self.send(message, peer)
        try:
            return answers.get(timeout=timeout)
        except queue.Empty:
            raise AssertionError(f"a retransmission is not answered: {message.start}") from None

    def _connection(self, peer):
        with self.lock:
            if peer in self.connections:
                return self.connections[peer]
            connection = socket.create_connection(peer, timeout=5)
            connection.settimeout(None)
            self.connections[peer] = connection
        self._spawn(self._read_stream, connection, peer)
        return connection

    def _accept(self):
        while not self.closed:
            try:
                connection, peer = self.socket.accept()
            except OSError:
                return
            with self.lock:
                self.connections[peer] = connection
            self._spawn(self._read_stream, connection, peer)

    def _read_datagrams(self):
        while not self.closed:
            try:
                data, peer = self.socket.recvfrom(65535)
            except OSError:
                return
            if data.strip():
                self._handle(data, lambda answer, to=peer: self.socket.sendto(answer, to))

    def _read_stream(self, connection, peer):
        buffer = b""
        while not self.closed:
            self.before_reading()
            try:
                piece = connection.recv(65536)
            except OSError:
                piece = b""
            if not piece:
                break
            buffer = (buffer + piece).lstrip(b"\r\n")
            while b"\r\n\r\n" in buffer:
                head = buffer.index(b"\r\n\r\n") + 4
                length = re.search(rb"\r\n(?:content-length|l)\s*:\s*(\d+)", buffer[:head], re.I)
                total = head + int(length.group(1))
                if len(buffer) < total:
                    break
                self._handle(buffer[:total], connection.sendall)
                buffer = buffer[total:].lstrip(b"\r\n")
        with self.lock:
            if self.connections.get(peer) is connection:
                del self.connections[peer]
        connection.close()

    def _handle(self, data, answer_with):
        message = Message.parse(data)
        if not message.is_request:
            waiting = self.responses.get(message.branch)
            if waiting:
                waiting.put(message)
            return
        answer = self.on_request(message)
        if answer:
            try:
                answer_with(answer.encode())
            except OSError:
                pass
