"""What the end-to-end tests share: free ports, processes with logs, reginfod, Kamailio, SIPp.

The environment says where things are:
  E2E_BIN   the executable (default build/release/reginfod)
  E2E_DIR   where logs and run-time files go (default: build/e2e)
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.error
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
REGINFOD_BIN = os.path.abspath(
    os.environ.get("E2E_BIN", os.path.join(ROOT, "build/release/reginfod")))
E2E_DIR = os.path.abspath(os.environ.get("E2E_DIR", os.path.join(ROOT, "build/e2e")))
HERE = os.path.dirname(os.path.abspath(__file__))
DEPLOY = os.path.join(ROOT, "deploy")
SKIPPED = 77  # the exit status that means "skipped" to CTest


class Skip(Exception):
    """What this test needs is not on this machine."""


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            raise Skip(f"{program} is not installed")


def free_port():
    """A port of 127.0.0.1 (and ::1) that is free for UDP and TCP now."""
    for _ in range(100):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
            tcp.bind(("127.0.0.1", 0))
            port = tcp.getsockname()[1]
            try:
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
                    udp.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise RuntimeError("no free port")


def wait_until(condition, what, timeout=15.0, pause=0.1):
    """Polls something outside this process; returns the first true value."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout:.0f} s for: {what}")
        time.sleep(pause)


def environment_with(**changes):
    """This process's environment without settings of reginfod, and with these changes."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("REGINFOD_")}
    return kept | changes


class Process:
    """A child process in a session of its own, its output in a file; stopped by its id."""

    def __init__(self, name, command, directory, environment=None, pass_fds=()):
        self.name = name
        self.log_path = os.path.join(directory, f"{name}.log")
        self.log = open(self.log_path, "ab")
        self.child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT,
            start_new_session=True, cwd=directory, pass_fds=pass_fds,
            env=environment_with(**(environment or {})))

    @property
    def running(self):
        return self.child.poll() is None

    def output(self):
        with open(self.log_path, errors="replace") as file:
            return file.read()

    def stop(self, how=signal.SIGTERM, timeout=10.0):
        """Returns the exit status; a process that ignores `how` is killed and fails the test."""
        if self.running:
            self.child.send_signal(how)
        try:
            return self.child.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not end within {timeout:.0f} s") from None
        finally:
            self._kill_group()
            self.log.close()

    def _kill_group(self):
        try:
            os.killpg(self.child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.child.wait()


class Reginfod(Process):
    def __init__(self, bed, name="reginfod", arguments=(), environment=None, port=None, ipv6=False,
                 wait_ready=True, storage=("--storage", "memory"), http=None, host="127.0.0.1",
                 advertise=None, within=(), pass_fds=()):
        self.port = port or free_port()
        self.http_port = free_port()
        self.host = host
        suffix = f",advertise={advertise}:{self.port}" if advertise else ""
        listen = ["--listen", f"udp:{host}:{self.port}{suffix}",
                  "--listen", f"tcp:{host}:{self.port}{suffix}"]
        if ipv6:
            listen += ["--listen", f"udp:[::1]:{self.port}"]
        command = [*within, REGINFOD_BIN, *listen, "--http", http or f"127.0.0.1:{self.http_port}",
                   *storage, *arguments]
        super().__init__(name, command, bed.directory, environment, pass_fds)
        bed.processes.append(self)
        if wait_ready:
            self.wait_ready()

    @property
    def address(self):
        return (self.host, self.port)

    def wait_ready(self):
        def ready():
            if not self.running:
                raise AssertionError(f"{self.name} ended at its start:\n{self.output()}")
            return re.search(r"\bready\b", self.output())
        wait_until(ready, f"{self.name} is ready", timeout=20.0, pause=0.02)

    def http(self, path):
        """(status, content type, body) of the side port."""
        try:
            url = f"http://127.0.0.1:{self.http_port}{path}"
            with urllib.request.urlopen(url, timeout=10) as answer:
                return answer.status, answer.headers.get("Content-Type", ""), answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers.get("Content-Type", ""), error.read().decode()

    def metric(self, name, **labels):
        """The sum of a metric's time series that carry these labels; None if it has none."""
        values = []
        for line in self.http("/metrics")[2].splitlines():
            found = re.fullmatch(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)", line)
            if found and found.group(1) == name:
                held = dict(re.findall(r'(\w+)="([^"]*)"', found.group(2) or ""))
                if all(held.get(k) == v for k, v in labels.items()):
                    values.append(float(found.group(3)))
        return sum(values) if values else None


