"""What is live: told only to those who look, and kept nowhere.

Owns: the shapes on the wire, and which conversation the client looks at.
Promises: the server hears of that again on each connection.
Not here: how long to show that somebody writes, which is six seconds at most.
"""

from __future__ import annotations

from dataclasses import dataclass

from .shape import Shape
from .wire import Frame


@dataclass(frozen=True, slots=True)
class Typists(Shape):
    """Who is writing in a conversation now; one's own writing may be among it."""

    conv: int
    users: tuple[int, ...]
    """At most 3; empty for nobody."""
    others: int = 0
    """How many others."""


@dataclass(frozen=True, slots=True)
class UserPresence(Shape):
    """Whether somebody is there."""

    user: int
    state: str
    """``online``, ``away``, or ``offline``, which any other word means too."""
    last_seen: int | None = None
    """When somebody who is offline was last there, in milliseconds since 1970; None in a push, and where it is not
    shown."""


@dataclass(frozen=True, slots=True)
class Presence(Shape):
    """Who is there, of the members of the conversation that the client looks at: those whose state is another one."""

    conv: int | None
    users: tuple[UserPresence, ...]
    online: int | None = None
    """In a conversation of more than 100 members: how many are not offline."""


class Watching:
    """What the client looks at."""

    def __init__(self) -> None:
        self._conv: int | None = None

    def watch(self, conv: int | None) -> Frame:
        """Look at this from now on, or at nothing. The frame says it."""
        self._conv = conv
        return self._frame()

    def connected(self) -> Frame | None:
        """What a new connection is to hear."""
        return None if self._conv is None else self._frame()

    def _frame(self) -> Frame:
        return {"type": "watch"} if self._conv is None else {"type": "watch", "conv": self._conv}
