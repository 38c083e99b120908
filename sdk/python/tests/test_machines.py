"""The pure parts against hostile luck: a world in one thread, with a clock of its own."""

from __future__ import annotations

import os
import random
import tempfile
import unittest
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from hongyan import codes, limits
from hongyan.book import Book
from hongyan.errors import WrongState
from hongyan.identity import new_client_id
from hongyan.log import Log
from hongyan.machines import Conversation, Deliver, Done, Incoming, Outbox, OutboxFull, Pages, Reconnect, Send, Start
from hongyan.machines.incoming import Position as Held
from hongyan.storage import Changes, Storage
from hongyan.wire import Entry, Frame, History, Listed, Member, Position, Receipt, Sent, Summary, Synced, User

ME, OTHER = 1, 2


def seed() -> int:
    """The seed of a test, printed, so that a failure can be had again with ``SEED=…``."""
    value = int(os.environ.get("SEED", random.SystemRandom().getrandbits(32)))
    print(f"SEED={value}")
    return value


def message(conv: int, seq: int, sender: int = OTHER) -> Entry:
    body = {"type": "text", "text": f"{conv}.{seq}"}
    return Entry(conv, seq, conv * 1000 + seq, "message", sender, 0, f"c{conv}.{seq}", body)


class World:
    """A server that keeps logs, one client, and weather in between."""

    SIZES: ClassVar = {1: 1, 2: 2, 3: 3, 4: 64, 5: 70}
    """How many members each conversation has. Above 64 they are not told, and what is delivered is not kept."""

    def __init__(self, chance: random.Random, forgetful: bool = False):
        self.chance = chance
        self.forgetful = forgetful
        self.logs: dict[int, list[Entry]] = {}
        self.changed: list[int] = []
        """Every change, by conversation: the number of changes seen is the cursor."""
        self.acked: dict[int, int] = {}
        self.acks: list[tuple[int, int]] = []
        """Acks on their way to the server."""
        self.client = Incoming(Start.EVERYTHING)
        self.kept: dict[int, Held] = {}
        self.meta: tuple[str | None, str | None] = (None, None)
        self.delivered: dict[int, list[int]] = {}
        self.online = False
        self.now = 0
        self.line: list[tuple[int, object]] = []
        """What is on its way to the client, with the time of its arrival."""

    def append(self, stormy: bool) -> None:
        conv = self.chance.randrange(1, 6)
        log = self.logs.setdefault(conv, [])
        log.append(message(conv, len(log) + 1))
        self.changed.append(conv)
        if self.online and not (stormy and self.chance.random() < 0.3):
            for _ in range(2 if stormy and self.chance.random() < 0.1 else 1):
                self.later(log[-1], stormy)

    def later(self, what: object, stormy: bool) -> None:
        self.line.append((self.now + (self.chance.randrange(600) if stormy else 1), what))

    def connect(self) -> None:
        self.online = True
        self.act(self.client.connected(self.now, ME))

    def cut(self) -> None:
        self.online = False
        self.line.clear()
        self.acks.clear()
        self.client.disconnected()

    def restart(self) -> None:
        self.cut()
        self.client = Incoming(Start.EVERYTHING)
        self.client.load(*self.meta, list(self.kept.values()))

    def act(self, actions: object, stormy: bool = False) -> None:
        assert isinstance(actions, list)
        for action in actions:
            match action:
                case Deliver(entry):
                    self.delivered.setdefault(entry.conv, []).append(entry.seq)
                    self.client.kept(entry.conv, entry.seq)
                case Send({"type": "sync"} as frame):
                    self.arrive()
                    self.later(self.page(frame.get("cursor")), stormy)
                case Send({"type": "history"} as frame):
                    if not (stormy and self.chance.random() < 0.2):
                        self.later(self.stretch(frame["conv"], frame["after"]), stormy)
                case Send({"type": "ack"} as frame):
                    self.acks.append((frame["conv"], frame["seq"]))
                case _:
                    pass
        # What is kept, is kept with what was delivered.
        self.kept.update((position.conv, position) for position in self.client.take_dirty())
        self.meta = (self.client.cursor, self.client.walk)

    def arrive(self) -> None:
        """What the client wrote arrives in order, or not at all where the connection breaks before."""
        for conv, seq in self.acks:
            self.acked[conv] = max(self.acked.get(conv, 0), seq)
        self.acks.clear()

    def page(self, cursor: str | None) -> Synced:
        """A page of two conversations. A cursor is ``before`` or, within a walk, ``before.until.shown``."""
        parts = [int(part) for part in (cursor or "0").split(".")]
        before, until, shown = parts if len(parts) == 3 else (parts[0], len(self.changed), 0)
        changed = list(dict.fromkeys(reversed(self.changed[before:until])))
        views = []
        for conv in changed[shown : shown + 2]:
            log = self.logs[conv]
            size = self.SIZES[conv]
            me = Position(0, self.acked.get(conv, 0) if size <= 64 else 0)
            others = (Member(OTHER + n, 0, 0) for n in range(size - 1))
            members = (Member(ME, me.read, me.delivered), *others) if size <= 64 else None
            entries = tuple(log[-self.chance.randrange(1, 5) :]) if self.chance.random() < 0.8 else ()
            views.append(Summary(conv, "group", len(log), 0, me, size, members, entries))
        more = len(changed) > shown + 2
        return Synced(tuple(views), (), 0, f"{before}.{until}.{shown + 2}" if more else f"{until}", more)

    def stretch(self, conv: int, after: int) -> History:
        log = self.logs[conv]
        size = self.chance.randrange(1, 8)
        return History(conv, tuple(log[after : after + size]), len(log), after + size < len(log))

    def step(self, stormy: bool) -> None:
        self.now += self.chance.randrange(1, 300)
        due = [what for at, what in self.line if at <= self.now]
        self.line = [(at, what) for at, what in self.line if at > self.now]
        for what in due:
            match what:
                case Entry():
                    if self.forgetful:
                        log = self.client._logs.get(what.conv)
                        if log is not None and log.held is not None and self.chance.random() < 0.2:
                            log.held = max(log.held, what.seq)  # The fault that is to be found.
                    self.act(self.client.entry(self.now, what), stormy)
                case Synced():
                    self.act(self.client.synced(self.now, what), stormy)
                case History():
                    self.act(self.client.history(self.now, what), stormy)
        self.act(self.client.tick(self.now), stormy)
        if not stormy or self.chance.random() < 0.5:
            self.arrive()
        if self.chance.random() < 0.3:
            self.act(self.client.flush(), stormy)
        early = [len(log.early) for log in self.client._logs.values()]
        assert max(early, default=0) <= limits.EARLY_PER_CONVERSATION_MAX
        fetching = sum(1 for log in self.client._logs.values() if log.fetching_since is not None)
        assert fetching <= limits.FETCHES_MAX

    def live(self) -> None:
        self.connect()
        for _ in range(300):
            for _ in range(self.chance.randrange(3)):
                self.append(stormy=True)
            match self.chance.randrange(30):
                case 0:
                    self.cut()
                case 1:
                    self.restart()
            if not self.online and self.chance.random() < 0.3:
                self.connect()
            self.step(stormy=True)
        self.cut()
        self.connect()
        for _ in range(400):
            self.step(stormy=False)

    def faults(self) -> list[str]:
        faults = []
        for conv, log in self.logs.items():
            expected = [entry.seq for entry in log]
            if self.delivered.get(conv, []) != expected:
                faults.append(f"{conv}: {self.delivered.get(conv)} of {len(expected)}")
            if self.SIZES[conv] <= 64 and self.acked.get(conv, 0) != len(log):
                faults.append(f"{conv}: acked {self.acked.get(conv)} of {len(log)}")
        return faults


