"""`reginfod state`: its errors and what it leaves then, the contacts of a Kamailio, and the way from
SQLite to Redis and back.

    test_state.py
"""

import json
import os
import stat
import subprocess
from collections import Counter

import harness
from harness import HERE, REGINFOD_BIN, Kamailio, Reginfod, free_port, wait_until
from kamailio_files import database
from publisher import Publisher, contact
from redis import PASSWORDS, Redis
from watcher import Watcher

DOMAIN = "reg.test"


def state(verb, *arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, within=(), where=None):
    """`where`: further variables, such as those that name a Redis."""
    return subprocess.run([*within, REGINFOD_BIN, "state", verb, *arguments], stdin=stdin,
                          stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=60,
                          check=False, env=harness.environment_with(**(where or {})))


def says(done, status, *words):
    """It ended so, with one line that has these words."""
    assert done.returncode == status, done
    assert done.stderr.startswith("reginfod: ") and done.stderr.count("\n") == 1, done.stderr
    for word in words:
        assert word in done.stderr, (word, done.stderr)


def errors(bed):
    """It always ends with an exit status, and a line with the reason."""
    empty = ("--state-dir", os.path.join(bed.directory, "empty"))
    for verb in ("import", "load"):
        says(state(verb, *empty, "/tmp"), 1, "/tmp cannot be read: Is a directory")
        directory = os.open("/tmp", os.O_RDONLY)
        done = state(verb, *empty, stdin=directory)
        os.close(directory)
        says(done, 1, "standard input cannot be read: Is a directory")
        says(state(verb, *empty, "/no/such/file"), 1, "/no/such/file", "No such file")
    says(state("dump", "--storage", "memory"), 2, "storage.kind", "memory")
    says(state("import", *empty, "--domain", "a b"), 2, "--domain", "a b")
    says(state("check", *empty, "--check-config"), 2, "--check-config and state")
    if os.geteuid() == 0:
        closed = os.path.join(bed.directory, "closed")
        os.mkdir(closed, 0o700)
        nobody = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups")
        says(state("dump", "--state-dir", closed, within=nobody), 1, closed, "Permission denied")
    with open("/dev/full", "w") as full:
        for flag in ("--help", "--version", "--check-config"):
            done = subprocess.run([REGINFOD_BIN, flag], stdout=full, stderr=subprocess.PIPE,
                                  text=True, timeout=20, check=False)
            says(done, 1, "standard output cannot be written: No space left on device")


def dump_and_load(bed):
    """A dump goes to a file of its owner's, and is loaded whole or not at all."""
    directory = os.path.join(bed.directory, "state")
    where = ("--state-dir", directory)
    reginfod = Reginfod(bed, name="reginfod-dumped", storage=where)
    watcher = bed.watch(Watcher(f"sip:alice@{DOMAIN}", reginfod.address, "udp"))
    assert watcher.subscribe().status == 200
    watcher.wait_contacts()
    assert reginfod.stop() == 0
    assert stat.S_IMODE(os.stat(directory).st_mode) == 0o700
    for name in os.listdir(directory):
        assert stat.S_IMODE(os.stat(os.path.join(directory, name)).st_mode) == 0o600, name

    path = os.path.join(bed.directory, "dump.jsonl")
    done = state("dump", *where, path)
    assert done.returncode == 0 and not done.stderr, done
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    with open(path) as file:
        lines = file.readlines()
    with open("/dev/full", "w") as full:
        says(state("dump", *where, stdout=full), 1, "the dump cannot be written: No space left")

    fresh = ("--state-dir", os.path.join(bed.directory, "fresh"))
    cut = os.path.join(bed.directory, "cut.jsonl")
    with open(cut, "w") as file:
        file.writelines(lines[:-1])
    says(state("load", *fresh, cut), 1, "cut off", "nothing was loaded")
    done = state("load", *fresh, path)
    assert done.returncode == 0 and f"{len(lines) - 2} records loaded" in done.stdout, done
    done = state("check", *fresh)
    assert done.returncode == 0 and "1 dialog," in done.stdout, done


