"""A Hongyan server of the test's own, and a network in front of it that can break."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[3]
BINARY = os.environ.get("SERVER_BINARY", str(ROOT / "target" / "debug" / "hongyan"))
PASSWORD = "1234"
ZHANGSAN, LISI, WANGWU = "zhangsan@gmail.com", "lisi@gmail.com", "wangwu@hotmail.com"

PATIENCE_SECONDS = 60.0
"""How long a test waits for what must come. Only a test that fails waits so long."""

# Settings of whoever runs the tests are not the test's.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("HONGYAN_")}


async def until(what: str, is_so: Callable[[], object] | Callable[[], Awaitable[object]]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        answer = is_so()
        if isinstance(answer, Awaitable):
            answer = await answer
        if answer:
            return
        if time.monotonic() > deadline:
            raise AssertionError(f"never so: {what}")
        await asyncio.sleep(0.01)


class Server:
    """The built binary on a free port, with a folder of its own."""

    def __init__(self, settings: dict[str, str] | None = None) -> None:
        self._settings = settings or {}
        self._folder = tempfile.mkdtemp(prefix="hongyan-python-")
        self._process: asyncio.subprocess.Process | None = None
        self._said: asyncio.Task[None] | None = None
        self.url = ""

    async def run(self) -> None:
        """Start it, again perhaps, and wait until it listens."""
        listen = urlsplit(self.url).netloc or "127.0.0.1:0"
        process = await asyncio.create_subprocess_exec(
            BINARY,
            *("serve", "--demo", "--listen", listen, "--data-dir", self._folder),
            env=ENVIRONMENT | self._settings,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        self._process = process
        assert process.stderr is not None
        said = ""
        while (found := re.search(r"listens on (http:\S+)\n", said)) is None:
            line = await asyncio.wait_for(process.stderr.readline(), PATIENCE_SECONDS)
            if not line:
                raise AssertionError(f"the server ended: {said}")
            said += line.decode()
        self.url = found[1]
        self._said = asyncio.create_task(_swallow(process.stderr))

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop it; with SIGKILL, as a power cut would."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        await asyncio.wait_for(process.wait(), PATIENCE_SECONDS)
        if self._said is not None:
            await self._said

    def back_up(self) -> str:
        """Copy the database, while the server is stopped."""
        copy = tempfile.mkdtemp(prefix="hongyan-python-backup-")
        for file in Path(self._folder).glob("hongyan.db*"):
            shutil.copy2(file, copy)
        return copy

    def put_back(self, copy: str) -> None:
        """Put a copy in the place of the database, while the server is stopped."""
        for file in Path(self._folder).glob("hongyan.db*"):
            file.unlink()
        shutil.copytree(copy, self._folder, dirs_exist_ok=True)
        shutil.rmtree(copy)

    async def end(self) -> None:
        await self.stop(signal.SIGKILL)
        shutil.rmtree(self._folder)


async def _swallow(stream: asyncio.StreamReader) -> None:
    while await stream.read(65536):
        pass


@contextlib.asynccontextmanager
async def server(**settings: str) -> AsyncIterator[Server]:
    """A server for the length of a test, with these variables."""
    started = Server(settings)
    try:
        await started.run()
        yield started
    finally:
        await started.end()


class Network:
    """A network between client and server that can break, or swallow everything without a word."""

    def __init__(self, url: str):
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._writers: set[asyncio.StreamWriter] = set()
        self._listener: asyncio.Server | None = None
        self._is_cut = False
        self._generation = 0
        self._budget: int | None = None
        self.connections = 0
        self.url = ""

    async def listen(self) -> None:
        self._listener = await asyncio.start_server(self._join, "127.0.0.1", 0)
        port = self._listener.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"

    def freeze(self) -> None:
        """The connections that there are swallow everything from now on. New ones pass."""
        self._generation += 1

    def cut(self) -> None:
        """Break every connection, and every new one."""
        self._is_cut = True
        self._break()

    def cut_after(self, size: int) -> None:
        """Break every connection as soon as so many bytes have come from the server, and mend at once."""
        self._budget = size

    def mend(self) -> None:
        self._is_cut = False

    def _break(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    async def end(self) -> None:
        self.cut()
        if self._listener is not None:
            self._listener.close()

    async def _join(self, inside: asyncio.StreamReader, to_inside: asyncio.StreamWriter) -> None:
        if self._is_cut:
            to_inside.transport.abort()
            return
        self.connections += 1
        try:
            outside, to_outside = await asyncio.open_connection(self._host, self._port)
        except OSError:
            to_inside.transport.abort()
            return
        pair = {to_inside, to_outside}
        self._writers |= pair
        generation = self._generation

        async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter, *, down: bool) -> None:
            with contextlib.suppress(OSError):
                while data := await source.read(65536):
                    if self._generation != generation:
                        continue
                    if down and self._budget is not None:
                        self._budget -= len(data)
                        if self._budget < 0:
                            self._budget = None
                            self._break()
                            return
                    target.write(data)
                    await target.drain()
            for writer in pair:
                writer.transport.abort()

        try:
            await asyncio.gather(pump(inside, to_outside, down=False), pump(outside, to_inside, down=True))
        finally:
            self._writers -= pair


@contextlib.asynccontextmanager
async def network(url: str) -> AsyncIterator[Network]:
    """A network for the length of a test."""
    made = Network(url)
    await made.listen()
    try:
        yield made
    finally:
        await made.end()
