"""The one task behind a client.

posts of the program and of the connection -> machines -> storage -> socket and program

Owns: the machines, the storage, the connection of the moment, and what waits for the program.
Promises: what ``submit`` returned for is kept; an answer is given to the program after it is kept; an entry is
acked after it is kept in the state file, or, without one, after the program took it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import ssl as tls
import time
from collections import deque
from collections.abc import Awaitable, Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from . import codes, limits
from .book import Book, Conversation
from .errors import Closed, Ended, HongyanError, RequestError, WrongState
from .events import (
    ConversationEvent,
    EntryEvent,
    Event,
    FailedEvent,
    HistoryReplacedEvent,
    OfflineEvent,
    OnlineEvent,
)
from .http import Http
from .link import Came, Link, Lost, Opened, Post
from .machines import (
    Backoff,
    Deliver,
    Done,
    Failed,
    Heartbeat,
    Incoming,
    Look,
    Outbox,
    OutboxFull,
    Pages,
    Reconnect,
    Reset,
    Send,
    Start,
)
from .machines import (
    Conversation as Shown,
)
from .machines.actions import Action
from .storage import Changes, Storage
from .wire import Entry, Frame, History, Receipt, Sent, Summary, Synced, User, own_entry, read_users

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


class Pending(Awaitable[Sent]):
    """A request that is kept. Await it for the server's answer."""

    def __init__(self, client_id: str, answer: asyncio.Future[Sent]):
        self.client_id = client_id
        self._answer = answer

    def __await__(self) -> Generator[Any, None, Sent]:
        # A program that stops waiting does not thereby take back what it sent.
        return asyncio.shield(self._answer).__await__()


@dataclass(slots=True)
class _Ask:
    """A request that may be repeated on the next connection as it is."""

    frame: Frame
    answer: asyncio.Future[Frame]
    sent_at: int | None = None
    not_before: int = 0
    failures: int = 0


@dataclass(slots=True)
class _Turn:
    """What one turn of the loop brings about, once it is kept."""

    changes: Changes = field(default_factory=Changes)
    frames: list[Frame] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    after: list[Callable[[], None]] = field(default_factory=list)


def _milliseconds() -> int:
    return time.monotonic_ns() // 1_000_000


