"""Somebody with a client, who writes down everything that the client tells."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from hongyan import Client, ConversationEvent, Entry, EntryEvent, Event, Http

from .server import PASSWORD, until


class Person:
    def __init__(self, client: Client):
        self.client = client
        self.entries: list[Entry] = []
        self.events: list[Event] = []
        self.error: BaseException | None = None
        self.listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        try:
            async for event in self.client.events():
                self.events.append(event)
                if isinstance(event, EntryEvent):
                    self.entries.append(event.entry)
        except Exception as error:
            self.error = error

    @property
    def id(self) -> int:
        assert self.client.me is not None
        return self.client.me.id

    @property
    def texts(self) -> list[str | None]:
        return [entry.text for entry in self.entries if entry.kind == "message"]

    async def synced(self) -> None:
        """Wait until the first sync is done."""
        exchange = self.client._engine.exchange
        await until("the first sync is done", lambda: exchange.incoming.cursor is not None)

    def told(self, conv: int) -> list[ConversationEvent]:
        return [e for e in self.events if isinstance(e, ConversationEvent) and e.conversation.conv == conv]

    def faults(self) -> list[str]:
        """What is doubled or out of order, with holes between, in what was told."""
        faults = []
        last: dict[int, int] = {}
        for entry in self.entries:
            if entry.conv in last and entry.seq != last[entry.conv] + 1:
                faults.append(f"{entry.conv}: {entry.seq} after {last[entry.conv]}")
            last[entry.conv] = entry.seq
        return faults


@contextlib.asynccontextmanager
async def person(url: str, login: str, **options: Any) -> AsyncIterator[Person]:
    """Somebody who is online for the length of a test."""
    options.setdefault("password", PASSWORD)
    async with Client.open(url, login=login, **options) as client:
        somebody = Person(client)
        try:
            await asyncio.wait_for(client.online(), 60)
            yield somebody
        finally:
            somebody.listening.cancel()


async def user_id(url: str, login: str, of: str) -> int:
    """The id of a user, as another one finds it."""
    http = Http(url)
    await http.login(login, PASSWORD, device="looking")
    user = await http.user(of)
    await http.logout()
    return user.id
