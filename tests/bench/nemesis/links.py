"""Ways from a node to Redis and Sentinels that are cut, stalled, slowed down or left half open."""

import asyncio
import random
import threading

PIECES_MAX = 10_000  # that a way holds back


class Gate:
    """Whether bytes of one direction pass."""

    def __init__(self):
        self.event = asyncio.Event()
        self.event.set()

    def shut(self):
        self.event.clear()

    def open(self):
        self.event.set()


class Way:
    """One connection: from the node (near) to Redis (far)."""

    def __init__(self, near, far):
        self.near, self.far = near, far
        self.up, self.down = Gate(), Gate()
        self.is_left = False  # one of its ends is gone, and the other one does not know

    def leave(self, node_knows):
        self.is_left = True
        self.up.shut()
        self.down.shut()
        (self.near if node_knows else self.far).transport.abort()

    def end(self):
        for writer in (self.near, self.far):
            writer.transport.abort()
        self.up.open()
        self.down.open()


class Link:
    """A port that leads to another one. What is called from outside runs in the loop of its Links."""

    def __init__(self, links, target, names=None):
        """`names` are {port: port} that a Sentinel's answers are to name instead."""
        self.links, self.target, self.names = links, target, names or {}
        self.ways = {}  # in order of their beginnings; the values say nothing
        self.refuses = self.stalled = False
        self.seconds = 0.0  # that each piece takes

    async def open(self):
        self.server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    def cut(self):
        """Ends each connection, and lets no new one through."""
        self.refuses = True
        self.reset()

    def reset(self):
        for way in list(self.ways):
            way.end()

    def stall(self, up=True, down=True):
        """Keeps the connections, and new ones, but passes nothing on, or in one direction only."""
        self.stalled = (up, down)
        for way in self.ways:
            self._shut(way)

    def orphan(self, node_knows):
        """Ends one side of each connection. If it is the node's, what it has sent meanwhile comes to Redis
        when all is mended, beside new connections. Else the node goes on sending to nobody."""
        for way in list(self.ways):
            way.leave(node_knows)

    def strike_one(self, which, how):
        """One of its connections, from 0 to 1 by age; the others go on."""
        ways = list(self.ways)
        if not ways:
            return
        way = ways[int(which * len(ways))]
        if how == "half open":
            way.leave(node_knows=False)
        else:
            way.up.shut()
            if how == "stalled":
                way.down.shut()

    def slow_down(self, seconds):
        self.seconds = seconds

    def hold(self):
        """What nodes send from now on waits, on the connections that they have."""
        for way in self.ways:
            way.up.shut()

    def mend(self):
        self.refuses = self.stalled = False
        self.seconds = 0.0
        for way in list(self.ways):
            way.up.open()
            way.down.open()
            if way.is_left:
                way.near.transport.abort()

    def _shut(self, way):
        up, down = self.stalled
        if up:
            way.up.shut()
        if down:
            way.down.shut()

    async def _take(self, reader, near):
        if self.refuses:
            near.transport.abort()
            return
        try:
            far_reader, far = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            near.transport.abort()
            return
        way = Way(near, far)
        if self.stalled:
            self._shut(way)
        self.ways[way] = True
        await asyncio.gather(self._carry(reader, far, way.up), self._carry(far_reader, near, way.down))
        del self.ways[way]

    async def _carry(self, reader, writer, gate):
        """Reads on while the gate is shut, so that the end of a connection is seen behind its last bytes."""
        pieces = asyncio.Queue(PIECES_MAX)
        writing = asyncio.ensure_future(self._write(pieces, writer, gate))
        loop = asyncio.get_running_loop()
        due = 0.0
        while True:
            try:
                piece = await reader.read(65536)
            except OSError:
                piece = b""
            due = max(due, loop.time() + self.seconds * random.uniform(0.7, 1.3))
            await pieces.put((due, self._renamed(piece)))
            if not piece:
                break
        await writing

    async def _write(self, pieces, writer, gate):
        loop = asyncio.get_running_loop()
        while True:
            due, piece = await pieces.get()
            if due > loop.time():
                await asyncio.sleep(due - loop.time())
            await gate.event.wait()
            if not piece:
                break
            if not writer.transport.is_closing():
                writer.write(piece)
                try:
                    await writer.drain()
                except OSError:
                    pass
        writer.close()

    def _renamed(self, piece):
        for port, ours in self.names.items():
            piece = piece.replace(f"\r\n{port}\r\n".encode(), f"\r\n{ours}\r\n".encode())
        return piece


class Links:
    """All ways, in one thread."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        # What ends in the middle of a connection is no fault here.
        self.loop.set_exception_handler(lambda loop, context: None)
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.links = []

    def lead_to(self, target, names=None):
        link = asyncio.run_coroutine_threadsafe(Link(self, target, names).open(), self.loop).result(10)
        # An answer of a Sentinel keeps its length.
        assert all(len(str(port)) == len(str(ours)) for port, ours in link.names.items()), link.names
        self.links.append(link)
        return link

    def do(self, deed, links, **options):
        """Calls one of cut, stall, ... of those links."""
        async def act():
            for link in links:
                getattr(link, deed)(**options)
        asyncio.run_coroutine_threadsafe(act(), self.loop).result(10)

    def close(self):
        self.do("reset", self.links)
        asyncio.run_coroutine_threadsafe(self._cancel(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
        self.loop.close()

    async def _cancel(self):
        for link in self.links:
            link.server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
