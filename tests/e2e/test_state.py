"""`reginfod state`: its errors and what it leaves then, and the contacts of a Kamailio.

    test_state.py
"""

import os
import stat
import subprocess

import harness
from harness import HERE, REGINFOD_BIN, Kamailio, Reginfod, free_port
from kamailio_files import database
from watcher import Watcher

DOMAIN = "reg.test"


def state(verb, *arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, within=()):
    return subprocess.run([*within, REGINFOD_BIN, "state", verb, *arguments], stdin=stdin,
                          stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=60,
                          check=False, env=harness.environment_with())


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


def test(bed):
    errors(bed)
    dump_and_load(bed)
    import_from_kamailio(bed)


if __name__ == "__main__":
    harness.run("state", test)
