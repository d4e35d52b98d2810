"""TLS to Redis: real servers with certificates made as deploy/redis/README.md says. Who is not verified gets
nothing, and the node says why.

    test_redis_tls.py readme | untrusted | ports | refused | takeover | relay | sentinel
"""

import os
import signal
import subprocess
import sys
import time

import harness
from cluster import DOMAIN, LEASE, Node
from harness import REGINFOD_BIN, free_port, wait_until
from publisher import contact
from redis import PASSWORDS, Redis, replicated
from test_redis_faults import AOR, publisher, run_refused
from test_standby import stands_by
from tls import Tls
from watcher import Watcher


def start(bed, port, environment, number=1):
    return Node(bed, number, free_port(), port, environment=environment)


def says(node, *words):
    """The node waits, and /readyz has these words."""
    text = wait_until(lambda: all(word in node.readiness()[1] for word in words) and node.readiness()[1],
                      f"it says {words}, and not {node.readiness()}")
    assert node.running and node.http("/healthz")[0] == 200
    print(text, flush=True)


def state(verb, port, environment):
    return subprocess.run([REGINFOD_BIN, "state", verb], capture_output=True, text=True, timeout=60, check=False,
                          stdin=subprocess.DEVNULL, env=harness.environment_with(
                              REGINFOD_STORAGE_KIND="redis",
                              REGINFOD_STORAGE_REDIS_SERVERS=f"127.0.0.1:{port}",
                              REGINFOD_STORAGE_REDIS_USERNAME="reginfod",
                              REGINFOD_STORAGE_REDIS_PASSWORD=PASSWORDS["reginfod"], **environment))


def readme(bed):
    """With the certificates of the README a node serves a Redis that has no other port and lets in nobody
    without one; the state tool uses the same way. The lines of redis.conf are those of this test."""
    tls = Tls(bed)
    assert os.stat(tls.file("ca.key")).st_mode & 0o077 == 0 and os.stat(tls.file("node.key")).st_mode & 0o077 == 0
    with open(os.path.join(harness.DEPLOY, "redis", "redis.conf")) as file:
        in_comments = [line[1:].split()[0] for line in file if line.startswith("#tls-")]
    used = [word[2:] for word in tls.options(1) if word.startswith("--tls-")]
    assert sorted(in_comments) == sorted(used), in_comments
    redis = Redis(bed, tls=tls)
    node = start(bed, redis.port, tls.environment())
    wait_until(lambda: node.serves, "it serves")
    source = publisher(bed, node)
    assert source.publish([contact("alice")]).status == 200
    redis.kill()
    redis = Redis(bed, port=redis.port, tls=tls)
    wait_until(lambda: node.serves and source.publish().status == 200, "it serves again")
    assert node.stop() == 0
    done = state("dump", redis.port, tls.environment())
    assert done.returncode == 0 and AOR in done.stdout, done
    done = state("dump", redis.port, tls.environment(own=None))
    assert done.returncode == 1 and "wants a certificate" in done.stderr, done
    print(done.stderr, end="", flush=True)

    without = start(bed, redis.port, tls.environment(own=None), number=2)
    says(without, "it wants a certificate of this node", "storage.redis.certificate")
    # Another one is put in its place, without a restart of anything.
    with redis.client() as admin:
        admin.call("CONFIG", "SET", "tls-auth-clients", "no")
    wait_until(lambda: without.serves, "it serves where none is wanted")


def untrusted(bed):
    """A Redis whose certificate is of another authority, for another name, or expired is not spoken to. The
    node waits, and serves when the certificate has been mended."""
    tls, other = Tls(bed), Tls(bed, "other")
    tls.sign("named", "DNS:redis.example.org,IP:192.0.2.1")
    tls.sign("expired", days=-1)
    port = free_port()

    def use(whose, own):
        return Redis(bed, port=port, options=whose.options(port, own, clients="no"))
    redis = use(other, "redis")
    node = start(bed, port, tls.environment())
    says(node, "its certificate is not trusted", "storage.redis.ca")
    for own, words in (("named", "its certificate is not for 127.0.0.1, but for redis.example.org, 192.0.2.1"),
                       ("expired", "its certificate has expired: 20")):
        redis.stop()
        redis = use(tls, own)
        says(node, words)
    redis.stop()
    use(tls, "redis")
    wait_until(lambda: node.serves, "it serves")


