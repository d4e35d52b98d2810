"""Redis as the tests use it: servers with the files of deploy/redis/, and a client of a few lines."""

import hashlib
import os
import re
import signal
import socket

import harness
from harness import DEPLOY, Process, free_port, wait_until

FOLDER = os.path.join(DEPLOY, "redis")
PASSWORDS = {user: f"secret of {user}" for user in ("reginfod", "replica", "sentinel", "admin")}


class RedisError(Exception):
    """An error reply."""


class Client:
    """One connection; call("GET", key) returns the reply, and an error reply is a RedisError."""

    def __init__(self, port, user=None, password=None, tls=None):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        if tls:
            self.socket = tls.context().wrap_socket(self.socket, server_hostname="127.0.0.1")
        self.buffer = b""
        if user:
            self.call("AUTH", user, PASSWORDS[user] if password is None else password)

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def call(self, *words):
        words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(
            b"$%d\r\n%s\r\n" % (len(word), word) for word in words))
        return self.read()

    def read(self):
        reply = self._read()
        if isinstance(reply, RedisError):
            raise reply
        return reply

    def _read(self):
        line = self._take_line()
        kind, rest = line[:1], line[1:]
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            return RedisError(rest.decode())
        if kind == b":":
            return int(rest)
        size = int(rest)
        if kind == b"$":
            return None if size < 0 else self._take(size + 2)[:-2]
        return None if size < 0 else [self._read() for _ in range(size)]

    def _take_line(self):
        while b"\r\n" not in self.buffer:
            self._receive()
        line, _, self.buffer = self.buffer.partition(b"\r\n")
        return line

    def _take(self, size):
        while len(self.buffer) < size:
            self._receive()
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken

    def _receive(self):
        piece = self.socket.recv(65536)
        if not piece:
            raise ConnectionError("Redis has closed the connection")
        self.buffer += piece


def write_users(path, passwords=None):
    """deploy/redis/users.acl with passwords, as its README says."""
    with open(os.path.join(FOLDER, "users.acl")) as file:
        text = file.read()
    for user, password in (PASSWORDS if passwords is None else passwords).items():
        digest = hashlib.sha256(password.encode()).hexdigest()
        text, count = re.subn(rf"^user {user} on", rf"\g<0> #{digest}", text, flags=re.M)
        assert count == 1, user
    with open(path, "w") as file:
        file.write(text)


def copy_here(name, path):
    """A file of deploy/redis/ whose data are beside it."""
    with open(os.path.join(FOLDER, name)) as file:
        text, count = re.subn(r"^dir /.*", f'dir "{os.path.dirname(path)}"', file.read(), flags=re.M)
    assert count == 1, name
    with open(path, "w") as file:
        file.write(text)


class Redis(Process):
    """A redis-server with deploy/redis/redis.conf, in a directory that the next one of that name finds. With
    `tls` (tls.Tls) that is what its one port speaks."""

    def __init__(self, bed, name="redis", port=None, options=(), users=None, tls=None):
        harness.need("redis-server")
        self.port = port or free_port()
        self.tls = tls
        self.directory = os.path.join(bed.directory, f"{name}.data")
        os.makedirs(self.directory, exist_ok=True)
        self.users = users or os.path.join(self.directory, "users.acl")
        if users is None:
            write_users(self.users)
        # A Sentinel makes a Redis write its configuration anew.
        config = os.path.join(self.directory, "redis.conf")
        copy_here("redis.conf", config)
        super().__init__(name, [
            "redis-server", config, "--port", str(self.port),
            "--bind", "127.0.0.1", "--aclfile", self.users, *(tls.options(self.port) if tls else ()), *options],
            bed.directory)
        bed.processes.append(self)
        wait_until(self._answers, f"{name} answers", pause=0.01)

    def _answers(self):
        if not self.running:
            raise AssertionError(f"{self.name} ended at its start:\n{self.output()}")
        # Whoever asks without a password does not learn that it still loads its file.
        return re.search(rf"^{self.child.pid}:[MS] .*Ready to accept connections", self.output(), re.M)

    def client(self, user="admin", password=None):
        return Client(self.port, user, password, self.tls)

    def kill(self):
        self.may_fail = True
        self.stop(signal.SIGKILL)


# What redis.conf has in comments, but for the number of replicas that must be there.
WITH_REPLICAS = ("--masteruser", "replica", "--masterauth", PASSWORDS["replica"], "--min-replicas-max-lag", "10",
                 "--repl-backlog-size", "256mb", "--repl-diskless-sync-delay", "0")


def replica_of(bed, name, primary):
    return Redis(bed, name, options=[*WITH_REPLICAS, "--replicaof", f"127.0.0.1 {primary.port}"],
                 tls=primary.tls)


def replicated(bed, tls=None):
    """A primary, its replica and three Sentinels that know both."""
    primary = Redis(bed, "redis-1", options=WITH_REPLICAS, tls=tls)
    replica = replica_of(bed, "redis-2", primary)
    with primary.client() as admin:
        wait_until(lambda: admin.call("WAIT", "1", "100") == 1, "the replica follows")
    sentinels = [Sentinel(bed, f"sentinel-{n}", primary) for n in (1, 2, 3)]
    wait_until(lambda: all(one.knows_all() for one in sentinels),
               "the Sentinels know each other and the replica", timeout=30)
    return primary, replica, sentinels


class Sentinel(Process):
    """A Sentinel with deploy/redis/sentinel.conf for that primary."""

    def __init__(self, bed, name, primary):
        harness.need("redis-server")
        self.port = free_port()
        self.tls = primary.tls
        directory = os.path.join(bed.directory, f"{name}.data")
        os.makedirs(directory)
        config = os.path.join(directory, "sentinel.conf")
        copy_here("sentinel.conf", config)
        with open(config) as file:
            text = file.read()
        text = text.replace("127.0.0.1 6379", f"127.0.0.1 {primary.port}")
        text = text.replace("#sentinel auth", "sentinel auth").replace(
            "PASSWORD", f'"{PASSWORDS["sentinel"]}"')
        with open(config, "w") as file:
            file.write(text)
        super().__init__(name, ["redis-server", config, "--sentinel", "--port", str(self.port),
                                "--bind", "127.0.0.1", *(self.tls.options(self.port) if self.tls else ())],
                         bed.directory)
        bed.processes.append(self)

    def knows_all(self):
        try:
            with Client(self.port, tls=self.tls) as client:
                client.call("SENTINEL", "CKQUORUM", "reginfod")
                return client.call("SENTINEL", "REPLICAS", "reginfod")
        except (OSError, RedisError):
            return None

    def primary_port(self):
        try:
            with Client(self.port, tls=self.tls) as client:
                found = client.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "reginfod")
                return int(found[1])
        except (OSError, RedisError):
            return None
