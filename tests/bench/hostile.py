#!/usr/bin/env python3
"""Latencies of a healthy peer beside a hostile one, or one that has failed.

    hostile.py [--bin build/release] [--size full|small|smoke] [--only CASE]... [--json FILE]
               [--limit-ms N]
    REGINFOD=path hostile.py ...      another executable than that of the build tree

Each case has a reginfod of its own with an SQLite store, started and stopped here; everything is on
127.0.0.1 and ends by itself. README.md here says what the cases are and how to read the table.
"""

import argparse
import itertools
import json
import multiprocessing
import os
import select
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)

from healthy import BODY, OPTIONS, PROBES, PUBLISH, SUBSCRIBE, Healthy, answer_to, value  # noqa: E402
from servers import free_port  # noqa: E402

FORK = multiprocessing.get_context("fork")
SIZES = {
    # Long enough for the flood to fill `limits.transactions`, in the full size at its default.
    "full": dict(seconds=45, pause=0.02, aors=100, watchers=30, dead=1000, flood=40_000, floods=2,
                 heavy=64, heavy_bytes=250_000, names=400, transactions=1_000_000),
    "small": dict(seconds=15, pause=0.02, aors=50, watchers=20, dead=300, flood=20_000, floods=1,
                  heavy=32, heavy_bytes=100_000, names=200, transactions=100_000),
    "smoke": dict(seconds=2, pause=0.02, aors=10, watchers=5, dead=20, flood=2_000, floods=1,
                  heavy=4, heavy_bytes=10_000, names=20, transactions=1_000),
}


# Attackers: each runs in a process of its own until it is stopped, and counts what it did.

def flood_socket(port):
    flood = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    flood.connect(("127.0.0.1", port))
    return flood, "{}:{}".format(*flood.getsockname())


def send_at(rate, flood, messages, count):
    began = time.monotonic()
    sent = 0
    while True:
        allowed = int((time.monotonic() - began) * rate)
        for message in itertools.islice(messages, max(min(allowed - sent, 64), 0)):
            try:
                flood.send(message)
            except OSError:
                pass  # the answer to one before was refused, or there is no room
        sent += max(min(allowed - sent, 64), 0)
        count.value = sent
        if sent >= allowed:
            time.sleep(0.001)


def numbered(template, **values):
    """The messages of a template with {n} in it, one number each."""
    parts = (template % values).encode().split(b"{n}")
    for number in itertools.count():
        yield (b"%d" % number).join(parts)


def flood_options(size, port, count):
    flood, here = flood_socket(port)
    send_at(size["flood"], flood, numbered(OPTIONS, branch="o{n}", here=here), count)


def flood_publish(size, port, count):
    """Initial publications of 1,000 AORs: at first they are made, and then each is too many."""
    flood, here = flood_socket(port)
    texts = []
    for aor in range(1000):
        body = BODY % {"aor": f"x{aor}", "number": 1}
        text = PUBLISH % {"aor": f"x{aor}", "branch": "p{n}", "here": here, "body": body, "match": "",
                          "length": len(body)}
        texts.append(text.encode().split(b"{n}"))

    def messages():
        for number in itertools.count():
            yield (b"%d" % number).join(texts[number % 1000])
    send_at(size["flood"], flood, messages(), count)


def slow_names(size, port, count):
    """Watchers whose Contacts are names of a zone that does not answer."""
    asker, here = flood_socket(port)
    messages = numbered(SUBSCRIBE, uri="sip:x@reg.test", who="s{n}", aor="x", tag="", cseq=1, here=here,
                        branch="s{n}", route="", expires=600, contact="h{n}.slow.test")
    for message in itertools.islice(messages, size["names"]):
        asker.send(message)
        count.value += 1
        time.sleep(0.0005)
    send_at(20, asker, messages, count)