class Kamailio(Process):
    """A Kamailio with one of deploy/kamailio/*.cfg, or a path; `defines` become -A NAME=VALUE, and
    `within` is a command that runs another."""

    def __init__(self, bed, name, config, transports=("udp", "tcp"), defines=None, port=None,
                 options=(), within=()):
        need("kamailio")
        self.port = port or free_port()
        self.run_directory = os.path.join(bed.directory, f"{name}.run")
        os.makedirs(self.run_directory, exist_ok=True)
        self.socket_path = os.path.join(self.run_directory, "rpc.sock")
        if os.path.exists(self.socket_path):
            os.unlink(self.socket_path)
        command = [*within, "kamailio", "-DD", "-E", "-m", "64", "-M", "8", "-Y", self.run_directory,
                   "-w", self.run_directory, "-f", os.path.join(DEPLOY, "kamailio", config), *options]
        for transport in transports:
            command += ["-l", f"{transport}:127.0.0.1:{self.port}"]
        for key, value in (defines or {}).items():
            command += ["-A", key if value is None else f"{key}={value}"]
        super().__init__(name, command, bed.directory)
        bed.processes.append(self)
        wait_until(self._answers, f"{name} answers JSON-RPC", timeout=20.0)

    def stop(self, how=signal.SIGTERM, timeout=10.0):
        """Now and then a Kamailio that has logged its end does not exit: then it is killed, and that is
        no fault of what is tested."""
        try:
            return super().stop(how, timeout)
        except AssertionError as error:
            print(error)
            return 0

    def _answers(self):
        if not self.running:
            raise AssertionError(f"{self.name} ended at its start:\n{self.output()}")
        try:
            return self.rpc("core.uptime")
        except OSError:
            return None

    def rpc(self, method, *parameters):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock, \
                tempfile.TemporaryDirectory(dir=self.run_directory) as own:
            sock.bind(os.path.join(own, "answer"))
            sock.settimeout(3)
            sock.sendto(json.dumps({"jsonrpc": "2.0", "method": method, "id": 1,
                                    "params": list(parameters)}).encode(), self.socket_path)
            answer = json.loads(sock.recv(1 << 20))
        if "error" in answer:
            raise AssertionError(f"{self.name}: {method}: {answer['error']}")
        return answer["result"]

    def contacts(self, aor):
        """The live bindings of one AOR as {uri: (expires, callid, cseq)}; the key of an AOR is its
        user at the registrar, and user@domain at a mirror before 5.8.6 and 6.0.2. One that is bound
        twice comes as "uri (again)" as well: for a moment that is no fault, so the caller waits it out."""
        found = {}
        for domain in self.rpc("ul.dump")["Domains"]:
            for record in domain["Domain"]["AoRs"]:
                if record["Info"]["AoR"] not in (aor, aor.split("@")[0]):
                    continue
                for entry in record["Info"]["Contacts"]:
                    contact = entry["Contact"]
                    if isinstance(contact["Expires"], int) and contact["Expires"] > 0:
                        uri = contact["Address"]
                        while uri in found:
                            uri += " (again)"
                        found[uri] = (contact["Expires"], contact["Call-ID"], contact["CSeq"])
        return found


class Bed:
    """The place of one test: its directory and the processes that must be gone afterwards."""

    def __init__(self, name):
        self.name = name
        self.directory = os.path.join(E2E_DIR, name)
        shutil.rmtree(self.directory, ignore_errors=True)
        os.makedirs(self.directory)
        self.processes = []
        self.closers = []
        self.removers = []  # what is called when no process is left

    def watch(self, watcher):
        self.closers.append(watcher.close)
        return watcher

    def sipp(self, scenario, target, keys=None, options=(), timeout=30, transport="u1"):
        """Runs one call of a scenario to its end; fails with SIPp's output if the call failed."""
        need("sipp")
        number = len([f for f in os.listdir(self.directory) if f.startswith("sipp-")])
        log = os.path.join(self.directory, f"sipp-{number}-{os.path.basename(scenario)}.log")
        command = ["sipp", f"{target[0]}:{target[1]}", "-sf", scenario, "-m", "1", "-nostdin",
                   "-i", "127.0.0.1", "-p", str(free_port()), "-t", transport,
                   "-timeout", str(timeout), "-timeout_error", "-trace_msg", "-message_file", log,
                   "-trace_err", "-error_file", log + ".err", *options]
        for key, value in (keys or {}).items():
            command += ["-key", key, value]
        done = subprocess.run(command, cwd=self.directory, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=timeout + 10, check=False)
        if done.returncode != 0:
            tail = done.stderr.decode(errors="replace")[-1500:]
            if os.path.exists(log):
                with open(log, errors="replace") as file:
                    tail += file.read()[-4000:]
            raise AssertionError(f"SIPp {os.path.basename(scenario)} ended with "
                                 f"{done.returncode}:\n{tail}")
        with open(log, errors="replace") as file:
            return file.read()

    def close(self):
        unclean = []
        for close in self.closers:
            try:
                close()
            except Exception as error:  # whatever it is, the processes must still be stopped
                unclean.append(f"closing: {type(error).__name__}: {error}")
        for process in reversed(self.processes):
            try:
                if process.running:
                    status = process.stop()
                    if status != 0:
                        unclean.append(f"{process.name} ended with {status}")
                elif process.child.returncode != 0 and not getattr(process, "may_fail", False):
                    unclean.append(f"{process.name} had ended with {process.child.returncode}")
                process._kill_group()
            except AssertionError as error:
                unclean.append(str(error))
        for remove in self.removers:
            remove()
        return unclean


def run(name, test):
    """Runs `test(bed)` and ends this process: 0 passed, 1 failed, 77 skipped."""
    bed = Bed(name)
    status = 0
    try:
        test(bed)
    except Skip as reason:
        print(f"SKIPPED: {reason}")
        status = SKIPPED
    except BaseException:  # an interrupt too must stop what was started
        traceback.print_exc()
        status = 1
    for line in bed.close():
        print(line, file=sys.stderr)
        status = 1
    if status == 1:
        for process in bed.processes:
            print(f"--- {process.log_path}\n{process.output()[-3000:]}", file=sys.stderr)
    print({0: "passed", 1: "FAILED", SKIPPED: "skipped"}[status], "-", bed.directory)
    sys.exit(status)
