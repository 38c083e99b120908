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
        case "added" | "joined" | "approved":
            users = comers(entry)
            joined = _joined(conversation, entry.seq, users)
            if me not in users:
                return joined
            # What has changed while one was away a sync tells.
            return _with(replace(joined, left=False), {"role": "member"})
        case "removed":
            return _parted(conversation, _users(event), me)
        case "banned":
            # Of those who are banned not all were members.
            out = event.get("out")
            return _parted(conversation, _users(event), me, out if isinstance(out, int) else None)
        case "left":
            return _parted(conversation, [entry.sender], me)
        case "disbanded":
            return ended(conversation)
        case "role":
            return _role(conversation, entry.sender, event, me)
        case "renamed" | "described" | "pictured" | "post_set" | "invite_set":
            # An empty description or picture is none.
            return _with(conversation, {name: event[name] or None for name in SETTINGS if name in event})
        case "slow_set":
            return _with(conversation, {"slow_s": event.get("slow_s") or None})
        case "keep_days_set":
            return _with(conversation, {"keep_days": event.get("keep_days") or None})
        case "keep_entries_set":
            return _with(conversation, {"keep_entries": event.get("keep_entries") or None})
        case "pin_set":
            return _with(conversation, {"pin": None if event.get("pin") == "admins" else event.get("pin")})
        case "ask_set":
            return _with(conversation, {"ask": event.get("ask") or None})
        case "muted" if event.get("user") == me:
            return _with(conversation, {"muted_until": event.get("until")})
        case "unmuted" if event.get("user") == me:
            return _with(conversation, {"muted_until": None})
        case "pinned" | "unpinned":
            return pinned(conversation, event.get("target"), on=event["type"] == "pinned")
        case "history_set":
            window = None if event.get("history") == "all" else event.get("history")
            return _with(conversation, {"history": window, "history_days": event.get("history_days")})
        case _:
            return conversation


def comers(entry: Entry) -> list[int]:
    """Who comes in with an entry, into a group that is there."""
    event = entry.event or {}
    match event.get("type"):
        case "added":
            return _users(event)
        case "joined":
            return [entry.sender]
        case "approved":
            user = event.get("user")
            return [user] if isinstance(user, int) else []
        case _:
            return []


def ended(conversation: Conversation) -> Conversation:
    """For oneself the group ends here. Its name stays, to be shown."""
    return replace(conversation, left=True, size=0, members=(), unread=0, view=None)


def pinned(conversation: Conversation, seq: Any, *, on: bool) -> Conversation:
    """A message is pinned, or is not any more: in a conversation of two as well."""
    pins = {pin for pin in conversation.pins if pin != seq}
    if on and isinstance(seq, int) and seq >= conversation.since:
        pins.add(seq)
    return replace(conversation, pins=tuple(sorted(pins)))


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


def _parted(conversation: Conversation, users: list[int], me: int, gone: int | None = None) -> Conversation:
    if me in users:
        return ended(conversation)
    members = conversation.members
    if members is not None:
        members = tuple(member for member in members if member.user not in users)
    return replace(
        conversation, size=max(0, conversation.size - (len(users) if gone is None else gone)), members=members
    )


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
