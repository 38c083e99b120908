"""Ways into groups as values: links, and requests to be let in."""

from __future__ import annotations

from dataclasses import dataclass

from .shape import Shape
from .wire import User


@dataclass(frozen=True, slots=True)
class Link(Shape):
    """A link into a group."""

    link: int
    """Its number in the group."""
    token: str
    """The secret: whoever has it may come."""
    by: int
    """Who made it."""
    made_at: int
    used: int
    """How many came in by it."""
    works: bool
    """Whether it works now."""
    name: str | None = None
    expires_at: int | None = None
    """From when on it does not work, in milliseconds since 1970; None for never."""
    uses: int | None = None
    """How many it lets in; None for all who come."""
    approval: bool | None = None
    """Whether who comes by it only asks to be let in."""


@dataclass(frozen=True, slots=True)
class Links(Shape):
    """The links of a group that one may see."""

    links: tuple[Link, ...]
    users: tuple[User, ...]
    """Who made them."""


@dataclass(frozen=True, slots=True)
class Joiner(Shape):
    """Somebody who came in by a link."""

    seq: int
    """The entry that says so."""
    user: int
    at: int


@dataclass(frozen=True, slots=True)
class JoinerPage(Shape):
    """A page of those who came in by a link, in the order of their coming."""

    joiners: tuple[Joiner, ...]
    users: tuple[User, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class JoinRequest(Shape):
    """Somebody who waits to be let in."""

    user: int
    at: int
    link: int | None = None
    """By which link; None where it was asked without one."""


@dataclass(frozen=True, slots=True)
class RequestPage(Shape):
    """A page of those who wait to be let into a group, by id."""

    requests: tuple[JoinRequest, ...]
    users: tuple[User, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class GroupOutside(Shape):
    """What is to be seen of a group before one comes in."""

    conv: int
    name: str
    size: int
    state: str
    """How one stands: ``outside``, ``member``, ``waiting``, ``declined`` or ``banned``."""
    description: str | None = None
    avatar: str | None = None
    approval: bool | None = None
    """Whether who comes only asks to be let in."""
    again_at: int | None = None
    """With ``declined``: when one may ask again, in milliseconds since 1970."""


@dataclass(frozen=True, slots=True)
class Asked(Shape):
    """How one stands before a group that one asked to be let into."""

    conv: int
    state: str
    """``member``, ``waiting``, ``declined`` or ``ended``."""
    name: str | None = None
    """What the group is called, in the list of one's own."""
    again_at: int | None = None
    """With ``declined``: when one may ask again, in milliseconds since 1970."""


@dataclass(frozen=True, slots=True)
class Requests(Shape):
    """How many wait to be let into a group now."""

    conv: int
    count: int
