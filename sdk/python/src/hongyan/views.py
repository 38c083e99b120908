"""What a user makes of a conversation for oneself: mutes it, pins it, archives it, and so on.

Owns: the shapes on the wire, and what of a view ends by itself.
Promises: pure; the same as the server says of the same log.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from .shape import Shape

FOR_EVER = 2**53 - 1
"""``muted_until`` without an end."""


@dataclass(frozen=True, slots=True)
class SyncedDraft(Shape):
    """A message that is not sent yet."""

    text: str
    at: int
    """When the server took it, in milliseconds since 1970."""
    reply_to: int | None = None


@dataclass(frozen=True, slots=True)
class View(Shape):
    """One's own view of a conversation, the same on all of one's devices. None is as nobody has set it."""

    rev: int
    """How often it was changed: of two views the higher is the later."""
    muted_until: int | None = None
    """In milliseconds since 1970."""
    pinned: int | None = None
    """At the top of the list: the higher, the further up."""
    archived: int | None = None
    """Archived with the log up to here: until the next message, unless the conversation is muted then."""
    hidden: int | None = None
    """Out of the list with the log up to here: until the next message."""
    marked_unread: int | None = None
    """Marked as unread, as long as one's read position is this."""
    draft: SyncedDraft | None = None
    cleared: int | None = None
    """Nothing up to here is told to one any more."""

    def is_muted(self, now: int) -> bool:
        """Whether it is muted at this time, in milliseconds since 1970."""
        return self.muted_until is not None and self.muted_until > now

    def after_message(self, seq: int, at: int) -> View:
        """What is left of it when a message came."""
        view = self
        if view.hidden is not None and seq > view.hidden:
            view = replace(view, hidden=None)
        if view.archived is not None and seq > view.archived and not view.is_muted(at):
            view = replace(view, archived=None)
        return view

    def at_position(self, read: int) -> View:
        """What is left of it when one has read so far."""
        return self if self.marked_unread in (None, read) else replace(self, marked_unread=None)


@dataclass(frozen=True, slots=True)
class Viewed(Shape):
    """A view of a conversation is so now."""

    conv: int
    view: View
