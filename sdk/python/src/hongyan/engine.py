"""The one task behind a client.

posts of the program and of the connection -> exchange, heartbeat -> disk -> socket and program

Owns: the turn of the loop, the connection of the moment, and why the client ends.
Promises: what ``submit`` returned for is kept; what a turn sends and tells is kept first.
Not here: what is said over the connection (``Exchange``), who the client is (``Session``), what the program has
still to take (``Inbox``) and has asked (``Asks``).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import ssl as tls
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import codes, limits
from .asks import Asks
from .disk import Disk
from .errors import Closed, Ended, HongyanError, RequestError, WrongState
from .events import Event, OfflineEvent, OnlineEvent
from .exchange import Exchange, Pending
from .link import Came, Link, Lost, Opened, Post
from .machines import Backoff, Heartbeat, Start
from .session import Session
from .storage import Changes
from .turn import Turn, milliseconds
from .wire import Frame, Sent

CLOSE_SECONDS = 2.0
"""How long ``close`` waits for what is on its way to the socket."""


@dataclass(frozen=True, slots=True)
class Config:
    """What a client is told once."""

    token: str | None
    login: str | None
    password: str | None
    device: str | None
    state: str | os.PathLike[str] | None
    start: Start
    name: str
    ssl: tls.SSLContext | None


class Engine:
    """See the heading of the module."""

    def __init__(self, server: str, config: Config):
        self._config = config
        self.session = Session(
            server,
            token=config.token,
            login=config.login,
            password=config.password,
            device=config.device,
            name=config.name,
            ssl=config.ssl,
        )
        self._server = self.session.http.server
        self._made_sure = False
        """Whether another ``hello`` was said to hear why the session is over."""
        self._revoked = False
        """Whether it was signed out on purpose: what was kept goes too."""

        self._posts: deque[Callable[[Turn], None]] = deque()
        self._poked = asyncio.Event()
        self.exchange = Exchange(config.start, self.do, self._poked.set, self._drop)
        self._inbox = self.exchange.inbox
        self._asks = Asks(self.exchange.request)
        self.heartbeat = Heartbeat()
        self._backoff = Backoff()

        self._disk = Disk(config.state)
        self._link: Link | None = None
        self._online = False
        self._connected = asyncio.Event()
        self._noted_byte_at = 0
        self._closing = False
        self._fatal: HongyanError | None = None
        """Why the client is about to end."""
        self.over: Exception | None = None
        """Why it has ended."""
        self._renewing: asyncio.Task[None] | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Read what is kept, sign in if need be, and begin."""
        try:
            await self._restore()
            if self.session.http.token is None:
                await self.session.begin(self._disk)
        except BaseException:
            await self._disk.close()
            raise
        self._task = asyncio.create_task(self._run(), name="hongyan-client")

    async def _restore(self) -> None:
        kept = await self._disk.open()
        now = milliseconds()
        if kept.meta.get("server") not in (None, self._server):
            raise WrongState(f"the state file is of {kept.meta['server']}")
        self.session.restore(kept.meta)
        self.heartbeat.load(now, kept.meta.get("networks") or [])
        self.exchange.restore(kept, now, is_durable=self._disk.is_durable)
        await self._disk.commit(Changes(meta={"server": self._server}))

    async def close(self, *, taken: bool) -> None:
        """End the connection, and the session if nobody could use it again."""
        if self._task is not None and not self._task.done():
            if taken:
                self._inbox.take_handed()
            else:
                self._inbox.keep_handed()
            self._closing = True
            self._poked.set()
            await asyncio.wait({self._task})
        if self._config.state is None:
            await self.session.end()
        await self._disk.close()

    # The loop.

    async def _run(self) -> None:
        try:
            self._connect()
            while not self._closing or self._posts:
                await self._sleep()
                await self._turn()
        except Exception as error:
            # Whoever asks for events or for an answer gets it.
            self.over = error
        finally:
            if self._renewing is not None:
                self._renewing.cancel()
            self.over = self.over or Closed("the client was closed")
            self._online = False
            link, self._link = self._link, None
            if link is not None:
                await link.finish(CLOSE_SECONDS)
            waiting: list[asyncio.Future[Any]] = [*self.exchange.waiting(), *self._asks.waiting()]
            for future in waiting:
                if not future.done():
                    future.set_exception(self.over)
                    future.exception()  # Not everybody waits for it.
            self._inbox.end(self.over)

    async def _sleep(self) -> None:
        if self._posts or self._closing:
            return
        deadline = self._deadline()
        timeout = None if deadline is None else max(0.0, (deadline - milliseconds()) / 1000)
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._poked.wait(), timeout)

    def _deadline(self) -> int | None:
        link = self._link
        if link is None:
            return self._backoff.next_at
        deadlines = self.exchange.deadlines()
        if self._online:
            deadlines += self._asks.deadlines()
        now = milliseconds()
        if self._is_answering(link, now):
            deadlines = [max(deadline, now + limits.LOOK_AGAIN_MS) for deadline in deadlines if deadline is not None]
        deadlines += [self.heartbeat.next_deadline, self.exchange.ack_at]
        return min((deadline for deadline in deadlines if deadline is not None), default=None)

    async def _turn(self) -> None:
        turn = Turn()
        self._poked.clear()
        # What came is looked at before any patience is judged: the program may have stood still.
        for _ in range(len(self._posts)):
            self._posts.popleft()(turn)
        self._tick(turn)
        self.exchange.ack(turn, online=self._online, hurry=self._closing)
        await self._keep(turn)
        if self._fatal is not None:
            if self._revoked:
                # Perhaps because this device is lost.
                await self._disk.erase()
            raise self._fatal

    def _tick(self, turn: Turn) -> None:
        now = milliseconds()
        link = self._link
        if link is None:
            if self._backoff.next_at is not None and now >= self._backoff.next_at and not self._closing:
                self._connect()
            return
        if not self._online:
            return
        if self._inbox.is_full:
            self.heartbeat.received(now)  # Nothing is read because the program takes nothing.
        elif link.byte_at > self._noted_byte_at:
            self._noted_byte_at = link.byte_at
            self.heartbeat.received(link.byte_at)
        ping = self.heartbeat.tick(now)
        if ping == "dead":
            self._drop(turn, "the server fell silent")
            return
        if isinstance(ping, dict):
            self.exchange.request(turn, ping, self._on_pong)
        if self._is_answering(link, now):
            return
        self.exchange.tick(turn, now)
        if self._asks.is_overdue(now):
            self._drop(turn, "no answer")
            return
        self._send_asks(turn, now)

    def _is_answering(self, link: Link, now: int) -> bool:
        """Whether a frame is on its way and goes on coming: then no answer is overdue."""
        return link.byte_at > link.frame_at and now - link.byte_at < limits.ANSWER_WAIT_MS

    def _on_pong(self, turn: Turn, answer: Frame) -> None:
        interval = answer.get("next_interval_ms")
        if isinstance(interval, int):
            self.heartbeat.pong(interval)

    async def _keep(self, turn: Turn) -> None:
        self.exchange.keep(turn)
        if turn.changes:
            await self._disk.commit(turn.changes)
        link = self._link
        if link is not None and self._online:
            for frame in turn.frames:
                link.write(frame)
            if turn.frames:
                self.heartbeat.sent(milliseconds())
        for action in turn.after:
            action()
        self._inbox.extend(turn.events)
        if link is not None:
            link.hold(self._inbox.is_full)

    # The connection.

    def _connect(self) -> None:
        self._backoff.attempt(milliseconds())
        token = self.session.http.token
        assert token is not None
        self._link = Link(self._server, token, self._config.name, self._config.ssl, self._posted, milliseconds)

    def _posted(self, post: Post) -> None:
        match post:
            case Opened():
                self.do(lambda turn: self._opened(turn, post))
            case Came():
                self.do(lambda turn: self._came(turn, post))
            case Lost():
                self.do(lambda turn: self._lost(turn, post))

    def _opened(self, turn: Turn, opened: Opened) -> None:
        if opened.link is not self._link:
            return
        now = milliseconds()
        welcome = opened.welcome
        me = self.exchange.book.me
        if me is not None and me.id != welcome.user.id:
            self._fatal = WrongState(f"the state file is of user {me.id}, the session of user {welcome.user.id}")
            return
        self._online = True
        self._connected.set()
        self._backoff.welcomed(now)
        self.heartbeat.connected(now, welcome.heartbeat.interval_ms, welcome.heartbeat.timeout_ms)
        self._noted_byte_at = now
        turn.events.append(OnlineEvent(welcome.user))
        self.exchange.connected(turn, welcome, opened.round_trip_ms, now)
        self._send_asks(turn, now)

    def _came(self, turn: Turn, came: Came) -> None:
        came.link.seen()
        if came.link is not self._link:
            return
        frame = came.frame
        try:
            self.exchange.frame(turn, frame, came.size)
        except ValueError as error:
            self._drop(turn, f"a frame that is none: {error}")
        if frame["type"] == "bye":
            retry_after_ms = frame.get("retry_after_ms")
            self._backoff.bye(retry_after_ms if isinstance(retry_after_ms, int) else 0)

    def _drop(self, turn: Turn, reason: str) -> None:
        """The connection is not trusted any more."""
        link = self._link
        if link is not None:
            link.drop()
            # Our own doing: it tells nothing of the quiet before it but what an unanswered ping tells.
            self.heartbeat.disconnected(milliseconds())
            self._lost(turn, Lost(link, None, reason))

    def _lost(self, turn: Turn, lost: Lost) -> None:
        if lost.link is not self._link:
            return
        now = milliseconds()
        was_online = self._online
        self._disconnected(turn, lost, now)
        if lost.code == 4004:
            # Signed out on purpose, or replaced: the answer to another `hello` tells.
            if was_online and not self._made_sure:
                self._made_sure = True
                self._connect()
                return
            self._revoked = not was_online
        # Whose session another sign-in has replaced would only replace that one.
        if lost.code == 4001 and self.session.can_begin and not self._made_sure:
            # The session is over and the password is at hand: begin another one. A wrong password ends it.
            self.do(lambda turn: self._renew())
            return
        at = self._backoff.lost(now, lost.code, secrets.randbits(64))
        if at is None:
            assert lost.code is not None
            turn.changes.meta["token"] = None
            self._fatal = Ended(lost.code)
            return
        reason = lost.reason if lost.code is None else f"{lost.code} {lost.reason}"
        self._inbox.offline(turn, OfflineEvent(reason, at - now))

    def _disconnected(self, turn: Turn, lost: Lost, now: int) -> None:
        self._link = None
        self._online = False
        self._connected.clear()
        turn.frames.clear()
        self.exchange.disconnected(too_large=lost.too_large)
        self._asks.disconnected()
        if lost.code is None and not lost.too_large:
            self.heartbeat.cut(now)
        else:
            self.heartbeat.disconnected(now)
        turn.changes.meta["networks"] = self.heartbeat.save(now)

    def _renew(self) -> None:
        async def renew() -> None:
            retry_after_ms = None
            try:
                await self.session.begin(self._disk)
            except RequestError as error:
                refused = error
                if not codes.is_retryable(error.code, error.retry_after_ms):
                    self.do(lambda turn: self._refused(refused))
                    return
                retry_after_ms = error.retry_after_ms
            except HongyanError:
                pass  # The next attempt finds that the session is still over.
            self.do(lambda turn: self._renewed(retry_after_ms))

        self._renewing = asyncio.create_task(renew(), name="hongyan-sign-in")

    def _renewed(self, retry_after_ms: int | None) -> None:
        if retry_after_ms is not None:
            self._backoff.bye(retry_after_ms)
        self._backoff.lost(milliseconds(), None, secrets.randbits(64))

    def _refused(self, error: RequestError) -> None:
        self._fatal = error

    def network_changed(self, name: str) -> None:
        """The device is on this network now."""
        self.heartbeat.network(milliseconds(), name)
        self.woken()

    def woken(self) -> None:
        """Connect now rather than later."""
        if self._link is None:
            self._backoff.wake(milliseconds())

    async def online(self) -> None:
        """Wait until there is a connection."""
        arrived = asyncio.ensure_future(self._connected.wait())
        assert self._task is not None
        try:
            await asyncio.wait({arrived, self._task}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            arrived.cancel()
        if not self._online and self.over is not None:
            raise self.over

    # What the program asks for.

    async def next_event(self) -> Event | None:
        """The next event. The one before it counts as taken. None when the client was closed."""
        return await self._inbox.next()

    async def submit(self, frame: Frame) -> Pending:
        """Keep a request to append, and answer when it is kept."""
        self._refuse_if_over()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Sent] = loop.create_future()
        kept: asyncio.Future[None] = loop.create_future()
        self.do(lambda turn: self.exchange.submit(turn, frame, answer, kept))
        await self._or_over(kept)
        return Pending(frame["client_id"], answer)

    async def ask(self, frame: Frame) -> Frame:
        """Ask for something that changes nothing, or that may be asked for twice."""
        self._refuse_if_over()
        ask = self._asks.add(frame)
        self.do(lambda turn: self._send_asks(turn, milliseconds()))
        try:
            return await ask.answer
        finally:
            self._asks.remove(ask)

    def tell(self, frame: Frame) -> None:
        """Say something that is not answered, where there is a connection."""

        def tell(turn: Turn) -> None:
            if self._online:
                turn.frames.append(frame)

        self.do(tell)

    def _send_asks(self, turn: Turn, now: int) -> None:
        if self._online:
            self._asks.send(turn, now)

    async def _or_over(self, future: asyncio.Future[None]) -> None:
        assert self._task is not None
        await asyncio.wait({future, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if not future.done():
            self._refuse_if_over()
        future.result()

    def _refuse_if_over(self) -> None:
        if self.over is not None:
            raise self.over
        if self._task is None:
            raise Closed("the client is not open")

    def do(self, post: Callable[[Turn], None]) -> None:
        """Have the loop do something in its next turn."""
        self._posts.append(post)
        self._poked.set()
