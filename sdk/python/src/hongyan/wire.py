"""Frames as they are on the wire, and their parts as values.

Owns: reading what a server says, leniently: unknown fields are passed over, absent ones have their default.
Refuses: a frame without the fields that docs/PROTOCOL.md promises; it raises ``ValueError``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Frame: TypeAlias = dict[str, Any]
"""One JSON object of the protocol."""


def _integer(frame: Mapping[str, Any], name: str) -> int:
    value = frame.get(name)
    if type(value) is not int:
        raise ValueError(f"{name} is no integer")
    return value


def _optional_integer(frame: Mapping[str, Any], name: str) -> int | None:
    return None if frame.get(name) is None else _integer(frame, name)


def _string(frame: Mapping[str, Any], name: str) -> str:
    value = frame.get(name)
    if not isinstance(value, str):
        raise ValueError(f"{name} is no string")
    return value


def _optional_string(frame: Mapping[str, Any], name: str) -> str | None:
    return None if frame.get(name) is None else _string(frame, name)


def _object(frame: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = frame.get(name)
    if not isinstance(value, dict):
        raise ValueError(f"{name} is no object")
    return value


def _list(frame: Mapping[str, Any], name: str) -> list[Any]:
    value = frame.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError(f"{name} is no list")
    return value


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
class User:
    """Somebody with an account."""

    id: int
    name: str
    login: str | None = None
    """The name to sign in with; None for others, where the operator does not show it."""
    avatar: str | None = None

    @classmethod
    def read(cls, frame: Mapping[str, Any]) -> User:
        return cls(_integer(frame, "id"), _string(frame, "name"), frame.get("login") or None, frame.get("avatar"))

    def write(self) -> Frame:
        return _present({"id": self.id, "name": self.name, "login": self.login, "avatar": self.avatar})


def read_users(frame: Mapping[str, Any]) -> tuple[User, ...]:
    """The users that a frame names."""
    return tuple(User.read(user) for user in _list(frame, "users"))


@dataclass(frozen=True, slots=True)
class Position:
    """How far one has come oneself."""

    read: int = 0
    delivered: int = 0

    @classmethod
    def of(cls, frame: Mapping[str, Any]) -> Position:
        return cls(_integer(frame, "read"), _integer(frame, "delivered"))

    def moved(self, read: int, delivered: int) -> Position:
        """Positions only grow."""
        return Position(max(self.read, read), max(self.delivered, delivered))


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a conversation, and how far this member has come."""

    user: int
    read: int
    delivered: int

    def moved(self, read: int, delivered: int) -> Member:
        """Positions only grow."""
        return Member(self.user, max(self.read, read), max(self.delivered, delivered))


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a conversation's log."""

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

    @classmethod
    def read(cls, frame: Mapping[str, Any]) -> Entry:
        body, event = frame.get("body"), frame.get("event")
        return cls(
            conv=_integer(frame, "conv"),
            seq=_integer(frame, "seq"),
            id=_integer(frame, "id"),
            kind=_string(frame, "kind"),
            sender=_integer(frame, "from"),
            at=_integer(frame, "at"),
            client_id=_string(frame, "client_id"),
            body=body if isinstance(body, dict) else None,
            reply_to=_optional_integer(frame, "reply_to"),
            mentions=tuple(_list(frame, "mentions")),
            topic=_optional_string(frame, "topic"),
            expires_at=_optional_integer(frame, "expires_at"),
            origin=_optional_string(frame, "origin"),
            event=event if isinstance(event, dict) else None,
            target=_optional_integer(frame, "target"),
            edited_by=_optional_integer(frame, "edited_by"),
            recalled_by=_optional_integer(frame, "recalled_by"),
        )

    def write(self) -> Frame:
        return _present(
            {
                "conv": self.conv,
                "seq": self.seq,
                "id": self.id,
                "kind": self.kind,
                "from": self.sender,
                "at": self.at,
                "client_id": self.client_id,
                "body": self.body,
                "reply_to": self.reply_to,
                "mentions": list(self.mentions) or None,
                "topic": self.topic,
                "expires_at": self.expires_at,
                "origin": self.origin,
                "event": self.event,
                "target": self.target,
                "edited_by": self.edited_by,
                "recalled_by": self.recalled_by,
            }
        )


@dataclass(frozen=True, slots=True)
class Group:
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

    @classmethod
    def read(cls, frame: Mapping[str, Any]) -> Group:
        return cls(
            name=_string(frame, "name"),
            post=_string(frame, "post"),
            invite=_string(frame, "invite"),
            role=_string(frame, "role"),
            description=_optional_string(frame, "description"),
            avatar=_optional_string(frame, "avatar"),
        )

    def write(self) -> Frame:
        return _present(
            {
                "name": self.name,
                "description": self.description,
                "avatar": self.avatar,
                "post": self.post,
                "invite": self.invite,
                "role": self.role,
            }
        )


