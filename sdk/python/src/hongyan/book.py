"""The list of conversations: who is in them, how far everybody has come, what is unread.

Owns: what the pages of ``sync`` said, brought up to date by entries and receipts.
Promises: positions never fall; the unread number agrees with the server's without asking. One exception: when
another device read a part of a conversation it may be too high until the next sync.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from . import groups, limits
from .views import View, Viewed
from .wire import Entry, Floor, Frame, Group, Member, Position, Receipt, Summary, User


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as it stands."""

    conv: int
    kind: str
    head: int
    unread: int
    me: Position
    """One's own positions."""
    size: int
    """How many members there are."""
    members: tuple[Member, ...] | None
    """None where there are too many to be told: above 64."""
    group: Group | None = None
    """What a group is called, and what one may do there; None for a conversation of two."""
    left: bool = False
    """One is no member any more: what is held can be read, and nothing else can be done."""
    view: View | None = None
    """What one made of it for oneself, the same on all devices; what has ended by itself is None in it."""
    since: int = 1
    """The first seq that one may read: what stands before is not one's own to read, was cleared, or is kept no more.
    Forget it."""
    floor: int = 0
    """Nothing up to this seq is kept by the server, for anybody."""
    pins: tuple[int, ...] = ()
    """The messages that are pinned, ascending."""

    @property
    def counted(self) -> int:
        """What it counts in the sum of unread messages."""
        if self.view is None:
            return self.unread
        if self.view.hidden is not None:
            return 0
        return 1 if self.unread == 0 and self.view.marked_unread is not None else self.unread

    def member(self, user: int) -> Member | None:
        """The positions of one member, where members are told."""
        return next((member for member in self.members or () if member.user == user), None)

    def write(self) -> Frame:
        me = {"read": self.me.read, "delivered": self.me.delivered}
        fields = {"conv": self.conv, "kind": self.kind, "head": self.head, "unread": self.unread}
        told: Frame = {}
        if self.group is not None:
            told["group"] = self.group.write()
        if self.left:
            told["left"] = True
        if self.view is not None:
            told["view"] = self.view.write()
        if self.since > 1:
            told["since"] = self.since
        if self.floor > 0:
            told["floor"] = self.floor
        if self.pins:
            told["pins"] = list(self.pins)
        if self.members is not None:
            told["members"] = [{"user": m.user, "read": m.read, "delivered": m.delivered} for m in self.members]
        return {**fields, "me": me, "size": self.size, **told, "entries": []}


