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


Action: TypeAlias = Send | Deliver | Conversation | Reconnect | Done | Failed
