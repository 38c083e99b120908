"""Frames as they are on the wire, and their parts as values.

Owns: reading what a server says, leniently: unknown fields are passed over, absent ones have their default.
Refuses: a frame without the fields that docs/PROTOCOL.md promises; it raises ``ValueError``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, TypeAlias

from .shape import Shape, read
from .views import View

Frame: TypeAlias = dict[str, Any]
"""One JSON object of the protocol."""


def decode(text: str) -> Frame:
    """One frame from its text."""
    frame = json.loads(text)
    if not isinstance(frame, dict) or not isinstance(frame.get("type"), str):
        raise ValueError("not a frame")
    return frame


def encode(frame: Mapping[str, Any]) -> str:
    """One frame as text, without blanks."""
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))


def text_body(text: str) -> dict[str, Any]:
    """The body of a text message."""
    return {"type": "text", "text": text}


@dataclass(frozen=True, slots=True)
class User(Shape):
    """Somebody with an account."""

    id: int
    name: str
    login: str | None = None
    """The name to sign in with; None for others, where the operator does not show it."""
    avatar: str | None = None

    @classmethod
    def of(cls, frame: Mapping[str, Any]) -> User:
        return read(cls, {**frame, "login": frame.get("login") or None})


@dataclass(frozen=True, slots=True)
class Users(Shape):
    """What users are called."""

    users: tuple[User, ...]


@dataclass(frozen=True, slots=True)
class UserPage(Shape):
    """A page of users, by id."""

    users: tuple[User, ...]
    more: bool
    """There are others behind the last."""


@dataclass(frozen=True, slots=True)
class Position(Shape):
    """How far one has come oneself."""

    read: int = 0
    delivered: int = 0

    def moved(self, read: int, delivered: int) -> Position:
        """Positions only grow."""
        return Position(max(self.read, read), max(self.delivered, delivered))


@dataclass(frozen=True, slots=True)
class Member(Shape):
    """A member of a conversation, and how far this member has come."""

    user: int
    read: int
    delivered: int

    def moved(self, read: int, delivered: int) -> Member:
        """Positions only grow."""
        return Member(self.user, max(self.read, read), max(self.delivered, delivered))


@dataclass(frozen=True, slots=True)
class Entry(Shape):
    """One entry of a conversation's log."""

    WIRE: ClassVar[Mapping[str, str]] = {"sender": "from"}

    conv: int
    seq: int
    id: int
    kind: str
    """``message``, ``edit``, ``recall`` or ``event``; a later server may know more."""
    sender: int
    """The user who appended it (``from`` on the wire)."""
    at: int
    client_id: str
    body: dict[str, Any] | None = None
    reply_to: int | None = None
    mentions: tuple[int, ...] = ()
    mentions_all: bool = False
    topic: str | None = None
    """What the message belongs to within the conversation, as its sender says."""
    expires_at: int | None = None
    """When it loses its worth, in milliseconds since 1970, as its sender says."""
    origin: str | None = None
    """Where it comes from, if not from its sender's own hand, as its sender says."""
    event: dict[str, Any] | None = None
    """What was changed of the group: its ``type``, and what belongs to that."""
    target: int | None = None
    edited_by: int | None = None
    recalled_by: int | None = None

    @property
    def text(self) -> str | None:
        """The text, if the body is a text."""
        if self.body is None or self.body.get("type") != "text":
            return None
        text = self.body.get("text")
        return text if isinstance(text, str) else None


@dataclass(frozen=True, slots=True)
class Group(Shape):
    """What a group is called, and what its members may do."""

    name: str
    post: str
    """Who may write: ``all`` or ``admins``."""
    invite: str
    """Who may bring others in."""
    role: str
    """One's own: ``member``, ``admin`` or ``owner``."""
    description: str | None = None
    avatar: str | None = None
    history: str | None = None
    """What new members may read of what was said before: ``joining``, or ``days``; None for all."""
    history_days: int | None = None
    """Of how many days."""
    slow_s: int | None = None
    """How many seconds a member waits between two messages. Admins never wait."""
    pin: str | None = None
    """Who may pin messages: ``all``; None for admins."""
    keep_days: int | None = None
    """For how many days what was said is kept; None for as long as the server keeps it."""
    keep_entries: int | None = None
    """How many entries are kept; None for as many as the server keeps."""
    ask: bool | None = None
    """Whether everybody may ask to be let in, also without a link."""
    requests: int | None = None
    """How many wait to be let in, for admins, as of the last sync."""
    muted_until: int | None = None
    """Until when one may read and not write, in milliseconds since 1970; perhaps a time that is over."""