@dataclass(frozen=True, slots=True)
class Summary:
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

    @classmethod
    def read(cls, frame: Mapping[str, Any]) -> Summary:
        return cls(
            conv=_integer(frame, "conv"),
            kind=_string(frame, "kind"),
            head=_integer(frame, "head"),
            unread=_integer(frame, "unread"),
            me=Position.of(_object(frame, "me")),
            size=_integer(frame, "size"),
            members=None if frame.get("members") is None else _members(frame),
            entries=tuple(Entry.read(entry) for entry in _list(frame, "entries")),
            group=None if frame.get("group") is None else Group.read(_object(frame, "group")),
            left=frame.get("left") is True,
        )

    @classmethod
    def kept(cls, frame: Mapping[str, Any], me: int) -> Summary:
        """One that was kept, perhaps by an earlier version, which found the user among the members."""
        if "me" in frame:
            return cls.read(frame)
        members = _members(frame)
        own = next((Position(m.read, m.delivered) for m in members if m.user == me), Position())
        position = {"read": own.read, "delivered": own.delivered}
        return cls.read({**frame, "me": position, "size": len(members)})

    def peer(self, me: int) -> int | None:
        """The other person of a 1:1 conversation; oneself, for notes to oneself; None for any other kind."""
        if self.kind != "direct" or self.members is None:
            return None
        return next((member.user for member in self.members if member.user != me), me)


def _members(frame: Mapping[str, Any]) -> tuple[Member, ...]:
    return tuple(
        Member(_integer(member, "user"), _integer(member, "read"), _integer(member, "delivered"))
        for member in _list(frame, "members")
    )


@dataclass(frozen=True, slots=True)
class Listed:
    """A conversation in a list: what is absent is 0, or as another position."""

    conv: int
    head: int
    unread: int
    user: int | None
    """The other member; None in a conversation with oneself."""
    theirs: tuple[int, int]
    """How far the other member has read, and how far it is delivered there."""
    own: tuple[int, int]

    @classmethod
    def read(cls, frame: Mapping[str, Any]) -> Listed:
        def position(read: str, delivered: str) -> tuple[int, int]:
            seq = _integer(frame, read) if read in frame else 0
            return seq, _integer(frame, delivered) if delivered in frame else seq

        return cls(
            conv=_integer(frame, "conv"),
            head=_integer(frame, "head"),
            unread=_integer(frame, "unread") if "unread" in frame else 0,
            user=_integer(frame, "user") if "user" in frame else None,
            theirs=position("read", "delivered"),
            own=position("own_read", "own_delivered"),
        )

    def summary(self, me: int) -> Summary:
        """The same as a page that is no list shows it, but for the entries."""
        members = [Member(me, *self.own)]
        if self.user is not None:
            members.append(Member(self.user, *self.theirs))
        own = Position(*self.own)
        return Summary(self.conv, "direct", self.head, self.unread, own, len(members), tuple(members), ())


@dataclass(frozen=True, slots=True)
class Synced:
    """A page of ``sync``."""

    conversations: tuple[Summary, ...]
    users: tuple[User, ...]
    total_unread: int
    cursor: str
    more: bool
    list: tuple[Listed, ...] = ()
    """Where it is a list: the conversations of the page."""

    @classmethod
    def read(cls, frame: Mapping[str, Any]) -> Synced:
        return cls(
            conversations=tuple(Summary.read(summary) for summary in _list(frame, "conversations")),
            users=read_users(frame),
            total_unread=_integer(frame, "total_unread"),
            cursor=_string(frame, "cursor"),
            more=frame.get("more") is True,
            list=tuple(Listed.read(row) for row in _list(frame, "list")) if "list" in frame else (),
        )


@dataclass(frozen=True, slots=True)
class History:
    """A page of ``history``."""

    conv: int
    entries: tuple[Entry, ...]
    head: int
    more: bool

    @classmethod
    def read(cls, frame: Mapping[str, Any]) -> History:
        return cls(
            conv=_integer(frame, "conv"),
            entries=tuple(Entry.read(entry) for entry in _list(frame, "entries")),
            head=_integer(frame, "head"),
            more=frame.get("more") is True,
        )


@dataclass(frozen=True, slots=True)
class Sent:
    """An append is on the server's disk."""

    conv: int
    seq: int
    id: int
    at: int
    client_id: str

    @classmethod
    def read(cls, frame: Mapping[str, Any]) -> Sent:
        return cls(
            conv=_integer(frame, "conv"),
            seq=_integer(frame, "seq"),
            id=_integer(frame, "id"),
            at=_integer(frame, "at"),
            client_id=_string(frame, "client_id"),
        )


@dataclass(frozen=True, slots=True)
class Receipt:
    """How far a member has come."""

    conv: int
    user: int
    read: int
    delivered: int

    @classmethod
    def of(cls, frame: Mapping[str, Any]) -> Receipt:
        return cls(
            conv=_integer(frame, "conv"),
            user=_integer(frame, "user"),
            read=_integer(frame, "read"),
            delivered=_integer(frame, "delivered"),
        )


@dataclass(frozen=True, slots=True)
class Welcome:
    """The answer to ``hello``."""

    user: User
    session: int
    interval_ms: int
    timeout_ms: int
    server: str
    epoch: str | None = None
    """The name of the server's history, where it says it."""

    @classmethod
    def read(cls, frame: Mapping[str, Any]) -> Welcome:
        heartbeat = _object(frame, "heartbeat")
        return cls(
            user=User.read(_object(frame, "user")),
            session=_integer(frame, "session"),
            interval_ms=_integer(heartbeat, "interval_ms"),
            timeout_ms=_integer(heartbeat, "timeout_ms"),
            server=_string(frame, "server"),
            epoch=None if frame.get("epoch") is None else _string(frame, "epoch"),
        )


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
        topic=request.get("topic"),
        expires_at=request.get("expires_at"),
        origin=request.get("origin"),
        target=request["seq"] if kind != "message" else None,
    )


def _present(frame: Frame) -> Frame:
    return {name: value for name, value in frame.items() if value is not None}