class Incomings(unittest.TestCase):
    def test_everything_arrives_once_in_order_and_is_acked_whatever_happens(self) -> None:
        value = seed()
        for n in range(30):
            world = World(random.Random(f"{value}.{n}"))
            world.live()
            self.assertEqual(world.faults(), [], f"SEED={value}, world {n}")

    def test_a_broken_client_is_found_out(self) -> None:
        value = seed()
        found = 0
        for n in range(5):
            world = World(random.Random(f"{value}.{n}"), forgetful=True)
            world.live()
            found += bool(world.faults())
        self.assertGreater(found, 0)

    def test_what_is_kept_aside_is_bounded(self) -> None:
        client = Incoming(Start.EVERYTHING)
        client.connected(0, ME)
        for conv in range(1, 20):
            client.entry(0, message(conv, 1))
            for seq in range(3, 3 + 2 * limits.EARLY_PER_CONVERSATION_MAX):
                client.entry(0, message(conv, seq))
        early = [len(log.early) for log in client._logs.values()]
        self.assertEqual(max(early), limits.EARLY_PER_CONVERSATION_MAX)
        self.assertLessEqual(sum(early), limits.EARLY_MAX)

    def test_a_refused_cursor_is_thrown_away(self) -> None:
        client = Incoming(Start.EVERYTHING)
        client.load("old", None, [])
        self.assertEqual(client.connected(0, ME), [Send({"type": "sync", "cursor": "old"})])
        client.sync_failed(10, cursor_refused=True, retry_after_ms=None, random=0)
        self.assertEqual(client.tick(10), [Send({"type": "sync"})])

    def test_a_page_that_is_too_large_is_asked_for_in_halves(self) -> None:
        client = Incoming(Start.EVERYTHING)
        limit = []
        for _ in range(7):
            client.ask_for_less()
            (sync,) = client.connected(0, ME)
            assert isinstance(sync, Send)
            limit.append(sync.frame["limit"])
            client.disconnected()
        self.assertEqual(limit, [25, 12, 6, 3, 1, 1, 1])

    def test_an_ack_waits_for_what_is_not_kept(self) -> None:
        client = Incoming(Start.EVERYTHING)
        client.connected(0, ME)
        for seq in (1, 2, 3):
            client.entry(0, message(1, seq))
        self.assertEqual((client.flush(), client.owed()), ([], 0))
        client.kept(1, 2)
        self.assertEqual(client.owed(), 2)
        self.assertEqual(client.flush(), [Send({"type": "ack", "conv": 1, "seq": 2})])
        self.assertEqual((client.flush(), client.owed()), ([], 0))
        client.kept(1, 3)
        self.assertEqual(client.flush(), [Send({"type": "ack", "conv": 1, "seq": 3})])

    def test_an_ack_that_was_owed_at_the_end_goes_out_in_the_next_run(self) -> None:
        client = Incoming(Start.EVERYTHING)
        client.connected(0, ME)
        client.entry(0, message(1, 1))
        client.kept(1, 1)
        next_run = Incoming(Start.EVERYTHING)
        next_run.load(None, None, client.take_dirty())
        self.assertIn(Send({"type": "ack", "conv": 1, "seq": 1}), next_run.connected(1, ME))


