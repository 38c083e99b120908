"""What the machines ask for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from ..wire import Entry, Frame, Sent, Summary


@dataclass(frozen=True, slots=True)
class Send:
    """Write this frame to the socket."""

    frame: Frame


@dataclass(frozen=True, slots=True)
class Look:
    """Look up the entry at this place, for a request that waits for it. Answer with ``looked`` or ``failed``."""

    client_id: str
    conv: int
    seq: int


@dataclass(frozen=True, slots=True)
class Deliver:
    """Give this entry to the application: the next one of its conversation."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Conversation:
    """A page said this of a conversation."""

    summary: Summary


@dataclass(frozen=True, slots=True)
class Reconnect:
    """The connection is suspect: close it and make another one."""


@dataclass(frozen=True, slots=True)
class Done:
    """A request is on the server's disk."""

    client_id: str
    sent: Sent
    request: Frame = field(compare=False)


@dataclass(frozen=True, slots=True)
class Failed:
    """A request was refused for good."""

    client_id: str
    code: str
    message: str
    request: Frame = field(compare=False)


@dataclass(frozen=True, slots=True)
class Reset:
    """What was delivered is of another history than the server's: the one that it has comes from here on."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was sent again is there already."""

    client_id: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """What was asked for again is not there, and that is as well."""

    client_id: str


Action: TypeAlias = Send | Look | Deliver | Conversation | Reset | Reconnect | Done | Failed | Found | Dropped
