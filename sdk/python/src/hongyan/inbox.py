"""What happened, and the program has not taken yet.

Owns: the events in their order, and the one that the program has in hand.
Promises: an event counts as taken when the next one is asked for; what was taken of an older history counts for
nothing.
Not here: when an entry is acked (``Exchange``).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable

from . import limits
from .errors import Closed
from .events import ConversationEvent, EntryEvent, Event, HistoryReplacedEvent, OfflineEvent, ReactionsEvent
from .turn import Do, Turn


class Inbox:
    """See the heading of the module."""

    def __init__(self, do: Do, poke: Callable[[], None], taken: Callable[[int, int], None]):
        self._do = do
        self._poke = poke
        self._taken = taken
        self._events: deque[Event] = deque()
        self._arrived = asyncio.Event()
        self._handed: Event | None = None
        self._handed_generation = 0
        self._generation = 0
        """How often the history was replaced."""
        self._over: Exception | None = None

    @property
    def is_full(self) -> bool:
        """Whether the program takes too little to be given more."""
        return len(self._events) >= limits.UNTAKEN_MAX

    def extend(self, events: Iterable[Event]) -> None:
        """These happened."""
        self._events.extend(events)
        if self._events:
            self._arrived.set()

    def end(self, error: Exception) -> None:
        """Nothing more will happen, and why."""
        self._over = error
        self._arrived.set()

    def offline(self, turn: Turn, event: OfflineEvent) -> None:
        """There is no connection. Only the last of several attempts in a row is worth telling."""
        if turn.events and isinstance(turn.events[-1], OfflineEvent):
            turn.events.pop()
        elif self._events and isinstance(self._events[-1], OfflineEvent) and self._events[-1] is not self._handed:
            self._events.pop()
        turn.events.append(event)

    def replaced(self, turn: Turn) -> None:
        """What came so far is of another history."""
        self._generation += 1
        old = (EntryEvent, ConversationEvent, ReactionsEvent)
        turn.events = [event for event in turn.events if not isinstance(event, old)]
        self._events = deque(event for event in self._events if not isinstance(event, old))
        turn.events.append(HistoryReplacedEvent())

    def take_handed(self) -> None:
        """The program is done with what it has in hand."""
        event, self._handed = self._handed, None
        generation = self._handed_generation
        if isinstance(event, EntryEvent):
            self._do(lambda turn: self._took(turn, event, generation))

    def keep_handed(self) -> None:
        """The program is not done with it, and never will be."""
        self._handed = None

    async def next(self) -> Event | None:
        """The next event. The one before it counts as taken. None when the client was closed."""
        self.take_handed()
        while not self._events:
            if self._over is not None:
                if isinstance(self._over, Closed):
                    return None
                raise self._over
            self._arrived.clear()
            await self._arrived.wait()
        event = self._events.popleft()
        self._handed, self._handed_generation = event, self._generation
        if len(self._events) == limits.UNTAKEN_MAX - 1:
            self._poke()
        return event

    def _took(self, turn: Turn, event: EntryEvent, generation: int) -> None:
        # What was taken of another history means nothing to this one.
        if generation == self._generation:
            turn.changes.taken.append((event.entry.conv, event.entry.seq))
            self._taken(event.entry.conv, event.entry.seq)
