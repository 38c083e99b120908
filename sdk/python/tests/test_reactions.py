"""Reactions: what two people see of them, and that whatever is lost they come out as they are on the server."""

from __future__ import annotations

import random
import unittest

from hongyan import (
    MessageReactions,
    Reacted,
    Reaction,
    ReactionChange,
    Reactions,
    ReactionsEvent,
    ReactionsPage,
    RequestError,
)

from .person import Person, person
from .server import LISI, ZHANGSAN, server, until
from .test_machines import seed

CONV, ME = 7, 1
VALUES = ("👍", "🎉", "🪿")


class World:
    """The server's side of one conversation: who set what, and in which order."""

    def __init__(self) -> None:
        self.number = 0
        self.changed: dict[int, int] = {}
        self.users: dict[tuple[int, str], set[int]] = {}

    def react(self, change: ReactionChange) -> Reacted | None:
        users = self.users.setdefault((change.seq, change.value), set())
        if (change.user in users) == change.on:
            return None
        (users.add if change.on else users.remove)(change.user)
        self.number += 1
        self.changed[change.seq] = self.number
        return Reacted(CONV, self.number - 1, self.number, (self.state(change.seq, None),), (change,))

    def state(self, seq: int, reader: int | None) -> MessageReactions:
        there = [(value, self.users.get((seq, value), set())) for value in VALUES]
        reactions = tuple(Reaction(value, len(users), reader in users) for value, users in there if users)
        return MessageReactions(seq, self.changed[seq], reactions)

    def page(self, after: int) -> ReactionsPage:
        found = sorted((number, seq) for seq, number in self.changed.items() if number > after)
        messages = tuple(self.state(seq, ME) for _, seq in found[:3])
        return ReactionsPage(CONV, messages, self.number, len(found) > 3)


class Standing(unittest.TestCase):
    def test_whatever_is_lost_or_doubled_they_come_out_as_on_the_server(self) -> None:
        value = seed()
        chance = random.Random(value)
        for n in range(300):
            world, reactions = World(), Reactions(ME)
            for _ in range(40):
                seq, user = chance.randrange(1, 9), chance.randrange(1, 4)
                push = world.react(ReactionChange(seq, user, chance.choice(VALUES), chance.random() < 0.7))
                for _ in range(chance.randrange(3) if push is not None else 0):
                    assert push is not None
                    if not reactions.push(push) and chance.random() < 0.5:
                        while reactions.page(world.page(reactions.number)):
                            pass
            while reactions.page(world.page(reactions.number)):
                pass
            expected = {seq: world.state(seq, ME) for seq in world.changed}
            self.assertEqual(reactions.messages, expected, f"SEED={value}, {n}")

    def test_a_push_that_leaves_changes_out_is_a_gap(self) -> None:
        reactions = Reactions(ME)
        state = MessageReactions(3, 1, (Reaction("👍", 1),))
        self.assertFalse(reactions.push(Reacted(CONV, 0, 1, (state,), (), cut=True)))
        self.assertEqual(reactions.messages, {3: state})
        reactions.page(ReactionsPage(CONV, (MessageReactions(3, 1, (Reaction("👍", 1, True),)),), 1, False))
        self.assertTrue(reactions.messages[3].reactions[0].mine)
        reactions.recalled(3)
        self.assertEqual(reactions.messages, {})


def pushes(of: Person) -> list[Reacted]:
    return [event.reacted for event in of.events if isinstance(event, ReactionsEvent)]


class Setting(unittest.IsolatedAsyncioTestCase):
    async def test_set_told_asked_for_and_taken_back(self) -> None:
        async with server() as node, person(node.url, ZHANGSAN) as zhang, person(node.url, LISI) as li:
            sent = await zhang.client.send("早上好", to=li.id)
            await until("it came", lambda: len(li.entries) == 1)
            await li.client.react(sent.conv, 1, "👍")
            await until("zhang is told", lambda: len(pushes(zhang)) == 1)
            (push,) = pushes(zhang)
            self.assertEqual(push.changes, (ReactionChange(1, li.id, "👍", True),))
            await zhang.client.http.react(sent.conv, 1, "👍")
            both = MessageReactions(1, 2, (Reaction("👍", 2, True),))
            for one in (zhang, li):
                page = await one.client.reactions(sent.conv, after=0)
                self.assertEqual((page.messages, page.number, page.more), ((both,), 2, False))
            self.assertEqual((await li.client.reactions(sent.conv, first=2, last=9)).messages, ())
            users = (await li.client.http.reactors(sent.conv, 1, "👍")).users
            self.assertEqual([user.id for user in users], sorted([zhang.id, li.id]))
            await li.client.react(sent.conv, 1, "👍", on=False)
            page = await li.client.reactions(sent.conv, after=2)
            self.assertEqual(page.messages, (MessageReactions(1, 3, (Reaction("👍", 1),)),))
            with self.assertRaises(RequestError) as refused:
                await li.client.react(sent.conv, 1, "no emoji")
            self.assertEqual(refused.exception.code, "bad_request")