def import_from_kamailio(bed):
    """The line of the manual, with a Kamailio that has registrations."""
    harness.need("kamailio", "kamctl", "sipp")
    defines = {"REGINFOD": f'"sip:127.0.0.1:{free_port()}"', "DOMAIN": f'"{DOMAIN}"',
               "SERVER_ADDRESS": '"sip:reginfo@127.0.0.1"',
               "DB_URL": f'"sqlite:///{database(bed, "registrar")}"'}
    kamailio = Kamailio(bed, "registrar", "registrar.cfg", defines=defines)
    for number, user in enumerate(("alice", "bob", "bob")):
        bed.sipp(os.path.join(HERE, "sipp", "register.xml"), ("127.0.0.1", kamailio.port), keys={
            "user": user, "domain": DOMAIN, "regcseq": "1",
            "contacts": f"<sip:{user}@192.0.2.{number}:5060>;expires=600"},
            options=["-cid_str", f"{number}@test"])
    directory = os.path.join(bed.directory, "imported")
    line = (f"kamctl rpc ul.dump | {REGINFOD_BIN} state import --state-dir {directory} "
            f"--domain {DOMAIN}")
    environment = harness.environment_with(
        RPCFIFOPATH=os.path.join(kamailio.run_directory, "rpc.fifo"))
    for _ in range(2):  # again, it takes the place of what was imported before
        done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=60,
                              check=False, env=environment)
        assert done.returncode == 0, done
        assert "2 AORs with 3 contacts imported" in done.stdout, done
    reginfod = Reginfod(bed, name="reginfod-imported", storage=("--state-dir", directory))
    watcher = bed.watch(Watcher(f"sip:bob@{DOMAIN}", reginfod.address, "udp"))
    assert watcher.subscribe().status == 200
    watcher.wait_contacts("sip:bob@192.0.2.1:5060", "sip:bob@192.0.2.2:5060")
    assert reginfod.metric("reginfod_publications") == 2
    assert reginfod.stop() == 0


def variables_of(redis, **more):
    return {"REGINFOD_STORAGE_KIND": "redis",
            "REGINFOD_STORAGE_REDIS_SERVERS": f"127.0.0.1:{redis.port}",
            "REGINFOD_STORAGE_REDIS_USERNAME": "reginfod",
            "REGINFOD_STORAGE_REDIS_PASSWORD": PASSWORDS["reginfod"],
            "REGINFOD_CLUSTER_NODE": "node-a", **more}


def move(source, target, path):
    """A dump of one is loaded into the other; returns its records by bucket."""
    done = state("dump", *source[0], path, where=source[1])
    assert done.returncode == 0 and not done.stderr, done
    done = state("load", *target[0], path, where=target[1])
    assert done.returncode == 0 and not done.stderr, done
    done = state("check", *target[0], where=target[1])
    assert done.returncode == 0, done
    with open(path) as file:
        records = [json.loads(line) for line in file][1:-1]
    return Counter(record["bucket"] for record in records)


