"""Questions of the program: requests that change nothing, or that may be asked for twice.

Owns: each of them from the call to its answer.
Promises: one that a connection has lost, or that may succeed later, is asked again by itself; so many are on their
way at a time and no more.
Not here: requests that append to a log (``Exchange``).
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from . import codes, limits
from .errors import RequestError
from .turn import Turn, milliseconds
from .wire import Frame

Answered = Callable[[Turn, Frame], None]


@dataclass(slots=True)
class Ask:
    """A request that may be repeated on the next connection as it is."""

    frame: Frame
    answer: asyncio.Future[Frame]
    sent_at: int | None = None
    not_before: int = 0
    failures: int = 0


class Asks:
    """See the heading of the module."""

    def __init__(self, request: Callable[[Turn, Frame, Answered], None]):
        self._request = request
        self._asks: list[Ask] = []

    def add(self, frame: Frame) -> Ask:
        """Ask this, with the next ``send``."""
        ask = Ask(frame, asyncio.get_running_loop().create_future())
        self._asks.append(ask)
        return ask

    def remove(self, ask: Ask) -> None:
        """Nobody waits for the answer any more."""
        if ask in self._asks:
            self._asks.remove(ask)

    def send(self, turn: Turn, now: int) -> None:
        """Ask what is to be asked by now. There is a connection."""
        in_flight = sum(1 for ask in self._asks if ask.sent_at is not None)
        for ask in self._asks:
            if in_flight >= limits.IN_FLIGHT_MAX:
                break
            if ask.sent_at is None and ask.not_before <= now:
                ask.sent_at = now
                in_flight += 1
                self._request(turn, ask.frame, self._answered(ask))

    def disconnected(self) -> None:
        """No answer will come to what was asked."""
        for ask in self._asks:
            ask.sent_at = None

    def deadlines(self) -> list[int]:
        """When to look again, while there is a connection."""
        in_flight = [ask.sent_at for ask in self._asks if ask.sent_at is not None]
        deadlines = [sent_at + limits.ANSWER_WAIT_MS for sent_at in in_flight]
        if len(in_flight) < limits.IN_FLIGHT_MAX:
            deadlines += [ask.not_before for ask in self._asks if ask.sent_at is None]
        return deadlines

    def is_overdue(self, now: int) -> bool:
        """Whether an answer has been missing for too long."""
        return any(ask.sent_at is not None and now >= ask.sent_at + limits.ANSWER_WAIT_MS for ask in self._asks)

    def waiting(self) -> list[asyncio.Future[Frame]]:
        """The answers that the program waits for."""
        return [ask.answer for ask in self._asks]

    def _answered(self, ask: Ask) -> Answered:
        def answered(turn: Turn, answer: Frame) -> None:
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
                ask.not_before = milliseconds() + (retry_after_ms or 0) + secrets.randbelow(wait)
                ask.failures += 1
                return
            self._asks.remove(ask)
            ask.answer.set_exception(RequestError(code, answer.get("message", ""), retry_after_ms))

        return answered