class Engine:
    """See the heading of the module."""

    def __init__(self, server: str, config: Config):
        self.http = Http(server, config.token, ssl=config.ssl)
        self._config = config
        self._server = self.http.server
        self._device = config.device
        self._device_secret: str | None = None
        self._owns_session = False
        self._made_sure = False
        """Whether another ``hello`` was said to hear why the session is over."""
        self._revoked = False
        """Whether it was signed out on purpose: what was kept goes too."""

        self.incoming = Incoming(config.start, Pages())
        self.outbox = Outbox()
        self.heartbeat = Heartbeat()
        self._backoff = Backoff()
        self.book = Book()

        self._storage: Storage | None = None
        self._disk = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hongyan-disk")
        self._link: Link | None = None
        self._online = False
        self._req = 1
        self._requests: dict[int, Callable[[_Turn, Frame], None]] = {}
        self._acks_sent: dict[int, int] = {}
        self._asks: list[_Ask] = []
        self._waiting: dict[str, asyncio.Future[Sent]] = {}
        self._posts: deque[Callable[[_Turn], None]] = deque()
        self._poked = asyncio.Event()
        self._ack_at: int | None = None
        self._noted_byte_at = 0
        self._closing = False
        self._fatal: HongyanError | None = None
        """Why the client is about to end."""
        self.over: Exception | None = None
        """Why it has ended."""
        self._renewing: asyncio.Task[None] | None = None
        self._task: asyncio.Task[None] | None = None

        self._events: deque[Event] = deque()
        self._arrived = asyncio.Event()
        self._handed: Event | None = None
        self._handed_generation = 0
        self._generation = 0
        """How often the history was replaced."""
        self._connected = asyncio.Event()

    async def start(self) -> None:
        """Read what is kept, sign in if need be, and begin."""
        try:
            self._storage = await self._on_disk(Storage, self._config.state)
            await self._restore()
            if self.http.token is None:
                await self._sign_in()
        except BaseException:
            await self._shut()
            raise
        self._task = asyncio.create_task(self._run(), name="hongyan-client")

    async def close(self, *, taken: bool) -> None:
        """End the connection, and the session if nobody could use it again."""
        if self._task is not None and not self._task.done():
            handed = self._handed
            self._handed = None
            if taken and handed is not None:
                generation = self._handed_generation
                self.do(lambda turn: self._took(turn, handed, generation))
            self._closing = True
            self._poked.set()
            await asyncio.wait({self._task})
        if self._owns_session and self._config.state is None:
            self._owns_session = False
            with contextlib.suppress(HongyanError):  # It expires by itself.
                await self.http.logout()
        await self._shut()

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
            waiting: list[asyncio.Future[Any]] = [*self._waiting.values(), *(ask.answer for ask in self._asks)]
            for future in waiting:
                if not future.done():
                    future.set_exception(self.over)
                    future.exception()  # Not everybody waits for it.
            self._arrived.set()

    async def _sleep(self) -> None:
        if self._posts or self._closing:
            return
        deadline = self._deadline()
        timeout = None if deadline is None else max(0.0, (deadline - _milliseconds()) / 1000)
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._poked.wait(), timeout)

    def _deadline(self) -> int | None:
        link = self._link
        if link is None:
            return self._backoff.next_at
        deadlines = [self.incoming.next_deadline, self.outbox.next_deadline]
        if self._online:
            in_flight = [ask.sent_at for ask in self._asks if ask.sent_at is not None]
            deadlines += [sent_at + limits.ANSWER_WAIT_MS for sent_at in in_flight]
            if len(in_flight) < limits.IN_FLIGHT_MAX:
                deadlines += [ask.not_before for ask in self._asks if ask.sent_at is None]
        now = _milliseconds()
        if self._is_answering(link, now):
            deadlines = [max(deadline, now + limits.LOOK_AGAIN_MS) for deadline in deadlines if deadline is not None]
        deadlines += [self.heartbeat.next_deadline, self._ack_at]
        return min((deadline for deadline in deadlines if deadline is not None), default=None)

    async def _turn(self) -> None:
        turn = _Turn()
        self._poked.clear()
        # What came is looked at before any patience is judged: the program may have stood still.
        for _ in range(len(self._posts)):
            self._posts.popleft()(turn)
        self._tick(turn)
        self._acks(turn)
        await self._keep(turn)
        if self._fatal is not None:
            if self._revoked:
                # Perhaps because this device is lost.
                storage, self._storage = self._storage, None
                assert storage is not None
                await self._on_disk(storage.erase)
            raise self._fatal

    def _tick(self, turn: _Turn) -> None:
        now = _milliseconds()
        link = self._link
        if link is None:
            if self._backoff.next_at is not None and now >= self._backoff.next_at and not self._closing:
                self._connect()
            return
        if not self._online:
            return
        if self._is_full():
            self.heartbeat.received(now)  # Nothing is read because the program takes nothing.
        elif link.byte_at > self._noted_byte_at:
            self._noted_byte_at = link.byte_at
            self.heartbeat.received(link.byte_at)
        ping = self.heartbeat.tick(now)
        if ping == "dead":
            self._drop(turn, "the server fell silent")
            return
        if isinstance(ping, dict):
            self._request(turn, ping, self._on_pong)
        if self._is_answering(link, now):
            return
        self._act(turn, self.incoming.tick(now))
        self._act(turn, self.outbox.tick(now))
        for ask in list(self._asks):
            if ask.sent_at is not None and now >= ask.sent_at + limits.ANSWER_WAIT_MS:
                self._drop(turn, "no answer")
                return
        self._send_asks(turn, now)

    def _is_answering(self, link: Link, now: int) -> bool:
        """Whether a frame is on its way and goes on coming: then no answer is overdue."""
        return link.byte_at > link.frame_at and now - link.byte_at < limits.ANSWER_WAIT_MS

    def _acks(self, turn: _Turn) -> None:
        if not self._online:
            self._ack_at = None
            return
        owed = self.incoming.owed()
        now = _milliseconds()
        if owed == 0:
            self._ack_at = None
        elif turn.frames or owed >= limits.ACK_ENTRIES or self._closing or now >= (self._ack_at or now + 1):
            self._ack_at = None
            self._act(turn, self.incoming.flush())
        elif self._ack_at is None:
            self._ack_at = now + limits.ACK_DELAY_MS

    async def _keep(self, turn: _Turn) -> None:
        changes = turn.changes
        changes.positions = self.incoming.take_dirty()
        if changes.positions or changes.wiped:
            changes.meta.update(cursor=self.incoming.cursor, walk=self.incoming.walk, epoch=self.incoming.epoch)
        changes.answered = self.outbox.answered.take_dirty()
        if changes.wiped:
            # What was submitted in this turn is in it too.
            changes.resubmitted, changes.submitted = self.outbox.pending(), []
        if changes:
            assert self._storage is not None
            await self._on_disk(self._storage.commit, changes)
        link = self._link
        if link is not None and self._online:
            for frame in turn.frames:
                link.write(frame)
            if turn.frames:
                self.heartbeat.sent(_milliseconds())
        for action in turn.after:
            action()
        if turn.events:
            self._events.extend(turn.events)
            self._arrived.set()
        if link is not None:
            link.hold(self._is_full())

    def _is_full(self) -> bool:
        return len(self._events) >= limits.UNTAKEN_MAX

    # The connection.

    def _connect(self) -> None:
        self._backoff.attempt(_milliseconds())
        assert self.http.token is not None
        self._link = Link(
            self._server, self.http.token, self._config.name, self._config.ssl, self._posted, _milliseconds
        )

    def _posted(self, post: Post) -> None:
        match post:
            case Opened():
                self.do(lambda turn: self._opened(turn, post))
            case Came():
                self.do(lambda turn: self._came(turn, post))
            case Lost():
                self.do(lambda turn: self._lost(turn, post))

    def _opened(self, turn: _Turn, opened: Opened) -> None:
        if opened.link is not self._link:
            return
        now = _milliseconds()
        welcome = opened.welcome
        me = self.book.me
        if me is not None and me.id != welcome.user.id:
            self._fatal = WrongState(f"the state file is of user {me.id}, the session of user {welcome.user.id}")
            return
        self.book.me = welcome.user
        turn.changes.meta["me"] = welcome.user.write()
        self._online = True
        self._connected.set()
        self._backoff.welcomed(now)
        self.heartbeat.connected(now, welcome.interval_ms, welcome.timeout_ms)
        self._noted_byte_at = now
        turn.events.append(OnlineEvent(welcome.user))
        self.incoming.round_trip(opened.round_trip_ms)
        self._act(turn, self.incoming.history_is(welcome.epoch))
        self._act(turn, self.incoming.connected(now, welcome.user.id))
        self._act(turn, self.outbox.connected(now))
        self._send_asks(turn, now)

    def _drop(self, turn: _Turn, reason: str) -> None:
        """The connection is not trusted any more."""
        link = self._link
        if link is not None:
            link.drop()
            # Our own doing: it tells nothing of the quiet before it but what an unanswered ping tells.
            self.heartbeat.disconnected(_milliseconds())
            self._lost(turn, Lost(link, None, reason))

    def _lost(self, turn: _Turn, lost: Lost) -> None:
        if lost.link is not self._link:
            return
        now = _milliseconds()
        was_online = self._online
        self._link = None
        self._online = False
        self._connected.clear()
        turn.frames.clear()
        if lost.too_large:
            self.incoming.ask_for_less()
        self._requests.clear()
        self._acks_sent.clear()
        self.incoming.disconnected()
        self.outbox.disconnected()
        if lost.code is None and not lost.too_large:
            self.heartbeat.cut(now)
        else:
            self.heartbeat.disconnected(now)
        turn.changes.meta["networks"] = self.heartbeat.save(now)
        for ask in self._asks:
            ask.sent_at = None
        if lost.code == 4004:
            # Signed out on purpose, or replaced: the answer to another `hello` tells.
            if was_online and not self._made_sure:
                self._made_sure = True
                self._connect()
                return
            self._revoked = not was_online
        # Whose session another sign-in has replaced would only replace that one.
        if lost.code == 4001 and self._config.password is not None and not self._made_sure:
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
        if turn.events and isinstance(turn.events[-1], OfflineEvent):
            turn.events.pop()
        elif self._events and isinstance(self._events[-1], OfflineEvent) and self._events[-1] is not self._handed:
            self._events.pop()
        turn.events.append(OfflineEvent(reason, at - now))

    def _renew(self) -> None:
        async def renew() -> None:
            retry_after_ms = None
            try:
                await self._sign_in()
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
        self._backoff.lost(_milliseconds(), None, secrets.randbits(64))

    def _refused(self, error: RequestError) -> None:
        self._fatal = error

    def network_changed(self, name: str) -> None:
        """The device is on this network now."""
        self.heartbeat.network(_milliseconds(), name)
        self.woken()

    def woken(self) -> None:
        """Connect now rather than later."""
        if self._link is None:
            self._backoff.wake(_milliseconds())

    # Frames.

    def _request(self, turn: _Turn, frame: Frame, answered: Callable[[_Turn, Frame], None]) -> None:
        self._req += 1
        self._requests[self._req] = answered
        turn.frames.append({"type": frame["type"], "req": self._req, **frame})

    def _came(self, turn: _Turn, came: Came) -> None:
        came.link.seen()
        if came.link is not self._link:
            return
        now = _milliseconds()
        frame = came.frame
        req = frame.get("req")
        self.incoming.weigh(came.size if frame["type"] in ("synced", "history") else 0)
        try:
            if req is not None:
                answered = self._requests.pop(req, None)
                if answered is not None:
                    answered(turn, frame)
                else:
                    self._on_ack_error(req, frame)
                return
            match frame["type"]:
                case "entry":
                    self._act(turn, self.incoming.entry(now, Entry.read(frame)))
                case "receipt":
                    self._conversation(turn, self.book.receipt(Receipt.of(frame)))
                case "profiles":
                    self._renamed(turn, read_users(frame))
                case "bye":
                    retry_after_ms = frame.get("retry_after_ms")
                    self._backoff.bye(retry_after_ms if isinstance(retry_after_ms, int) else 0)
        except ValueError as error:
            self._drop(turn, f"a frame that is none: {error}")

    def _act(self, turn: _Turn, actions: Sequence[Action]) -> None:
        for action in actions:
            match action:
                case Send(frame):
                    self._send_frame(turn, frame)
                case Look():
                    self._look(turn, action)
                case Deliver(entry):
                    self._deliver(turn, entry)
                case Shown(summary):
                    self._learn_direct(turn, summary)
                    self._conversation(turn, self.book.known(summary))
                case Reset():
                    self._reset(turn)
                case Reconnect():
                    self._drop(turn, "no answer")
                case Done(client_id, sent, request):
                    self._done(turn, client_id, sent, request)
                case Failed():
                    self._failed(turn, action)

    def _learn_direct(self, turn: _Turn, summary: Summary) -> None:
        peer = None if self.book.me is None else summary.peer(self.book.me.id)
        if peer is not None:
            self._act(turn, self.outbox.learn_direct(_milliseconds(), peer, summary.conv))

    def _reset(self, turn: _Turn) -> None:
        """What came so far is of another history: forget it, and send again what may be gone."""
        self.book.forget()
        self._generation += 1
        old = (EntryEvent, ConversationEvent)
        turn.events = [event for event in turn.events if not isinstance(event, old)]
        self._events = deque(event for event in self._events if not isinstance(event, old))
        turn.events.append(HistoryReplacedEvent())
        changes = turn.changes
        for gathered in (changes.conversations, changes.users, changes.delivered, changes.taken):
            gathered.clear()
        changes.submitted.clear()
        changes.wiped = True
        self._act(turn, self.outbox.history_replaced(_milliseconds()))

    def _send_frame(self, turn: _Turn, frame: Frame) -> None:
        match frame["type"]:
            case "sync":
                self.book.asked()
                self._request(turn, frame, self._on_synced)
            case "history":
                conv = frame["conv"]
                self._request(turn, frame, lambda turn, answer: self._on_history(turn, conv, answer))
            case "ack":
                # Only an ack that failed is answered, and the answer names no conversation: its `req` does.
                self._req += 1
                turn.frames.append({"type": "ack", "req": self._req, **frame})
                self._acks_sent[self._req] = frame["conv"]
                if len(self._acks_sent) > limits.ACKS_REMEMBERED_MAX:
                    del self._acks_sent[next(iter(self._acks_sent))]
            case _:
                client_id = frame["client_id"]
                self._request(turn, frame, lambda turn, answer: self._on_append(turn, client_id, answer))

    def _on_pong(self, turn: _Turn, answer: Frame) -> None:
        interval = answer.get("next_interval_ms")
        if isinstance(interval, int):
            self.heartbeat.pong(interval)

    def _on_ack_error(self, req: int, answer: Frame) -> None:
        conv = self._acks_sent.pop(req, None)
        if conv is not None and answer.get("code") == "conversation_not_found":
            self.incoming.forget(conv)

    def _on_synced(self, turn: _Turn, answer: Frame) -> None:
        now = _milliseconds()
        if answer["type"] == "error":
            self.incoming.sync_failed(
                now,
                cursor_refused=not codes.is_retryable(answer.get("code", ""), answer.get("retry_after_ms")),
                retry_after_ms=answer.get("retry_after_ms"),
                random=secrets.randbits(64),
            )
            return
        page = Synced.read(answer)
        self._names(turn, page.users)
        self._act(turn, self.incoming.synced(now, page))
        turn.changes.meta.update(cursor=self.incoming.cursor, walk=self.incoming.walk, epoch=self.incoming.epoch)

    def _names(self, turn: _Turn, users: Sequence[User]) -> None:
        turn.changes.users.update((user.id, user.write()) for user in self.book.names(users))

    def _renamed(self, turn: _Turn, users: Sequence[User]) -> None:
        self._names(turn, users)
        me = self.book.me
        for user in users:
            if me is not None and user.id == me.id:
                self.book.me = user
                turn.changes.meta.update(me=user.write())

    def _on_history(self, turn: _Turn, conv: int, answer: Frame) -> None:
        now = _milliseconds()
        if answer["type"] != "error":
            self._act(turn, self.incoming.history(now, History.read(answer)))
        elif codes.is_retryable(answer.get("code", ""), answer.get("retry_after_ms")):
            self.incoming.fetch_failed(now, conv, answer.get("retry_after_ms"), secrets.randbits(64))
        else:
            self.incoming.forget(conv)

    def _on_append(self, turn: _Turn, client_id: str, answer: Frame) -> None:
        now = _milliseconds()
        if answer["type"] == "sent":
            self._act(turn, self.outbox.sent(now, Sent.read(answer)))
        else:
            code, message = answer.get("code", "internal"), answer.get("message", "")
            retry_after_ms = answer.get("retry_after_ms")
            random = secrets.randbits(64)
            self._act(turn, self.outbox.failed(now, client_id, code, message, retry_after_ms, random))

    def _look(self, turn: _Turn, look: Look) -> None:
        def looked(turn: _Turn, answer: Frame) -> None:
            if answer["type"] == "error":
                self._on_append(turn, look.client_id, answer)
                return
            found = next((one.id for one in History.read(answer).entries if one.seq == look.seq), None)
            self._act(turn, self.outbox.looked(_milliseconds(), look.client_id, found))

        frame = {"type": "history", "conv": look.conv, "before": look.seq + 1, "limit": 1}
        self._request(turn, frame, looked)

    def _done(self, turn: _Turn, client_id: str, sent: Sent, request: Frame) -> None:
        turn.changes.settled.append(client_id)
        assert self.book.me is not None
        entry = own_entry(request, sent, self.book.me.id)
        self._act(turn, self.incoming.answered(_milliseconds(), entry))
        waiting = self._waiting.pop(client_id, None)
        if waiting is not None:
            turn.after.append(lambda: None if waiting.done() else waiting.set_result(sent))

    def _failed(self, turn: _Turn, failed: Failed) -> None:
        turn.changes.settled.append(failed.client_id)
        waiting = self._waiting.pop(failed.client_id, None)
        if waiting is None:
            turn.events.append(FailedEvent(failed.request, failed.code, failed.message))
            return

        def refuse() -> None:
            if not waiting.done():
                waiting.set_exception(RequestError(failed.code, failed.message))
                waiting.exception()  # Not everybody waits for it.

        turn.after.append(refuse)

    def _deliver(self, turn: _Turn, entry: Entry) -> None:
        assert self._storage is not None
        self._conversation(turn, self.book.entry(entry))
        turn.events.append(EntryEvent(entry))
        turn.changes.delivered.append(entry)
        if self._storage.is_durable:
            self.incoming.kept(entry.conv, entry.seq)

    def _conversation(self, turn: _Turn, conversation: Conversation | None) -> None:
        if conversation is not None:
            turn.changes.conversations[conversation.conv] = conversation.write()
            turn.events.append(ConversationEvent(conversation))

    def _took(self, turn: _Turn, event: Event, generation: int) -> None:
        # What was taken of another history means nothing to this one.
        if isinstance(event, EntryEvent) and generation == self._generation:
            turn.changes.taken.append((event.entry.conv, event.entry.seq))
            self.incoming.kept(event.entry.conv, event.entry.seq)

    # Events.

    async def next_event(self) -> Event | None:
        """The next event. The one before it counts as taken. None when the client was closed."""
        handed, self._handed = self._handed, None
        if isinstance(handed, EntryEvent):
            generation = self._handed_generation
            self.do(lambda turn: self._took(turn, handed, generation))
        while not self._events:
            if self.over is not None:
                if isinstance(self.over, Closed):
                    return None
                raise self.over
            self._arrived.clear()
            await self._arrived.wait()
        event = self._events.popleft()
        self._handed, self._handed_generation = event, self._generation
        if len(self._events) == limits.UNTAKEN_MAX - 1:
            self._poked.set()
        return event

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

    # Requests of the program.

    async def submit(self, frame: Frame) -> Pending:
        """Keep a request to append, and answer when it is kept."""
        self._refuse_if_over()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Sent] = loop.create_future()
        kept: asyncio.Future[None] = loop.create_future()
        client_id: str = frame["client_id"]

        def submit(turn: _Turn) -> None:
            if self.outbox.holds(frame):
                # A program that handles an event a second time: the first answer is still on its way.
                self._waiting.setdefault(client_id, answer)
                if self._waiting[client_id] is not answer:
                    _follow(self._waiting[client_id], answer)
                kept.set_result(None)
                return
            try:
                actions = self.outbox.submit(_milliseconds(), frame)
            except (OutboxFull, ValueError) as error:
                if not kept.done():
                    kept.set_exception(error)
                return
            self._waiting[client_id] = answer
            turn.changes.submitted.append(frame)
            turn.after.append(lambda: None if kept.done() else kept.set_result(None))
            self._act(turn, actions)

        self.do(submit)
        await self._or_over(kept)
        return Pending(client_id, answer)

    async def ask(self, frame: Frame) -> Frame:
        """Ask for something that changes nothing, or that may be asked for twice."""
        self._refuse_if_over()
        ask = _Ask(frame, asyncio.get_running_loop().create_future())

        def add(turn: _Turn) -> None:
            self._asks.append(ask)
            self._send_asks(turn, _milliseconds())

        self.do(add)
        try:
            return await ask.answer
        finally:
            if ask in self._asks:
                self._asks.remove(ask)

    def _send_asks(self, turn: _Turn, now: int) -> None:
        if not self._online:
            return
        in_flight = sum(1 for ask in self._asks if ask.sent_at is not None)
        for ask in self._asks:
            if in_flight >= limits.IN_FLIGHT_MAX:
                break
            if ask.sent_at is None and ask.not_before <= now:
                ask.sent_at = now
                in_flight += 1
                self._request(turn, ask.frame, self._on_ask(ask))

    def _on_ask(self, ask: _Ask) -> Callable[[_Turn, Frame], None]:
        def answered(turn: _Turn, answer: Frame) -> None:
            if ask.answer.done():
                return
            if answer["type"] != "error":
                self._asks.remove(ask)
                ask.answer.set_result(answer)
                return
            code, retry_after_ms = answer.get("code", "internal"), answer.get("retry_after_ms")
            if codes.is_retryable(code, retry_after_ms):
                ask.sent_at = None
                wait = limits.BACKOFF_BASE_MS << min(ask.failures, 6)
                ask.not_before = _milliseconds() + (retry_after_ms or 0) + secrets.randbelow(wait)
                ask.failures += 1
                return
            self._asks.remove(ask)
            ask.answer.set_exception(RequestError(code, answer.get("message", ""), retry_after_ms))

        return answered

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

    def do(self, post: Callable[[_Turn], None]) -> None:
        """Have the loop do something in its next turn."""
        self._posts.append(post)
        self._poked.set()

    # What is kept.

    async def _restore(self) -> None:
        assert self._storage is not None
        kept = await self._on_disk(self._storage.load)
        now = _milliseconds()
        meta = kept.meta
        if meta.get("server") not in (None, self._server):
            raise WrongState(f"the state file is of {meta['server']}")
        if meta.get("me") is not None:
            self.book.me = User.read(meta["me"])
        if self._config.token is None and meta.get("login") == self._config.login:
            self.http.token = meta.get("token")
            self._device_secret = meta.get("device_secret")
        self._device = self._device or meta.get("device") or f"python-{secrets.token_hex(4)}"
        self.incoming.load(meta.get("cursor"), meta.get("walk"), kept.positions, meta.get("epoch"))
        self.outbox.answered.load(kept.answered)
        self.heartbeat.load(now, meta.get("networks") or [])
        for frame in kept.conversations:
            summary = Summary.kept(frame, 0 if self.book.me is None else self.book.me.id)
            self.book.known(summary)
            self._learn_direct(_Turn(), summary)
        self.book.users.update((user["id"], User.read(user)) for user in kept.users)
        self.outbox.send_again()
        for frame in kept.outbox:
            self.outbox.submit(now, frame)
        self._events.extend(EntryEvent(entry) for entry in kept.inbox)
        if self._events:
            self._arrived.set()
        await self._on_disk(self._storage.commit, Changes(meta={"server": self._server}))

    async def _sign_in(self) -> None:
        assert self._config.login is not None
        assert self._config.password is not None
        assert self._storage is not None
        begun = await self.http.login(
            self._config.login,
            self._config.password,
            device=self._device,
            client=self._config.name,
            device_secret=self._device_secret,
        )
        self._owns_session = True
        self._device_secret = begun.device_secret or self._device_secret
        session = {
            "login": self._config.login,
            "token": begun.token,
            "device": self._device,
            "device_secret": self._device_secret,
        }
        await self._on_disk(self._storage.commit, Changes(meta=session))

    async def _on_disk(self, work: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._disk, work, *arguments)

    async def _shut(self) -> None:
        storage, self._storage = self._storage, None
        if storage is not None:
            await self._on_disk(storage.close)
        self._disk.shutdown(wait=False)


def _follow(leader: asyncio.Future[Sent], follower: asyncio.Future[Sent]) -> None:
    """Let one future end as another one does."""

    def copy(done: asyncio.Future[Sent]) -> None:
        if follower.done() or done.cancelled():
            return
        error = done.exception()
        if error is None:
            follower.set_result(done.result())
        else:
            follower.set_exception(error)
            follower.exception()  # Not everybody waits for it.

    leader.add_done_callback(copy)
