"""A Redis that cannot be used, not yet, or not any more: one sentence and exit status 2, or a node that waits
and says for what. Nothing is written to the wrong place.

    test_redis_faults.py roles | refused | name | away | replica | emptied | loaded | memory | garbage |
                         promise | fsync
"""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import harness
from cluster import DOMAIN, LEASE, Cluster, Node, TcpProxy, notes_of
from harness import REGINFOD_BIN, free_port, wait_until
from publisher import Publisher, contact
from redis import PASSWORDS, WITH_REPLICAS, Redis, replica_of, write_users
from sip import Agent, Message
from test_redis_files import text_of
from test_standby import stands_by
from test_state import move, variables_of

AOR = f"sip:alice@{DOMAIN}"


def options(agent, node):
    return agent.request(Message(f"OPTIONS sip:{node.host}:{node.port} SIP/2.0", [
        ("Max-Forwards", "70"), ("From", "<sip:edge@test>;tag=o"), ("To", f"<sip:{node.host}>"),
        ("Call-ID", f"options-{time.monotonic()}"), ("CSeq", "1 OPTIONS")]), node.address)


def publisher(bed, node, user="alice"):
    made = Publisher(f"sip:{user}@{DOMAIN}", node.address)
    bed.closers.append(made.close)
    return made


def start(bed, redis_port, number=1, **environment):
    return Node(bed, number, free_port(), redis_port, environment=environment)


def roles(bed):
    """One node serves. The other one passes nothing on: it says who does, refuses everything, and lives."""
    cluster = Cluster(bed, relay=False)
    first, second = cluster.nodes
    agent = Agent()
    bed.closers.append(agent.close)
    assert cluster.serving() == [first]
    assert second.readiness() == (503, "This node stands by: node-1 serves."), second.readiness()
    assert second.http("/healthz")[0] == 200
    assert options(agent, first).status == 200
    refused = options(agent, second)
    assert refused.status == 503 and not refused.get("Retry-After"), refused.headers
    answer = publisher(bed, second).publish([contact("alice")])
    assert answer.status == 503 and not answer.get("Retry-After"), answer.headers
    assert publisher(bed, first).publish([contact("alice")]).status == 200
    # A clean end gives way at once, without the wait for a lease.
    began = time.monotonic()
    assert first.stop() == 0
    wait_until(lambda: second.serves, "the other one serves", pause=0.02)
    print(f"after a clean end the other one serves within {time.monotonic() - began:.2f} s", flush=True)
    assert set(second.registration(AOR)) == {contact("alice")[0]}
    assert options(agent, second).status == 200


def run_refused(redis_port, **environment):
    """A start that ends with status 2 and one sentence, which is returned."""
    port = free_port()
    ours = {"REGINFOD_STORAGE_KIND": "redis", "REGINFOD_STORAGE_REDIS_SERVERS": f"127.0.0.1:{redis_port}",
            "REGINFOD_STORAGE_REDIS_USERNAME": "reginfod",
            "REGINFOD_STORAGE_REDIS_PASSWORD": PASSWORDS["reginfod"]} | environment
    done = subprocess.run([REGINFOD_BIN, "--listen", f"udp:127.0.0.1:{port}", "--http", "off"],
                          capture_output=True, text=True, timeout=20, check=False,
                          env=harness.environment_with(**ours))
    assert done.returncode == 2, f"status {done.returncode}: {done.stderr}"
    last = [line for line in done.stderr.splitlines() if line.strip()][-1]
    assert f"127.0.0.1:{redis_port}" in last, done.stderr
    print(last, flush=True)
    return last