class Appending:
    """A server that appends, one outbox, and weather in between."""

    def __init__(self, chance: random.Random):
        self.chance = chance
        self.outbox = Outbox()
        self.submitted: list[tuple[str, int]] = []
        self.stored: dict[int, list[str]] = {}
        self.answers: dict[str, Sent] = {}
        self.done: list[str] = []
        self.flying: list[Frame] = []
        self.now = 0

    def live(self) -> None:
        for step in range(400):
            self.now += self.chance.randrange(1, 2000)
            if step < 200 and self.chance.random() < 0.5:
                self.submit(f"m{step}")
            if self.chance.random() < 0.1:
                self.cut()
            elif self.chance.random() < 0.3:
                self.act(self.outbox.connected(self.now))
            self.act(self.outbox.tick(self.now))
            while self.flying and self.chance.random() < 0.7:
                self.answer(stormy=True)
        self.cut()
        while len(self.outbox) > 0:
            self.now += 1000
            self.act(self.outbox.connected(self.now))
            while self.flying:
                self.answer(stormy=False)

    def submit(self, client_id: str) -> None:
        conv = self.chance.randrange(1, 4)
        self.submitted.append((client_id, conv))
        frame = {"type": "send", "conv": conv, "client_id": client_id, "body": {}}
        self.act(self.outbox.submit(self.now, frame))

    def cut(self) -> None:
        """What was written may have arrived or not. No answer comes."""
        for frame in self.flying:
            if self.chance.random() < 0.5:
                self.store(frame)
        self.flying.clear()
        self.outbox.disconnected()

    def store(self, frame: Frame) -> Sent:
        client_id, conv = frame["client_id"], frame["conv"]
        if client_id not in self.answers:
            log = self.stored.setdefault(conv, [])
            log.append(client_id)
            self.answers[client_id] = Sent(conv, len(log), 0, 0, client_id)
        return self.answers[client_id]

    def answer(self, stormy: bool) -> None:
        frame = self.flying.pop(0)
        client_id = frame["client_id"]
        if stormy and self.chance.random() < 0.1:
            random_bits = self.chance.getrandbits(64)
            self.act(self.outbox.failed(self.now, client_id, "overloaded", "", 100, random_bits))
        elif not (stormy and self.chance.random() < 0.1):
            self.act(self.outbox.sent(self.now, self.store(frame)))

    def act(self, actions: object) -> None:
        assert isinstance(actions, list)
        for action in actions:
            match action:
                case Send(frame):
                    self.flying.append(frame)
                case Done(client_id=client_id):
                    self.done.append(client_id)
                case Reconnect():
                    self.cut()


