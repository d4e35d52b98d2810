"""The programs that compare.py runs: started on free ports, stopped by their ids."""

import argparse
import contextlib
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


def arguments_of_store_bench(sizes):
    """What the command line of a bench of stores says; `size` is one of `sizes`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", default=os.path.join(ROOT, "build/release"), help="a build tree")
    parser.add_argument("--server", help="another reginfod than that of the build tree")
    parser.add_argument("--dir", default=None, help="on the disk that is meant (default: the build tree)")
    parser.add_argument("--size", choices=sizes, default="full")
    parser.add_argument("--rounds", type=int, default=1)
    arguments = parser.parse_args()
    arguments.server = arguments.server or os.path.join(arguments.bin, "reginfod")
    arguments.size = sizes[arguments.size]
    return arguments


@contextlib.contextmanager
def store_bench(arguments, prefix):
    """The Bench of those arguments, with a directory of its own on the disk that is meant."""
    with tempfile.TemporaryDirectory(prefix=prefix, dir=arguments.dir or arguments.bin) as directory:
        arguments.dir = directory
        yield Bench(os.path.join(arguments.bin, "tests/bench"), directory)


def best_of(rounds, names, measure):
    """{name: its figures in the round with the least CPU}. Rounds alternate: machines drift."""
    best = {}
    for _ in range(rounds):
        for name in names:
            figures = measure(name)
            if name not in best or figures["cpu"] < best[name]["cpu"]:
                best[name] = figures
    return best


class Bench:
    """Where the measuring programs are and where files may be written."""

    def __init__(self, programs, directory):
        self.programs = programs
        self.directory = directory
        self.faults = []

    def program(self, name):
        return os.path.join(self.programs, name)

    def file(self, name):
        return os.path.join(self.directory, name)


def free_port():
    """Free for UDP and for TCP: after ten thousand connections many a port is only the one."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, socket.socket() as stream:
            probe.bind(("127.0.0.1", 0))
            try:
                stream.bind(probe.getsockname())
            except OSError:
                continue
            return probe.getsockname()[1]


class Server:
    """A server under load, as a context manager."""

    def __init__(self, bench, name, command, environment=None):
        self.bench = bench
        self.log = open(bench.file(f"{name}.log"), "wb")
        self.child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})})

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.child.terminate()
        try:
            self.child.wait(30)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self.log.close()

    def load(self, name, versions=True, **options):
        """Runs `load` against it and returns its figures."""
        out = self.bench.file("figures.json")
        command = [self.bench.program("load"), "--port", str(self.port),
                   "--pid", str(self.child.pid), "--json", out]
        for option, value in options.items():
            option = "--" + option.replace("_", "-")
            command += [option] if value is True else [option, str(value)]
        if not versions:
            command.append("--no-versions")
        run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        print(f"--- {type(self).__name__}: {name}\n{run.stdout}", flush=True)
        if run.returncode == 2:
            raise SystemExit(f"{type(self).__name__}: {name} failed, see above")
        if run.returncode != 0:
            self.bench.faults.append(f"{type(self).__name__} {name}")
        with open(out) as file:
            return json.load(file)


class Reginfod(Server):
    """Pacing off, bounds out of the way, nothing stored unless asked for."""

    def __init__(self, bench, executable, storage="memory", sync="full", state=None, redis=None,
                 node="node", level="warning"):
        self.port = free_port()
        self.http_port = free_port()
        if state:  # one of its own
            state = tempfile.mkdtemp(prefix="state-", dir=state)
        super().__init__(
            bench, f"reginfod-{node}",
            [executable, "--listen", f"udp:127.0.0.1:{self.port}",
             "--listen", f"tcp:127.0.0.1:{self.port}", "--http", f"127.0.0.1:{self.http_port}",
             "--storage", storage, *(["--state-dir", state] if state else []),
             "--log-level", level],
            {"REGINFOD_NOTIFY_MIN_INTERVAL": "0", "REGINFOD_LIMITS_TRANSACTIONS": "20000000",
             "REGINFOD_TCP_CONNECTIONS_PER_PEER": "16384", "REGINFOD_STORAGE_SYNC": sync,
             **({"REGINFOD_STORAGE_REDIS_SERVERS": f"127.0.0.1:{redis.port}",
                 "REGINFOD_CLUSTER_NODE": node} if redis else {})})
        time.sleep(1)

    def metrics(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}/metrics", timeout=10) as response:
            return response.read().decode()

    def serves(self):
        """Whether it has the state. A node that stands by is ready as well: it passes requests on."""
        try:
            return re.search(r"^reginfod_cluster_serving 1$", self.metrics(), re.MULTILINE) is not None
        except OSError:
            return False

    def memory_by_kind(self):
        """Its memory by /metrics, in bytes."""
        text = self.metrics()
        found = re.findall(r'^reginfod_memory_bytes\{kind="(\w+)"\} (\S+)$', text, re.MULTILINE)
        return {kind: float(size) for kind, size in found}


