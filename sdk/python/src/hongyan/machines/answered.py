"""One's own messages that were answered, kept for a while.

When an operator puts a backup back, what was acknowledged after it is gone. Its sender still has it, and sends it
again under the same ``client_id``: what is still there is not doubled by that.

Owns: which messages are kept, and as what they are sent again: as they were last, or, once recalled, as a question
whether they are there.
Promises: bounded in number, bytes and age; the order of the answers; no text that was recalled or edited away.

What a message replied to is kept beside it. A history that was put back is the beginning of the one that was there,
and an id is never given twice. So the entry at that place is the one that was meant if its id is below that of the
message which replied, and only then.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .. import limits
from ..wire import Frame, Sent


@dataclass(slots=True)
class Answered:
    """A message that was answered."""

    n: int
    """Its place in the order of answers."""
    frame: Frame
    """What to send again."""
    conv: int
    seq: int
    at: int
    follow_up: Frame | None = None
    """Its last edit, or its recall."""
    is_open: bool = False
    """The history was replaced, and it is not known what became of this message."""
    reply: dict[str, Any] | None = None
    """What it replies to: where that stood (``conv``, ``seq``), the id of this message when it was answered first
    (``before``), and the client id of that one, where it is one of these messages (``own``)."""

    @property
    def size(self) -> int:
        return _size(self.frame) + (_size(self.follow_up) if self.follow_up is not None else 0)

    @property
    def client_id(self) -> str:
        client_id: str = self.frame["client_id"]
        return client_id

    def write(self) -> dict[str, Any]:
        names = ("n", "frame", "conv", "seq", "at", "follow_up", "is_open", "reply")
        return {name: getattr(self, name) for name in names}


class AnsweredList:
    """See the heading of the module."""

    def __init__(self) -> None:
        self._messages: deque[Answered] = deque()
        self._bytes = 0
        self._next = 1
        self._dirty: dict[int, Answered | None] = {}

    def load(self, saved: list[dict[str, Any]]) -> None:
        """What an earlier run kept, in its order."""
        for one in saved:
            message = Answered(**one)
            self._messages.append(message)
            self._bytes += message.size
            self._next = max(self._next, message.n + 1)

    def take_dirty(self) -> dict[int, dict[str, Any] | None]:
        """What changed since the last call; None for what is kept no more."""
        dirty = {n: None if message is None else message.write() for n, message in self._dirty.items()}
        self._dirty.clear()
        return dirty

    def sent(self, frame: Frame, sent: Sent) -> None:
        """A request was answered, for the first time or again."""
        if frame["type"] == "send":
            kept = {name: value for name, value in frame.items() if name != "reply_to"}
            known = self._find(frame["client_id"])
            if known is not None:
                # It keeps its place among the others, and what it replied to at first: they may all have to go again.
                self._bytes -= known.size
                known.frame, known.conv, known.seq, known.at = kept, sent.conv, sent.seq, sent.at
                known.follow_up, known.is_open = None, False
                self._bytes += known.size
                self._dirty[known.n] = known
                return
            reply = None
            if "reply_to" in frame:
                to = self._at(sent.conv, frame["reply_to"])
                own = None if to is None else to.client_id
                reply = {"conv": sent.conv, "seq": frame["reply_to"], "before": sent.id, "own": own}
            self._push(Answered(self._next, kept, sent.conv, sent.seq, sent.at, reply=reply))
            return
        message = self._at(frame["conv"], frame["seq"])
        if message is None:
            return
        self._bytes -= message.size
        message.is_open = False
        if frame["type"] == "recall":
            client_id = message.client_id
            message.frame = {"type": "recall", "conv": message.conv, "seq": limits.NOWHERE, "client_id": client_id}
            message.follow_up = frame
        elif message.frame["type"] == "send":
            message.frame = {**message.frame, "body": frame["body"]}
            message.follow_up = frame
        self._bytes += message.size
        self._dirty[message.n] = message

    def there(self, client_id: str) -> Frame | None:
        """What was sent again is there in another form. Answers what is to be sent after it."""
        message = self._find(client_id)
        if message is None:
            return None
        if message.follow_up is None:
            message.is_open = False
            self._dirty[message.n] = message
        return message.follow_up

    def forget(self, client_id: str) -> None:
        """What has this client id is not sent again."""
        self._remove(client_id)
        for message in self._messages:
            if message.follow_up is not None and message.follow_up["client_id"] == client_id:
                self._bytes -= _size(message.follow_up)
                message.follow_up = None
                message.is_open = False
                self._dirty[message.n] = message

    def history_replaced(self, people: Mapping[int, int]) -> None:
        """The server has another history: what became of all of them is to be found out."""
        for message in self._messages:
            message.is_open = True
            if message.frame["type"] == "send":
                message.frame = in_another_history(message.frame, people) or message.frame
            self._dirty[message.n] = message

    def open(self) -> Iterator[Answered]:
        """What is to be sent again, in this order."""
        return (message for message in self._messages if message.is_open)

    def place_of(self, client_id: str) -> int | None:
        """Where a message stands that was sent again, if it was; those before it were."""
        message = self._find(client_id)
        return None if message is None or message.is_open else message.seq

    def _at(self, conv: int, seq: int) -> Answered | None:
        return next((one for one in reversed(self._messages) if (one.conv, one.seq) == (conv, seq)), None)

    def _push(self, message: Answered) -> None:
        self._next += 1
        self._messages.append(message)
        self._dirty[message.n] = message
        self._bytes += message.size
        while (
            len(self._messages) > limits.ANSWERED_MAX
            or self._bytes > limits.ANSWERED_BYTES_MAX
            or self._messages[0].at + limits.ANSWERED_MS < message.at
        ):
            first = self._messages.popleft()
            self._bytes -= first.size
            self._dirty[first.n] = None

    def _find(self, client_id: str) -> Answered | None:
        return next((message for message in self._messages if message.client_id == client_id), None)

    def _remove(self, client_id: str) -> None:
        message = self._find(client_id)
        if message is not None:
            self._messages.remove(message)
            self._bytes -= message.size
            self._dirty[message.n] = None


def in_another_history(frame: Frame, people: Mapping[int, int]) -> Frame | None:
    """A request as it makes sense in another history; None for one that is about an entry of the old one."""
    if frame["type"] != "send":
        return None
    changed = {name: value for name, value in frame.items() if name != "reply_to"}
    user = people.get(changed.get("conv", 0))
    if user is not None:
        del changed["conv"]
        changed["to"] = user
    return changed


def _size(frame: Frame) -> int:
    body = frame.get("body")
    text = body.get("text") if isinstance(body, dict) else None
    return len(text.encode()) if isinstance(text, str) else 0
