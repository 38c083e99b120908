"""What becomes of messages that are edited or recalled.

A program that only reacts to what is said needs none of this. One that shows conversations gives every entry
to a ``Log``, in any order and as often as it likes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from .wire import Entry


class Log:
    """Some entries of one conversation, as they stand now."""

    def __init__(self) -> None:
        self._entries: dict[int, Entry] = {}

    def apply(self, entry: Entry) -> None:
        """Take an entry, by push or by history. To take one twice changes nothing."""
        held = self._entries.get(entry.seq)
        if held is None or _later(entry, held):
            self._entries[entry.seq] = entry
        if entry.target is None:
            return
        target = self._entries.get(entry.target)
        if entry.kind == "edit" and entry.body is not None and target is not None:
            if target.recalled_by is None and (target.edited_by or 0) <= entry.seq:
                self._entries[entry.target] = replace(target, body=entry.body, edited_by=entry.seq)
        elif entry.kind == "recall":
            for seq, other in list(self._entries.items()):
                if seq == entry.target or (other.kind == "edit" and other.target == entry.target):
                    self._entries[seq] = replace(other, body=None, recalled_by=entry.seq)

    def get(self, seq: int) -> Entry | None:
        """The entry with this seq, if it is held."""
        return self._entries.get(seq)

    def messages(self) -> Iterator[Entry]:
        """The messages held, in order."""
        return (self._entries[seq] for seq in sorted(self._entries) if self._entries[seq].kind == "message")


def _later(entry: Entry, held: Entry) -> bool:
    """Whether an entry was read from the log later than the one that is held."""
    if held.recalled_by is not None:
        return False
    return entry.recalled_by is not None or (entry.edited_by or 0) > (held.edited_by or 0)
