"""When to ping, and what the pings tell of the network.

Owns: the clocks of one connection, and for each network the quiet that held and the quiet that failed.
Promises: pings when nothing was sent, or nothing received, for the interval; says when the connection is dead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .. import limits
from ..wire import Frame


@dataclass(slots=True)
class Outstanding:
    """A ping without answer."""

    until: int
    """Until when it is waited for."""
    quiet: int | None
    """The quiet before it, if it tells of this network."""
    is_looked_at: bool = False
    """The time was up, and what may have come by then is looked at."""


@dataclass(slots=True)
class Network:
    """What is known of one network."""

    key: str
    held: int | None = None
    """The longest quiet that a connection stood."""
    failed: int | None = None
    """The shortest quiet that a connection died of."""
    failed_at: int = 0
    confirmations: int = 0
    """How often in a row the failure was seen."""
    doubted: int | None = None
    """A failure that is told of no more, so that it is tried again."""
    struck: int | None = None
    """A quiet that failed once although it had held."""

    def learnt(self, now: int) -> dict[str, int]:
        """What to tell the server. A failure that is old enough is doubted from here on."""
        patience = limits.DOUBT_LATER_MS if self.confirmations > 1 else limits.DOUBT_FIRST_MS
        if self.failed is not None and now - self.failed_at >= patience:
            self.doubted, self.failed = self.failed, None
        return self.known()

    def known(self) -> dict[str, int]:
        known = {"held_ms": self.held, "failed_ms": self.failed}
        return {name: value for name, value in known.items() if value is not None}

    def stood(self, quiet: int) -> None:
        """A connection lived on after this quiet."""
        if self.struck is not None and quiet >= self.struck:
            self.struck = None
        if self.doubted is not None and quiet >= self.doubted:
            self.doubted = None
            self.confirmations = 0
        if self.failed is not None and self.failed <= quiet:
            self.failed = None
        self.held = max(quiet, self.held or 0)

    def died(self, now: int, quiet: int) -> None:
        """A connection was dead after this quiet. One that held before is given up the second time."""
        if self.failed is not None and self.failed <= quiet:
            return
        if self.held is not None and quiet <= self.held and self.struck is None:
            self.struck = quiet
            return
        self.struck = self.doubted = None
        self.confirmations += 1
        self.failed, self.failed_at = quiet, now
        if self.held is not None and self.held >= quiet:
            self.held = None


class Heartbeat:
    """See the heading of the module."""

    def __init__(self, key: str = "") -> None:
        self._networks = [Network(key)]
        self._background = False
        self._connected = False
        self._first = self._interval = limits.PING_INTERVAL_MS
        self._timeout = limits.PING_WAIT_MS
        self._sent_at = 0
        self._received_at = 0
        self._network_since = 0
        self._ping: Outstanding | None = None
        self._at_once = False
        self._suspicion: tuple[int, int] | None = None
        """When the connection died, and the quiet that may be to blame."""

    @property
    def _network(self) -> Network:
        return self._networks[0]

    def connected(self, now: int, interval_ms: int, timeout_ms: int) -> None:
        """The server said ``welcome``."""
        self._connected = True
        self._first = self._interval = _sane(interval_ms)
        self._timeout = _sane(timeout_ms)
        self._sent_at = self._received_at = self._network_since = now
        self._ping = None
        self._at_once = False
        if self._suspicion is not None:
            died_at, quiet = self._suspicion
            self._suspicion = None
            if now - died_at <= limits.BLAME_MS and self._is_telling(quiet):
                self._network.died(now, quiet)

    def disconnected(self, now: int) -> None:
        """The connection is over. A ping without answer may say why: a NAT may answer for the server."""
        if self._ping is not None:
            quiet = self._ping.quiet
            self._suspicion = None if quiet is None else (now, quiet)
        self._connected = False
        self._ping = None
        self._at_once = False

    def cut(self, now: int) -> None:
        """The connection ended without a word. A proxy that allows only so much quiet ends it in this way."""
        quiet = self._quiet(now) if self._connected and self._ping is None else None
        self.disconnected(now)
        if quiet is not None:
            self._suspicion = (now, quiet)

    def moved(self, now: int) -> None:
        """What is to be sent before the ping moves: its answer is waited for anew."""
        if self._ping is not None:
            self._ping.until = now + self._timeout

    def sent(self, now: int) -> None:
        """A frame was written."""
        self._sent_at = now

    def received(self, now: int) -> None:
        """Something came: a sign of life."""
        if not self._connected:
            return
        quiet = self._quiet(now) if self._ping is None else self._ping.quiet
        self._ping = None
        self._received_at = now
        if quiet is not None and self._is_telling(quiet):
            self._network.stood(quiet)

    def pong(self, next_interval_ms: int) -> None:
        """The server chose the next interval."""
        self._interval = _sane(next_interval_ms)

    def background(self, background: bool) -> None:
        """Whether nobody looks at the client. Back from there, a ping goes out at once."""
        if self._background and not background and self._connected:
            self._at_once = True
        self._background = background

    def network(self, now: int, key: str) -> None:
        """The device is on another network."""
        known = next((network for network in self._networks if network.key == key), Network(key))
        self._networks = [known] + [network for network in self._networks if network.key != key]
        del self._networks[limits.NETWORKS_MAX :]
        self._suspicion = None
        self._interval = self._first
        self._network_since = now
        self._at_once = self._connected
        if self._ping is not None:
            self._ping.quiet = None

    def tick(self, now: int) -> Frame | str | None:
        """A ping to be sent, ``dead``, or nothing."""
        deadline = self.next_deadline
        if deadline is None or now < deadline:
            return None
        if self._ping is not None:
            if now - deadline > limits.CLOCK_LATE_MS and not self._ping.is_looked_at:
                # The process stood still: the answer may be there, unread.
                self._ping.is_looked_at = True
                self._ping.until = now + limits.LOOK_MS
                return None
            self.disconnected(now)
            return "dead"
        quiet = self._quiet(now)
        self._ping = Outstanding(now + self._timeout, quiet)
        self._sent_at = now
        self._at_once = False
        ping: Frame = {"type": "ping", "interval_ms": quiet or 0}
        learnt = self._network.learnt(now)
        if learnt:
            ping["learnt"] = learnt
        if self._background:
            ping["background"] = True
        return ping

    @property
    def next_deadline(self) -> int | None:
        if not self._connected:
            return None
        if self._ping is not None:
            return self._ping.until
        return self._due()

    def _quiet(self, now: int) -> int | None:
        """How long nothing went either way; None if that began on another network."""
        last = max(self._sent_at, self._received_at)
        return now - last if last >= self._network_since else None

    def _due(self) -> int:
        return 0 if self._at_once else min(self._sent_at, self._received_at) + self._interval

    def _is_telling(self, quiet: int) -> bool:
        """The answer to a ping is traffic too, so a quiet falls short of its interval by a round trip."""
        return quiet >= self._first - self._first // limits.TELLING_DIVISOR

    def save(self, now: int) -> list[dict[str, Any]]:
        """What is to be kept over a restart."""
        return [
            {
                "key": network.key,
                "learnt": network.known(),
                "failed_age_ms": None if network.failed is None else now - network.failed_at,
                "confirmations": network.confirmations,
            }
            for network in self._networks
        ]

    def load(self, now: int, saved: list[dict[str, Any]]) -> None:
        """What ``save`` gave in an earlier run."""
        networks = [
            Network(
                key=network["key"],
                held=network["learnt"].get("held_ms"),
                failed=network["learnt"].get("failed_ms"),
                failed_at=now - (network["failed_age_ms"] or 0),
                confirmations=network["confirmations"],
            )
            for network in saved[: limits.NETWORKS_MAX]
        ]
        current = self._network
        others = [network for network in networks if network.key != current.key]
        known = next((network for network in networks if network.key == current.key), current)
        self._networks = [known, *others][: limits.NETWORKS_MAX]


def _sane(milliseconds: int) -> int:
    """What a server may ask for."""
    return min(max(milliseconds, limits.INTERVAL_MIN_MS), limits.INTERVAL_MAX_MS)