class Stream:
    """SIP over TCP: one request at a time, and NOTIFYs answered between."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.here = "{}:{}".format(*self.socket.getsockname())
        self.buffer = b""

    def messages(self, wait):
        while True:
            end = self.buffer.find(b"\r\n\r\n")
            if end >= 0:
                total = end + 4 + int(value(self.buffer[:end + 2], b"Content-Length"))
                if len(self.buffer) >= total:
                    message, self.buffer = self.buffer[:total], self.buffer[total:]
                    yield message
                    continue
            if not select.select([self.socket], [], [], wait)[0]:
                return
            piece = self.socket.recv(1 << 20)
            if not piece:
                raise SystemExit("the heavy one's connection was closed")
            self.buffer += piece

    def ask(self, text):
        """The final response; None without one in ten seconds."""
        self.socket.sendall(text.replace("SIP/2.0/UDP", "SIP/2.0/TCP").encode())
        for message in self.messages(10):
            if message.startswith(b"NOTIFY "):
                self.socket.sendall(answer_to(message))
            else:
                return message
        return None


def heavy_aor(size, port, count):
    """As many publications of one AOR, each as large, as are taken; watched, and then refreshed and
    changed in turn as fast as that is answered."""
    stream = Stream(port)
    tags = []
    numbers = itertools.count(1)
    contacts = -(-size["heavy_bytes"] // 7700)  # an attribute is not as long as one may be

    def put(tag, body):
        """Makes, changes or (without a body) refreshes one; its entity-tag, None if it is refused."""
        text = PUBLISH % {
            "aor": "heavy", "branch": f"v{next(numbers)}", "here": stream.here, "body": body,
            "length": len(body), "match": f"SIP-If-Match: {tag}\r\n" if tag else ""}
        if not body:
            text = text.replace("Content-Type: application/reginfo+xml\r\n", "")
        answer = stream.ask(text)
        return value(answer, b"SIP-ETag") if answer and answer.startswith(b"SIP/2.0 200") else None

    def document(number):
        filler = "x" * (size["heavy_bytes"] // contacts - 180)
        listed = "".join(
            f'<contact id="c{i}" state="active" event="registered" expires="3000" callid="c{i}" '
            f'cseq="{next(numbers)}" user_agent="{filler}"><uri>sip:h{number}-{i}@192.0.2.1</uri></contact>'
            for i in range(contacts))
        head = BODY[:BODY.index("<contact")] % {"aor": "heavy"}
        return head + listed + "</registration></reginfo>"

    stream.ask(SUBSCRIBE % dict(uri="sip:heavy@reg.test", who="heavy", aor="heavy", tag="", cseq=1,
                                branch="heavy", here=stream.here, route="", expires=3600,
                                contact=stream.here + ";transport=tcp"))
    while len(tags) < size["heavy"]:
        tag = put(None, document(len(tags)))
        if not tag:
            break
        tags.append(tag)
    at = 0
    while tags:
        tag = put(tags[at], "")
        tag = tag and put(tag, document(at))
        tags[at:at + 1] = [tag] if tag else []
        count.value += 2
        at = (at + 1) % max(len(tags), 1)


def serve_names(port):
    """A resolver for the zones good.test, which has an address for each name, and slow.test, whose
    questions stay unanswered."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", port))
    while True:
        query, peer = server.recvfrom(4096)
        end = query.index(b"\0", 12) + 5
        if b"\4slow\4test" in query:
            continue
        kind = struct.unpack("!H", query[end - 4:end - 2])[0]
        record = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + bytes([127, 0, 0, 1]) if kind == 1 else b""
        head = query[:2] + struct.pack("!HHHHH", 0x8580, 1, 1 if record else 0, 0, 0)
        server.sendto(head + query[12:end] + record, peer)


CASES = {
    "nothing": (),
    "flood of OPTIONS": (flood_options,),
    "flood of PUBLISH": (flood_publish,),
    "dead watchers": (),
    "heavy AOR": (heavy_aor,),
    "slow names": (slow_names,),
}


