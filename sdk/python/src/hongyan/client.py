"""The handle that programs hold."""

from __future__ import annotations

import os
import ssl as tls
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from types import TracebackType
from typing import Literal

from .book import Conversation
from .engine import Config, Engine
from .events import Event
from .exchange import Pending
from .identity import new_client_id
from .live import Presence, UserPresence
from .machines import Start
from .reactions import ReactionsPage
from .version import VERSION
from .views import View, Viewed
from .wire import Frame, History, Sent, User, text_body


class Client:
    """A connection to a Hongyan server that heals by itself. Open it with ``async with Client.open(…)``."""

    def __init__(self, server: str, config: Config):
        if config.token is None and (config.login is None or config.password is None):
            raise ValueError("give a token, or a login and a password")
        self._engine = Engine(server, config)
        self.http = self._engine.session.http
        """Requests over HTTP, with this client's session."""

    @classmethod
    def open(
        cls,
        server: str,
        *,
        token: str | None = None,
        login: str | None = None,
        password: str | None = None,
        device: str | None = None,
        state: str | os.PathLike[str] | None = None,
        start: Literal["everything", "recent", "now"] = "recent",
        name: str = f"hongyan-python/{VERSION}",
        ssl: tls.SSLContext | None = None,
    ) -> Client:
        """A client, to be entered with ``async with``.

        ``server`` is the HTTP address. Give a ``token``, or a ``login`` and a ``password``: then the client signs
        in as a device of its own. ``state`` is a file: with it, what was submitted and what came survive a crash,
        and the next run goes on where this one was. ``start`` says where conversations begin that the very first
        sync shows; one that began later is delivered from its first entry.
        """
        config = Config(
            token=token,
            login=login,
            password=password,
            device=device,
            state=state,
            start=Start(start),
            name=name,
            ssl=ssl,
        )
        return cls(server, config)

    async def __aenter__(self) -> Client:
        await self._engine.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # An event whose handling failed was not taken: with a state file it comes again in the next run.
        await self.close(taken=error is None)

    async def close(self, *, taken: bool = True) -> None:
        """End the connection. Requests without an answer stay in the state file, if there is one."""
        await self._engine.close(taken=taken)

    # What the program asks for.

    @property
    def me(self) -> User | None:
        """The user, as soon as the server has said it once."""
        return self._engine.exchange.book.me

    @property
    def conversations(self) -> Mapping[int, Conversation]:
        """The user's conversations."""
        return self._engine.exchange.book.conversations

    @property
    def users(self) -> Mapping[int, User]:
        """Everybody who shares a conversation with the user."""
        return self._engine.exchange.book.users

    def name_of(self, user: int) -> str:
        """The name to show of somebody; a number for one who is not known yet."""
        known = self._engine.exchange.book.users.get(user)
        return f"user {user}" if known is None else known.name

    @property
    def total_unread(self) -> int:
        """Unread messages over all conversations but the hidden ones; one that is marked as unread counts as one at
        least."""
        return self._engine.exchange.book.total_unread

    def total_muted(self) -> int:
        """How many of these are in conversations that are muted now, or archived: they draw no attention."""
        return self._engine.exchange.book.total_muted(time.time_ns() // 1_000_000)

    def pending(self) -> list[Frame]:
        """Requests without an answer, oldest first."""
        return self._engine.exchange.outbox.pending()

    async def online(self) -> None:
        """Wait until there is a connection. Raises ``Ended`` if there never will be."""
        await self._engine.online()

    def events(self) -> AsyncIterator[Event]:
        """Everything that happens, from here on or from where an earlier loop stopped.

        An event counts as taken when the next one is asked for, or when the ``async with`` ends without an
        exception. Ends by raising ``Ended`` when the connection was ended for good.
        """
        return _Events(self._engine)

    async def send(
        self,
        text: str,
        *,
        to: int | None = None,
        conv: int | None = None,
        reply_to: int | None = None,
        mentions: Sequence[int] = (),
        mentions_all: bool = False,
        topic: str | None = None,
        expires_at: int | None = None,
        origin: str | None = None,
        client_id: str | None = None,
    ) -> Sent:
        """Append a message to a conversation, or to that with a user. Returns when the server has it on disk.

        ``mentions_all`` asks all members of a group to notice it: for its admins, ten times in 24 hours. Beyond that it
        waits, and what is sent behind it.

        ``topic`` says what it belongs to within the conversation (1 to 64 bytes), ``expires_at`` when it loses its
        worth (milliseconds since 1970), ``origin`` where it comes from (1 to 128 bytes). The server keeps them.
        """
        pending = await self.submit(
            text,
            to=to,
            conv=conv,
            reply_to=reply_to,
            mentions=mentions,
            mentions_all=mentions_all,
            topic=topic,
            expires_at=expires_at,
            origin=origin,
            client_id=client_id,
        )
        return await pending

    async def submit(
        self,
        text: str,
        *,
        to: int | None = None,
        conv: int | None = None,
        reply_to: int | None = None,
        mentions: Sequence[int] = (),
        mentions_all: bool = False,
        topic: str | None = None,
        expires_at: int | None = None,
        origin: str | None = None,
        client_id: str | None = None,
    ) -> Pending:
        """Like ``send``, but returns when the message is kept here. Await what it returns for the answer."""
        if (to is None) == (conv is None):
            raise ValueError("say exactly one of to and conv")
        frame: Frame = {"type": "send"}
        frame.update({"to": to} if conv is None else {"conv": conv})
        frame.update(client_id=client_id or new_client_id(), body=text_body(text))
        if reply_to is not None:
            frame["reply_to"] = reply_to
        if mentions:
            frame["mentions"] = list(mentions)
        if mentions_all:
            frame["mentions_all"] = True
        for name, value in (("topic", topic), ("expires_at", expires_at), ("origin", origin)):
            if value is not None:
                frame[name] = value
        return await self._engine.submit(frame)

    async def edit(self, conv: int, seq: int, text: str, *, client_id: str | None = None) -> Sent:
        """Give one's own message another text."""
        client_id = client_id or new_client_id()
        frame = {"type": "edit", "conv": conv, "seq": seq, "client_id": client_id, "body": text_body(text)}
        return await (await self._engine.submit(frame))

    async def recall(self, conv: int, seq: int, *, client_id: str | None = None) -> Sent:
        """Blank one's own message."""
        frame = {"type": "recall", "conv": conv, "seq": seq, "client_id": client_id or new_client_id()}
        return await (await self._engine.submit(frame))

    async def read(self, conv: int, seq: int) -> None:
        """Say that the user has read up to ``seq``. Returns when the server has noted it."""
        await self._engine.ask({"type": "read", "conv": conv, "seq": seq})

    async def history(
        self, conv: int, *, before: int | None = None, after: int | None = None, limit: int | None = None
    ) -> History:
        """A stretch of a conversation's log. What is read so is no event and is not acked."""
        frame: Frame = {"type": "history", "conv": conv}
        for name, value in (("before", before), ("after", after), ("limit", limit)):
            if value is not None:
                frame[name] = value
        return History.of(await self._engine.ask(frame))

    async def react(self, conv: int, seq: int, value: str, *, on: bool = True) -> None:
        """Set a reaction to a message, or take it back: one emoji in its fully qualified form. Returns when the server
        has it."""
        await self._engine.ask({"type": "react", "conv": conv, "seq": seq, "value": value, "on": on})

    async def reactions(
        self,
        conv: int,
        *,
        after: int | None = None,
        first: int | None = None,
        last: int | None = None,
        limit: int | None = None,
    ) -> ReactionsPage:
        """How reactions stand: of messages whose reactions changed after a number, or of those from ``first`` to
        ``last``. Without any of them: of all."""
        asked = {"after": after, "from": first, "to": last, "limit": limit}
        said = {name: value for name, value in asked.items() if value is not None}
        return ReactionsPage.of(await self._engine.ask({"type": "reactions", "conv": conv, **said}))

    async def set_view(
        self,
        conv: int,
        *,
        muted_until: int | None = None,
        pinned: int | None = None,
        archived: bool | None = None,
        hidden: bool | None = None,
        marked_unread: bool | None = None,
        draft: str | None = None,
        reply_to: int | None = None,
        cleared: int | None = None,
    ) -> View:
        """Change what one makes of a conversation, on all of one's devices; None leaves a part as it is.

        ``muted_until`` is in milliseconds since 1970: ``FOR_EVER``, or 0 to end it. ``pinned`` is any number, the
        higher the further up, and 0 for not at all. An empty ``draft`` ends it. ``cleared`` clears the log up to there,
        for oneself and for good. Returns the view as it is then.
        """
        parts = {"muted_until": muted_until, "pinned": pinned, "archived": archived, "hidden": hidden}
        change: Frame = {name: value for name, value in parts.items() if value is not None}
        if marked_unread is not None:
            change["marked_unread"] = marked_unread
        if cleared is not None:
            change["cleared"] = cleared
        if draft is not None:
            change["draft"] = {"text": draft} if reply_to is None else {"text": draft, "reply_to": reply_to}
        answer = await self._engine.ask({"type": "set_view", "conv": conv, "view": change})
        self._engine.do(lambda turn: self._engine.exchange.viewed(turn, answer))
        return Viewed.of(answer).view

    async def watch(self, conv: int | None) -> None:
        """Say which conversation the program shows; None for none. What is live in it is told from then on, also after
        a break: a ``TypingEvent`` says who is writing."""
        await self._engine.ask(self._engine.exchange.watching.watch(conv))

    async def presence(self, users: Sequence[int]) -> list[UserPresence]:
        """Whether these users are there, at most 100, and when those who are offline were last there, where it is
        shown. Ask when it is wanted, and once a minute for what is shown for long."""
        answer = await self._engine.ask({"type": "presence", "users": list(users)})
        return list(Presence.of(answer).users)

    def typing(self, conv: int) -> None:
        """Say that the user is writing, at once and then every 3 s at most. Without a connection it is not told."""
        self._engine.tell({"type": "typing", "conv": conv})

    def network(self, name: str) -> None:
        """The device is on this network now, for example ``wifi:home``. The heartbeat remembers each."""
        self._engine.do(lambda turn: self._engine.network_changed(name))

    def background(self, background: bool) -> None:
        """Whether nobody looks at the program: the heartbeat may be slower then."""
        self._engine.do(lambda turn: self._engine.heartbeat.background(background))

    def wake(self) -> None:
        """Try to connect now rather than later."""
        self._engine.do(lambda turn: self._engine.woken())


class _Events(AsyncIterator[Event]):
    """The program's view of what happens."""

    def __init__(self, engine: Engine):
        self._engine = engine

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        event = await self._engine.next_event()
        if event is None:
            raise StopAsyncIteration
        return event