class Outboxes(unittest.TestCase):
    def test_every_request_is_stored_once_and_in_order_whatever_is_lost(self) -> None:
        value = seed()
        for n in range(50):
            server = Appending(random.Random(f"{value}.{n}"))
            server.live()
            where = f"SEED={value}, world {n}"
            self.assertCountEqual(server.done, [client_id for client_id, _ in server.submitted], where)
            for conv, log in server.stored.items():
                self.assertEqual(log, [client_id for client_id, to in server.submitted if to == conv], where)

    def test_a_user_and_the_conversation_with_that_user_share_an_order_once_it_is_known(self) -> None:
        outbox = Outbox()
        outbox.connected(0)

        def send(client_id: str, **target: int) -> Frame:
            return {"type": "send", **target, "client_id": client_id, "body": {}}

        self.assertEqual(outbox.submit(0, send("a", to=7)), [Send(send("a", to=7))])
        self.assertEqual(outbox.submit(0, send("b", to=7)), [])
        actions = outbox.sent(1, Sent(3, 1, 1, 0, "a"))
        self.assertEqual(actions[1:], [Send(send("b", to=7))])
        self.assertEqual(outbox.submit(2, send("c", conv=3)), [])
        self.assertEqual(outbox.sent(3, Sent(3, 2, 2, 0, "b"))[1:], [Send(send("c", conv=3))])

    def test_two_orders_that_turn_out_to_be_one_have_one_request_in_flight(self) -> None:
        outbox = Outbox()
        outbox.connected(0)
        for client_id, target in (("a", {"to": 7}), ("b", {"to": 7}), ("c", {"conv": 3})):
            outbox.submit(0, {"type": "send", **target, "client_id": client_id, "body": {}})
        # The conversation with user 7 is the one in which "c" is in flight.
        self.assertEqual(len(outbox.sent(1, Sent(3, 1, 1, 0, "a"))), 1)
        sent = [action for action in outbox.sent(2, Sent(3, 2, 2, 0, "c")) if isinstance(action, Send)]
        self.assertEqual([action.frame["client_id"] for action in sent], ["b"])

    def test_a_full_outbox_refuses(self) -> None:
        outbox = Outbox()
        for n in range(limits.OUTBOX_MAX):
            outbox.submit(0, {"type": "send", "conv": n, "client_id": f"{n}", "body": {}})
        with self.assertRaises(OutboxFull):
            outbox.submit(0, {"type": "send", "conv": 1, "client_id": "more", "body": {}})
        self.assertEqual(len([a for a in outbox.connected(0) if isinstance(a, Send)]), limits.IN_FLIGHT_MAX)

    def test_what_is_full_of_answers_owed_does_not_spin(self) -> None:
        outbox = Outbox()
        outbox.connected(0)
        for n in range(limits.IN_FLIGHT_MAX + 5):
            outbox.submit(7, {"type": "send", "conv": n, "client_id": f"{n}", "body": {}})
        self.assertEqual(outbox.next_deadline, 7 + limits.ANSWER_WAIT_MS)


