"""The executable itself: its flags, its start and its end, its side port.

    test_cli.py
"""

import os
import re
import shutil
import signal
import socket
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
    done = command("--no-such-flag")
    assert done.returncode == 2 and done.stderr, done


def check_config(bed):
    done = command("--check-config")
    assert done.returncode == 0, done
    for text in ("udp:127.0.0.1:5060", "tcp:127.0.0.1:5060", "127.0.0.1:8080"):
        assert text in done.stdout, f"{text} is not in the effective configuration:\n{done.stdout}"
    path = os.path.join(bed.directory, "wrong.toml")
    with open(path, "w") as file:
        file.write('[log]\nlevel = "info"\n\n[publish]\nmax_expire = 60\n')
    done = command("--config", path, "--check-config")
    assert done.returncode == 2, done
    assert "5" in done.stderr and "max_expires" in done.stderr, done.stderr
    done = command("--check-config", "--log-level", "debug",
                   environment={"REGINFOD_PUBLISH_MAX_EXPIRES": "7212"})
    assert done.returncode == 0 and "7212" in done.stdout and "debug" in done.stdout, done
    done = command("--storage", "sqlite", "--listen", f"udp:127.0.0.1:{free_port()}",
                   "--http", f"127.0.0.1:{free_port()}")
    assert done.returncode != 0 and "sqlite" in done.stderr, done


def port_taken(bed):
    for kind, transport in ((socket.SOCK_DGRAM, "udp"), (socket.SOCK_STREAM, "tcp")):
        with socket.socket(socket.AF_INET, kind) as taken:
            taken.bind(("127.0.0.1", 0))
            if kind == socket.SOCK_STREAM:
                taken.listen()
            port = taken.getsockname()[1]
            done = command("--listen", f"{transport}:127.0.0.1:{port}",
                           "--http", f"127.0.0.1:{free_port()}")
            assert done.returncode == 1, done
            assert str(port) in done.stderr, done.stderr


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


def test(bed):
    flags(bed)
    check_config(bed)
    port_taken(bed)
    ready_line(bed)
    for how in (signal.SIGTERM, signal.SIGINT):
        stops_cleanly(bed, how)


if __name__ == "__main__":
    harness.run("cli", test)
