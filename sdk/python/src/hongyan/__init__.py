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
)
from .exchange import Pending
from .http import FoundUser, FoundUsers, Http, Login, Members, Session
from .identity import new_client_id
from .log import Log
from .machines import OutboxFull
from .version import VERSION as __version__
from .wire import Entry, Group, History, Member, Position, Receipt, Sent, User

__all__ = [
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
    "OfflineEvent",
    "OnlineEvent",
    "OutboxFull",
    "Pending",
    "Position",
    "Receipt",
    "RequestError",
    "Sent",
    "Session",
    "Unreachable",
    "User",
    "WrongState",
    "__version__",
    "new_client_id",
]
