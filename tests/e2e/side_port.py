"""The side port as a client sees it: requests with any header, and server-sent events."""

import gzip
import http.client
import json
import threading
import time


class Answer:
    def __init__(self, answer, body):
        self.status = answer.status
        self.headers = answer.headers
        self.type = answer.headers.get("Content-Type", "")
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)


class SidePort:
    def __init__(self, port, token=None):
        self.port, self.token = port, token

    def ask(self, path, method="GET", token=True, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token and self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        connection.request(method, path, headers=sent)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        if answer.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        return Answer(answer, body.decode())


class Events:
    """Reads server-sent events into `seen` as (id, name, data) until closed."""

    def __init__(self, port, query="", last_event_id=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
        self.connection.request("GET", f"/api/v1/events{query}", headers=headers)
        self.answer = self.connection.getresponse()
        self.seen = []
        self.ended = False
        self.changed = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        fields = {}
        try:
            for line in self.answer:
                line = line.decode().rstrip("\n")
                if line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                elif "event" in fields:
                    with self.changed:
                        self.seen.append((fields.get("id"), fields["event"], json.loads(fields["data"])))
                        self.changed.notify_all()
                    fields = {}
                else:
                    fields = {}
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            pass
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def wait_for(self, wanted, what, timeout=10.0):
        """The first event for which wanted(name, data) is true."""
        deadline = time.monotonic() + timeout
        with self.changed:
            while True:
                for event in self.seen:
                    if wanted(event[1], event[2]):
                        return event
                left = deadline - time.monotonic()
                if left <= 0 or self.ended:
                    raise AssertionError(f"no event: {what}; seen: {[e[1:] for e in self.seen]}")
                self.changed.wait(left)

    def close(self):
        try:
            self.answer.fp.raw._sock.shutdown(2)
        except (OSError, AttributeError):
            pass
        self.connection.close()
