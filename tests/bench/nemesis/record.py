"""The ledger: each request with its answer, each NOTIFY, and what the nemesis did, in the order of their times."""

import dataclasses
import json
import threading
import time


@dataclasses.dataclass
class Asked:
    """A request of a user, by as many ways as it took."""

    user: str
    aor: str
    what: str              # publish, refresh, remove, again; subscribe, resubscribe, unsubscribe
    call_id: str
    cseq: int = 1
    state: int | None = None   # which a PUBLISH says
    etag: str | None = None    # that it names
    sent: float = 0.0
    tries: list = dataclasses.field(default_factory=list)    # [time, node, status or 0]
    status: int = 0        # 0: not known, as nobody has answered
    answered: float = 0.0
    got: str | None = None     # the entity-tag, or the To tag, of a 2xx
    others: list = dataclasses.field(default_factory=list)   # (status, got) of other ways, that came later
    expects: str | None = None  # of "again": what the first answer said

    @property
    def ok(self):
        return 200 <= self.status < 300


@dataclasses.dataclass
class Told:
    """A NOTIFY, the first time that it came."""

    user: str
    aor: str
    dialog: str            # Call-ID and the tag of the server
    cseq: int
    at: float
    subscription: str      # active, terminated
    version: int
    full: bool
    changed: dict          # {uri: cseq, or None if it ended}
    content: str           # the document
    taken: bool = True     # False: its CSeq was late, and it was refused


@dataclasses.dataclass
class Struck:
    """A fault, from its first blow until all was mended."""

    name: str
    touches: str
    began: float
    ended: float = 0.0
    deeds: list = dataclasses.field(default_factory=list)    # (time, text)
    needs_replicas: bool = False

    def at(self, seconds):
        return self.began <= seconds <= (self.ended or float("inf"))


class Ledger:
    """All entries, in memory and, a line of JSON each, in a file."""

    def __init__(self, path):
        self.lock = threading.Lock()
        self.file = open(path, "w")
        self.began = time.time()
        self.asked, self.told, self.struck = [], [], []

    def close(self):
        with self.lock:
            self.file.close()

    def since(self, at=None):
        """Seconds since the run began."""
        return (time.time() if at is None else at) - self.began

    def add(self, entry):
        """A request is there before its answer, which a NOTIFY may overtake."""
        kept = {Asked: self.asked, Told: self.told, Struck: self.struck}[type(entry)]
        with self.lock:
            kept.append(entry)

    def write(self, entry):
        """When nothing is to be added to it."""
        with self.lock:
            if not self.file.closed:
                self.file.write(json.dumps({"is": type(entry).__name__} | dataclasses.asdict(entry)) + "\n")

    def copy(self):
        """(asked, told, struck) as they are now."""
        with self.lock:
            return list(self.asked), list(self.told), list(self.struck)