class Books(unittest.TestCase):
    def test_the_unread_number_is_what_the_log_says(self) -> None:
        for size in (2, 4, 70):
            with self.subTest(size=size):
                self.check_unread(size)

    def check_unread(self, size: int) -> None:
        value = seed()
        others = [OTHER + n for n in range(size - 1)]
        for n in range(100):
            chance = random.Random(f"{value}.{n}")
            book = Book()
            book.me = User(ME, "me")
            log: list[Entry] = []
            recalled: set[int] = set()
            read = 0
            page: Summary | None = None
            for _ in range(60):
                seq = len(log) + 1
                open_ = [e for e in log if e.kind == "message" and e.seq not in recalled]
                if open_ and chance.random() < 0.2:
                    target = chance.choice(open_)
                    recalled.add(target.seq)
                    # In a group, admins recall what others wrote, and oneself may be one.
                    sender = chance.choice((target.sender, ME, *others[:1]))
                    entry = Entry(1, seq, seq, "recall", sender, 0, "r", target=target.seq)
                else:
                    entry = message(1, seq, chance.choice((ME, ME, *others[:3])))
                    read = seq if entry.sender == ME else read
                log.append(entry)
                book.entry(entry)
                if chance.random() < 0.1:
                    read = seq
                    book.receipt(Receipt(1, ME, read, read))
                # A page is as old as the moment in which it was asked for, or younger. It comes later.
                if page is None and chance.random() < 0.2:
                    book.asked()
                    told = None if size > 64 else (Member(ME, read, 0), *(Member(one, 0, 0) for one in others))
                    me = Position(read, 0)
                    page = Summary(1, "group", seq, unread(log, recalled, read), me, size, told, ())
                elif page is not None and chance.random() < 0.3:
                    book.known(page)
                    page = None
                if 1 in book.conversations:
                    self.assertEqual(book.total_unread, unread(log, recalled, read), f"SEED={value}, {n}")

    def test_where_members_are_not_told_only_ones_own_position_is_known_and_moves(self) -> None:
        book = Book()
        book.me = User(ME, "me")
        shown = book.known(Summary(1, "group", 3, 3, Position(), 10_000, None, ()))
        self.assertEqual((shown.size, shown.members, shown.member(ME)), (10_000, None, None))
        self.assertIsNone(book.receipt(Receipt(1, OTHER, 3, 3)))
        book.receipt(Receipt(1, ME, 2, 2))
        self.assertEqual((book.conversations[1].me, book.total_unread), (Position(2, 2), 1))
        book.entry(message(1, 4, OTHER))
        self.assertIsNone(book.conversations[1].members)
        book.entry(message(1, 5, ME))
        self.assertEqual((book.conversations[1].me, book.total_unread), (Position(5, 5), 0))
        self.assertEqual(Summary.kept(shown.write(), ME), Summary(1, "group", 3, 3, Position(), 10_000, None, ()))

    def test_members_are_copied_when_one_of_them_moves_and_whoever_left_is_gone(self) -> None:
        book = Book()
        book.me = User(ME, "me")
        three = (Member(ME, 0, 0), Member(OTHER, 1, 1), Member(OTHER + 1, 1, 1))
        book.known(Summary(1, "group", 3, 3, Position(), 3, three, ()))
        self.assertIsNone(book.receipt(Receipt(1, OTHER, 1, 1)))
        self.assertIs(book.conversations[1].members, three)
        book.receipt(Receipt(1, OTHER, 2, 2))
        self.assertEqual(book.conversations[1].member(OTHER), Member(OTHER, 2, 2))
        book.known(Summary(1, "group", 3, 3, Position(), 2, (Member(ME, 0, 0), Member(OTHER, 1, 1)), ()))
        self.assertEqual(book.conversations[1].members, (Member(ME, 0, 0), Member(OTHER, 2, 2)))

    def test_a_conversation_that_an_earlier_version_kept(self) -> None:
        members = [{"user": ME, "read": 2, "delivered": 3}, {"user": OTHER, "read": 1, "delivered": 1}]
        kept = {"conv": 1, "kind": "direct", "head": 3, "unread": 1, "members": members, "entries": []}
        summary = Summary.kept(kept, ME)
        self.assertEqual((summary.me, summary.size, summary.peer(ME)), (Position(2, 3), 2, OTHER))
        self.assertEqual(Summary.kept({**kept, "members": members[:1]}, ME).peer(ME), ME)
        self.assertIsNone(Summary.kept({**kept, "kind": "group"}, ME).peer(ME))
        self.assertIsNone(Summary.kept({**kept, "kind": "of a newer server"}, ME).peer(ME))


