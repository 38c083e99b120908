"""What the events of a log make of a group.

Promises: pure; an event that a later server knows changes nothing. Nobody is told of a member twice.
Not here: who may do what, which the server judges.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from . import limits
from .wire import Entry, Group, Member

if TYPE_CHECKING:
    from .book import Conversation


SETTINGS = ("name", "description", "avatar", "post", "invite")


def changed(conversation: Conversation, entry: Entry, me: int) -> Conversation:
    """The group behind an ``event`` entry that follows what is known of it."""
    event = entry.event or {}
    match event.get("type"):
        case "added":
            return _joined(conversation, entry.seq, _users(event))
        case "removed":
            return _parted(conversation, _users(event), me)
        case "left":
            return _parted(conversation, [entry.sender], me)
        case "disbanded":
            return ended(conversation)
        case "role":
            return _role(conversation, entry.sender, event, me)
        case "renamed" | "described" | "pictured" | "post_set" | "invite_set":
            # An empty description or picture is none.
            return _with(conversation, {name: event[name] or None for name in SETTINGS if name in event})
        case "history_set":
            window = None if event.get("history") == "all" else event.get("history")
            return _with(conversation, {"history": window, "history_days": event.get("history_days")})
        case _:
            return conversation


def ended(conversation: Conversation) -> Conversation:
    """For oneself the group ends here. Its name stays, to be shown."""
    return replace(conversation, left=True, size=0, members=(), unread=0, view=None)


def _users(event: Mapping[str, Any]) -> list[int]:
    users = event.get("users")
    return [user for user in users if isinstance(user, int)] if isinstance(users, list) else []


def _joined(conversation: Conversation, seq: int, users: list[int]) -> Conversation:
    size = conversation.size + len(users)
    members = conversation.members
    if members is not None:
        known = {member.user for member in members}
        # What was said before is nothing that who comes has still to read.
        new = [Member(user, seq, seq) for user in users if user not in known]
        members = tuple(sorted((*members, *new), key=lambda member: member.user))
        members = members if size <= limits.MEMBERS_TOLD else None
    return replace(conversation, size=size, members=members)


def _parted(conversation: Conversation, users: list[int], me: int) -> Conversation:
    if me in users:
        return ended(conversation)
    members = conversation.members
    if members is not None:
        members = tuple(member for member in members if member.user not in users)
    return replace(conversation, size=max(0, conversation.size - len(users)), members=members)


def _role(conversation: Conversation, sender: int, event: Mapping[str, Any], me: int) -> Conversation:
    role = event.get("role")
    if event.get("user") == me:
        return _with(conversation, {"role": role})
    if role == "owner" and sender == me:
        return _with(conversation, {"role": "admin"})
    return conversation


def _with(conversation: Conversation, fields: Mapping[str, Any]) -> Conversation:
    if conversation.group is None:
        return conversation
    written = {**conversation.group.write(), **fields}
    return replace(conversation, group=Group.of(written))
