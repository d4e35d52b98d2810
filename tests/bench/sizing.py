#!/usr/bin/env python3
"""Resident memory of a publication and of a subscription as a Kamailio in front makes them: with
received, path and user agent, and with a Record-Route.

    sizing.py [--server build/release/reginfod] [--count 20000]
"""

import argparse
import os
import socket
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import servers  # noqa: E402

QUIET = 40  # seconds: finished transactions are forgotten after 32

BODY = """<?xml version="1.0"?>
<reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="0" state="full">
  <registration aor="sip:u{n}@example.org" id="0x7f812fed6580" state="active">
    <contact id="0x7f812fed6698" state="active" event="created" expires="3600" \
callid="{n}-6862bbc848cf8a4d@192.0.2.{net}" cseq="2" received="sip:192.0.2.{net}:{n}" \
path="&lt;sip:edge{edge}.example.org;lr&gt;" user_agent="Desk Phone T46 66.85.0.{edge}">
      <uri>sip:u{n}@10.1.{net}.7:5060;transport=udp</uri>
    </contact>
  </registration>
</reginfo>
"""

PUBLISH = """PUBLISH sip:u{n}@example.org SIP/2.0
Via: SIP/2.0/UDP {here};branch=z9hG4bKp{n}
To: <sip:u{n}@example.org>
From: <sip:u{n}@example.org>;tag=cdb99d0d253e5194d8191660afc9d7bd-{n}
CSeq: 1 PUBLISH
Call-ID: p{n}@{here}
Event: reg
Expires: 3600
Content-Type: application/reginfo+xml
Content-Length: {length}

"""

SUBSCRIBE = """SUBSCRIBE sip:u{n}@example.org SIP/2.0
Via: SIP/2.0/UDP {here};branch=z9hG4bKs{n}
Record-Route: <sip:{here};lr;ftag=4fef0669abcea5a0>
To: <sip:u{n}@example.org>
From: <sip:w{n}@example.org>;tag=4fef0669abcea5a058b3e79a94743416-{n}
CSeq: 1 SUBSCRIBE
Call-ID: 1109b4d74a39fe9f-{n}@192.0.2.9
Event: reg
Accept: application/reginfo+xml
Contact: <sip:w{n}@192.0.2.9:{n};transport=udp>
Expires: 3600
Content-Length: 0

"""


class Proxy:
    """Sends requests one by one and answers NOTIFYs."""

    def __init__(self, port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.connect(("127.0.0.1", port))
        self.here = "127.0.0.1:{}".format(self.socket.getsockname()[1])

    def ask(self, template, number, body=""):
        text = template.format(n=number, here=self.here, length=len(body))
        self.socket.settimeout(5)
        self.socket.send((text.replace("\n", "\r\n") + body).encode())
        while True:
            answer = self.socket.recv(65535).decode()
            if answer.startswith("NOTIFY"):
                self.answer(answer)
            elif answer.startswith("SIP/2.0 200"):
                return
            else:
                raise SystemExit(f"refused: {answer}")

    def answer(self, notify):
        copied = [line for line in notify.split("\r\n\r\n")[0].split("\r\n")[1:]
                  if line.split(":")[0] in ("Via", "From", "To", "Call-ID", "CSeq")]
        self.socket.send("\r\n".join(
            ["SIP/2.0 200 OK", *copied, "Content-Length: 0", "", ""]).encode())

    def answer_the_rest(self):
        self.socket.settimeout(1)
        try:
            while True:
                self.answer(self.socket.recv(65535).decode())
        except TimeoutError:
            pass


def resident(server):
    time.sleep(QUIET)
    with open(f"/proc/{server.child.pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", default=os.path.join(HERE, "../../build/release/reginfod"))
    parser.add_argument("--count", type=int, default=20_000)
    arguments = parser.parse_args()
    first, count = 10_000, arguments.count
    with tempfile.TemporaryDirectory(prefix="reginfod-bench-") as directory:
        bench = servers.Bench(directory, directory)
        with servers.Reginfod(bench, arguments.server) as server:
            proxy = Proxy(server.port)

            def publish(number):
                body = BODY.format(n=number, net=number % 250, edge=number % 4)
                proxy.ask(PUBLISH, number, body)

            for number in range(first - 2_000, first):  # those that are kept open
                publish(number)
            before = resident(server)
            for number in range(first, first + count):
                publish(number)
            published = resident(server)
            for number in range(first, first + count):
                proxy.ask(SUBSCRIBE, number)
            proxy.answer_the_rest()
            watched = resident(server)
    print(f"a publication {(published - before) / count:.0f} B, "
          f"a subscription {(watched - published) / count:.0f} B")
    return 0


if __name__ == "__main__":
    sys.exit(main())
