"""How large a page may be: what the link took lately in two seconds.

A page is one frame, and a frame is whole or nothing: while a large one comes over a slow link, nothing else does. So
pages follow the link. What was never measured begins small.

Owns: the measure. Not here: what is asked for (``Incoming``).
"""

from __future__ import annotations

from .. import limits


class Pages:
    """See the heading of the module."""

    def __init__(self) -> None:
        self._bytes: int | None = None
        """The bytes that the link takes in the time of a page; None while that was never measured."""
        self._round_trip: int | None = None
        """The shortest time from a question to its answer."""
        self._free_at = 0
        """When the last answer had come: before that the link was busy with it."""
        self._weight = 0

    def round_trip(self, took: int) -> None:
        """A small answer took so long."""
        self._round_trip = took if self._round_trip is None else min(self._round_trip, took)

    def weigh(self, size: int) -> None:
        """The answer that is taken in next has so many bytes."""
        self._weight = size

    def answered(self, asked_at: int, now: int) -> None:
        """An answer that was asked for then has come. One that was not weighed tells nothing."""
        weight, self._weight = self._weight, 0
        took = max(0, now - max(asked_at, self._free_at))
        is_alone = asked_at >= self._free_at
        self._free_at = now
        if weight == 0:
            return
        if weight < limits.TELLING_BYTES:
            if is_alone:
                self.round_trip(took)
            return
        # A page that was asked for while another one came has no way there and back of its own.
        way = (self._round_trip or 0) if is_alone else 0
        coming = max(took - way, took // 8, 1)
        measured = weight * limits.PAGE_MS // coming
        most = min(self.page * limits.PAGE_GROWTH, limits.PAGE_BYTES_MAX)
        self._bytes = max(limits.PAGE_BYTES_MIN, min(measured, most))

    @property
    def page(self) -> int:
        """The bytes of a page."""
        return limits.PAGE_BYTES_FIRST if self._bytes is None else self._bytes

    @property
    def wish(self) -> int | None:
        """The bytes to ask for; None where the server's own bounds are enough."""
        return self.page if self.page < limits.PAGE_BYTES_MAX else None

    @property
    def is_slow(self) -> bool | None:
        """Whether the link is slow; None while that was never measured."""
        return None if self._bytes is None else self._bytes < limits.SLOW_PAGE_BYTES

    @property
    def rows(self) -> int:
        """The conversations in the page of a list."""
        return max(limits.LIST_ROWS_MIN, min(self.page // limits.LIST_ROW_BYTES, limits.LIST_ROWS_MAX))

    @property
    def allowance(self) -> int:
        """How much longer than others an answer may take: a page may be as large as the longest text."""
        return 0 if self._bytes is None else limits.PAGE_MS * -(-limits.TEXT_BYTES_MAX // self._bytes)
