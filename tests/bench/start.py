#!/usr/bin/env python3
"""What a start takes with very many AORs, each with a publication and a subscription.

    start.py [--bin build/release] [--aors 1000000] [--clean] [--limit SECONDS]

Makes a state file (as a crash leaves it: all that was not confirmed durably is to be told again),
starts reginfod on it, and asks it from the first moment on. Fails if `ready` comes later than the
limit, if what was asked meanwhile is not answered then, or if NOTIFYs leave faster than
notify.recovery_rate.
"""

import argparse
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)

import servers  # noqa: E402

RATE = 2000  # notify.recovery_rate by default
WATCHED = 5.0  # seconds in which NOTIFYs are counted
ANSWERED = 0.6  # seconds after `ready` in which earlier requests are answered


def answer_to(notify):
    """A 200 that begins with the NOTIFY's Via."""
    head = notify.split(b"\r\n\r\n", 1)[0].split(b"\r\n")
    kept = [line for line in head[1:]
            if line.split(b":", 1)[0] in (b"Via", b"From", b"To", b"Call-ID", b"CSeq")]
    kept.sort(key=lambda line: not line.startswith(b"Via"))
    return b"\r\n".join([b"SIP/2.0 200 OK", *kept, b"Content-Length: 0", b"", b""])


class Watchers(threading.Thread):
    """Answers every NOTIFY and counts them by time."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 23)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.told = []  # when each new NOTIFY came
        self.seen = set()
        self.start()

    def run(self):
        while True:
            data, peer = self.socket.recvfrom(65535)
            if not data.startswith(b"NOTIFY"):
                continue
            answer = answer_to(data)
            via = answer.split(b"\r\n", 2)[1]
            if via not in self.seen:
                self.seen.add(via)
                self.told.append(time.monotonic())
            self.socket.sendto(answer, peer)

    def rate(self):
        """From the first to the last. In between they may stand in line for the window of their
        next hop, so a single second is not representative."""
        if len(self.told) < 2:
            return 0.0
        return len(self.told) / max(self.told[-1] - self.told[0], 1.0)


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ask(port, answered):
    """Fetches the state of an AOR from the first moment on, sent again as over UDP; notes when the
    NOTIFY with its contact came."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        own, aor = sock.getsockname()[1], "sip:u10000000@bench.test"
        request = (f"SUBSCRIBE {aor} SIP/2.0\r\n"
                   f"Via: SIP/2.0/UDP 127.0.0.1:{own};rport;branch=z9hG4bKstart{own}\r\n"
                   f"From: <sip:start@bench.test>;tag=s\r\nTo: <{aor}>\r\n"
                   f"Call-ID: start-{own}\r\nCSeq: 1 SUBSCRIBE\r\nMax-Forwards: 70\r\n"
                   f"Contact: <sip:start@127.0.0.1:{own}>\r\nEvent: reg\r\nExpires: 0\r\n"
                   "Content-Length: 0\r\n\r\n").encode()
        pause = 0.5
        while not answered:
            sock.settimeout(pause)
            sock.sendto(request, ("127.0.0.1", port))
            try:
                while not answered:
                    data, peer = sock.recvfrom(65535)
                    if data.startswith(b"NOTIFY"):
                        sock.sendto(answer_to(data), peer)
                    if b'state="active"' in data:
                        answered.append(time.monotonic())
            except TimeoutError:
                pause = min(2 * pause, 4.0)
            except ConnectionRefusedError:
                time.sleep(0.01)


def resident_bytes(pid):
    with open(f"/proc/{pid}/status") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1)) * 1024


def start(arguments, directory):
    watchers = Watchers()
    bench = os.path.join(arguments.bin, "tests/bench")
    state = os.path.join(directory, "reginfod.db")
    made = subprocess.run(
        [os.path.join(bench, "make_state"), state, "--aors", str(arguments.aors),
         "--watcher-port", str(watchers.port), *([] if arguments.clean else ["--crashed"])],
        stdout=subprocess.PIPE, text=True, check=True)
    print(f"{made.stdout.strip()}, {os.path.getsize(state) / 1e6:.0f} MB", flush=True)

    port = servers.free_port()
    began = time.monotonic()
    log = open(os.path.join(directory, "log"), "w+")
    server = subprocess.Popen(
        [os.path.join(arguments.bin, "reginfod"), "--listen", f"udp:127.0.0.1:{port}",
         "--http", "off", "--state-dir", directory], stderr=log,
        # What made the state asked faster than anybody would: no bound is to be the subject.
        env={**os.environ, "REGINFOD_LIMITS_TRANSACTIONS": "4000000"})
    answered = []
    threading.Thread(target=ask, args=(port, answered), daemon=True).start()
    ready = None
    try:
        while not (ready and answered):
            if server.poll() is not None:
                raise SystemExit(f"reginfod ended with {server.returncode}")
            if time.monotonic() - began > 120:
                raise SystemExit("not ready after two minutes")
            with open(log.name) as text:
                if not ready and re.search(r"\bready\b", text.read()):
                    ready = time.monotonic()
            time.sleep(0.01)
        cpu, resident = cpu_seconds(server.pid), resident_bytes(server.pid)
        time.sleep(WATCHED)
    finally:
        stopped = time.monotonic()
        server.terminate()
        server.wait()
        stopped = time.monotonic() - stopped
    log.seek(0)
    print(re.search(r"state restored.*", log.read()).group())
    return {"ready": ready - began, "answered": answered[0] - began, "cpu": cpu,
            "resident": resident, "stopped": stopped, "told": len(watchers.told),
            "rate": watchers.rate()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", default=os.path.join(ROOT, "build/release"), help="a build tree")
    parser.add_argument("--aors", type=int, default=1_000_000)
    parser.add_argument("--clean", action="store_true", help="the state of a clean stop")
    parser.add_argument("--limit", type=float, default=10.0, help="seconds until ready")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="reginfod-start-") as directory:
        found = start(arguments, directory)
    print(f"ready after {found['ready']:.2f} s, first answer after {found['answered']:.2f} s, "
          f"{found['cpu']:.2f} s of CPU, {found['resident'] / 1e6:.0f} MB resident, stopped in {found['stopped']:.2f} s")
    print(f"{found['told']} NOTIFYs in about {WATCHED:.0f} s, {found['rate']:.0f} a second")
    faults = []
    if found["ready"] > arguments.limit:
        faults.append(f"it took longer than {arguments.limit:.0f} s")
    if found["answered"] - found["ready"] > ANSWERED:
        faults.append("who asked before it was ready was not served then")
    if found["rate"] > 1.2 * RATE:
        faults.append("NOTIFYs left faster than notify.recovery_rate")
    expected = 0 if arguments.clean else min(arguments.aors, RATE)
    if found["told"] < expected or (arguments.clean and found["told"] > 0):
        faults.append(f"{found['told']} NOTIFYs do not fit the state")
    for fault in faults:
        print(f"FAULT: {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
