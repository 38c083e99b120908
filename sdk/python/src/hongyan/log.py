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
        self._edits: dict[int, Entry] = {}
        """For each message the last edit of it that has a body."""
        self._recalls: dict[int, int] = {}
        """For each message that was recalled, the entry that did it."""

    def apply(self, entry: Entry) -> None:
        """Take an entry, by push or by history. To take one twice, or late, changes nothing."""
        held = self._entries.get(entry.seq)
        if held is None or _is_later(entry, held):
            self._entries[entry.seq] = entry
        touched = {entry.seq}
        if entry.target is not None:
            touched.add(entry.target)
        if entry.kind == "recall" and entry.target is not None:
            self._recalls[entry.target] = entry.seq
            self._edits.pop(entry.target, None)
            touched.update(seq for seq, one in self._entries.items() if one.target == entry.target)
        elif entry.kind == "edit" and entry.target is not None and entry.body is not None:
            known = self._edits.get(entry.target)
            if entry.target not in self._recalls and (known is None or known.seq < entry.seq):
                self._edits[entry.target] = entry
        for seq in touched:
            if seq in self._entries:
                self._entries[seq] = self._settled(self._entries[seq])

    def _settled(self, entry: Entry) -> Entry:
        """An entry with what is known to have become of it. The other way round, it may have been read since."""
        if entry.kind == "recall":
            return entry
        recall = self._recalls.get(entry.seq if entry.kind == "message" else entry.target or 0)
        if recall is not None:
            return replace(entry, body=None, recalled_by=recall)
        edit = self._edits.get(entry.seq)
        if edit is not None and entry.recalled_by is None and (entry.edited_by or 0) < edit.seq:
            return replace(entry, body=edit.body, edited_by=edit.seq)
        return entry

    def get(self, seq: int) -> Entry | None:
        """The entry with this seq, if it is held."""
        return self._entries.get(seq)

    def messages(self) -> Iterator[Entry]:
        """The messages held, in order."""
        return (self._entries[seq] for seq in sorted(self._entries) if self._entries[seq].kind == "message")


def _is_later(entry: Entry, held: Entry) -> bool:
    """Whether an entry was read from the log later than the one that is held."""
    return entry.recalled_by is not None or (entry.edited_by or 0) > (held.edited_by or 0)
