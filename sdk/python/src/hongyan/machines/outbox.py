"""What is to be appended, until the server has it.

Owns: the requests, in the order of submission, and which of them are in flight.
Promises: one in flight for each conversation, so that a repetition overtakes nothing; the same ``client_id``
until an answer comes that is final; nothing is given up by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from .. import limits
from ..codes import is_retryable
from ..wire import Frame, Sent
from .actions import Done, Dropped, Failed, Found, Look, Reconnect, Send
from .answered import AnsweredList, in_another_history
from .reconnect import growing, jitter

OutboxAction: TypeAlias = Send | Look | Done | Failed | Found | Dropped | Reconnect


class OutboxFull(Exception):
    """The outbox holds as many requests as it may."""


@dataclass(slots=True)
class _Request:
    frame: Frame
    failures: int = 0
    not_before: int = 0
    sent_at: int | None = field(default=None)
    is_again: bool = False
    """It was answered before, in another history."""
    reply: dict[str, Any] | None = None
    """What it replied to there, while it is not known what that is here."""

    @property
    def client_id(self) -> str:
        client_id: str = self.frame["client_id"]
        return client_id


class Outbox:
    """See the heading of the module."""

    def __init__(self) -> None:
        self._requests: dict[str, _Request] = {}
        self._direct: dict[int, int] = {}
        """The conversation of a user whom a request was addressed to."""
        self._people: dict[int, int] = {}
        """The other user of each 1:1 conversation: in another history it has another id."""
        self.answered = AnsweredList()
        self._connected = False

    def __len__(self) -> int:
        return len(self._requests)

    def holds(self, frame: Frame) -> bool:
        """Whether the same request is here already."""
        request = self._requests.get(frame["client_id"])
        return request is not None and request.frame == frame

    def pending(self) -> list[Frame]:
        """What is not answered yet, oldest first."""
        return [request.frame for request in self._requests.values() if not request.is_again]

    def submit(self, now: int, frame: Frame) -> list[OutboxAction]:
        """One more request. Its ``client_id`` must not be in the outbox already."""
        if len(self.pending()) >= limits.OUTBOX_MAX:
            raise OutboxFull
        request = _Request(frame)
        if request.client_id in self._requests:
            raise ValueError("this client_id is in the outbox already")
        self._requests[request.client_id] = request
        return self._launch(now)

    def cancel(self, now: int, client_id: str) -> list[OutboxAction]:
        """Forget a request. It may have been stored nevertheless."""
        self._requests.pop(client_id, None)
        self.answered.forget(client_id)
        return self._launch(now)

    def learn_direct(self, now: int, user: int, conv: int) -> list[OutboxAction]:
        """The 1:1 conversation with ``user`` is ``conv``: requests for either keep one order from now on."""
        self._direct[user] = conv
        self._people[conv] = user
        return self._launch(now)

    def send_again(self) -> None:
        """Put what an earlier run had to send again before what waits."""
        again = {}
        for message in self.answered.open():
            reply = message.reply if message.frame["type"] == "send" else None
            again[message.client_id] = _Request(message.frame, is_again=True, reply=reply)
        self._requests = {**again, **self._requests}

    def history_replaced(self, now: int) -> list[OutboxAction]:
        """The server has another history than the one in which requests were answered: they are sent again."""
        self.answered.history_replaced(self._people)
        people, self._people = self._people, {}
        self._direct.clear()
        actions: list[OutboxAction] = []
        waiting = {}
        for client_id, request in self._requests.items():
            if request.is_again:
                continue
            if request.sent_at is None:
                # What is in flight is answered as what it was sent as.
                frame = in_another_history(request.frame, people)
                if frame is None:
                    message = "the server's history was replaced by an older one"
                    actions.append(Failed(client_id, "entry_not_found", message, request.frame))
                    continue
                request.frame = frame
            waiting[client_id] = request
        self._requests = waiting
        self.send_again()
        return [*actions, *self._launch(now)]

    def connected(self, now: int) -> list[OutboxAction]:
        self._connected = True
        return self._launch(now)

    def disconnected(self) -> None:
        self._connected = False
        for request in self._requests.values():
            request.sent_at = None

    def sent(self, now: int, sent: Sent) -> list[OutboxAction]:
        """The answer ``sent``. One for a request that is not here is passed over."""
        request = self._requests.pop(sent.client_id, None)
        if request is None:
            return []
        to = request.frame.get("to")
        if to is not None:
            self._direct[to] = sent.conv
            self._people[sent.conv] = to
        self.answered.sent(request.frame, sent)
        return [Done(sent.client_id, sent, request.frame), *self._launch(now)]

    def failed(
        self, now: int, client_id: str, code: str, message: str, retry_after_ms: int | None, random: int
    ) -> list[OutboxAction]:
        """The answer ``error``."""
        request = self._requests.get(client_id)
        if request is None:
            return []
        if is_retryable(code, retry_after_ms):
            request.sent_at = None
            request.not_before = now + (retry_after_ms or 0) + jitter(growing(request.failures), random)
            request.failures += 1
            return self._launch(now)
        if request.reply is not None:
            return self.looked(now, client_id, None)
        if request.is_again:
            return [*self._failed_again(request, code, message), *self._launch(now)]
        del self._requests[client_id]
        return [Failed(client_id, code, message, request.frame), *self._launch(now)]

    def looked(self, now: int, client_id: str, found: int | None) -> list[OutboxAction]:
        """The answer to ``Look``: the id of the entry at that place, None where there is none."""
        request = self._requests.get(client_id)
        if request is None or request.sent_at is None:
            return []
        if request.reply is not None:
            if found is not None and found < request.reply["before"]:
                request.frame = {**request.frame, "reply_to": request.reply["seq"]}
            request.reply = None
            request.sent_at, request.failures = None, 0
        return self._launch(now)

    def _ask(self, request: _Request) -> Send | Look:
        """What is to be asked for next: this, or first what it replies to."""
        reply = request.reply
        if reply is not None and reply["own"] is None:
            return Look(request.client_id, reply["conv"], reply["seq"])
        if reply is not None:
            place = self.answered.place_of(reply["own"])
            if place is not None:
                request.frame = {**request.frame, "reply_to": place}
            request.reply = None
        return Send(request.frame)

    def _failed_again(self, request: _Request, code: str, message: str) -> list[OutboxAction]:
        client_id = request.client_id
        follow_up = self.answered.there(client_id) if code == "client_id_conflict" else None
        if follow_up is not None and follow_up["client_id"] != client_id:
            # In its place, so that nothing comes between the two.
            self._requests = {
                (follow_up["client_id"] if name == client_id else name): (
                    _Request(follow_up, is_again=True) if name == client_id else one
                )
                for name, one in self._requests.items()
            }
            return []
        del self._requests[client_id]
        if code == "client_id_conflict":
            return [Found(client_id)]
        self.answered.forget(client_id)
        if request.frame["type"] == "recall" and code in ("entry_not_found", "conversation_not_found"):
            return [Dropped(client_id)]
        return [Failed(client_id, code, message, request.frame)]

    def tick(self, now: int) -> list[OutboxAction]:
        if not self._connected:
            return []
        overdue = self._oldest_in_flight()
        if overdue is not None and now >= overdue + limits.ANSWER_WAIT_MS:
            self.disconnected()
            return [Reconnect()]
        return self._launch(now)

    @property
    def next_deadline(self) -> int | None:
        if not self._connected:
            return None
        deadlines = []
        oldest = self._oldest_in_flight()
        if oldest is not None:
            deadlines.append(oldest + limits.ANSWER_WAIT_MS)
        busy = self._busy()
        if len(busy) < limits.IN_FLIGHT_MAX:
            deadlines += [r.not_before for r in self._heads() if self._lane(r.frame) not in busy]
        return min(deadlines, default=None)

    def _oldest_in_flight(self) -> int | None:
        return min((r.sent_at for r in self._requests.values() if r.sent_at is not None), default=None)

    def _lane(self, frame: Frame) -> tuple[str, int]:
        to = frame.get("to")
        if to is None:
            return ("conv", frame["conv"])
        conv = self._direct.get(to)
        return ("to", to) if conv is None else ("conv", conv)

    def _busy(self) -> set[tuple[str, int]]:
        """The conversations that have a request in flight."""
        return {self._lane(r.frame) for r in self._requests.values() if r.sent_at is not None}

    def _heads(self) -> list[_Request]:
        """The oldest request of each conversation."""
        heads: dict[tuple[str, int], _Request] = {}
        for request in self._requests.values():
            heads.setdefault(self._lane(request.frame), request)
        return list(heads.values())

    def _launch(self, now: int) -> list[OutboxAction]:
        if not self._connected:
            return []
        busy = self._busy()
        room = limits.IN_FLIGHT_MAX - sum(1 for r in self._requests.values() if r.sent_at is not None)
        actions: list[OutboxAction] = []
        for request in self._heads():
            if room <= 0:
                break
            if request.sent_at is None and request.not_before <= now and self._lane(request.frame) not in busy:
                request.sent_at = now
                room -= 1
                actions.append(self._ask(request))
        return actions
