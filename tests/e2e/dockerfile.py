"""The settings of the container in a Dockerfile: ENV, EXPOSE, USER and others of its last stage."""

import json
import re
import shlex


class Dockerfile:
    def __init__(self, path):
        with open(path) as file:
            text = re.sub(r"\\\n\s*", " ", re.sub(r"^#.*\n", "", file.read(), flags=re.M))
        self.stages = [part.split("\n") for part in re.split(r"(?m)^(?=FROM )", text) if part.strip()]
        self.lines = [line.partition(" ")[::2] for line in self.stages[-1] if line.strip()]

    def all(self, instruction):
        return [rest.strip() for name, rest in self.lines if name == instruction]

    @property
    def base(self):
        return self.stages[0][0].split()[1]

    @property
    def environment(self):
        return dict(word.split("=", 1) for rest in self.all("ENV") for word in shlex.split(rest))

    @property
    def ports(self):
        """{(5060, "udp"), ...}"""
        words = " ".join(self.all("EXPOSE")).split()
        return {(int(word.split("/")[0]), word.split("/")[1]) for word in words}

    @property
    def user(self):
        return self.all("USER")[-1].split(":")[0]

    @property
    def volumes(self):
        return self.all("VOLUME")

    @property
    def entrypoint(self):
        return json.loads(self.all("ENTRYPOINT")[-1])

    @property
    def health_check(self):
        return json.loads(re.search(r"CMD (\[.*\])", self.all("HEALTHCHECK")[-1]).group(1))
