"""What is said over the connection.

frame -> machine -> actions -> frames, book, events

Owns: the machines that take entries in and send requests out, requests without an answer, and the acks that wait.
Promises: every answer goes to who asked; an answer is given to the program after it is kept; an entry is acked
after it is kept in the state file, or, without one, after the program took it.
Not here: any decision that a machine can make, and the connection (the engine).
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Generator, Sequence
from typing import Any

from . import codes, limits
from .book import Book, Conversation
from .errors import RequestError
from .events import (
    AskedEvent,
    ConversationEvent,
    EntryEvent,
    FailedEvent,
    PresenceEvent,
    ReactionsEvent,
    RequestsEvent,
    TypingEvent,
)
from .inbox import Inbox
from .joining import Asked, Requests
from .live import Presence, Typists, Watching
from .machines import (
    Conversation as Shown,
)
from .machines import (
    Deliver,
    Done,
    Failed,
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
from .machines.actions import Action
from .reactions import Reacted
from .storage import Kept
from .turn import Do, Turn, milliseconds
from .views import Viewed
from .wire import (
    Entry,
    Floor,
    Frame,
    History,
    Receipt,
    Sent,
    Summary,
    Synced,
    User,
    Users,
    Welcome,
    own_entry,
)


class Pending(Awaitable[Sent]):
    """A request that is kept. Await it for the server's answer."""

    def __init__(self, client_id: str, answer: asyncio.Future[Sent]):
        self.client_id = client_id
        self._answer = answer

    def __await__(self) -> Generator[Any, None, Sent]:
        # A program that stops waiting does not thereby take back what it sent.
        return asyncio.shield(self._answer).__await__()