def to_redis_and_back(bed):
    """Entity-tags stay valid, dialogs go on with the next CSeq (which a Watcher checks)."""
    files = [(("--state-dir", os.path.join(bed.directory, name)), None) for name in ("old", "back")]
    redis = Redis(bed)
    cluster = ((), variables_of(redis))
    reginfod = Reginfod(bed, name="reginfod-old", storage=files[0][0])
    aor = f"sip:alice@{DOMAIN}"
    publisher = bed.watch(Publisher(aor, reginfod.address))
    watcher = bed.watch(Watcher(aor, reginfod.address, "udp"))
    assert publisher.publish([contact("alice", 1)]).status == 200
    assert watcher.subscribe().status == 200
    watcher.wait_contacts(contact("alice", 1)[0])

    ways = [(files[0], cluster, "to-redis", {"environment": cluster[1], "storage": ()}),
            (cluster, files[1], "back", {"storage": files[1][0]})]
    for number, (source, target, name, how) in enumerate(ways, 2):
        assert reginfod.stop() == 0
        moved = move(source, target, os.path.join(bed.directory, f"{name}.jsonl"))
        assert moved["aor"] == moved["dialog"] == 1, moved
        reginfod = Reginfod(bed, name=f"reginfod-{name}", port=reginfod.port, **how)
        told = len(watcher.notifies)
        assert publisher.publish().status == 200, "the entity-tag is known"
        assert publisher.publish([contact("alice", number)]).status == 200
        watcher.wait_contacts(contact("alice", number)[0])
        assert len(watcher.notifies) == told + 1, "who has the state is not told again"
        assert watcher.subscribe().status == 200
        if source == cluster:
            continue
        for verb in ("dump", "check"):
            says(state(verb, where=cluster[1]), 1, "is in use by node-a", "stop all its nodes")
        says(state("load", os.path.join(bed.directory, f"{name}.jsonl"), where=cluster[1]), 1,
             "is in use by node-a")
    assert reginfod.stop() == 0


def redis_errors(bed):
    redis = Redis(bed, "redis-errors")
    where = variables_of(redis)
    says(state("check", where=where), 1, f"Redis at 127.0.0.1:{redis.port} has no cluster rg")
    wrong = variables_of(redis, REGINFOD_STORAGE_REDIS_PASSWORD="guessed")
    says(state("dump", where=wrong), 1, "it does not let us in", "WRONGPASS")
    other = variables_of(redis, REGINFOD_CLUSTER_NAME="another")
    says(state("dump", where=other), 1, "another")
    nobody = variables_of(redis, REGINFOD_STORAGE_REDIS_SERVERS=f"127.0.0.1:{free_port()}")
    says(state("dump", where=nobody), 1, "Connection refused")


def cut_short(bed):
    """Redis is killed while a dump is loaded: no node starts on half of it, and the next load is whole."""
    redis = Redis(bed, "redis-cut", options=("--appendfsync", "always"))
    where = variables_of(redis)
    path = os.path.join(bed.directory, "large.jsonl")
    records = 50_000
    with open(path, "w") as file:
        file.write('{"hash_seed":"7","reginfod_state":3}\n')
        for number in range(records):
            key = f"sip:{number}@{DOMAIN}".encode().hex()
            file.write(f'{{"bucket":"aor","key":"{key}","value":"{"00" * 200}","written_ms":0}}\n')
        file.write(f'{{"records":{records}}}\n')
    loading = subprocess.Popen([REGINFOD_BIN, "state", "load", path], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True,
                               env=harness.environment_with(**where))
    try:
        with redis.client() as client:
            wait_until(lambda: client.call("EXISTS", "rg:a:0"), "a part is loaded", 60, 0.001)
        redis.kill()
        output, error = loading.communicate(timeout=30)
    finally:
        loading.kill()
    says(subprocess.CompletedProcess([], loading.returncode, output, error), 1, "was cut short",
         "until the dump is loaded again")
    redis = Redis(bed, "redis-cut", port=redis.port)
    says(state("check", where=where), 1, "has not come to its end")
    reginfod = Reginfod(bed, name="reginfod-cut", environment=where, storage=(), wait_ready=False)
    wait_until(lambda: "load" in reginfod_says(reginfod), "the node says why it waits")
    assert reginfod.stop() == 0
    done = state("load", path, where=where)
    assert done.returncode == 0 and f"{records} records loaded" in done.stdout, done


def reginfod_says(reginfod):
    try:
        status, _, body = reginfod.http("/readyz")
    except OSError:
        return ""
    return body if status == 503 else ""


def test(bed):
    errors(bed)
    dump_and_load(bed)
    import_from_kamailio(bed)
    redis_errors(bed)
    to_redis_and_back(bed)
    cut_short(bed)


if __name__ == "__main__":
    harness.run("state", test)