class Server:
    def __init__(self, executable, directory, dns, transactions):
        self.port, http = free_port(), free_port()
        self.http = f"http://127.0.0.1:{http}"
        kept = {k: v for k, v in os.environ.items() if not k.startswith("REGINFOD")}
        self.log = open(os.path.join(directory, "reginfod.log"), "wb")
        self.child = subprocess.Popen(
            [executable, "--listen", f"udp:127.0.0.1:{self.port}", "--listen", f"tcp:127.0.0.1:{self.port}",
             "--http", f"127.0.0.1:{http}", "--state-dir", os.path.join(directory, "state"),
             "--log-level", "error"],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT,
            env={**kept, "REGINFOD_NOTIFY_MIN_INTERVAL": "0", "REGINFOD_NOTIFY_UDP_BYTES_MAX": "0",
                 "REGINFOD_LIMITS_TRANSACTIONS": str(transactions),
                 "REGINFOD_RESOLVER_SERVERS": f"127.0.0.1:{dns}"})
        end = time.monotonic() + 20
        while not self.is_ready():
            if self.child.poll() is not None or time.monotonic() > end:
                self.stop()
                raise SystemExit(f"{executable} does not start, see {self.log.name}")
            time.sleep(0.05)

    def is_ready(self):
        try:
            with urllib.request.urlopen(f"{self.http}/readyz", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def cpu_seconds(self):
        with open(f"/proc/{self.child.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.child.terminate()
        try:
            self.child.wait(20)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self.log.close()


def run_case(name, size, executable, directory, dns):
    os.makedirs(directory)
    server = Server(executable, directory, dns, size["transactions"])
    attackers = []
    healthy = Healthy(("127.0.0.1", server.port), size["aors"], size["watchers"],
                      size["dead"] if name == "dead watchers" else 0)
    try:
        healthy.set_up()
        done = FORK.Value("Q", 0)
        for attack in CASES[name]:
            times = size["floods"] if attack in (flood_options,) else 1
            counts = [done] + [FORK.Value("Q", 0) for _ in range(times - 1)]
            attackers += [FORK.Process(target=attack, args=(size, server.port, count), daemon=True)
                          for count in counts]
        for attacker in attackers:
            attacker.start()
        healthy.remove_dead()
        cpu, began, before = server.cpu_seconds(), time.monotonic(), done.value
        healthy.run(size["seconds"], size["pause"])
        seconds = time.monotonic() - began
        figures = {"probes": healthy.figures(), "server_cpu": (server.cpu_seconds() - cpu) / seconds,
                   "attacks": (done.value - before) * max(len(attackers), 1) / seconds}
        if name == "dead watchers":
            figures["attacks"] = healthy.to_dead / seconds  # what the edge got for them
        if server.child.poll() is not None:
            raise SystemExit(f"{name}: the server ended with {server.child.returncode}")
        return figures
    finally:
        for attacker in attackers:
            attacker.kill()
            attacker.join()
        healthy.close()
        server.stop()


def print_table(results):
    print("| beside | hostile/s | CPU | " + " | ".join(PROBES) + " |")
    print("|---|---:|---:|" + "---:|" * len(PROBES))
    for name, found in results.items():
        cells = []
        for kind in PROBES:
            probe = found["probes"].get(kind)
            if not probe:
                cells.append("")
                continue
            cell = " / ".join(f"{probe[key]:,.1f}" for key in ("p50_ms", "p99_ms", "max_ms"))
            if probe["unanswered"]:
                cell += f", {probe['unanswered']} of {probe['count']} unanswered"
            if probe["refused"]:
                cell += f", {probe['refused']} refused"
            cells.append(cell)
        print(f"| {name} | {found['attacks']:,.0f} | {100 * found['server_cpu']:.0f} % | "
              + " | ".join(cells) + " |")
    print("\np50 / p99 / max in ms")


def faults(results, limit):
    for name, found in results.items():
        for kind, probe in found["probes"].items():
            if probe["p99_ms"] > limit or probe["unanswered"] or probe["refused"]:
                yield f"{name}: {kind} {probe}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", default=os.path.join(ROOT, "build/release"), help="a build tree")
    parser.add_argument("--size", choices=SIZES, default="full")
    parser.add_argument("--only", choices=CASES, action="append")
    parser.add_argument("--seconds", type=float, help="of each case")
    parser.add_argument("--json", help="file for the figures")
    parser.add_argument("--limit-ms", type=float,
                        help="fail where a p99 is above this, or one is refused or not answered")
    arguments = parser.parse_args()
    executable = os.environ.get("REGINFOD", os.path.join(arguments.bin, "reginfod"))
    size = dict(SIZES[arguments.size])
    size["seconds"] = arguments.seconds or size["seconds"]
    dns = free_port()
    names = FORK.Process(target=serve_names, args=(dns,), daemon=True)
    names.start()
    results = {}
    try:
        with tempfile.TemporaryDirectory(prefix="hostile-", dir=arguments.bin) as directory:
            for number, name in enumerate(arguments.only or CASES):
                results[name] = run_case(name, size, executable, os.path.join(directory, str(number)), dns)
                print(f"{name}: done", file=sys.stderr, flush=True)
    finally:
        names.kill()
        names.join()
    print_table(results)
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump({"size": arguments.size, "cases": results}, file, indent=1)
    wrong = list(faults(results, arguments.limit_ms)) if arguments.limit_ms else []
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