class Exchange:
    """See the heading of the module."""

    def __init__(self, start: Start, do: Do, poke: Callable[[], None], drop: Callable[[Turn, str], None]):
        self._drop = drop
        self.incoming = Incoming(start, Pages())
        self.outbox = Outbox()
        self.book = Book()
        self.watching = Watching()
        self.inbox = Inbox(do, poke, self.incoming.kept)
        self._is_durable = False
        self._req = 1
        self._requests: dict[int, Callable[[Turn, Frame], None]] = {}
        self._acks_sent: dict[int, int] = {}
        self._waiting: dict[str, asyncio.Future[Sent]] = {}
        self.ack_at: int | None = None
        """When the acks that are owed go out by themselves."""

    def restore(self, kept: Kept, now: int, *, is_durable: bool) -> None:
        """Take up what an earlier run has left."""
        self._is_durable = is_durable
        meta = kept.meta
        if meta.get("me") is not None:
            self.book.me = User.of(meta["me"])
        self.incoming.load(meta.get("cursor"), meta.get("walk"), kept.positions, meta.get("epoch"))
        self.outbox.answered.load(kept.answered)
        for frame in kept.conversations:
            summary = Summary.kept(frame, 0 if self.book.me is None else self.book.me.id)
            self.book.known(summary)
            self._learn_direct(Turn(), summary)
        self.book.users.update((user["id"], User.of(user)) for user in kept.users)
        self.outbox.send_again()
        for frame in kept.outbox:
            self.outbox.submit(now, frame)
        self.inbox.extend(EntryEvent(entry) for entry in kept.inbox)

    # The connection.

    def connected(self, turn: Turn, welcome: Welcome, round_trip_ms: int, now: int) -> None:
        """The server has welcomed the user."""
        self.book.me = welcome.user
        turn.changes.meta["me"] = welcome.user.write()
        self.incoming.round_trip(round_trip_ms)
        self._act(turn, self.incoming.history_is(welcome.epoch))
        self._act(turn, self.incoming.connected(now, welcome.user.id))
        self._act(turn, self.outbox.connected(now))
        watch = self.watching.connected()
        if watch is not None:
            self.request(turn, watch, _nothing)

    def disconnected(self, *, too_large: bool) -> None:
        """No answer will come to what was asked; ``too_large``: because it was more than a frame may have."""
        if too_large:
            self.incoming.ask_for_less()
        self._requests.clear()
        self._acks_sent.clear()
        self.incoming.disconnected()
        self.outbox.disconnected()

    def deadlines(self) -> list[int | None]:
        """When to call ``tick`` next."""
        return [self.incoming.next_deadline, self.outbox.next_deadline]

    def tick(self, turn: Turn, now: int) -> None:
        """Time passed, and no answer is on its way."""
        self._act(turn, self.incoming.tick(now))
        self._act(turn, self.outbox.tick(now))

    def ack(self, turn: Turn, *, online: bool, hurry: bool) -> None:
        """Send the acks that are owed, when it is time or something is sent anyway."""
        if not online:
            self.ack_at = None
            return
        owed = self.incoming.owed()
        now = milliseconds()
        if owed == 0:
            self.ack_at = None
        elif turn.frames or owed >= limits.ACK_ENTRIES or hurry or now >= (self.ack_at or now + 1):
            self.ack_at = None
            self._act(turn, self.incoming.flush())
        elif self.ack_at is None:
            self.ack_at = now + limits.ACK_DELAY_MS

    def keep(self, turn: Turn) -> None:
        """Add to the turn what the machines want kept."""
        changes = turn.changes
        changes.positions = self.incoming.take_dirty()
        if changes.positions or changes.wiped:
            changes.meta.update(cursor=self.incoming.cursor, walk=self.incoming.walk, epoch=self.incoming.epoch)
        changes.answered = self.outbox.answered.take_dirty()
        if changes.wiped:
            # What was submitted in this turn is in it too.
            changes.resubmitted, changes.submitted = self.outbox.pending(), []

    def waiting(self) -> list[asyncio.Future[Sent]]:
        """The answers that the program waits for."""
        return list(self._waiting.values())

    # Frames.

    def request(self, turn: Turn, frame: Frame, answered: Callable[[Turn, Frame], None]) -> None:
        """Send a request of which one answer is expected."""
        self._req += 1
        self._requests[self._req] = answered
        turn.frames.append({"type": frame["type"], "req": self._req, **frame})

    def frame(self, turn: Turn, frame: Frame, size: int) -> None:
        """Take a frame of the server's. Raises ValueError for what is none."""
        req = frame.get("req")
        self.incoming.weigh(size if frame["type"] in ("synced", "history") else 0)
        if req is not None:
            answered = self._requests.pop(req, None)
            if answered is not None:
                answered(turn, frame)
            else:
                self._on_ack_error(req, frame)
            return
        match frame["type"]:
            case "entry":
                self._act(turn, self.incoming.entry(milliseconds(), Entry.of(frame)))
            case "receipt":
                self._conversation(turn, self.book.receipt(Receipt.of(frame)))
            case "reacted":
                turn.events.append(ReactionsEvent(Reacted.of(frame)))
            case "view":
                self.viewed(turn, frame)
            case "floor":
                self._conversation(turn, self.book.floor(Floor.of(frame)))
            case "asked":
                turn.events.append(AskedEvent(Asked.of(frame)))
            case "requests":
                turn.events.append(RequestsEvent(Requests.of(frame)))
            case "presence":
                turn.events.append(PresenceEvent(Presence.of(frame)))
            case "typing":
                turn.events.append(TypingEvent(Typists.of(frame)))
            case "profiles":
                self._renamed(turn, Users.of(frame).users)

    def _act(self, turn: Turn, actions: Sequence[Action]) -> None:
        for action in actions:
            match action:
                case Send(frame):
                    self._send(turn, frame)
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

    def _learn_direct(self, turn: Turn, summary: Summary) -> None:
        peer = None if self.book.me is None else summary.peer(self.book.me.id)
        if peer is not None:
            self._act(turn, self.outbox.learn_direct(milliseconds(), peer, summary.conv))

    def _reset(self, turn: Turn) -> None:
        """What came so far is of another history: forget it, and send again what may be gone."""
        self.book.forget()
        self.inbox.replaced(turn)
        changes = turn.changes
        for gathered in (changes.conversations, changes.users, changes.delivered, changes.taken):
            gathered.clear()
        changes.submitted.clear()
        changes.wiped = True
        self._act(turn, self.outbox.history_replaced(milliseconds()))

    def _send(self, turn: Turn, frame: Frame) -> None:
        match frame["type"]:
            case "sync":
                self.book.asked()
                self.request(turn, frame, self._on_synced)
            case "history":
                conv = frame["conv"]
                self.request(turn, frame, lambda turn, answer: self._on_history(turn, conv, answer))
            case "ack":
                # Only an ack that failed is answered, and the answer names no conversation: its `req` does.
                self._req += 1
                turn.frames.append({"type": "ack", "req": self._req, **frame})
                self._acks_sent[self._req] = frame["conv"]
                if len(self._acks_sent) > limits.ACKS_REMEMBERED_MAX:
                    del self._acks_sent[next(iter(self._acks_sent))]
            case _:
                client_id = frame["client_id"]
                self.request(turn, frame, lambda turn, answer: self._on_append(turn, client_id, answer))

    def _on_ack_error(self, req: int, answer: Frame) -> None:
        conv = self._acks_sent.pop(req, None)
        if conv is not None and answer.get("code") == "conversation_not_found":
            self.incoming.forget(conv)

    def _on_synced(self, turn: Turn, answer: Frame) -> None:
        now = milliseconds()
        if answer["type"] == "error":
            self.incoming.sync_failed(
                now,
                cursor_refused=not codes.is_retryable(answer.get("code", ""), answer.get("retry_after_ms")),
                retry_after_ms=answer.get("retry_after_ms"),
                random=secrets.randbits(64),
            )
            return
        page = Synced.of(answer)
        self._names(turn, page.users)
        self._act(turn, self.incoming.synced(now, page))
        turn.changes.meta.update(cursor=self.incoming.cursor, walk=self.incoming.walk, epoch=self.incoming.epoch)

    def _on_history(self, turn: Turn, conv: int, answer: Frame) -> None:
        now = milliseconds()
        if answer["type"] != "error":
            self._act(turn, self.incoming.history(now, History.of(answer)))
        elif codes.is_retryable(answer.get("code", ""), answer.get("retry_after_ms")):
            self.incoming.fetch_failed(now, conv, answer.get("retry_after_ms"), secrets.randbits(64))
        else:
            self.incoming.forget(conv)

    def _on_append(self, turn: Turn, client_id: str, answer: Frame) -> None:
        now = milliseconds()
        if answer["type"] == "sent":
            self._act(turn, self.outbox.sent(now, Sent.of(answer)))
        else:
            code, message = answer.get("code", "internal"), answer.get("message", "")
            retry_after_ms = answer.get("retry_after_ms")
            random = secrets.randbits(64)
            self._act(turn, self.outbox.failed(now, client_id, code, message, retry_after_ms, random))

    def _look(self, turn: Turn, look: Look) -> None:
        def looked(turn: Turn, answer: Frame) -> None:
            if answer["type"] == "error":
                self._on_append(turn, look.client_id, answer)
                return
            found = next((one.id for one in History.of(answer).entries if one.seq == look.seq), None)
            self._act(turn, self.outbox.looked(milliseconds(), look.client_id, found))

        frame = {"type": "history", "conv": look.conv, "before": look.seq + 1, "limit": 1}
        self.request(turn, frame, looked)

    def viewed(self, turn: Turn, frame: Frame) -> None:
        """Take a view, pushed or answered."""
        self._conversation(turn, self.book.viewed(Viewed.of(frame)))

    # What is told and kept.

    def _names(self, turn: Turn, users: Sequence[User]) -> None:
        turn.changes.users.update((user.id, user.write()) for user in self.book.names(users))

    def _renamed(self, turn: Turn, users: Sequence[User]) -> None:
        self._names(turn, users)
        me = self.book.me
        for user in users:
            if me is not None and user.id == me.id:
                self.book.me = user
                turn.changes.meta.update(me=user.write())

    def _deliver(self, turn: Turn, entry: Entry) -> None:
        before = self.book.conversations.get(entry.conv)
        after = self.book.entry(entry)
        self._conversation(turn, after)
        if before is not None and before.left and after is not None and not after.left:
            self.incoming.sync_now(milliseconds())
        turn.events.append(EntryEvent(entry))
        turn.changes.delivered.append(entry)
        if self._is_durable:
            self.incoming.kept(entry.conv, entry.seq)

    def _conversation(self, turn: Turn, conversation: Conversation | None) -> None:
        if conversation is not None:
            turn.changes.conversations[conversation.conv] = conversation.write()
            turn.events.append(ConversationEvent(conversation))

    # Requests to append.

    def submit(self, turn: Turn, frame: Frame, answer: asyncio.Future[Sent], kept: asyncio.Future[None]) -> None:
        """Keep a request, and send it."""
        client_id: str = frame["client_id"]
        if self.outbox.holds(frame):
            # A program that handles an event a second time: the first answer is still on its way.
            self._waiting.setdefault(client_id, answer)
            if self._waiting[client_id] is not answer:
                _follow(self._waiting[client_id], answer)
            kept.set_result(None)
            return
        try:
            actions = self.outbox.submit(milliseconds(), frame)
        except (OutboxFull, ValueError) as error:
            if not kept.done():
                kept.set_exception(error)
            return
        self._waiting[client_id] = answer
        turn.changes.submitted.append(frame)
        turn.after.append(lambda: None if kept.done() else kept.set_result(None))
        self._act(turn, actions)

    def _done(self, turn: Turn, client_id: str, sent: Sent, request: Frame) -> None:
        turn.changes.settled.append(client_id)
        assert self.book.me is not None
        entry = own_entry(request, sent, self.book.me.id)
        self._act(turn, self.incoming.answered(milliseconds(), entry))
        waiting = self._waiting.pop(client_id, None)
        if waiting is not None:
            turn.after.append(lambda: None if waiting.done() else waiting.set_result(sent))

    def _failed(self, turn: Turn, failed: Failed) -> None:
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


def _nothing(turn: Turn, answer: Frame) -> None:
    """Nobody waits for this answer."""


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
