"""The client of Hongyan for Python: connects, stays connected, and never loses, doubles or reorders a message."""

from .book import Conversation
from .client import Client
from .errors import Closed, Ended, HongyanError, RequestError, Unreachable, WrongState
from .events import (
    ConversationEvent,
    EntryEvent,
    Event,
    FailedEvent,
    HistoryReplacedEvent,
    OfflineEvent,
    OnlineEvent,
    PresenceEvent,
    ReactionsEvent,
    TypingEvent,
)
from .exchange import Pending
from .http import FoundUser, FoundUsers, Http, Login, Members, Session
from .identity import new_client_id
from .live import Presence, Typists, UserPresence
from .log import Log
from .machines import OutboxFull
from .reactions import MessageReactions, Reacted, Reaction, ReactionChange, Reactions, ReactionsPage
from .version import VERSION as __version__
from .views import FOR_EVER, SyncedDraft, View, Viewed
from .wire import Entry, Group, History, Member, MentionPage, Position, Receipt, Sent, User, UserPage

__all__ = [
    "FOR_EVER",
    "Client",
    "Closed",
    "Conversation",
    "ConversationEvent",
    "Ended",
    "Entry",
    "EntryEvent",
    "Event",
    "FailedEvent",
    "FoundUser",
    "FoundUsers",
    "Group",
    "History",
    "HistoryReplacedEvent",
    "HongyanError",
    "Http",
    "Log",
    "Login",
    "Member",
    "Members",
    "MentionPage",
    "MessageReactions",
    "OfflineEvent",
    "OnlineEvent",
    "OutboxFull",
    "Pending",
    "Position",
    "Presence",
    "PresenceEvent",
    "Reacted",
    "Reaction",
    "ReactionChange",
    "Reactions",
    "ReactionsEvent",
    "ReactionsPage",
    "Receipt",
    "RequestError",
    "Sent",
    "Session",
    "SyncedDraft",
    "TypingEvent",
    "Typists",
    "Unreachable",
    "User",
    "UserPage",
    "UserPresence",
    "View",
    "Viewed",
    "WrongState",
    "__version__",
    "new_client_id",
]