def refused(bed):
    """What cannot get better by waiting ends the start, and says what is wrong and where."""
    redis = Redis(bed)
    secret = "not this one"
    said = run_refused(redis.port, REGINFOD_STORAGE_REDIS_PASSWORD=secret)
    assert "password" in said and secret not in said, said
    assert re.search("password|NOAUTH", run_refused(redis.port, REGINFOD_STORAGE_REDIS_USERNAME="",
                                                    REGINFOD_STORAGE_REDIS_PASSWORD=""))
    with redis.client() as admin:
        admin.call("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
        said = run_refused(redis.port)
        assert "allkeys-lru" in said and "noeviction" in said, said
        admin.call("CONFIG", "SET", "maxmemory-policy", "noeviction")
        # Redis 7.0 has no WAITAOF; where there is one, users.acl does not grant it until it is asked for.
        said = run_refused(redis.port, REGINFOD_STORAGE_REDIS_FSYNC="true")
        assert "storage.redis.fsync" in said and re.search("needs Redis 7.2|NOPERM", said), said
        assert not admin.call("KEYS", "*"), "a refused node has written"

        newer = re.sub(r"local REVISION = \d+", "local REVISION = 99", text_of("reginfod1.lua"))
        admin.call("FUNCTION", "LOAD", "REPLACE", newer)
        node = start(bed, redis.port)
        wait_until(lambda: node.serves, "a newer library that knows the same calls is used")
        assert admin.call("FCALL", "reginfod1_revision", "0", "rg") == 99, "and kept"
        assert node.stop() == 0
        admin.call("HSET", "rg:meta", "layout", "2")
        before = admin.call("HGETALL", "rg:own")
        assert "layout" in run_refused(redis.port)
        assert admin.call("HGETALL", "rg:own") == before


def name(bed):
    """A cluster whose name the user of Redis may not use: nothing is written, and the node says so."""
    redis = Redis(bed)
    node = start(bed, redis.port, REGINFOD_CLUSTER_NAME="other")
    status, text = wait_until(lambda: "access" in node.readiness()[1] and node.readiness(), "it says why")
    assert status == 503, text
    print(text, flush=True)
    with redis.client() as admin:
        assert not admin.call("KEYS", "*")


def away(bed):
    """Without Redis a node starts all the same, says that it waits, and serves as soon as Redis is there."""
    port = free_port()
    node = start(bed, port)
    status, text = wait_until(lambda: node.readiness()[1] and node.readiness(), "it says why")
    assert status == 503 and "Redis" in text, text
    print(text, flush=True)
    answer = publisher(bed, node)
    agent = Agent()
    bed.closers.append(agent.close)
    assert options(agent, node).status == 503
    redis = Redis(bed, port=port)
    wait_until(lambda: node.serves, "it serves")
    assert answer.publish([contact("alice")]).status == 200
    # And when Redis goes for longer than a lease.
    redis.kill()
    wait_until(lambda: "has not renewed the lease" in node.readiness()[1], "it says so")
    assert node.http("/healthz")[0] == 200
    Redis(bed, port=port)
    wait_until(lambda: node.serves, "it serves again")
    assert set(node.registration(AOR)) == {contact("alice")[0]}
    assert answer.publish().status == 200


def replica(bed):
    """A replica is not written to: the node waits until it is the primary."""
    primary = Redis(bed, "redis-1", options=WITH_REPLICAS)
    second = replica_of(bed, "redis-2", primary)
    with primary.client() as admin:
        wait_until(lambda: admin.call("WAIT", "1", "100") == 1, "the replica follows")
    node = start(bed, second.port)
    status, text = wait_until(lambda: "replica" in node.readiness()[1] and node.readiness(), "it says why")
    assert status == 503, status
    print(text, flush=True)
    with second.client() as admin:
        assert not admin.call("KEYS", "*")
        admin.call("REPLICAOF", "NO", "ONE")
    wait_until(lambda: node.serves, "it serves")
    assert publisher(bed, node).publish([contact("alice")]).status == 200


def emptied(bed):
    """An empty Redis after a full one gets nothing written, and the node says so: it may be the wrong one."""
    redis = Redis(bed)
    node = start(bed, redis.port)
    wait_until(lambda: node.serves, "it serves")
    source = publisher(bed, node)
    assert source.publish([contact("alice")]).status == 200
    with redis.client() as admin:
        admin.call("FLUSHALL")
        status, text = wait_until(lambda: "cluster" in node.readiness()[1] and node.readiness(), "it says why")
        assert status == 503, status
        print(text, flush=True)
        answers = []

        def publish():
            try:
                answers.append(source.publish([contact("alice", 2)], timeout=3.0).status)
            except AssertionError:
                answers.append(None)
        publish()
        assert answers[0] != 200, answers
        assert not admin.call("KEYS", "*"), admin.call("KEYS", "*")
    assert node.running and node.http("/healthz")[0] == 200


def loaded(bed):
    """A node stands still while its records are loaded into another Redis, and that one gets its address. It is
    the data of another cluster: nothing is written to it, and the node says so, once in its log. With the
    right one it goes on."""
    redis, other = Redis(bed, "redis-1"), Redis(bed, "redis-2")
    proxy = TcpProxy(redis.port)
    bed.closers.append(proxy.close)

    def lead_to(target):
        proxy.cut()
        proxy.target = target.port
        proxy.heal()
    node = start(bed, proxy.port)
    wait_until(lambda: node.serves, "it serves")
    source = publisher(bed, node)
    assert source.publish([contact("alice")]).status == 200
    node.child.send_signal(signal.SIGSTOP)
    try:
        time.sleep(LEASE + 1)
        move(((), variables_of(redis)), ((), variables_of(other)), os.path.join(bed.directory, "state.jsonl"))
        lead_to(other)
    finally:
        node.child.send_signal(signal.SIGCONT)
    status, text = wait_until(lambda: "cluster" in node.readiness()[1] and node.readiness(), "it says why")
    assert status == 503, status
    print(text, flush=True)
    time.sleep(2 * LEASE)
    assert node.running and "cluster" in node.readiness()[1] and node.http("/healthz")[0] == 200
    assert node.metric("reginfod_cluster_wrong_redis") == 1
    assert len(notes_of(node, "wrong Redis")) == 1, node.output()
    with other.client() as admin:
        assert not admin.call("HGETALL", "rg:nodes"), "a node of another cluster has joined"
    lead_to(redis)
    wait_until(lambda: node.serves, "it serves again")
    assert node.metric("reginfod_cluster_wrong_redis") == 0
    assert set(node.registration(AOR)) == {contact("alice")[0]}
    assert source.publish([contact("alice", 2)]).status == 200
    # A new process has seen nothing: it uses what is there.
    lead_to(other)
    node.may_fail = True
    node.stop(signal.SIGKILL)
    again = start(bed, proxy.port)
    wait_until(lambda: again.serves, "it serves")
    assert set(again.registration(AOR)) == {contact("alice")[0]}


def memory(bed):
    """When maxmemory is reached nothing is acknowledged that is not kept, the lease goes on, and with more
    memory all goes on."""
    redis = Redis(bed)
    node = start(bed, redis.port)
    wait_until(lambda: node.serves, "it serves")
    source = publisher(bed, node)
    assert source.publish([contact("alice")]).status == 200
    etag = source.etag
    with redis.client() as admin:
        admin.call("CONFIG", "SET", "maxmemory", "1mb")
        try:
            answer = source.publish([contact("alice", 2)], timeout=5.0)
        except AssertionError:
            answer = None
        assert answer is None or answer.status == 503, answer.start
        status, text = node.readiness()
        print(status, text, flush=True)
        time.sleep(4.0)  # longer than a lease
        assert node.running and not re.search("lease of this node", node.readiness()[1]), node.readiness()
        admin.call("CONFIG", "SET", "maxmemory", "2gb")
    wait_until(lambda: node.serves, "it serves again")
    source.etag = etag
    other = publisher(bed, node, "bob")
    assert other.publish([contact("bob")]).status == 200
    found = set(node.registration(AOR))
    assert found in ({contact("alice")[0]}, {contact("alice", 2)[0]}), found


def garbage(bed):
    """Who answers on the port of Redis and is none: the node ends or waits, and says what it met."""
    server = socket.create_server(("127.0.0.1", 0))
    bed.closers.append(server.close)

    def answer():
        while True:
            try:
                connection, _ = server.accept()
                connection.recv(100)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                time.sleep(0.05)
                connection.close()
            except OSError:
                return
    threading.Thread(target=answer, daemon=True).start()
    node = start(bed, server.getsockname()[1])
    status, text = wait_until(lambda: node.readiness()[1] and node.readiness(), "it says why")
    assert status == 503 and "Redis" in text, text
    print(text, flush=True)


def fsync(bed):
    """With storage.redis.fsync what is answered 2xx is on the disk of Redis; what is not there is not answered.
    Redis before 7.2 cannot do that, and the node does not start on it."""
    users = os.path.join(bed.directory, "users.acl")
    write_users(users)
    redis = Redis(bed, users=users)
    wanted = {"REGINFOD_STORAGE_REDIS_FSYNC": "true"}
    with redis.client() as admin:
        if admin.call("COMMAND", "INFO", "WAITAOF") == [None]:
            assert "needs Redis 7.2" in run_refused(redis.port, **wanted)
            assert not admin.call("KEYS", "*"), "a refused node has written"
            return
        assert "NOPERM" in run_refused(redis.port, **wanted)
        admin.call("ACL", "SETUSER", "reginfod", "+waitaof")
        admin.call("CONFIG", "SET", "appendfsync", "always")
        node = start(bed, redis.port, **wanted)
        wait_until(lambda: node.serves, "it serves")
        source = publisher(bed, node)
        began = time.monotonic()
        for _ in range(20):
            assert source.publish([contact("alice")]).status == 200
        print(f"20 changes take {time.monotonic() - began:.2f} s with appendfsync always", flush=True)
        assert b"calls=" in admin.call("INFO", "commandstats").split(b"cmdstat_waitaof:")[1][:10]
        assert b"cmdstat_wait:" not in admin.call("INFO", "commandstats")
        # Written once a second, and never.
        admin.call("CONFIG", "SET", "appendfsync", "everysec")
        began = time.monotonic()
        for n in range(5):
            assert source.publish([contact("alice", 2 + n)], timeout=5.0).status == 200
        time.sleep(LEASE + 0.5)
        assert node.serves, node.readiness()
        print(f"5 changes took {time.monotonic() - began - LEASE - 0.5:.2f} s with everysec", flush=True)
        admin.call("CONFIG", "SET", "appendfsync", "no")
        try:
            answer = source.publish([contact("alice", 9)], timeout=3.0)
        except AssertionError:
            answer = None
        assert answer is None, answer.start
        wait_until(lambda: "not on its disk" in node.output(), "it says what it waits for")
        time.sleep(LEASE + 0.5)
        assert "lease" not in node.readiness()[1], "the lease does not depend on the disk"
        admin.call("CONFIG", "SET", "appendfsync", "always")
        wait_until(lambda: node.serves, "it serves again")


def promise(bed):
    """What Redis keeps by its settings is a metric of each node, and a line in the log when it changes."""
    redis = Redis(bed)
    first = start(bed, redis.port)
    wait_until(lambda: first.serves, "it serves")
    second = start(bed, redis.port, 2)
    wait_until(lambda: stands_by(second, first), "the other one stands by")

    def kept(node):
        return dict(re.findall(r'^reginfod_store_promise\{level="(\w+)"\} (\d)$', node.http("/metrics")[2], re.M))

    def lines(node, words):
        return [line for line in node.output().splitlines() if words in line]
    for node in (first, second):
        assert kept(node) == {"file": "1"}, "the user of users.acl may not see how often the disk is written"
        assert not lines(node, "is asked of it"), node.output()
    with redis.client() as admin:
        for setting, value in (("no", "0"), ("yes", "1")):
            admin.call("CONFIG", "SET", "appendonly", setting)
            admin.call("CLIENT", "KILL", "TYPE", "normal")
            for node in (first, second):
                wait_until(lambda node=node, value=value: kept(node) == {"file": value}, f"it is {value}")
    for node in (first, second):
        lowered = lines(node, "Redis keeps less than is asked of it")
        assert len(lowered) == 1 and "appendonly" in lowered[0], node.output()
        assert len(lines(node, "Redis keeps what is asked of it")) == 1, node.output()
        print(lowered[0], flush=True)


VARIANTS = {"roles": roles, "refused": refused, "name": name, "away": away, "replica": replica,
            "emptied": emptied, "loaded": loaded, "memory": memory, "garbage": garbage, "promise": promise,
            "fsync": fsync}

if __name__ == "__main__":
    harness.run(f"redis-faults-{sys.argv[1]}", VARIANTS[sys.argv[1]])
