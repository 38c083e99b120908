"""What a client holds of each conversation, and what it asks for to hold the rest.

Owns: for each conversation how far its log was delivered, how far it is known to reach, entries kept aside
until a gap is filled, and whether an ack may be missing; the walk of ``sync``.
Promises: delivers each entry once, in order, without holes; every bound of ``limits``.
Not here: what becomes of what was delivered. ``kept`` tells, and only then it is acked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from .. import limits
from ..wire import Entry, Frame, History, Summary, Synced
from .actions import Conversation, Deliver, Reset, Send
from .pages import Pages
from .reconnect import growing, jitter

IncomingAction: TypeAlias = Send | Deliver | Conversation | Reset


class Start(Enum):
    """Where a conversation begins that the first sync shows."""

    EVERYTHING = "everything"
    """At its first entry."""
    RECENT = "recent"
    """At its last few entries."""
    NOW = "now"
    """After its last entry."""


@dataclass(slots=True)
class _Log:
    held: int | None = None
    """Delivered up to here; None while it is not known where to begin."""
    known: int = 0
    """The log reaches at least as far."""
    kept: int = 0
    acked: int = 0
    due: bool = False
    """Something came that an ack is owed for."""
    unconfirmed: bool = False
    """An ack went out that may have been lost."""
    acked_before_sync: int = 0
    early: dict[int, Entry] = field(default_factory=dict)
    fetch_at: int | None = None
    fetching_since: int | None = None
    fetching_until: int = 0
    fetching_after: int = 0
    failures: int = 0

    @property
    def behind(self) -> bool:
        return self.held is not None and self.held < self.known


@dataclass(frozen=True, slots=True)
class Position:
    """What is kept of a conversation over a restart."""

    conv: int
    held: int
    known: int
    acked: int
    unconfirmed: bool
    """An ack is owed, or went out and may have been lost."""


class Incoming:
    """See the heading of the module."""

    def __init__(self, start: Start = Start.RECENT, pages: Pages | None = None) -> None:
        self._start = start
        self._pages = pages
        """What the link takes; None where pages do not follow it."""
        self._asked_list = False
        self._user = 0
        self._connected = False
        self._logs: dict[int, _Log] = {}
        self._dirty: set[int] = set()
        self.epoch: str | None = None
        """The name of the history that is held, where the server says it."""
        self.cursor: str | None = None
        """The cursor of the last walk that came to its end."""
        self.walk: str | None = None
        """The cursor of a walk that did not come to its end."""
        self._walks = 0
        self._walking = False
        self._again = False
        self._syncs = 0
        self._held_when_asked: dict[int, int] = {}
        """How far those were held that moved since the page was asked for: it may be older than they are."""
        self._sync_since: int | None = None
        self._sync_until = 0
        self._sync_at: int | None = None
        self._sync_failures = 0
        self._sync_page = limits.SYNC_PAGE
        self._history_page = limits.HISTORY_PAGE
        self._strangers: dict[int, int] = {}
        """Conversations that no sync has shown, and the number of walks begun before their first push."""

    # What is kept.

    def load(self, cursor: str | None, walk: str | None, positions: list[Position], epoch: str | None = None) -> None:
        """What an earlier run kept."""
        self.epoch, self.cursor, self.walk = epoch, cursor, walk
        for position in positions:
            self._logs[position.conv] = _Log(
                held=position.held,
                known=position.known,
                kept=position.held,
                acked=position.acked,
                unconfirmed=position.unconfirmed,
            )

    def take_dirty(self) -> list[Position]:
        """The positions that changed since the last call."""
        positions = [self._position(conv) for conv in sorted(self._dirty)]
        self._dirty.clear()
        return [position for position in positions if position is not None]

    def _position(self, conv: int) -> Position | None:
        log = self._logs.get(conv)
        if log is None or log.held is None:
            return None
        return Position(conv, log.held, log.known, log.acked, log.unconfirmed or log.due)

    # The connection.

    def history_is(self, epoch: str | None) -> list[IncomingAction]:
        """The server says the name of its history, before ``connected``. What is held of another one is dropped."""
        if epoch is None:
            return []
        known, self.epoch = self.epoch, epoch
        # What was held before histories had names is taken for this one.
        return [] if known is None or known == epoch else self._drop_all()

    def _drop_all(self) -> list[IncomingAction]:
        self._logs.clear()
        self._dirty.clear()
        self._strangers.clear()
        self._held_when_asked.clear()
        self.cursor = self.walk = None
        self._walking = self._again = False
        return [Reset()]

    def connected(self, now: int, user: int) -> list[IncomingAction]:
        """The server said ``welcome``."""
        self._user = user
        self._connected = True
        actions: list[IncomingAction] = []
        for conv, log in sorted(self._logs.items()):
            seq = min(log.held or 0, log.kept)
            if log.unconfirmed and seq > 0:
                log.acked, log.acked_before_sync = seq, self._syncs
                log.due = seq < (log.held or 0)
                actions.append(_ack(conv, seq))
            if log.behind:
                log.fetch_at = now
        if self.walk is not None or self._strangers:
            self._again = True
        actions += self._sync(now)
        actions += self._fetch(now)
        return actions

    def disconnected(self) -> None:
        self._connected = False
        self._walking = False
        self._sync_since = None
        self._sync_at = None
        for log in self._logs.values():
            log.fetching_since = None
            log.fetch_at = None

    def ask_for_less(self) -> None:
        """A page was longer than a frame may be: the next ones are smaller, until everything is there."""
        self._sync_page = max(1, self._sync_page // 2)
        self._history_page = max(1, self._history_page // 2)

    # What comes.

    def entry(self, now: int, entry: Entry) -> list[IncomingAction]:
        """A push."""
        return self._pushed(now, entry, owed=True)

    def answered(self, now: int, entry: Entry) -> list[IncomingAction]:
        """An entry of one's own, by the answer to its request. No ack is owed for it."""
        return self._pushed(now, entry, owed=False)

    def _pushed(self, now: int, entry: Entry, *, owed: bool) -> list[IncomingAction]:
        log = self._logs.get(entry.conv)
        strange = log is None
        if log is None:
            log = self._logs[entry.conv] = _Log(held=0 if entry.seq == 1 else None)
            self._strangers[entry.conv] = self._walks
        if log.held is not None and entry.seq <= log.held:
            log.due = log.due or owed
            return []
        self._learn(entry.conv, log, entry.seq)
        log.due = log.due or owed
        self._put_aside(log, entry)
        actions = self._drain(entry.conv, log)
        if log.behind and log.fetch_at is None and log.fetching_since is None:
            log.fetch_at = now + limits.OVERTAKEN_WAIT_MS
        if strange and self._connected:
            if self._walking:
                self._again = True
            else:
                actions += self._sync(now)
        return actions

    def synced(self, now: int, page: Synced) -> list[IncomingAction]:
        """A page of sync."""
        actions: list[IncomingAction] = []
        if self._sync_since is None:
            return actions
        if self._pages is not None:
            self._pages.answered(self._sync_since, now)
        self._sync_since = None
        self._sync_failures = 0
        for conv, log in self._logs.items():
            if log.unconfirmed and log.acked_before_sync < self._syncs:
                log.unconfirmed = False
                self._dirty.add(conv)
        summaries = [*(row.summary(self._user) for row in page.list), *page.conversations]
        if any(self._is_below(summary) for summary in summaries):
            # An older state was put back, and nobody said so.
            return [*self._drop_all(), *self._sync(now)]
        if self._asked_list and self._may_have_all_at_once():
            # The list is there; with the texts the walk takes few pages.
            return [*(Conversation(summary) for summary in summaries), *self._sync(now)]
        for summary in summaries:
            actions += self._shown(now, summary)
        if page.more:
            self.walk = page.cursor
            actions += self._sync(now)
        else:
            self.cursor, self.walk = page.cursor, None
            self._walking = False
            for conv, before in sorted(self._strangers.items()):
                if before < self._walks:
                    actions += self._begin_unshown(now, conv)
            if self._again:
                actions += self._sync(now)
            else:
                self._sync_at = now + limits.SYNC_EVERY_MS
        actions += self._fetch(now)
        return actions

    def history(self, now: int, page: History) -> list[IncomingAction]:
        """A page of history that ``Incoming`` asked for."""
        log = self._logs.get(page.conv)
        if log is None or log.held is None or log.fetching_since is None:
            return []
        if self._pages is not None:
            self._pages.answered(log.fetching_since, now)
        if page.head < log.fetching_after:
            return [*self._drop_all(), *self._sync(now)]
        before = log.held
        log.fetching_since = None
        log.fetch_at = None
        self._begin_at(log, page.since)
        self._learn(page.conv, log, page.head)
        for entry in page.entries:
            self._put_aside(log, entry)
            log.due = True
        actions = self._drain(page.conv, log)
        if log.behind:
            if log.held > before:
                log.failures = 0
                log.fetch_at = now
            else:
                log.fetch_at = now + growing(log.failures)
                log.failures += 1
        actions += self._fetch(now)
        return actions

    def fetch_failed(self, now: int, conv: int, retry_after_ms: int | None, random: int) -> None:
        """A request for history was answered with an error that may pass."""
        log = self._logs.get(conv)
        if log is not None and log.fetching_since is not None:
            log.fetching_since = None
            log.fetch_at = now + (retry_after_ms or 0) + jitter(growing(log.failures), random)
            log.failures += 1

    def forget(self, conv: int) -> None:
        """The conversation is not one of the user's: nothing more is asked for."""
        log = self._logs.get(conv)
        if log is not None:
            log.fetching_since = log.fetch_at = None
            log.early.clear()
            log.known = log.held or 0
            log.due = log.unconfirmed = False
            self._dirty.add(conv)

    def sync_failed(self, now: int, *, cursor_refused: bool, retry_after_ms: int | None, random: int) -> None:
        """A sync was answered with an error. A cursor that was refused is thrown away."""
        self._sync_since = None
        if cursor_refused:
            self.cursor = self.walk = None
        self._sync_at = now + (retry_after_ms or 0) + jitter(growing(self._sync_failures), random)
        self._sync_failures += 1

    # What goes.

    def sync_now(self, now: int) -> None:
        """There is more to learn than entries tell: ask as soon as may be."""
        if self._sync_at is not None:
            self._sync_at = min(self._sync_at, now)

    def kept(self, conv: int, seq: int) -> None:
        """The application has what was delivered, up to ``seq``: it can be acked."""
        log = self._logs.get(conv)
        if log is not None:
            log.kept = max(log.kept, seq)

    def flush(self) -> list[Send]:
        """The acks that are owed."""
        acks = []
        for conv, log in sorted(self._logs.items()):
            if not log.due or log.held is None:
                continue
            seq = min(log.held, log.kept)
            if seq == 0 or (seq < log.held and seq <= log.acked):
                continue
            log.due = seq < log.held
            log.acked = seq
            log.unconfirmed = True
            log.acked_before_sync = self._syncs
            self._dirty.add(conv)
            acks.append(_ack(conv, seq))
        return acks

    def owed(self) -> int:
        """How many entries the acks of the next ``flush`` are for."""
        return sum(
            max(1, min(log.held, log.kept) - log.acked)
            for log in self._logs.values()
            if log.due and log.held is not None and (log.kept > log.acked or log.kept >= log.held > 0)
        )

    def tick(self, now: int) -> list[IncomingAction]:
        if not self._connected:
            return []
        actions: list[IncomingAction] = []
        if self._sync_since is not None and now >= self._sync_until:
            self._sync_since = None
            self._sync_at = now + growing(self._sync_failures)
            self._sync_failures += 1
        if self._sync_since is None and self._sync_at is not None and now >= self._sync_at:
            actions += self._sync(now)
        for log in self._logs.values():
            if log.fetching_since is not None and now >= log.fetching_until:
                log.fetching_since = None
                log.fetch_at = now + growing(log.failures)
                log.failures += 1
        actions += self._fetch(now)
        return actions

    @property
    def next_deadline(self) -> int | None:
        if not self._connected:
            return None
        deadlines = []
        if self._sync_since is not None:
            deadlines.append(self._sync_until)
        elif self._sync_at is not None:
            deadlines.append(self._sync_at)
        fetching = [log.fetching_until for log in self._logs.values() if log.fetching_since is not None]
        deadlines += fetching
        if len(fetching) < self._slots():
            deadlines += [log.fetch_at for log in self._logs.values() if log.fetch_at is not None]
        return min(deadlines, default=None)

    def held(self, conv: int) -> int | None:
        """How far a conversation was delivered."""
        log = self._logs.get(conv)
        return None if log is None else log.held

    # Within.

    def _shown(self, now: int, summary: Summary) -> list[IncomingAction]:
        conv = summary.conv
        log = self._logs.setdefault(conv, _Log())
        self._strangers.pop(conv, None)
        if log.held is None:
            log.held = log.kept = self._beginning(summary)
            log.early = {seq: entry for seq, entry in log.early.items() if seq > log.held}
        self._begin_at(log, summary.since)
        self._learn(conv, log, summary.head)
        actions: list[IncomingAction] = [Conversation(summary)]
        for entry in summary.entries:
            self._put_aside(log, entry)
        actions += self._drain(conv, log)
        if log.behind and log.fetching_since is None:
            log.fetch_at = now
        # Where members are not told, the server does not keep how far it is delivered.
        if summary.members is not None and summary.me.delivered < log.held:
            log.due = True
        self._dirty.add(conv)
        return actions

    def _is_below(self, summary: Summary) -> bool:
        log = self._logs.get(summary.conv)
        held = self._held_when_asked.get(summary.conv, 0 if log is None else log.held or 0)
        return summary.head < held

    def _beginning(self, summary: Summary) -> int:
        # What began since the cursor was missed whole.
        if self._start is Start.EVERYTHING or self.cursor is not None:
            return 0
        if self._start is Start.NOW:
            return summary.head
        if summary.entries:
            return summary.entries[0].seq - 1
        return max(0, summary.head - limits.RECENT)

    def _begin_unshown(self, now: int, conv: int) -> list[IncomingAction]:
        del self._strangers[conv]
        log = self._logs[conv]
        if log.held is None and log.early:
            log.held = log.kept = 0
            self._dirty.add(conv)
        actions = self._drain(conv, log)
        if log.behind and log.fetching_since is None:
            log.fetch_at = now
        return actions

    def _begin_at(self, log: _Log, since: int) -> None:
        # What stands before is not this user's to read: the log goes on there, whatever is held before.
        if log.held is not None and log.held < since - 1:
            log.held = since - 1
            log.early = {seq: entry for seq, entry in log.early.items() if seq > log.held}

    def _learn(self, conv: int, log: _Log, head: int) -> None:
        if head > log.known:
            log.known = head
            self._dirty.add(conv)

    def _put_aside(self, log: _Log, entry: Entry) -> None:
        if log.held is not None and entry.seq <= log.held:
            return
        log.early.setdefault(entry.seq, entry)
        if log.held is not None and entry.seq == log.held + 1:
            return
        if len(log.early) > limits.EARLY_PER_CONVERSATION_MAX or self._early() > limits.EARLY_MAX:
            del log.early[max(log.early)]

    def _early(self) -> int:
        return sum(len(log.early) for log in self._logs.values())

    def _drain(self, conv: int, log: _Log) -> list[IncomingAction]:
        actions: list[IncomingAction] = []
        if self._sync_since is not None and log.held is not None:
            self._held_when_asked.setdefault(conv, log.held)
        while log.held is not None and (entry := log.early.pop(log.held + 1, None)) is not None:
            log.held += 1
            actions.append(Deliver(entry))
        if actions:
            log.failures = 0
            self._dirty.add(conv)
        if not log.behind:
            log.fetch_at = None
        return actions

    def _ask_for_all_again(self) -> None:
        is_smaller = self._history_page < limits.HISTORY_PAGE
        if is_smaller and not (self._walking or self._strangers or any(log.behind for log in self._logs.values())):
            self._sync_page, self._history_page = limits.SYNC_PAGE, limits.HISTORY_PAGE

    def _sync(self, now: int) -> list[Send]:
        if not self._walking:
            self._walking = True
            if self.walk is None:
                self._walks += 1
                self._again = False
            # Otherwise it goes on from an earlier connection, and does not show what changed since it began.
        cursor = self.walk if self.walk is not None else self.cursor
        self._syncs += 1
        self._held_when_asked.clear()
        self._sync_since, self._sync_until = now, now + self._patience()
        self._sync_at = None
        frame: Frame = {"type": "sync"}
        if cursor is not None:
            frame["cursor"] = cursor
        if self._sync_page < limits.SYNC_PAGE:
            frame["limit"] = self._sync_page
        pages = self._pages
        self._asked_list = pages is not None and self._wants_list(pages, cursor)
        if pages is None:
            return [Send(frame)]
        if self._asked_list:
            frame["list"], frame["limit"] = True, min(pages.rows, frame.get("limit", pages.rows))
        elif pages.wish is not None:
            frame["bytes"] = pages.wish
        return [Send(frame)]

    def _wants_list(self, pages: Pages, cursor: str | None) -> bool:
        """Over a link that is slow, or was never measured and has everything to bring, the list comes first."""
        has_nothing = cursor is None and not self._logs
        is_slow = has_nothing if pages.is_slow is None else pages.is_slow
        return self._start is not Start.RECENT or is_slow

    def _may_have_all_at_once(self) -> bool:
        """Whether the list that has just come was to find out how fast the link is, and it is fast."""
        is_first = self.walk is None and self.cursor is None and not self._logs
        return self._pages is not None and self._pages.is_slow is False and is_first and self._start is Start.RECENT

    def _slots(self) -> int:
        """Requests for history at one time."""
        is_slow = self._pages is not None and self._pages.is_slow is True
        return limits.SLOW_FETCHES_MAX if is_slow else limits.FETCHES_MAX

    def _patience(self) -> int:
        """How long an answer is waited for."""
        return limits.ANSWER_WAIT_MS + self.allowance

    @property
    def allowance(self) -> int:
        """How much longer than others an answer may take over this link."""
        return 0 if self._pages is None else self._pages.allowance

    def weigh(self, size: int) -> None:
        """The answer that is given next has so many bytes."""
        if self._pages is not None:
            self._pages.weigh(size)

    def round_trip(self, took: int) -> None:
        """From a small request, such as ``hello``, to its answer it took so long. Before ``connected``."""
        if self._pages is not None:
            self._pages.round_trip(took)

    def _fetch(self, now: int) -> list[Send]:
        if not self._connected:
            return []
        self._ask_for_all_again()
        room = self._slots() - sum(1 for log in self._logs.values() if log.fetching_since is not None)
        wanted = sorted(
            (log.fetch_at, conv)
            for conv, log in self._logs.items()
            if log.fetch_at is not None and log.fetch_at <= now and log.fetching_since is None
        )
        sends = []
        for _, conv in wanted[: max(0, room)]:
            log = self._logs[conv]
            log.fetch_at = None
            if not log.behind:
                continue
            log.fetching_since, log.fetching_until = now, now + self._patience()
            log.fetching_after = held = log.held or 0
            frame = {"type": "history", "conv": conv, "after": held, "limit": self._history_page}
            if self._pages is not None:
                if log.early:
                    frame["limit"] = min(self._history_page, max(1, min(log.early) - held - 1))
                if self._pages.wish is not None:
                    frame["bytes"] = max(1, self._pages.wish // self._slots())
            sends.append(Send(frame))
        return sends


def _ack(conv: int, seq: int) -> Send:
    return Send({"type": "ack", "conv": conv, "seq": seq})
