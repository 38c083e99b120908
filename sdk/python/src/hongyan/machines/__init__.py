"""The decisions of a client, without sockets, clocks and randomness.

Time and random numbers are arguments, in milliseconds and as 64-bit integers. What is to be done comes back
as a list of actions. The scripts in ``crates/delivery/vectors`` hold these machines to the same behaviour as
those of the other SDKs.
"""

from .actions import Conversation, Deliver, Done, Dropped, Failed, Found, Look, Reconnect, Reset, Send
from .heartbeat import Heartbeat
from .incoming import Incoming, Start
from .outbox import Outbox, OutboxFull
from .pages import Pages
from .reconnect import Backoff

__all__ = [
    "Backoff",
    "Conversation",
    "Deliver",
    "Done",
    "Dropped",
    "Failed",
    "Found",
    "Heartbeat",
    "Incoming",
    "Look",
    "Outbox",
    "OutboxFull",
    "Pages",
    "Reconnect",
    "Reset",
    "Send",
    "Start",
]
