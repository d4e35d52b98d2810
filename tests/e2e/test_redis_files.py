"""deploy/redis/: real Redis servers with these files do what reginfod needs, and nothing else.

    test_redis_files.py settings | users | readme | durable | sentinel
"""

import os
import re
import subprocess
import sys
import time

import harness
from harness import ROOT, wait_until
from redis import PASSWORDS, Client, Redis, RedisError, replicated, write_users

STORE = os.path.join(ROOT, "core", "storage", "redis")
ID, SEED, INCARNATION = "c" * 16, "5" * 16, "a" * 16


def text_of(*names):
    found = ""
    for name in names:
        with open(os.path.join(STORE, name)) as file:
            found += file.read()
    return found


def refused(call, *words):
    try:
        call()
    except RedisError as error:
        assert any(str(error).startswith(word) for word in words), error
        return
    raise AssertionError(f"no {words}")


def settings(bed):
    """What the file says is in force, and there is nothing in the log to be put right in the file."""
    redis = Redis(bed)
    with redis.client() as admin:
        def value(name):
            return admin.call("CONFIG", "GET", name)[1].decode()
        assert value("appendonly") == "yes" and value("appendfsync") == "everysec"
        assert value("maxmemory-policy") == "noeviction" and value("maxmemory-clients") == "0"
        assert int(value("maxmemory")) > 0 and value("save") == ""
        limits = value("client-output-buffer-limit")
        assert f"pubsub {64 << 20} {32 << 20} 5" in limits, limits
    loud = [line for line in redis.output().splitlines() if " # " in line]
    # About the machine, and its life.
    loud = [line for line in loud if not re.search(r"overcommit|Transparent|backlog|initialized|oO0O|just started|loaded", line)]
    assert not loud, loud
    for commented in ("min-replicas-to-write 1", "min-replicas-max-lag 10", "repl-backlog-size 256mb",
                      "repl-diskless-sync-delay 0"):
        with open(os.path.join(harness.DEPLOY, "redis", "redis.conf")) as file:
            assert f"\n#{commented}\n" in file.read(), commented


def commands_of_the_product():
    """The words that the library and the store send, from their sources."""
    library = text_of("reginfod1.lua")
    commands = set(re.findall(r"redis\.call\('(\w+)'", library))
    commands |= set(re.findall(r"redis\.call\(sign == REMOVE and '(\w+)' or '(\w+)'", library)[0])
    sources = text_of(*sorted(name for name in os.listdir(STORE) if name.endswith(".cpp")))
    commands |= set(re.findall(r'\{"([A-Z]{4,})"[,}]', sources))
    commands |= set(re.findall(r'words\.add\("([A-Z]{4,})"\)', sources))
    commands |= set(re.findall(r'"([HS]SCAN)"', sources))
    # Words that begin error replies.
    commands -= {"READONLY", "NOAUTH", "NOPERM", "REPLACED", "WRONGPASS", "FENCED", "STALE"}
    # Redis 7.0 does not have the first, and README.md says when to grant it; the second shows passwords, and a
    # node goes without what it says.
    commands -= {"WAITAOF", "CONFIG"}
    assert {"FCALL", "FUNCTION", "INFO", "ROLE", "WAIT", "HSCAN", "SSCAN", "HSET", "SADD", "SREM",
            "PUBLISH", "AUTH", "SELECT"} <= commands, commands
    return commands


ARGUMENTS = {"FCALL": ["f", "0"], "FUNCTION": ["LOAD", "x"], "INFO": [], "ROLE": [], "PING": [],
             "TIME": [], "WAIT": ["0", "1"], "AUTH": ["x"], "SELECT": ["0"], "HSCAN": ["rg:a:1", "0"],
             "SSCAN": ["rg:u:1", "0"], "HGETALL": ["rg:own"], "GET": ["rg:view"], "INCR": ["rg:view"],
             "DEL": ["rg:h:1"], "UNLINK": ["rg:h:1"], "EXISTS": ["rg:h:1"], "PUBLISH": ["rg:v", "x"],
             "SUBSCRIBE": ["rg:v"], "HSET": ["rg:own", "1", "x"]}


