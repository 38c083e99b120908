"""The client of Hongyan for Python: connects, stays connected, and never loses, doubles or reorders a message."""

from .book import Conversation
from .client import Client
from .errors import Closed, Ended, HongyanError, RequestError, Unreachable, WrongState
from .events import (
    AskedEvent,
    ConversationEvent,
    EntryEvent,
    Event,
    FailedEvent,
    HistoryReplacedEvent,
    OfflineEvent,
    OnlineEvent,
    PresenceEvent,
    ReactionsEvent,
    RequestsEvent,
    TypingEvent,
)
from .exchange import Pending
from .http import FoundUser, FoundUsers, Http, Login, Members, Session
from .identity import new_client_id
from .joining import Asked, GroupOutside, Joiner, JoinerPage, JoinRequest, Link, Links, RequestPage, Requests
from .live import Presence, Typists, UserPresence
from .log import Log
from .machines import OutboxFull
from .reactions import MessageReactions, Reacted, Reaction, ReactionChange, Reactions, ReactionsPage
from .version import VERSION as __version__
from .views import FOR_EVER, SyncedDraft, View, Viewed
from .wire import Entry, Group, History, Member, MentionPage, Position, Receipt, Sent, User, UserPage

__all__ = [
    "FOR_EVER",
    "Asked",
    "AskedEvent",
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
    "GroupOutside",
    "History",
    "HistoryReplacedEvent",
    "HongyanError",
    "Http",
    "JoinRequest",
    "Joiner",
    "JoinerPage",
    "Link",
    "Links",
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
    "RequestPage",
    "Requests",
    "RequestsEvent",
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