def ports(bed):
    """TLS spoken to a port that has none, and none to one that has it: the node waits, and says which."""
    tls = Tls(bed)
    both = Redis(bed)
    with_tls = start(bed, both.port, tls.environment())
    says(with_tls, "no TLS handshake on this port")
    assert with_tls.stop() == 0
    port = free_port()
    both.stop()
    Redis(bed, options=tls.options(port, plain_port=both.port))
    without = start(bed, port, {}, number=2)
    says(without, "storage.redis.tls")
    moved = start(bed, both.port, {}, number=3)
    wait_until(lambda: moved.serves, "with both ports, a node without TLS serves")
    second = start(bed, port, tls.environment(), number=4)
    wait_until(lambda: stands_by(second, moved), "and one with it stands by")


def refused(bed):
    """What no waiting mends ends the start with status 2 and one sentence."""
    tls = Tls(bed)
    redis = Redis(bed, tls=tls)
    good = tls.environment()

    def run(*words, **changes):
        port = free_port()
        done = subprocess.run(
            [REGINFOD_BIN, "--listen", f"udp:127.0.0.1:{port}", "--http", "off", "--storage", "redis"],
            capture_output=True, text=True, timeout=20, check=False,
            env=harness.environment_with(
                **({"REGINFOD_STORAGE_REDIS_SERVERS": f"127.0.0.1:{redis.port}"} | good | changes)))
        last = [line for line in done.stderr.splitlines() if line.strip()][-1]
        assert done.returncode == 2 and all(word in last for word in words), done
        print(last, flush=True)
    run("storage.redis.ca", "/no/such", "No such file", REGINFOD_STORAGE_REDIS_CA="/no/such")
    run("storage.redis.key", "is not the key of", REGINFOD_STORAGE_REDIS_KEY=tls.file("redis.key"))
    run("storage.redis.certificate", "no CERTIFICATE", REGINFOD_STORAGE_REDIS_CERTIFICATE=tls.file("node.key"))
    run("unix:/run/redis.sock", "Unix socket", REGINFOD_STORAGE_REDIS_SERVERS="unix:/run/redis.sock")
    run("storage.redis.tls is false", REGINFOD_STORAGE_REDIS_TLS="false")
    done = state("check", redis.port, good | {"REGINFOD_STORAGE_REDIS_CA": "/no/such"})
    assert done.returncode == 2 and "storage.redis.ca" in done.stderr, done
    # As without TLS.
    assert "password" in run_refused(redis.port, REGINFOD_STORAGE_REDIS_PASSWORD="not this one", **good)


def takeover(bed):
    """`kill -9` of the node that serves: the other one has everything within the time that is promised."""
    tls = Tls(bed)
    redis = Redis(bed, tls=tls)
    first = start(bed, redis.port, tls.environment())
    wait_until(lambda: first.serves, "the first one serves")
    second = start(bed, redis.port, tls.environment(), number=2)
    wait_until(lambda: stands_by(second, first), "the other one stands by")
    for n in range(20):
        assert publisher(bed, first, f"u{n}").publish([contact(f"u{n}")]).status == 200
    # For longer than a lease nothing changes: it is renewed.
    time.sleep(LEASE + 0.5)
    assert first.serves and not second.serves
    began = time.monotonic()
    first.may_fail = True
    first.stop(signal.SIGKILL)
    wait_until(lambda: second.serves, "the other one serves", pause=0.02)
    took = time.monotonic() - began
    print(f"the other one serves after {took:.2f} s", flush=True)
    assert took < 5.0, took
    for n in range(20):
        assert set(second.registration(f"sip:u{n}@{DOMAIN}")) == {contact(f"u{n}")[0]}