@dataclass(frozen=True, slots=True)
class Summary(Shape):
    """A conversation as a page of ``sync`` shows it."""

    conv: int
    kind: str
    head: int
    unread: int
    me: Position
    size: int
    members: tuple[Member, ...] | None
    """None where there are too many to be told."""
    entries: tuple[Entry, ...]
    group: Group | None = None
    left: bool = False
    """One is no member any more: the log ends with ``head``."""
    view: View | None = None
    """What one made of it; None where that is nothing."""
    pins: tuple[int, ...] = ()
    """The messages that are pinned, ascending, as far as one may read."""
    since: int = 1
    """The first seq that one may read."""
    floor: int = 0
    """Nothing up to this seq is kept, for anybody."""

    @classmethod
    def kept(cls, frame: Mapping[str, Any], me: int) -> Summary:
        """One that was kept, perhaps by an earlier version, which found the user among the members."""
        if "me" in frame:
            return cls.of(frame)
        members = frame.get("members") or []
        own = next((member for member in members if member.get("user") == me), {"read": 0, "delivered": 0})
        return cls.of({**frame, "me": own, "size": len(members)})

    def peer(self, me: int) -> int | None:
        """The other person of a 1:1 conversation; oneself, for notes to oneself; None for any other kind."""
        if self.kind != "direct" or self.members is None:
            return None
        return next((member.user for member in self.members if member.user != me), me)


@dataclass(frozen=True, slots=True)
class Floor(Shape):
    """What was said in a conversation up to a place is kept no more."""

    conv: int
    floor: int


@dataclass(frozen=True, slots=True)
class Listed(Shape):
    """A conversation in a list: what is absent is 0, or as another position."""

    conv: int
    head: int
    unread: int = 0
    user: int | None = None
    """The other member; None in a conversation with oneself."""
    read: int = 0
    """How far the other member has read."""
    delivered: int | None = None
    own_read: int = 0
    own_delivered: int | None = None
    view: View | None = None
    floor: int = 0
    """Nothing up to this seq is kept."""

    def summary(self, me: int) -> Summary:
        """The same as a page that is no list shows it, but for the entries."""
        own = _position(self.own_read, self.own_delivered)
        theirs = _position(self.read, self.delivered)
        members = [Member(me, own.read, own.delivered)]
        if self.user is not None:
            members.append(Member(self.user, theirs.read, theirs.delivered))
        told = tuple(members)
        shown = Summary(self.conv, "direct", self.head, self.unread, own, len(told), told, (), view=self.view)
        return replace(shown, since=self.floor + 1, floor=self.floor)


def _position(read: int, delivered: int | None) -> Position:
    """What was read is delivered."""
    return Position(read, read if delivered is None else delivered)


@dataclass(frozen=True, slots=True)
class Synced(Shape):
    """A page of ``sync``."""

    conversations: tuple[Summary, ...]
    users: tuple[User, ...]
    total_unread: int
    cursor: str
    more: bool
    list: tuple[Listed, ...] = ()
    """Where it is a list: the conversations of the page."""


@dataclass(frozen=True, slots=True)
class History(Shape):
    """A page of ``history``."""

    conv: int
    entries: tuple[Entry, ...]
    head: int
    more: bool
    since: int = 1
    """The first seq that one may read."""


@dataclass(frozen=True, slots=True)
class MentionPage(Shape):
    """Messages that mention oneself, the newest first."""

    entries: tuple[Entry, ...]
    users: tuple[User, ...]
    """Their senders."""
    before: str | None = None
    """What to ask on with; None at the end. A page may be empty and have it."""


@dataclass(frozen=True, slots=True)
class Sent(Shape):
    """An append is on the server's disk."""

    conv: int
    seq: int
    id: int
    at: int
    client_id: str


@dataclass(frozen=True, slots=True)
class Receipt(Shape):
    """How far a member has come."""

    conv: int
    user: int
    read: int
    delivered: int


@dataclass(frozen=True, slots=True)
class HeartbeatPlan(Shape):
    """How often to ping, and how long an answer may take."""

    interval_ms: int
    timeout_ms: int


@dataclass(frozen=True, slots=True)
class Welcome(Shape):
    """The answer to ``hello``."""

    user: User
    session: int
    heartbeat: HeartbeatPlan
    server: str
    epoch: str | None = None
    """The name of the server's history, where it says it."""


def own_entry(request: Mapping[str, Any], sent: Sent, user: int) -> Entry:
    """The entry that a request became: with the answer it is the whole of it."""
    kind = {"send": "message", "edit": "edit", "recall": "recall"}[request["type"]]
    return Entry(
        conv=sent.conv,
        seq=sent.seq,
        id=sent.id,
        kind=kind,
        sender=user,
        at=sent.at,
        client_id=sent.client_id,
        body=request.get("body"),
        reply_to=request.get("reply_to"),
        mentions=tuple(sorted(set(request.get("mentions") or ()))),
        mentions_all=bool(request.get("mentions_all")),
        topic=request.get("topic"),
        expires_at=request.get("expires_at"),
        origin=request.get("origin"),
        target=request["seq"] if kind != "message" else None,
    )