def users(bed):
    """reginfod may do what it does, with its own keys and channels, and nothing else. Nobody gets in without
    a password, and as the files come nobody gets in at all."""
    redis = Redis(bed)
    with redis.client() as admin:
        for command in sorted(commands_of_the_product() | {"PING", "SUBSCRIBE"}):
            words = ARGUMENTS.get(command, ["rg:key", "x"])
            said = admin.call("ACL", "DRYRUN", "reginfod", command, *words)
            assert said in ("OK", b"OK"), f"{command} {words}: {said}"
        for words in (["HSET", "other:own", "1", "x"], ["PUBLISH", "other", "x"], ["KEYS", "*"],
                      ["CONFIG", "GET", "*"], ["FLUSHALL"], ["EVAL", "return 1", "0"], ["DEBUG", "SEGFAULT"],
                      ["FUNCTION", "FLUSH"], ["FUNCTION", "DELETE", "reginfod1"], ["SHUTDOWN"],
                      ["REPLICAOF", "NO", "ONE"], ["CLIENT", "KILL", "TYPE", "normal"], ["ACL", "LIST"]):
            said = admin.call("ACL", "DRYRUN", "reginfod", *words)
            assert said not in ("OK", b"OK"), words

    play_calls(redis)
    refused(lambda: redis.client("reginfod", "wrong"), "WRONGPASS")
    with Client(redis.port) as stranger:
        refused(lambda: stranger.call("GET", "rg:view"), "NOAUTH")

    path = os.path.join(redis.directory, "users.acl")
    write_users(path, {"admin": PASSWORDS["admin"]})
    with redis.client() as admin:
        admin.call("ACL", "LOAD")
    for user in ("reginfod", "replica", "sentinel"):
        refused(lambda user=user: redis.client(user), "WRONGPASS")
        refused(lambda user=user: redis.client(user, ""), "WRONGPASS")


def play_calls(redis):
    """Each function of the library, with writes of each kind, as reginfod; the ACL holds inside too."""
    with redis.client("reginfod") as node:
        node.call("FUNCTION", "LOAD", "REPLACE", text_of("reginfod1.lua"))

        def call(function, *words):
            return node.call("FCALL", f"reginfod1_{function}", "0", "rg", *words)
        info = ["active", "1", "", "127.0.0.1:5060", "1.0", "1-1"]
        member = ["1-1", "node-a", INCARNATION, "3000", *info]
        assert call("revision") >= 1
        call("load", "", ID, SEED, "1-1", "9", "0", "1", "+a", "sip:b@reg.test", "record")
        call("join", "", ID, SEED, *member)
        call("beat", ID, *member, "0", "0")
        token = call("claim", ID, "node-a", INCARNATION, "3000", "7", "0", "9", "0")[0][1]
        writes = ["+a", "sip:a@reg.test", "record", "+d", "dialog", "record", "+t", "identity", "reply",
                  "+u", "unsettled", "+x", "tag", "7", "-a", "k", "-d", "k", "-t", "k", "-u", "k",
                  "-x", "k", "-h", ""]
        assert call("commit", ID, INCARNATION, "1", "1", "7", token, "1", "0", "11", *writes) == []
        assert node.call("HSCAN", "rg:a:7", "0", "COUNT", "256")[1][0] == b"sip:a@reg.test"
        assert node.call("SSCAN", "rg:u:7", "0")[1] == [b"unsettled"]
        other = ["1-1", "node-b", "b" * 16, "3000", *info]
        call("join", "", ID, SEED, *other)
        assert call("handoff", ID, INCARNATION, "2", "7", token, "node-b", "b" * 16, "counters")
        call("look")
        assert node.call("WAIT", "0", "10") == 0 and node.call("ROLE")[0] == b"master"
        assert b"redis_version" in node.call("INFO")
        call("leave", ID, "node-a", INCARNATION)
        refused(lambda: node.call("FCALL", "reginfod1_join", "0", "other", "", ID, SEED, *member), "FAILED",
                "NOPERM")
        refused(lambda: node.call("SUBSCRIBE", "other"), "NOPERM")
        assert node.call("SUBSCRIBE", "rg:v")[0] == b"subscribe"


