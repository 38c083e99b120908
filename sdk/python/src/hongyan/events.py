"""What ``Client.events`` yields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from . import wire
from .book import Conversation
from .joining import Asked, Requests
from .live import Presence, Typists
from .reactions import Reacted


@dataclass(frozen=True, slots=True)
class EntryEvent:
    """The next entry of a conversation: each comes once, in order, without holes. One's own come too."""

    entry: wire.Entry


@dataclass(frozen=True, slots=True)
class ConversationEvent:
    """A conversation is new, or its members' positions or its unread number changed."""

    conversation: Conversation


@dataclass(frozen=True, slots=True)
class OnlineEvent:
    """The connection is live."""

    user: wire.User


@dataclass(frozen=True, slots=True)
class OfflineEvent:
    """There is no connection. The client tries again by itself."""

    reason: str
    retry_in_ms: int


@dataclass(frozen=True, slots=True)
class FailedEvent:
    """A request of an earlier run was refused: nobody waits for its answer any more."""

    request: wire.Frame
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class HistoryReplacedEvent:
    """The operator put an older state back: forget every entry that came before. What there is comes anew.

    One's own messages that were answered and are gone are sent again by themselves.
    """


@dataclass(frozen=True, slots=True)
class ReactionsEvent:
    """Reactions of a conversation changed. Events may be missing: see ``Reactions``."""

    reacted: Reacted


@dataclass(frozen=True, slots=True)
class PresenceEvent:
    """Who is there in the conversation that is watched has changed: see ``Client.watch``. The first one after that
    names all who are not offline."""

    presence: Presence


@dataclass(frozen=True, slots=True)
class TypingEvent:
    """Who is writing in a conversation has changed: see ``Client.watch``. It holds for six seconds."""

    typists: Typists


@dataclass(frozen=True, slots=True)
class AskedEvent:
    """How one stands before a group that one asked to be let into has changed. Who is let in gets an entry instead."""

    asked: Asked


@dataclass(frozen=True, slots=True)
class RequestsEvent:
    """How many wait to be let into a group of which one is an admin has changed."""

    requests: Requests


Event: TypeAlias = (
    EntryEvent
    | ConversationEvent
    | HistoryReplacedEvent
    | OnlineEvent
    | OfflineEvent
    | FailedEvent
    | ReactionsEvent
    | TypingEvent
    | PresenceEvent
    | AskedEvent
    | RequestsEvent
)