def unread(log: list[Entry], recalled: set[int], read: int) -> int:
    return sum(1 for e in log if e.kind == "message" and e.sender != ME and e.seq > read and e.seq not in recalled)


class Logs(unittest.TestCase):
    def test_however_entries_are_read_the_end_is_the_same(self) -> None:
        """Pushes as they happen, some twice; pages before them, after them and older than they are."""
        value = seed()
        for n in range(300):
            chance = random.Random(f"{value}.{n}")
            state: dict[int, Entry] = {}
            pushes: list[Entry] = []
            log = Log()
            begun = chance.randrange(1, 20)
            pages: list[list[Entry]] = []
            for seq in range(1, 40):
                pushes.append(happen(state, seq, chance))
                if chance.random() < 0.2:
                    pages.append(chance.sample(list(state.values()), chance.randrange(1, len(state) + 1)))
            where = f"SEED={value}, {n}"
            newest: dict[int, tuple[bool, int]] = {}

            for entry in pushes[begun - 1 :]:
                self.take(log, entry, newest, where)
                while pages and chance.random() < 0.3:
                    for read in pages.pop(chance.randrange(len(pages))):
                        self.take(log, read, newest, where)
                if chance.random() < 0.2:
                    self.take(log, chance.choice(pushes[begun - 1 : entry.seq]), newest, where)
            for seq in range(begun - 1, 0, -1):
                log.apply(state[seq])
            for one in log.messages():
                if one.recalled_by is None:
                    self.assertEqual(one, state[one.seq], where)
            for seq, entry in state.items():
                held = log.get(seq)
                assert held is not None, where
                self.assertEqual(held.recalled_by, entry.recalled_by, where)
                self.assertFalse(held.recalled_by is not None and held.body is not None, where)

    def take(self, log: Log, entry: Entry, newest: dict[int, tuple[bool, int]], where: str) -> None:
        log.apply(entry)
        for one in log.messages():
            age = (one.recalled_by is not None, one.edited_by or 0)
            before = newest.get(one.seq, (False, 0))
            # Once recalled, always recalled; once edited, never as it was before.
            self.assertFalse(age < before and not (age[0] and before[0]), where)
            newest[one.seq] = age

    def test_a_page_that_is_older_than_the_pushes_before_it(self) -> None:
        log = Log()
        edits = [replace(message(1, seq), kind="edit", target=1) for seq in (2, 3)]
        for entry in (*edits, edits[0], message(1, 1)):
            log.apply(entry)
        (shown,) = log.messages()
        self.assertEqual((shown.text, shown.edited_by), ("1.3", 3))


def happen(state: dict[int, Entry], seq: int, chance: random.Random) -> Entry:
    """One more entry in a log as the server keeps it. Answers what is pushed."""
    open_ = [e for e in state.values() if e.kind == "message" and e.recalled_by is None]
    target = chance.choice(open_) if open_ and chance.random() < 0.6 else None
    entry = message(1, seq)
    if target is not None:
        is_edit = chance.random() < 0.7
        entry = replace(entry, kind="edit" if is_edit else "recall", target=target.seq)
        for other in list(state.values()):
            if other.kind == "edit" and other.target == target.seq:
                state[other.seq] = replace(other, body=None, recalled_by=None if is_edit else seq)
        if is_edit:
            state[target.seq] = replace(target, body=entry.body, edited_by=seq)
        else:
            entry = replace(entry, body=None)
            state[target.seq] = replace(target, body=None, recalled_by=seq)
    state[seq] = entry
    return entry