def readme(bed):
    """The commands of deploy/redis/README.md, as a person would copy them, where /etc is ours: reginfod gets in
    with the password that they make, and nobody else."""
    harness.need("openssl", "sha256sum")
    with open(os.path.join(harness.DEPLOY, "redis", "README.md")) as file:
        copied = re.search(r"(?:^    .*\n)+", file.read(), re.M).group()
    etc = os.path.join(bed.directory, "etc")
    for folder in ("redis", "default"):
        os.makedirs(os.path.join(etc, folder))
    script = "chown() { :; }\n" + re.sub(r"/etc/", f"{etc}/", re.sub("^    ", "", copied, flags=re.M))
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], capture_output=True, text=True, timeout=20,
                          check=False, cwd=os.path.join(harness.DEPLOY, "redis"))
    assert done.returncode == 0 and not done.stderr, done.stderr
    with open(os.path.join(etc, "default", "reginfod")) as file:
        password = re.fullmatch(r"REGINFOD_STORAGE_REDIS_PASSWORD=(\w{64})\n", file.read()).group(1)
    redis = Redis(bed, users=os.path.join(etc, "redis", "users.acl"))
    with redis.client("reginfod", password) as node:
        assert node.call("PING") == "PONG"
    refused(lambda: redis.client("reginfod", password[:-1]), "WRONGPASS")
    refused(lambda: redis.client("admin", password), "WRONGPASS")
    path = os.path.join(etc, "redis", "users.acl")
    assert os.stat(path).st_mode & 0o077 == 0
    # With Redis 7.2, for storage.redis.fsync:
    with open(os.path.join(harness.DEPLOY, "redis", "README.md")) as file:
        more = re.search(r"^    (sed .*\+waitaof.*)$", file.read(), re.M).group(1).replace("/etc/", f"{etc}/")
    subprocess.run(["bash", "-euc", more], timeout=20, check=True)
    with open(path) as file:
        granted = [line.split()[1] for line in file if " +waitaof " in line]
    assert granted == ["reginfod"], granted


def durable(bed):
    """What was written before `kill -9` is there after it, functions too."""
    redis = Redis(bed)
    play_calls(redis)
    with redis.client() as admin:
        before = admin.call("HGETALL", "rg:own")
    redis.kill()
    redis = Redis(bed, port=redis.port)
    with redis.client("reginfod") as node:
        assert node.call("HGETALL", "rg:own") == before
        assert node.call("FCALL", "reginfod1_revision", "0", "rg") >= 1


def sentinel(bed):
    """With replicas and Sentinels of these files a replica becomes the primary, and has everything."""
    primary, replica, sentinels = replicated(bed)
    with primary.client() as admin:
        admin.call("CONFIG", "SET", "min-replicas-to-write", "1")
    play_calls(primary)
    with primary.client() as admin:
        wait_until(lambda: admin.call("WAIT", "1", "100") == 1, "the replica has it")
    began = time.monotonic()
    primary.kill()
    wait_until(lambda: all(one.primary_port() == replica.port for one in sentinels),
               "the replica is the primary", timeout=40)
    with replica.client("reginfod") as node:
        wait_until(lambda: node.call("ROLE")[0] == b"master", "it knows")
        assert node.call("HGET", "rg:a:7", "sip:a@reg.test").endswith(b"record")
        assert node.call("FCALL", "reginfod1_revision", "0", "rg") >= 1
    print(f"fail-over after {time.monotonic() - began:.1f} s", flush=True)


VARIANTS = {"settings": settings, "users": users, "readme": readme, "durable": durable, "sentinel": sentinel}

if __name__ == "__main__":
    harness.run(f"redis-files-{sys.argv[1]}", VARIANTS[sys.argv[1]])
