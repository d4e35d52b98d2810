"""Certificates for a Redis with TLS, made by the commands of deploy/redis/README.md."""

import os
import re
import ssl
import subprocess

import harness
from harness import DEPLOY


def commands():
    with open(os.path.join(DEPLOY, "redis", "README.md")) as file:
        return re.search(r"^## TLS.*?((?:^    [^\n]*\n)+)", file.read(), re.M | re.S).group(1)


class Tls:
    """An authority, and what it has signed: "redis" and "node", as the README says."""

    def __init__(self, bed, name="tls"):
        harness.need("openssl")
        self.directory = os.path.join(bed.directory, name)
        text = re.sub("^    ", "", commands(), flags=re.M).replace("/etc/redis/tls", f'"{self.directory}"')
        self.run(f"chown() {{ :; }}\n{text}", bed.directory)

    def run(self, script, directory=None):
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], capture_output=True, text=True,
                              timeout=30, check=False, cwd=directory or self.directory)
        assert done.returncode == 0, done.stderr

    def file(self, name):
        return os.path.join(self.directory, name)

    def sign(self, name, addresses="IP:127.0.0.1", days=1):
        """A certificate for these; one of -1 days has expired."""
        self.run(f"openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj /CN={name} "
                 f"-addext subjectAltName={addresses} -keyout {name}.key -out {name}.csr\n"
                 f"openssl x509 -req -in {name}.csr -copy_extensions copy -CA ca.pem -CAkey ca.key "
                 f"-days {days} -out {name}.pem")

    def options(self, port, own="redis", clients="yes", plain_port=0):
        """Of a redis-server."""
        return ["--port", str(plain_port), "--tls-port", str(port), "--tls-cert-file", self.file(f"{own}.pem"),
                "--tls-key-file", self.file(f"{own}.key"), "--tls-ca-cert-file", self.file("ca.pem"),
                "--tls-auth-clients", clients, "--tls-replication", "yes"]

    def environment(self, own="node"):
        """Of a reginfod."""
        files = {"REGINFOD_STORAGE_REDIS_CERTIFICATE": self.file(f"{own}.pem"),
                 "REGINFOD_STORAGE_REDIS_KEY": self.file(f"{own}.key")} if own else {}
        return {"REGINFOD_STORAGE_REDIS_TLS": "true", "REGINFOD_STORAGE_REDIS_CA": self.file("ca.pem")} | files

    def context(self):
        """Of a client of the tests."""
        context = ssl.create_default_context(cafile=self.file("ca.pem"))
        context.load_cert_chain(self.file("node.pem"), self.file("node.key"))
        return context
