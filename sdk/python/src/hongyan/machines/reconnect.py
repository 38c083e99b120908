"""When to connect again.

Owns: the count of failures in a row and the time of the next attempt.
Promises: full jitter up to a cap; what ``bye`` asked for goes before it; nothing after a terminal close.
"""

from __future__ import annotations

from .. import limits
from ..codes import is_terminal


def jitter(span_ms: int, random: int) -> int:
    """A time below ``span_ms``, from 64 random bits."""
    return (span_ms * random) >> 64


def growing(failures: int) -> int:
    """The longest wait after so many failures."""
    return min(limits.BACKOFF_CAP_MS, limits.BACKOFF_BASE_MS << min(failures, 16))


class Backoff:
    """See the heading of the module."""

    def __init__(self) -> None:
        self._failures = 0
        self._attempt_at: int | None = None
        self._welcome_at: int | None = None
        self._bye_ms: int | None = None
        self._next_at: int | None = None
        self.terminal: int | None = None

    def attempt(self, now: int) -> None:
        """A connection is being made."""
        self._attempt_at = now
        self._welcome_at = None
        self._bye_ms = None
        self._next_at = None

    def welcomed(self, now: int) -> None:
        """The server said ``welcome``."""
        self._welcome_at = now

    def bye(self, retry_after_ms: int) -> None:
        """The server said when to come back."""
        self._bye_ms = min(retry_after_ms, limits.BYE_CAP_MS)

    def lost(self, now: int, code: int | None, random: int) -> int | None:
        """The attempt failed or the connection ended. Answers when to try again, or None for never."""
        if is_terminal(code):
            self.terminal = code
            self._next_at = None
            return None
        if self._welcome_at is not None and now - self._welcome_at >= limits.STABLE_MS:
            self._failures = 0
        wait = self._bye_ms if self._bye_ms is not None else jitter(growing(self._failures), random)
        self._failures += 1
        self._next_at = now + wait
        return self._next_at

    def wake(self, now: int) -> int | None:
        """The network is back, or the device woke up: answers when to try, if an attempt was waiting."""
        if self._next_at is None:
            return None
        earliest = now if self._attempt_at is None else max(now, self._attempt_at + limits.WAKE_SPACING_MS)
        self._next_at = min(self._next_at, earliest)
        return self._next_at

    @property
    def next_at(self) -> int | None:
        """When the next attempt is due."""
        return self._next_at
