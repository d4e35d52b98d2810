"""Where a reginfod under test keeps its state: a file, or a Redis of its own."""

import os

from redis import PASSWORDS, Redis


class FileStorage:
    """Of `kind` "sqlite"."""

    def __init__(self, bed):
        self.flags = ("--state-dir", os.path.join(bed.directory, "state"))
        self.environment = {}


class RedisStorage:
    """Of `kind` "redis". A node that is started again has its name, so it need not await the lease of
    the one before."""

    def __init__(self, bed):
        self.bed = bed
        self.flags = ("--storage", "redis")
        self.redis = Redis(bed)
        self.environment = {
            "REGINFOD_STORAGE_REDIS_SERVERS": f"127.0.0.1:{self.redis.port}",
            "REGINFOD_STORAGE_REDIS_USERNAME": "reginfod",
            "REGINFOD_STORAGE_REDIS_PASSWORD": PASSWORDS["reginfod"],
            "REGINFOD_CLUSTER_NODE": "node-1",
        }

    def restart(self):
        """After the server was killed."""
        self.redis = Redis(self.bed, port=self.redis.port)


STORAGES = {"sqlite": FileStorage, "redis": RedisStorage}
