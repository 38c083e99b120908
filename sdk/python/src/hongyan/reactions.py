"""Reactions: how they stand beside messages.

Owns: their shapes on the wire, and ``Reactions``, which keeps those of one conversation for a program that shows it.
Promises: of two states of a message the newer stays; a push with a gap before it is found out.
Not here: asking (``Client.reactions``), and setting one (``Client.react``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from .shape import Shape


@dataclass(frozen=True, slots=True)
class Reaction(Shape):
    """A reaction, and how many members set it."""

    value: str
    """One emoji."""
    count: int
    mine: bool = False
    """Whether one set it oneself; never in a push."""


@dataclass(frozen=True, slots=True)
class MessageReactions(Shape):
    """How the reactions of a message stand."""

    seq: int
    number: int
    """Which change of the conversation's reactions was the last of this message's."""
    reactions: tuple[Reaction, ...]


@dataclass(frozen=True, slots=True)
class ReactionChange(Shape):
    """A reaction that somebody set (``on``) or took back."""

    seq: int
    user: int
    value: str
    on: bool


@dataclass(frozen=True, slots=True)
class Reacted(Shape):
    """Reactions of a conversation changed."""

    conv: int
    after: int
    """The number before the first of these changes."""
    number: int
    """The number of the last of them."""
    messages: tuple[MessageReactions, ...]
    changes: tuple[ReactionChange, ...]
    cut: bool = False
    """Whether ``changes`` does not have all."""


@dataclass(frozen=True, slots=True)
class ReactionsPage(Shape):
    """How reactions stand, as the server answers."""

    conv: int
    messages: tuple[MessageReactions, ...]
    number: int
    """The number of the conversation's last change."""
    more: bool
    """There are others behind the last."""


class Reactions:
    """The reactions of one conversation, as ``me`` sees them: pages of what changed, and the pushes after them."""

    def __init__(self, me: int):
        self._me = me
        self.number = 0
        """Up to this change all is known: ask on after it."""
        self.messages: dict[int, MessageReactions] = {}

    def page(self, page: ReactionsPage) -> bool:
        """Take an answer to what changed after ``number``. Whether there is more to ask for."""
        self._take(page.messages)
        more = page.more and bool(page.messages)
        self.number = page.messages[-1].number if more else page.number
        return more

    def stretch(self, page: ReactionsPage) -> None:
        """Take an answer of how a stretch of the log stands: it says nothing of other messages."""
        self._take(page.messages)

    def push(self, push: Reacted) -> bool:
        """Take a push. False where there is a gap: ask what changed after ``number``."""
        if push.number <= self.number:
            return True
        self._take([self._stated(message, push.changes) for message in push.messages])
        if push.after > self.number or push.cut:
            return False
        self.number = push.number
        return True

    def recalled(self, seq: int) -> None:
        """A recall takes the reactions with it."""
        self.messages.pop(seq, None)

    def _stated(self, message: MessageReactions, changes: Iterable[ReactionChange]) -> MessageReactions:
        """A push is the same for everybody: what one set oneself is known from before, and from the changes."""
        known = self.messages.get(message.seq)
        mine = {reaction.value for reaction in known.reactions if reaction.mine} if known is not None else set()
        for change in changes:
            if change.user == self._me and change.seq == message.seq:
                (mine.add if change.on else mine.discard)(change.value)
        reactions = tuple(replace(reaction, mine=reaction.value in mine) for reaction in message.reactions)
        return replace(message, reactions=reactions)

    def _take(self, states: Iterable[MessageReactions]) -> None:
        for state in states:
            known = self.messages.get(state.seq)
            if known is None or state.number >= known.number:
                self.messages[state.seq] = state
