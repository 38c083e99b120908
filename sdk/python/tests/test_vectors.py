"""The machines against the scripts that all SDKs share."""

from __future__ import annotations

import json
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hongyan.machines import (
    Backoff,
    Conversation,
    Deliver,
    Done,
    Dropped,
    Failed,
    Found,
    Heartbeat,
    Incoming,
    Look,
    Outbox,
    Reconnect,
    Reset,
    Send,
)
from hongyan.machines.incoming import Start
from hongyan.wire import Entry, History, Sent, Synced

VECTORS = Path(__file__).parents[3] / "crates" / "delivery" / "vectors"


def plain(action: object) -> Any:
    match action:
        case Send(frame):
            return {"send": frame}
        case Look(client_id, conv, seq):
            return {"look": {"client_id": client_id, "conv": conv, "seq": seq}}
        case Deliver(entry):
            return {"deliver": {"conv": entry.conv, "seq": entry.seq}}
        case Conversation(summary):
            return {"conversation": summary.conv}
        case Reconnect():
            return "reconnect"
        case Reset():
            return "reset"
        case Found(client_id=client_id):
            return {"found": client_id}
        case Dropped(client_id=client_id):
            return {"dropped": client_id}
        case Done(client_id=client_id):
            return {"done": client_id}
        case Failed(client_id=client_id):
            return {"failed": client_id}
    raise AssertionError(f"no such action: {action}")


def parts(event: Any) -> tuple[str, Any]:
    if isinstance(event, str):
        return event, None
    ((name, value),) = event.items()
    return name, value


class Driver:
    """What a script does to one machine."""

    def step(self, now: int, name: str, value: Any) -> list[Any]:
        raise NotImplementedError

    def deadline(self) -> int | None:
        return None


class IncomingDriver(Driver):
    def __init__(self) -> None:
        self.machine = Incoming(Start.RECENT)

    def step(self, now: int, name: str, value: Any) -> list[Any]:
        machine = self.machine
        actions: list[Any] = []
        match name:
            case "connected":
                actions = [*machine.history_is(value.get("epoch")), *machine.connected(now, value["user"])]
            case "disconnected":
                machine.disconnected()
            case "too_large":
                machine.ask_for_less()
            case "forget all":
                self.machine = Incoming(Start.RECENT)
            case "frame" if value["type"] == "synced":
                actions = list(machine.synced(now, Synced.of(value)))
            case "frame" if value["type"] == "history":
                actions = list(machine.history(now, History.of(value)))
            case "frame" if value["type"] == "entry":
                actions = list(machine.entry(now, Entry.of(value)))
            case "answered":
                actions = list(machine.answered(now, Entry.of(value)))
            case "fetch_failed":
                machine.fetch_failed(now, value["conv"], value["retry_after_ms"], value["random"])
            case "flush":
                actions = list(machine.flush())
            case "tick":
                actions = list(machine.tick(now))
            case "restart":
                # Everything that was delivered is dirty once, so this is what a storage has.
                machine._dirty.update(machine._logs)
                kept = machine.take_dirty()
                self.machine = Incoming(Start.RECENT)
                self.machine.load(machine.cursor, machine.walk, kept, machine.epoch)
            case _:
                raise AssertionError(f"no such event: {name}")
        for action in actions:
            if isinstance(action, Deliver):
                machine.kept(action.entry.conv, action.entry.seq)
        return [plain(action) for action in actions]

    def deadline(self) -> int | None:
        return self.machine.next_deadline


class OutboxDriver(Driver):
    def __init__(self) -> None:
        self.machine = Outbox()

    def step(self, now: int, name: str, value: Any) -> list[Any]:
        machine = self.machine
        actions: list[Any] = []
        match name:
            case "connected":
                actions = list(machine.connected(now))
            case "disconnected":
                machine.disconnected()
            case "learn_direct":
                actions = list(machine.learn_direct(now, value["user"], value["conv"]))
            case "history_replaced":
                actions = list(machine.history_replaced(now))
            case "submit":
                actions = list(machine.submit(now, value))
            case "sent":
                actions = list(machine.sent(now, Sent.of(value)))
            case "looked":
                actions = list(machine.looked(now, value["client_id"], value["id"]))
            case "failed":
                actions = list(
                    machine.failed(now, value["client_id"], value["code"], "", value["retry_after_ms"], value["random"])
                )
            case "tick":
                actions = list(machine.tick(now))
            case _:
                raise AssertionError(f"no such event: {name}")
        return [plain(action) for action in actions]

    def deadline(self) -> int | None:
        return self.machine.next_deadline


class ReconnectDriver(Driver):
    def __init__(self) -> None:
        self.machine = Backoff()

    def step(self, now: int, name: str, value: Any) -> list[Any]:
        machine = self.machine
        match name:
            case "attempt":
                machine.attempt(now)
            case "welcomed":
                machine.welcomed(now)
            case "bye":
                machine.bye(value)
            case "lost":
                at = machine.lost(now, value["code"], value["random"])
                return [{"never": machine.terminal} if at is None else {"at": at}]
            case "wake":
                at = machine.wake(now)
                return [] if at is None else [{"at": at}]
            case _:
                raise AssertionError(f"no such event: {name}")
        return []


class HeartbeatDriver(Driver):
    def __init__(self) -> None:
        self.machine = Heartbeat("home")

    def step(self, now: int, name: str, value: Any) -> list[Any]:
        machine = self.machine
        match name:
            case "connected":
                machine.connected(now, value["interval_ms"], value["timeout_ms"])
            case "disconnected":
                machine.disconnected(now)
            case "cut":
                machine.cut(now)
            case "moved":
                machine.moved(now)
            case "sent":
                machine.sent(now)
            case "received":
                machine.received(now)
            case "pong":
                machine.pong(value)
            case "background":
                machine.background(value)
            case "network":
                machine.network(now, value)
            case "tick":
                answer = machine.tick(now)
                if answer is not None:
                    return [answer if isinstance(answer, str) else {"ping": answer}]
            case "save":
                return [{"networks": machine.save(now)}]
            case _:
                raise AssertionError(f"no such event: {name}")
        return []

    def deadline(self) -> int | None:
        return self.machine.next_deadline


class Vectors(unittest.TestCase):
    maxDiff = None

    def play(self, name: str, driver: Callable[[], Driver]) -> None:
        scripts = json.loads((VECTORS / f"{name}.json").read_text())
        self.assertGreater(len(scripts), 0)
        for script in scripts:
            with self.subTest(script["name"]):
                self.follow(script["steps"], driver())

    def follow(self, steps: list[Any], driver: Driver) -> None:
        for number, step in enumerate(steps):
            event, value = parts(step["event"])
            where = f"step {number}, at {step['at']}: {step['event']}"
            self.assertEqual(driver.step(step["at"], event, value), step["actions"], where)
            self.assertEqual(driver.deadline(), step["next_deadline"], where)

    def test_incoming(self) -> None:
        self.play("incoming", IncomingDriver)

    def test_outbox(self) -> None:
        self.play("outbox", OutboxDriver)

    def test_reconnect(self) -> None:
        self.play("reconnect", ReconnectDriver)

    def test_heartbeat(self) -> None:
        self.play("heartbeat", HeartbeatDriver)


if __name__ == "__main__":
    unittest.main()
