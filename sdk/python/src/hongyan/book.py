"""The list of conversations: who is in them, how far everybody has come, what is unread.

Owns: what the pages of ``sync`` said, brought up to date by entries and receipts.
Promises: positions never fall; the unread number agrees with the server's without asking. One exception: when
another device read a part of a conversation it may be too high until the next sync.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from . import limits
from .wire import Entry, Frame, Member, Receipt, Summary, User


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as it stands."""

    conv: int
    kind: str
    head: int
    unread: int
    members: tuple[Member, ...]

    def member(self, user: int) -> Member | None:
        """The positions of one member."""
        return next((member for member in self.members if member.user == user), None)

    def write(self) -> Frame:
        members = [{"user": m.user, "read": m.read, "delivered": m.delivered} for m in self.members]
        fields = {"conv": self.conv, "kind": self.kind, "head": self.head, "unread": self.unread}
        return {**fields, "members": members, "entries": []}


class Book:
    """See the heading of the module."""

    def __init__(self) -> None:
        self.conversations: dict[int, Conversation] = {}
        self.users: dict[int, User] = {}
        self.me: User | None = None
        self._since: list[Entry | Receipt] = []
        """What came since the last page was asked for: the page may be older than that."""

    def asked(self) -> None:
        """A page is being asked for. Everything delivered so far will be in it."""
        self._since.clear()

    def forget(self) -> None:
        """Everything was of another history, but for who one is."""
        self.conversations.clear()
        self.users.clear()
        self._since.clear()

    def known(self, summary: Summary) -> Conversation:
        """Take what a page or an earlier run said of a conversation."""
        before = self.conversations.get(summary.conv)
        shown = Conversation(summary.conv, summary.kind, summary.head, summary.unread, summary.members)
        for member in before.members if before is not None else ():
            shown = self._read(_moved(shown, member.user, member.read, member.delivered), member.user)
        self._put(shown)
        for one in self._since:
            if one.conv != summary.conv:
                continue
            if isinstance(one, Entry):
                self._count(one)
            else:
                self._move(one)
        return self.conversations[summary.conv]

    def names(self, users: Iterable[User]) -> list[User]:
        """Take users as they are now, and answer those that are new or changed."""
        changed = [user for user in users if self.users.get(user.id) != user]
        self.users.update((user.id, user) for user in changed)
        return changed

    def entry(self, entry: Entry) -> Conversation | None:
        """Take an entry that was delivered. What a page has counted is not counted again."""
        self._remember(entry)
        return self._count(entry)

    def _remember(self, one: Entry | Receipt) -> None:
        if len(self._since) < limits.SINCE_MAX:
            self._since.append(one)

    def _count(self, entry: Entry) -> Conversation | None:
        conversation = self.conversations.get(entry.conv)
        if conversation is None or entry.seq <= conversation.head or self.me is None:
            return None
        me = self.me.id
        own = conversation.member(me)
        read = 0 if own is None else own.read
        unread = conversation.unread
        if entry.kind == "message":
            # A message that is recalled already counts until its recall comes, which is an entry too.
            if entry.sender == me:
                unread = 0
            elif entry.seq > read:
                unread += 1
            conversation = _moved(conversation, entry.sender, entry.seq, entry.seq)
        elif entry.kind == "recall" and entry.sender != me and (entry.target or 0) > read:
            unread = max(0, unread - 1)
        return self._put(replace(conversation, head=entry.seq, unread=unread))

    def receipt(self, receipt: Receipt) -> Conversation | None:
        """Take a receipt. An older one changes nothing."""
        self._remember(receipt)
        return self._move(receipt)

    def _move(self, receipt: Receipt) -> Conversation | None:
        conversation = self.conversations.get(receipt.conv)
        if conversation is None:
            return None
        moved = self._read(_moved(conversation, receipt.user, receipt.read, receipt.delivered), receipt.user)
        return None if moved == conversation else self._put(moved)

    def _read(self, conversation: Conversation, user: int) -> Conversation:
        """What can be unread at most, if it was this user whose position moved."""
        own = conversation.member(user) if self.me is not None and user == self.me.id else None
        if own is None:
            return conversation
        return replace(conversation, unread=min(conversation.unread, max(0, conversation.head - own.read)))

    @property
    def total_unread(self) -> int:
        """Unread messages over all conversations."""
        return sum(conversation.unread for conversation in self.conversations.values())

    def _put(self, conversation: Conversation) -> Conversation:
        self.conversations[conversation.conv] = conversation
        return conversation


def _moved(conversation: Conversation, user: int, read: int, delivered: int) -> Conversation:
    members = tuple(
        Member(m.user, max(m.read, read), max(m.delivered, delivered)) if m.user == user else m
        for m in conversation.members
    )
    return replace(conversation, members=members)