def relay(bed):
    """The node that stands by passes a PUBLISH and a SUBSCRIBE on, and a NOTIFY back: the connections of the bus
    have TLS too, the first ones and those that follow. They do not come about with a Redis that is not trusted."""
    tls = Tls(bed)
    redis = Redis(bed, tls=tls)
    first = start(bed, redis.port, tls.environment())
    wait_until(lambda: first.serves, "the first one serves")
    second = start(bed, redis.port, tls.environment(), number=2)
    wait_until(lambda: stands_by(second, first), "the other one stands by")
    source = publisher(bed, second)
    assert source.publish([contact("alice", 1)]).status == 200
    assert set(first.registration(AOR)) == {contact("alice", 1)[0]}
    watcher = bed.watch(Watcher(AOR, second.address, transport="tcp"))
    assert watcher.subscribe().status == 200
    watcher.wait_contacts(contact("alice", 1)[0])
    with redis.client() as admin:
        for kind in ("pubsub", "normal"):
            assert admin.call("CLIENT", "KILL", "TYPE", kind) > 0, kind
    assert source.publish([contact("alice", 2)], timeout=20).status == 200
    watcher.wait_contacts(contact("alice", 2)[0])
    assert second.metric("reginfod_bus_frames_total", direction="out", kind="request") > 2
    assert second.metric("reginfod_cluster_serving") == 0
    redis.stop()
    other = Tls(bed, "other")
    stranger = Redis(bed, port=redis.port, options=other.options(redis.port, clients="no"))
    says(second, "its certificate is not trusted", "storage.redis.ca")
    assert second.metric("reginfod_bus_connected") == 0
    stranger.stop()
    Redis(bed, port=redis.port, tls=tls)
    wait_until(lambda: first.serves != second.serves and second.metric("reginfod_bus_connected") == 1 and
               second.readiness()[0] == 200, "both take requests again", timeout=20)
    assert source.publish([contact("alice", 1)], timeout=20).status == 200


def sentinel(bed):
    """Everything speaks TLS only: the node asks Sentinels, and goes on with the replica that they make the
    primary."""
    tls = Tls(bed)
    primary, replica, sentinels = replicated(bed, tls=tls)
    addresses = ",".join(f"127.0.0.1:{one.port}" for one in sentinels)
    node = start(bed, primary.port, tls.environment() | {"REGINFOD_STORAGE_REDIS_SENTINELS": addresses})
    wait_until(lambda: node.serves, "it serves")
    source = publisher(bed, node)
    assert source.publish([contact("alice")]).status == 200
    wrong = Tls(bed, "other")
    stranger = start(bed, primary.port, tls.environment() | {
        "REGINFOD_STORAGE_REDIS_SENTINELS": addresses, "REGINFOD_STORAGE_REDIS_CA": wrong.file("ca.pem")}, number=2)
    says(stranger, f"127.0.0.1:{sentinels[0].port}: its certificate is not trusted")
    primary.kill()
    wait_until(lambda: all(one.primary_port() == replica.port for one in sentinels),
               "the replica is the primary", timeout=40)
    # It waits for a replica of the new one, as configured.
    with replica.client() as admin:
        admin.call("CONFIG", "SET", "min-replicas-to-write", "0")
    Redis(bed, "redis-1", port=primary.port, tls=tls, options=[
        "--masteruser", "replica", "--masterauth", PASSWORDS["replica"], "--replicaof", f"127.0.0.1 {replica.port}"])
    wait_until(lambda: node.serves, "it serves again", timeout=30)
    assert set(node.registration(AOR)) == {contact("alice")[0]}
    assert source.publish([contact("alice", 2)]).status == 200


VARIANTS = {"readme": readme, "untrusted": untrusted, "ports": ports, "refused": refused, "takeover": takeover,
            "relay": relay, "sentinel": sentinel}

if __name__ == "__main__":
    harness.run(f"redis-tls-{sys.argv[1]}", VARIANTS[sys.argv[1]])