class Storages(unittest.TestCase):
    def test_what_was_committed_is_there_again(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "state"
            frame = {"type": "send", "conv": 1, "client_id": "a", "body": {"type": "text", "text": "你好"}}
            storage = Storage(path)
            storage.commit(Changes(submitted=[frame], delivered=[message(1, 1), message(1, 2)]))
            storage.commit(Changes(taken=[(1, 1)], positions=[Held(1, 2, 9, 1, True)], meta={"cursor": "7"}))
            # Not closed: as if the program had died.
            storage._database.close()
            kept = Storage(path).load()
            self.assertEqual((kept.outbox, kept.inbox), ([frame], [message(1, 2)]))
            self.assertEqual((kept.positions, kept.meta), ([Held(1, 2, 9, 1, True)], {"cursor": "7"}))

    def test_a_commit_is_whole_or_not_at_all(self) -> None:
        storage = Storage(None)
        frame = {"type": "send", "conv": 1, "client_id": "a"}
        storage.commit(Changes(submitted=[frame]))
        with self.assertRaises(Exception):  # noqa: B017 - whatever the database calls it
            storage.commit(Changes(meta={"cursor": "8"}, submitted=[frame]))
        self.assertEqual(storage.load().meta, {})

    def test_a_file_that_is_none_or_newer_is_refused(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "state"
            path.write_text("not a database, but long enough to be taken for one at first sight" * 20)
            with self.assertRaises(WrongState):
                Storage(path)
            newer = Path(folder) / "newer"
            storage = Storage(newer)
            storage._database.execute("PRAGMA user_version = 99")
            storage.close()
            with self.assertRaises(WrongState):
                Storage(newer)


class Codes(unittest.TestCase):
    """The words and numbers are those of docs/PROTOCOL.md."""

    def rows(self, heading: str) -> list[list[str]]:
        text = (Path(__file__).parents[3] / "docs" / "PROTOCOL.md").read_text(encoding="utf-8")
        chapter = text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
        # The first table of the chapter.
        table = chapter[chapter.index("\n| ") :].lstrip("\n").split("\n\n")[0]
        lines = [line for line in table.splitlines() if line.startswith("| ")]
        return [[cell.strip(" `") for cell in line.strip("|").split(" | ")] for line in lines[1:]]

    def test_which_errors_may_pass(self) -> None:
        rows = {row[0]: row[1] for row in self.rows("Error codes")}
        self.assertLessEqual(codes.RETRYABLE | codes.FINAL, set(rows))
        for code, retry in rows.items():
            # Those that may pass come with a time; a code that is not known here is judged by that.
            self.assertEqual(codes.is_retryable(code, 100 if retry == "yes" else None), retry == "yes", code)
        for code in codes.RETRYABLE:
            self.assertTrue(codes.is_retryable(code, None), code)
        for code in codes.FINAL:
            self.assertFalse(codes.is_retryable(code, 100), code)
        self.assertTrue(codes.is_retryable("of_a_later_server", 100))
        self.assertFalse(codes.is_retryable("of_a_later_server", None))

    def test_which_closes_are_terminal(self) -> None:
        rows = self.rows("Close codes")
        terminal = {int(row[0]): row[1] for row in rows if row[2] == "terminal"}
        self.assertLessEqual(codes.CLOSE_REASONS.items(), terminal.items())
        for row in rows:
            self.assertEqual(codes.is_terminal(int(row[0])), row[2] == "terminal", row)
        for code in (None, 1000, 1006, 1014):
            self.assertFalse(codes.is_terminal(code))


class Identities(unittest.TestCase):
    def test_client_ids_are_ordered_by_time_and_of_version_7(self) -> None:
        one = new_client_id()
        self.assertRegex(one, r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
        self.assertLessEqual(one[:13], new_client_id()[:13])


class SlowLink:
    """A server with much to bring, behind a link that brings few bytes a second, in virtual time."""

    CONVERSATIONS, MESSAGES, TEXT_BYTES, ENTRY_BYTES, ROW_BYTES = 60, 20, 600, 770, 100

    def __init__(self, rate: int, round_trip: int, start: Start):
        self.rate, self.way = rate, round_trip // 2
        self.client = Incoming(start, Pages())
        self.client.round_trip(round_trip)
        self.now = self.free_at = 0
        self.brought = 0
        self.listed: dict[int, int] = {}
        self.list_at: int | None = None
        self.delivered: list[tuple[int, int]] = []
        self.texts_before_the_list = 0
        self.coming: list[tuple[int, int, Synced | History]] = []

    def run(self) -> None:
        self.act(self.client.connected(0, ME))
        for _ in range(20_000):
            if len(self.delivered) == self.CONVERSATIONS * self.MESSAGES:
                return
            deadline = self.client.next_deadline
            assert deadline is not None
            if self.coming and self.coming[0][0] <= deadline:
                self.now, size, page = self.coming.pop(0)
                self.brought += size
                self.client.weigh(size)
                self.act(
                    self.client.synced(self.now, page)
                    if isinstance(page, Synced)
                    else self.client.history(self.now, page)
                )
            else:
                self.now = max(self.now, deadline)
                self.act(self.client.tick(self.now))

    def act(self, actions: Sequence[object]) -> None:
        for action in actions:
            if isinstance(action, Send) and action.frame["type"] != "ack":
                size, page = self.answer(action.frame)
                self.free_at = max(self.free_at, self.now + self.way) + size * 1000 // self.rate
                self.coming.append((self.free_at + self.way, size, page))
            elif isinstance(action, Conversation):
                self.listed.setdefault(action.summary.conv, self.now)
                if len(self.listed) == self.CONVERSATIONS and self.list_at is None:
                    self.list_at = self.now
                    self.texts_before_the_list = len(self.delivered)
            elif isinstance(action, Deliver):
                self.delivered.append((action.entry.conv, action.entry.seq))

    def answer(self, frame: Frame) -> tuple[int, Synced | History]:
        room = frame.get("bytes", 1024 * 1024)
        if frame["type"] == "history":
            entries: list[Entry] = []
            for seq in range(frame["after"] + 1, self.MESSAGES + 1):
                if len(entries) == frame["limit"] or (entries and room < self.ENTRY_BYTES):
                    break
                room -= self.ENTRY_BYTES
                entries.append(message(frame["conv"], seq))
            return 100 + len(entries) * self.ENTRY_BYTES, History(frame["conv"], tuple(entries), self.MESSAGES, False)
        shown = int(frame.get("cursor", 0))
        rows: list[Listed] = []
        summaries: list[Summary] = []
        size = 100
        while shown < self.CONVERSATIONS and len(rows) + len(summaries) < frame.get("limit", 50) and room > 0:
            shown += 1
            if frame.get("list"):
                rows.append(Listed(shown, self.MESSAGES, self.MESSAGES, OTHER))
                size += self.ROW_BYTES
                continue
            recent = [message(shown, seq) for seq in range(self.MESSAGES - 9, self.MESSAGES + 1)]
            room -= len(recent) * self.ENTRY_BYTES
            size += len(recent) * self.ENTRY_BYTES + 200
            members = (Member(ME, 0, 0), Member(OTHER, 0, 0))
            summaries.append(
                Summary(shown, "direct", self.MESSAGES, self.MESSAGES, Position(), 2, members, tuple(recent))
            )
        more = shown < self.CONVERSATIONS
        return size, Synced(tuple(summaries), (), 0, str(shown), more, tuple(rows))


class Slow(unittest.TestCase):
    def test_over_a_slow_link_the_list_comes_first_and_then_everything_once(self) -> None:
        for rate in (2_000, 8_000, 20_000):
            with self.subTest(rate=rate):
                link = SlowLink(rate, 600, Start.EVERYTHING)
                link.run()
                self.assertEqual(len(set(link.delivered)), link.CONVERSATIONS * link.MESSAGES)
                self.assertEqual(len(link.delivered), len(set(link.delivered)), "each once")
                self.assertEqual(link.texts_before_the_list, 0)
                assert link.list_at is not None
                self.assertLess(link.list_at, 7_000)
                needed = link.CONVERSATIONS * link.MESSAGES * link.ENTRY_BYTES
                self.assertLess(link.brought, 1.2 * needed)

    def test_over_a_fast_link_there_are_few_pages(self) -> None:
        link = SlowLink(50_000_000, 20, Start.RECENT)
        link.act(link.client.connected(0, ME))
        pages = 0
        while link.coming:
            link.now, size, page = link.coming.pop(0)
            pages += 1
            link.client.weigh(size)
            assert isinstance(page, Synced)
            link.act(link.client.synced(link.now, page))
        self.assertEqual(len(link.listed), link.CONVERSATIONS)
        self.assertEqual(len(link.delivered), 10 * link.CONVERSATIONS)
        self.assertLess(pages, 10)


if __name__ == "__main__":
    unittest.main()