class Book:
    """See the heading of the module."""

    def __init__(self) -> None:
        self.conversations: dict[int, Conversation] = {}
        self.users: dict[int, User] = {}
        self.me: User | None = None
        self._said: dict[int, tuple[int, int]] = {}
        """The last message that was delivered of each conversation, and when it came: it may end a part of a view."""
        self._since: list[Entry | Receipt] = []
        """What came since the last page was asked for: the page may be older than that."""

    def asked(self) -> None:
        """A page is being asked for. Everything delivered so far will be in it."""
        self._since.clear()

    def forget(self) -> None:
        """Everything was of another history, but for who one is."""
        self.conversations.clear()
        self.users.clear()
        self._said.clear()
        self._since.clear()

    def known(self, summary: Summary) -> Conversation:
        """Take what a page or an earlier run said of a conversation."""
        before = self.conversations.get(summary.conv)
        shown = Conversation(
            summary.conv,
            summary.kind,
            summary.head,
            summary.unread,
            summary.me,
            summary.size,
            summary.members,
            summary.group,
            summary.left,
            summary.view,
            summary.since,
            summary.floor,
            summary.pins,
        )
        known = None if before is None or shown.left else before.view
        if known is not None and (shown.view is None or shown.view.rev < known.rev):
            # A page may be older than a push that came before it.
            shown = replace(shown, view=known)
        if shown.left and before is not None:
            # The server tells no name any more.
            shown = replace(shown, group=shown.group or before.group)
        elif before is not None and before.floor > shown.floor:
            since = max(shown.since, before.floor + 1)
            shown = replace(shown, floor=before.floor, since=since)
        self._put(shown if before is None else _bounded(_grown(shown, before)))
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

    def viewed(self, viewed: Viewed) -> Conversation | None:
        """Take a view that was pushed, or answered. An older one changes nothing."""
        conversation = self.conversations.get(viewed.conv)
        if conversation is None or conversation.left:
            return None
        if conversation.view is not None and conversation.view.rev >= viewed.view.rev:
            return None
        return self._put(replace(conversation, view=viewed.view))

    def floor(self, risen: Floor) -> Conversation | None:
        """Take a floor that has risen. A lower one changes nothing."""
        conversation = self.conversations.get(risen.conv)
        if conversation is None or conversation.left or conversation.floor >= risen.floor:
            return None
        since = max(conversation.since, risen.floor + 1)
        pins = tuple(pin for pin in conversation.pins if pin >= since)
        return self._put(_bounded(replace(conversation, since=since, floor=risen.floor, pins=pins)))

    def entry(self, entry: Entry) -> Conversation | None:
        """Take an entry that was delivered. What a page has counted is not counted again."""
        self._remember(entry)
        if entry.kind == "message":
            self._said[entry.conv] = entry.seq, entry.at
        return self._count(entry)

    def _remember(self, one: Entry | Receipt) -> None:
        if len(self._since) < limits.SINCE_MAX:
            self._since.append(one)

    def _count(self, entry: Entry) -> Conversation | None:
        conversation = self.conversations.get(entry.conv)
        if conversation is None or entry.seq <= conversation.head or self.me is None:
            return None
        me = self.me.id
        read = conversation.me.read
        unread = conversation.unread
        if entry.kind == "message":
            # A message that is recalled already counts until its recall comes, which is an entry too.
            if entry.sender == me:
                unread = 0
            elif entry.seq > read:
                unread += 1
            conversation = self._moved(conversation, entry.sender, entry.seq, entry.seq)
        elif entry.kind == "recall" and (entry.target or 0) > read:
            # What one wrote oneself is read, and in a group admins recall what others wrote.
            unread = max(0, unread - 1)
        conversation = replace(conversation, head=entry.seq, unread=unread)
        if entry.kind == "event":
            conversation = groups.changed(conversation, entry, me)
        elif entry.kind == "recall":
            conversation = groups.pinned(conversation, entry.target, on=False)
        return self._put(conversation)

    def receipt(self, receipt: Receipt) -> Conversation | None:
        """Take a receipt. An older one changes nothing."""
        self._remember(receipt)
        return self._move(receipt)

    def _move(self, receipt: Receipt) -> Conversation | None:
        conversation = self.conversations.get(receipt.conv)
        if conversation is None:
            return None
        moved = self._moved(conversation, receipt.user, receipt.read, receipt.delivered)
        return None if moved is conversation else self._put(_bounded(moved))

    def _moved(self, conversation: Conversation, user: int, read: int, delivered: int) -> Conversation:
        """The same where nothing moves. Where members are not told, only one's own position does."""
        if self.me is not None and user == self.me.id:
            me = conversation.me.moved(read, delivered)
            if me != conversation.me:
                conversation = replace(conversation, me=me)
        members = conversation.members or ()
        at = next((at for at, member in enumerate(members) if member.user == user), None)
        moved = None if at is None else members[at].moved(read, delivered)
        if at is None or moved is None or moved == members[at]:
            return conversation
        return replace(conversation, members=(*members[:at], moved, *members[at + 1 :]))

    @property
    def total_unread(self) -> int:
        """Unread messages over all conversations but the hidden ones; one that is marked as unread counts as one at
        least."""
        return sum(conversation.counted for conversation in self.conversations.values())

    def total_muted(self, now: int) -> int:
        """How many of these are in conversations that are muted at this time, or archived."""
        viewed = ((one.view, one.counted) for one in self.conversations.values())
        return sum(n for view, n in viewed if view is not None and (view.archived is not None or view.is_muted(now)))

    def _put(self, conversation: Conversation) -> Conversation:
        view = conversation.view
        if view is not None:
            said = self._said.get(conversation.conv)
            view = view if said is None else view.after_message(*said)
            since = max(conversation.since, (view.cleared or 0) + 1)
            conversation = replace(conversation, view=view.at_position(conversation.me.read), since=since)
            conversation = replace(conversation, pins=tuple(pin for pin in conversation.pins if pin >= since))
            conversation = _bounded(conversation)
        self.conversations[conversation.conv] = conversation
        return conversation


def _grown(shown: Conversation, before: Conversation) -> Conversation:
    """With positions no lower than they were known to be."""
    known = {member.user: member for member in before.members or ()}
    members = shown.members
    if members is not None and known:
        members = tuple(
            member if (old := known.get(member.user)) is None else member.moved(old.read, old.delivered)
            for member in members
        )
    return replace(shown, me=shown.me.moved(before.me.read, before.me.delivered), members=members)


def _bounded(conversation: Conversation) -> Conversation:
    """With no more unread than can be after one's own position, and after what was cleared."""
    most = max(0, conversation.head - max(conversation.me.read, conversation.since - 1))
    return conversation if conversation.unread <= most else replace(conversation, unread=most)
