"""A Redis with its replicas and Sentinels, with the files of deploy/redis/. Each is started again in its directory,
with the configuration that Sentinels have left there."""

import os
import signal
from collections import Counter

from harness import Process, free_port, wait_until
from redis import PASSWORDS, WITH_REPLICAS, Client, RedisError, copy_here, write_users

# A Sentinel that writes its file anew leaves out the quotes.
OWN_PASSWORDS = PASSWORDS | {"sentinel": "secret-of-sentinel"}
MEMORY = "2gb"  # maxmemory of deploy/redis/redis.conf


class Server:
    """A redis-server that can be killed, stopped, and started again at its port."""

    more = ()

    def __init__(self, bed, name):
        self.bed, self.name = bed, name
        self.port = free_port()
        self.directory = os.path.join(bed.directory, f"{name}.data")
        os.makedirs(self.directory)
        self.config = os.path.join(self.directory, "server.conf")
        self.process, self.is_paused = None, False

    def append(self, *lines):
        with open(self.config, "a") as file:
            file.write("".join(f"{line}\n" for line in lines))

    def start(self):
        if self.process and self.process.running:
            return
        self.process = Process(self.name, ["redis-server", self.config, *self.more], self.bed.directory)
        self.bed.processes.append(self.process)
        wait_until(self.answers, f"{self.name} answers", pause=0.02)

    def answers(self):
        if not self.process.running:
            raise AssertionError(f"{self.name} ended at its start:\n{self.process.output()[-2000:]}")
        try:
            with self.client() as client:
                return client.call("PING")
        except (OSError, RedisError):
            return None

    @property
    def running(self):
        return self.process.running and not self.is_paused

    def kill(self):
        self.process.may_fail = True
        self.process.stop(signal.SIGKILL)
        self.is_paused = False

    def pause(self):
        self.is_paused = True
        self.process.child.send_signal(signal.SIGSTOP)

    def resume(self):
        if self.process.running:
            self.process.child.send_signal(signal.SIGCONT)
        self.is_paused = False


class Redis(Server):
    def __init__(self, bed, name, primary=None):
        super().__init__(bed, name)
        users = os.path.join(self.directory, "users.acl")
        write_users(users, OWN_PASSWORDS)
        copy_here("redis.conf", self.config)
        options = iter(WITH_REPLICAS)
        self.append(f"port {self.port}", "bind 127.0.0.1", f'aclfile "{users}"',
                    *(f'{name.removeprefix("--")} "{value}"' for name, value in zip(options, options)))
        if primary:
            self.append(f"replicaof 127.0.0.1 {primary.port}")

    def client(self, timeout=2):
        client = Client(self.port)
        client.socket.settimeout(timeout)
        try:
            client.call("AUTH", "admin", PASSWORDS["admin"])
        except BaseException:
            client.close()
            raise
        return client

    def tell(self, *words):
        """Says it to this one, if it can hear. Whether it took it is not asked: it may be about to die."""
        if self.running:
            try:
                with self.client() as client:
                    client.call(*words)
            except (OSError, RedisError):
                pass

    def role(self):
        """What ROLE says, or None."""
        if not self.running:
            return None
        try:
            with self.client() as client:
                return client.call("ROLE")
        except (OSError, RedisError):
            return None


class Sentinel(Server):
    """A Sentinel."""

    more = ("--sentinel",)

    def __init__(self, bed, name, primary):
        super().__init__(bed, name)
        copy_here("sentinel.conf", self.config)
        with open(self.config) as file:
            text = file.read()
        for ours, theirs in (("port 26379", f"port {self.port}"), ("127.0.0.1 6379", f"127.0.0.1 {primary.port}"),
                             ("#sentinel auth", "sentinel auth"), ("PASSWORD", OWN_PASSWORDS["sentinel"])):
            assert ours in text, ours
            text = text.replace(ours, theirs)
        with open(self.config, "w") as file:
            file.write(text)

    def client(self):
        client = Client(self.port)
        client.socket.settimeout(1)
        return client

    def ask(self, *words):
        if not self.running:
            return None
        try:
            with self.client() as client:
                return client.call("SENTINEL", *words, "reginfod")
        except (OSError, RedisError):
            return None

    def is_tilted(self):
        """Whether it does not trust its own clock: for 30 s after each pause."""
        try:
            with self.client() as client:
                return b"sentinel_tilt:0" not in client.call("INFO", "sentinel")
        except (OSError, RedisError):
            return True

    def primary_port(self):
        found = self.ask("GET-MASTER-ADDR-BY-NAME")
        return int(found[1]) if found else None


class Store:
    def __init__(self, bed, replicas=2, sentinels=3, replicas_to_write=1):
        first = Redis(bed, "redis-1")
        self.servers = [first] + [Redis(bed, f"redis-{n}", first) for n in range(2, replicas + 2)]
        for server in self.servers:
            server.append(f"min-replicas-to-write {replicas_to_write}")
            server.start()
        wait_until(lambda: len((first.role() or [0, 0, []])[2]) == replicas, "the replicas follow")
        self.sentinels = [Sentinel(bed, f"sentinel-{n}", first) for n in range(1, sentinels + 1)]
        for sentinel in self.sentinels:
            sentinel.start()
        wait_until(self.is_whole, "the Sentinels know each other and the replicas", timeout=40)

    def primary(self):
        """The one that most Sentinels name."""
        found = Counter(port for port in (one.primary_port() for one in self.sentinels) if port)
        if not found:
            return None
        port, count = found.most_common(1)[0]
        return next((one for one in self.servers if one.port == port), None) if count * 2 > len(
            self.sentinels) else None

    def replicas(self):
        primary = self.primary()
        return [one for one in self.servers if one is not primary]

    def wait_for_another(self, primary, timeout=40):
        """Until Sentinels have made another one the primary; it is returned."""
        def other():
            found = self.primary()
            return found if found and found is not primary and (found.role() or [b""])[0] == b"master" else None
        return wait_until(other, f"another primary than {primary.name}", timeout=timeout, pause=0.2)

    def why_not_whole(self):
        """What is still missing, or nothing."""
        for one in self.servers + self.sentinels:
            if not one.running:
                return f"{one.name} does not run"
        ports = {one.primary_port() for one in self.sentinels}
        if len(ports) != 1:
            return f"the Sentinels name {ports}"
        primary = self.primary()
        if not primary:
            return "no primary"
        role = primary.role()
        if not role or role[0] != b"master" or len(role[2]) != len(self.servers) - 1:
            return f"{primary.name} says {role}"
        for one in self.servers:
            role = one.role()
            if one is not primary and (not role or role[0] != b"slave" or role[2] != primary.port or
                                       role[3] != b"connected"):
                return f"{one.name} says {role}"
        for one in self.sentinels:
            if one.is_tilted():
                return f"{one.name} has stood still, and does nothing for 30 s"
            if len(one.ask("REPLICAS") or []) < len(self.servers) - 1 or not one.ask("CKQUORUM"):
                return f"{one.name} does not know all"
        return ""

    def is_whole(self):
        return not self.why_not_whole()

    def mend(self):
        for one in self.servers + self.sentinels:
            one.resume()
            one.start()
