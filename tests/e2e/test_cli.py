"""The executable itself: its flags, its start and its end, its side port.

    test_cli.py
"""

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess

import harness
from harness import REGINFOD_BIN, Reginfod, free_port
from watcher import Watcher


def command(*arguments, environment=None, timeout=20):
    return subprocess.run([REGINFOD_BIN, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=timeout, check=False,
                          env=harness.environment_with(**(environment or {})))


def flags(bed):
    done = command("--version")
    assert done.returncode == 0 and re.search(r"\b\d+\.\d+\.\d+\b", done.stdout), done
    done = command("--help")
    assert done.returncode == 0, done
    for flag in ("--listen", "--http", "--storage", "--state-dir", "--config", "--log-level",
                 "--check-config", "--version"):
        assert flag in done.stdout, f"{flag} is not in --help"
    done = command("--lisen", "udp:127.0.0.1:1")
    assert done.returncode == 2 and "the nearest known one is --listen" in done.stderr, done
    done = command("--listen", "foo")
    assert done.returncode == 2 and "array" not in done.stderr and '"udp:HOST:PORT"' in done.stderr, done
    done = command("state", "frob")
    assert done.returncode == 2 and "check, dump, load and import" in done.stderr, done
    done = command("state", "dump", "--help")
    assert done.returncode == 0 and "--state-dir" in done.stdout, done


def check_config(bed):
    done = command("--check-config")
    assert done.returncode == 0, done
    for text in ("udp:127.0.0.1:5060", "tcp:127.0.0.1:5060", "127.0.0.1:8080"):
        assert text in done.stdout, f"{text} is not in the effective configuration:\n{done.stdout}"
    first = done.stdout.splitlines()[0]
    assert "No file was read" in first and "/etc/reginfod/reginfod.toml" in first, first
    path = os.path.join(bed.directory, "wrong.toml")
    with open(path, "w") as file:
        file.write('[log]\nlevel = "info"\n\n[publish]\nmax_expire = 60\n')
    done = command("--config", path, "--check-config")
    assert done.returncode == 2, done
    assert "5" in done.stderr and "max_expires" in done.stderr, done.stderr
    with open(path, "w") as file:
        file.write('[log]\nlevel = "info"\n')
    done = command("--config", path, "--check-config")
    assert done.stdout.splitlines()[0].endswith(f"{path} was read."), done.stdout
    with open(path, "w") as file:
        file.write('[access]\ntrusted_networks = ["10.0.0.1/8"]\n')
    done = command("--config", path, "--check-config")
    assert done.returncode == 2 and 'write "10.0.0.0/8"' in done.stderr, done
    done = command("--check-config", "--log-level", "debug",
                   environment={"REGINFOD_PUBLISH_MAX_EXPIRES": "7212"})
    assert done.returncode == 0 and "7212" in done.stdout and "debug" in done.stdout, done


def port_taken(bed):
    for kind, transport in ((socket.SOCK_DGRAM, "udp"), (socket.SOCK_STREAM, "tcp")):
        with socket.socket(socket.AF_INET, kind) as taken:
            taken.bind(("127.0.0.1", 0))
            if kind == socket.SOCK_STREAM:
                taken.listen()
            port = taken.getsockname()[1]
            done = command("--listen", f"{transport}:127.0.0.1:{port}", "--storage", "memory",
                           "--http", f"127.0.0.1:{free_port()}")
            assert done.returncode == 1, done
            assert str(port) in done.stderr, done.stderr


def unusable_state(bed):
    """Each state that cannot be used ends the start with exit status 1 and one line with the reason."""
    def refused(directory, *words):
        done = command("--state-dir", directory, "--listen", f"udp:127.0.0.1:{free_port()}",
                       "--http", f"127.0.0.1:{free_port()}")
        assert done.returncode == 1, done
        line = done.stderr.strip().splitlines()[-1]
        assert line.startswith("reginfod: "), line
        for word in words:
            assert word in line, (word, line)

    state = os.path.join(bed.directory, "state")
    first = Reginfod(bed, name="reginfod-first", storage=("--state-dir", state))
    refused(state, "in use by another reginfod", str(first.child.pid))
    assert first.stop() == 0
    path = os.path.join(state, "reginfod.db")
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version=99")
    connection.close()
    refused(state, path, "newer reginfod", "schema 99")
    with open(path, "wb") as file:
        file.write(b"x" * 8192)
    refused(state, path, "damaged", "state check")
    refused(os.path.join(path, "below"), "cannot make the state directory")
    if os.geteuid() != 0:
        os.chmod(state, 0o500)
        refused(state, state, "--state-dir")
        os.chmod(state, 0o700)


def state_survives(bed):
    state = os.path.join(bed.directory, "kept")
    first = Reginfod(bed, name="reginfod-before", storage=("--state-dir", state))
    watcher = bed.watch(Watcher("sip:alice@reg.test", first.address, "tcp"))
    assert watcher.subscribe().status == 200
    watcher.wait_contacts()
    assert first.stop() == 0
    second = Reginfod(bed, name="reginfod-after", storage=("--state-dir", state), port=first.port)
    assert "dialogs=1" in second.output(), second.output()
    assert second.metric("reginfod_storage_healthy") == 1
    assert watcher.subscribe().status == 200
    assert second.stop() == 0


def messages_are_logged(bed):
    """At debug, and only there: the first line of what comes and goes."""
    for level in ("debug", "info"):
        reginfod = Reginfod(bed, name=f"reginfod-{level}", arguments=("--log-level", level))
        watcher = bed.watch(Watcher("sip:alice@reg.test", reginfod.address))
        assert watcher.subscribe().status == 200
        watcher.wait_contacts()
        assert reginfod.stop() == 0
        said = reginfod.output()
        for line in ('message received flow=udp:127.0.0.1:', 'detail="SUBSCRIBE sip:alice@reg.test SIP/2.0"',
                     'message sent flow=udp:127.0.0.1:', 'detail="SIP/2.0 200 OK"', 'detail="NOTIFY sip:'):
            assert (line in said) == (level == "debug"), (line, said)


def side_port(bed, reginfod):
    assert reginfod.http("/healthz")[0] == 200
    assert reginfod.http("/readyz")[0] == 200
    assert reginfod.http("/no-such-page")[0] == 404
    status, kind, text = reginfod.http("/metrics")
    assert status == 200 and kind.startswith("text/plain"), (status, kind)
    assert "reginfo" in text
    if shutil.which("promtool"):
        done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True,
                              text=True, timeout=20, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    else:
        print("promtool is not installed: /metrics was not linted")


def stops_cleanly(bed, how):
    reginfod = Reginfod(bed, name=f"reginfod-{how.name}")
    watcher = bed.watch(Watcher("sip:alice@reg.test", reginfod.address, "tcp"))
    assert watcher.subscribe().status == 200
    watcher.wait_contacts()
    status = reginfod.stop(how)
    assert status == 0, f"{how.name}: exit status {status}\n{reginfod.output()}"
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as again:
            again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            again.bind(reginfod.address)


def ready_line(bed):
    """One line `ready`, and only when every listener is open; and the same port again at once."""
    reginfod = Reginfod(bed, name="reginfod-ready", ipv6=True)
    lines = [line for line in reginfod.output().splitlines() if re.search(r"\bready\b", line)]
    assert len(lines) == 1, reginfod.output()
    socket.create_connection(reginfod.address, timeout=5).close()
    socket.create_connection(("127.0.0.1", reginfod.http_port), timeout=5).close()
    side_port(bed, reginfod)
    assert reginfod.stop() == 0
    again = Reginfod(bed, name="reginfod-again", port=reginfod.port)
    assert again.stop() == 0


def health(bed):
    """--check-health asks the server that has this configuration."""
    reginfod = Reginfod(bed, name="reginfod-health", http=f"0.0.0.0:{(port := free_port())}")
    here = {"REGINFOD_HTTP_LISTEN": f"0.0.0.0:{port}"}
    done = command("--check-health", environment=here)
    assert done.returncode == 0 and not done.stdout + done.stderr, done
    reginfod.child.send_signal(signal.SIGSTOP)
    done = command("--check-health", environment=here)
    reginfod.child.send_signal(signal.SIGCONT)
    assert done.returncode == 1 and str(port) in done.stderr, done
    assert reginfod.stop() == 0
    done = command("--check-health", environment=here)
    assert done.returncode == 1 and "refused" in done.stderr, done


def service_manager(bed):
    """systemd gets a message when it is ready, while it runs, and when it stops."""
    path = os.path.join(bed.directory, "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(10)
        reginfod = Reginfod(bed, name="reginfod-notify", wait_ready=False, environment={
            "NOTIFY_SOCKET": path, "WATCHDOG_USEC": "200000"})
        assert manager.recv(100) == b"READY=1"
        socket.create_connection(reginfod.address, timeout=5).close()
        for _ in range(3):
            assert manager.recv(100) == b"WATCHDOG=1"
        assert reginfod.stop() == 0
        manager.settimeout(0)
        told = []
        try:
            while True:
                told.append(manager.recv(100))
        except BlockingIOError:
            assert told.count(b"STOPPING=1") == 1 and told[-1] == b"STOPPING=1", told


def test(bed):
    flags(bed)
    health(bed)
    service_manager(bed)
    check_config(bed)
    port_taken(bed)
    ready_line(bed)
    messages_are_logged(bed)
    unusable_state(bed)
    state_survives(bed)
    for how in (signal.SIGTERM, signal.SIGINT):
        stops_cleanly(bed, how)


if __name__ == "__main__":
    harness.run("cli", test)
