"""One turn of the loop, and its clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from .events import Event
from .storage import Changes
from .wire import Frame


@dataclass(slots=True)
class Turn:
    """What one turn brings about, once it is kept."""

    changes: Changes = field(default_factory=Changes)
    frames: list[Frame] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    after: list[Callable[[], None]] = field(default_factory=list)


Do: TypeAlias = Callable[[Callable[[Turn], None]], None]
"""Has the loop do something in its next turn."""


def milliseconds() -> int:
    """The time of a clock that never goes back."""
    return time.monotonic_ns() // 1_000_000