class Redis(Server):
    """With the append-only file as deploy/redis/redis.conf has it, in a directory of its own."""

    def __init__(self, bench, directory):
        self.port = free_port()
        super().__init__(
            bench, "redis-server",
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
             "--appendonly", "yes", "--dir", tempfile.mkdtemp(prefix="redis-", dir=directory)], {})
        time.sleep(0.5)


class Prober:
    """Asks with OPTIONS every two milliseconds, as a context manager, and notes how long each takes:
    until the answer is in the kernel's hands, as this process gets a processor only now and then."""

    SO_TIMESTAMPNS = 35

    def __init__(self, port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", port))
        self.socket.settimeout(2)
        self.socket.setsockopt(socket.SOL_SOCKET, self.SO_TIMESTAMPNS, 1)
        self.waits = []  # when asked, and for how many milliseconds
        self.over = False
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *unused):
        self.ended = time.time()
        self.over = True
        self.thread.join()
        self.socket.close()

    def run(self):
        host, port = self.socket.getsockname()
        number = 0
        while not self.over:
            number += 1
            asked = time.time()
            self.socket.send((
                f"OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {host}:{port};branch=z9hG4bKprobe{number}\r\n"
                f"From: <sip:probe@127.0.0.1>;tag=p\r\nTo: <sip:127.0.0.1>\r\nCall-ID: probe{number}\r\n"
                f"CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n").encode())
            answered = self.arrival(number)
            self.waits.append((asked, (answered - asked) * 1000))
            time.sleep(0.002)

    def arrival(self, number):
        """When the kernel had the answer; now, if there is none for two seconds."""
        answer = b""
        while f"Call-ID: probe{number}\r\n".encode() not in answer:  # of an earlier one, late
            try:
                answer, ancillary, _, _ = self.socket.recvmsg(4096, 64)
            except TimeoutError:
                return time.time()
        seconds, nanoseconds = struct.unpack("qq", ancillary[0][2])
        return seconds + nanoseconds / 1e9

    def last(self, seconds):
        """Median, 99th percentile and maximum of those asked in the last `seconds`."""
        waits = sorted(wait for asked, wait in self.waits if asked > self.ended - seconds)
        return waits[len(waits) // 2], waits[len(waits) * 99 // 100], waits[-1]


class Kamailio(Server):
    @staticmethod
    def installed():
        return shutil.which("kamailio") is not None

    def __init__(self, bench):
        self.port = free_port()
        run_directory = bench.file("kamailio")
        os.makedirs(run_directory, exist_ok=True)
        super().__init__(
            bench, "kamailio",
            ["kamailio", "-DD", "-E", "-x", "tlsf", "-m", "4096", "-M", "64",
             "-f", os.path.join(HERE, "kamailio.cfg"), "-Y", run_directory,
             "-A", f'SERVER_ADDRESS="sip:127.0.0.1:{self.port}"',
             "-l", f"udp:127.0.0.1:{self.port}"])
        time.sleep(3)


class Floor:
    def __init__(self, bench):
        self.bench = bench
        self.child = subprocess.Popen([bench.program("floor"), "serve"], stdout=subprocess.PIPE, text=True)
        self.port = int(self.child.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.child.kill()
        self.child.wait()
        self.child.stdout.close()

    def drive(self, **options):
        command = [self.bench.program("floor"), "drive", "--port", str(self.port),
                   "--pid", str(self.child.pid)]
        for option, value in options.items():
            command += ["--" + option.replace("_", "-"), str(value)]
        run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        return json.loads(run.stdout)
