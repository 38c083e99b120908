"""One connection: the WebSocket from its opening to its end.

socket -> frames -> posts to the engine; frames of the engine -> socket

Owns: the handshake with ``hello``, one task that reads and one that writes.
Promises: never more than a few frames ahead of the engine; any byte that comes is noted as a sign of life; the
engine never waits for the socket.
"""

from __future__ import annotations

import asyncio
import ssl as tls
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI
from websockets.typing import Subprotocol

from . import limits
from .http import is_loopback
from .wire import Frame, Welcome, decode, encode

SUBPROTOCOL = "hongyan.v1.json"

FRAMES_AHEAD_MAX = 64
"""Frames read and not yet seen by the engine. Beyond it nothing more is read."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The server said ``welcome``."""

    link: Link
    welcome: Welcome
    round_trip_ms: int


@dataclass(frozen=True, slots=True)
class Came:
    """A frame came."""

    link: Link
    frame: Frame
    size: int
    """In bytes."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection is over, or never came to be."""

    link: Link
    code: int | None
    reason: str
    too_large: bool = False


Post: TypeAlias = Opened | Came | Lost


def socket_address(server: str) -> str:
    """The address of the WebSocket of a server that is named by its HTTP address."""
    parts = urlsplit(server)
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    return urlunsplit((scheme, parts.netloc, parts.path.rstrip("/") + "/v1/ws", "", ""))


class _Broken(Exception):
    """The server said something that is not of the protocol, or said nothing."""


class Link:
    """See the heading of the module."""

    def __init__(
        self,
        server: str,
        token: str,
        name: str,
        ssl: tls.SSLContext | None,
        post: Callable[[Post], None],
        clock: Callable[[], int],
    ):
        self._server = server
        self._hello: Frame = {"type": "hello", "req": 1, "token": token, "client": name}
        self._ssl = ssl
        self._post = post
        self._clock = clock
        self._out: deque[str] = deque()
        self._written = asyncio.Event()
        self._drained = asyncio.Event()
        self._ahead = asyncio.Semaphore(FRAMES_AHEAD_MAX)
        self._readable = asyncio.Event()
        self._readable.set()
        self.byte_at = 0
        """When the last byte came."""
        self.frame_at = 0
        """When the last whole frame came."""
        self._task = asyncio.create_task(self._live(), name="hongyan-link")

    def write(self, frame: Frame) -> None:
        """Put a frame on its way. What one writes is bounded by what one may have unanswered."""
        self._out.append(encode(frame))
        self._drained.clear()
        self._written.set()

    def seen(self) -> None:
        """The engine is done with a frame."""
        self._ahead.release()

    def hold(self, held: bool) -> None:
        """Stop reading while the program takes nothing."""
        if held:
            self._readable.clear()
        else:
            self._readable.set()

    def drop(self) -> None:
        """End the connection, whatever is on its way."""
        self._task.cancel()

    async def finish(self, seconds: float) -> None:
        """Write what is to be written, close, and be done."""
        if self._out and not self._task.done():
            drained = asyncio.ensure_future(self._drained.wait())
            await asyncio.wait({drained, self._task}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            drained.cancel()
        self._task.cancel()
        await asyncio.wait({self._task}, timeout=seconds)

    async def _live(self) -> None:
        code: int | None = None
        reason = ""
        too_large = False
        try:
            await self._converse()
        except ConnectionClosed as closed:
            if closed.rcvd is not None:
                code, reason = closed.rcvd.code, closed.rcvd.reason
            too_large = closed.sent is not None and closed.sent.code == 1009
            reason = reason or "the connection broke"
        except (OSError, asyncio.TimeoutError, InvalidHandshake, InvalidURI, ValueError, _Broken) as error:
            reason = str(error) or type(error).__name__
        self._post(Lost(self, code, reason, too_large))

    async def _converse(self) -> None:
        link = self

        class Noted(ClientConnection):
            """Notes each byte: a large frame on a slow line is a sign of life long before its end."""

            def data_received(self, data: bytes) -> None:
                link.byte_at = link._clock()
                super().data_received(data)

        connection = await connect(
            socket_address(self._server),
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            compression=None,
            user_agent_header=None,
            open_timeout=limits.CONNECT_WAIT_MS / 1000,
            close_timeout=1,
            ping_interval=None,
            max_size=limits.FRAME_BYTES_MAX,
            max_queue=16,
            proxy=None if is_loopback(self._server) else True,
            ssl=self._ssl,
            create_connection=Noted,
        )
        async with connection:
            asked_at = self._clock()
            await connection.send(encode(self._hello))
            answer, _ = await asyncio.wait_for(self._receive(connection), limits.WELCOME_WAIT_MS / 1000)
            if answer["type"] != "welcome":
                raise _Broken(f"{answer['type']} instead of welcome")
            self._post(Opened(self, Welcome.of(answer), self._clock() - asked_at))
            writer = asyncio.create_task(self._write(connection), name="hongyan-writer")
            try:
                while True:
                    frame, size = await self._receive(connection)
                    await self._ahead.acquire()
                    self._post(Came(self, frame, size))
                    await self._readable.wait()
            finally:
                writer.cancel()

    async def _receive(self, connection: ClientConnection) -> tuple[Frame, int]:
        text = await connection.recv()
        if not isinstance(text, str):
            raise _Broken("a binary message")
        self.frame_at = self._clock()
        return decode(text), len(text) if text.isascii() else len(text.encode())

    async def _write(self, connection: ClientConnection) -> None:
        while True:
            while self._out:
                try:
                    await connection.send(self._out[0])
                except ConnectionClosed:
                    return
                self._out.popleft()
            self._drained.set()
            self._written.clear()
            await self._written.wait()
