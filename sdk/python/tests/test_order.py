"""Order in groups: bans, mutes, slow mode and pinned messages."""

from __future__ import annotations

import time
import unittest

from hongyan import RequestError

from .person import Person, person
from .server import LISI, WANGWU, ZHANGSAN, server, until


def pins(of: Person, conv: int) -> tuple[int, ...]:
    return of.client.conversations[conv].pins


class Order(unittest.IsolatedAsyncioTestCase):
    async def test_admins_keep_order(self) -> None:
        async with (
            server() as node,
            person(node.url, ZHANGSAN) as zhang,
            person(node.url, LISI) as li,
            person(node.url, WANGWU) as wang,
        ):
            http = zhang.client.http
            conv = (await http.create_group("雁群", [li.id, wang.id])).conv
            await until("li is in it", lambda: conv in li.client.conversations)
            until_when = time.time_ns() // 1_000_000 + 3_600_000
            await http.mute(conv, li.id, until_when)

            def muted() -> int | None:
                known = li.client.conversations[conv].group
                return None if known is None else known.muted_until

            await until("li is told", lambda: muted() == until_when)
            self.assertEqual(await http.mutes(conv), {li.id: until_when})
            with self.assertRaises(RequestError) as refused:
                await li.client.send("no", conv=conv)
            self.assertEqual(refused.exception.code, "muted")
            await http.unmute(conv, li.id)
            await until("li may write again", lambda: muted() is None)

            await http.set_group(conv, slow_s=1)
            begun = time.monotonic()
            for text in ("one", "two"):
                await li.client.send(text, conv=conv)
            self.assertGreater(time.monotonic() - begun, 0.9, "the second waited, and went by itself")

            await http.ban(conv, [wang.id])
            await until("wang is out", lambda: wang.client.conversations[conv].left)
            await until("li is told", lambda: li.client.conversations[conv].size == 2)
            self.assertEqual([user.id for user in (await http.bans(conv)).users], [wang.id])
            with self.assertRaises(RequestError) as refused:
                await http.add_members(conv, [wang.id])
            self.assertEqual(refused.exception.code, "banned")
            await http.unban(conv, wang.id)
            await http.add_members(conv, [wang.id])
            await until("wang is back", lambda: not wang.client.conversations[conv].left)

    async def test_messages_that_mention_somebody_are_listed(self) -> None:
        async with server() as node, person(node.url, ZHANGSAN) as zhang, person(node.url, LISI) as li:
            conv = (await zhang.client.send("one", to=li.id, mentions=[li.id])).conv
            await zhang.client.send("two", conv=conv, mentions=[li.id])
            page = await li.client.http.mentions(limit=1)
            self.assertEqual([(entry.seq, entry.text) for entry in page.entries], [(2, "two")])
            self.assertEqual([user.id for user in page.users], [zhang.id])
            page = await li.client.http.mentions(before=page.before, limit=1)
            self.assertEqual([entry.seq for entry in page.entries], [1])
            self.assertEqual((await zhang.client.http.mentions()).entries, ())

    async def test_who_is_blocked_is_refused(self) -> None:
        async with server() as node, person(node.url, ZHANGSAN) as zhang, person(node.url, LISI) as li:
            conv = (await li.client.send("hello", to=zhang.id)).conv
            await zhang.client.http.block(li.id)
            self.assertEqual([user.id for user in (await zhang.client.http.blocked()).users], [li.id])
            with self.assertRaises(RequestError) as refused:
                await li.client.send("still here?", conv=conv)
            self.assertEqual(refused.exception.code, "forbidden")
            await zhang.client.http.unblock(li.id)
            self.assertEqual((await zhang.client.http.blocked()).users, ())
            await li.client.send("here again", conv=conv)

    async def test_who_leads_a_group_mentions_all(self) -> None:
        async with server() as node, person(node.url, ZHANGSAN) as zhang, person(node.url, LISI) as li:
            conv = (await zhang.client.http.create_group("雁群", [li.id])).conv
            sent = await zhang.client.send("all of you", conv=conv, mentions_all=True)
            await until("it came", lambda: bool(li.entries) and li.entries[-1].seq == sent.seq)
            self.assertTrue(li.entries[-1].mentions_all)
            self.assertEqual([entry.seq for entry in (await li.client.http.mentions()).entries], [sent.seq])
            with self.assertRaises(RequestError) as refused:
                await li.client.http.send("all of us", conv=conv, mentions_all=True)
            self.assertEqual(refused.exception.code, "forbidden")

    async def test_messages_are_pinned_in_a_conversation_of_two_as_well(self) -> None:
        async with server() as node, person(node.url, ZHANGSAN) as zhang, person(node.url, LISI) as li:
            conv = (await zhang.client.send("one", to=li.id)).conv
            for text in ("two", "three"):
                await zhang.client.send(text, conv=conv)
            await until("they came", lambda: li.texts == ["one", "two", "three"])
            http = li.client.http
            for seq in (3, 1, 2):
                await http.pin(conv, seq)
            for one in (zhang, li):
                await until("they are pinned", lambda one=one: pins(one, conv) == (1, 2, 3))
            await zhang.client.recall(conv, 1)
            await zhang.client.http.unpin(conv, 2)
            for one in (zhang, li):
                await until("one is left", lambda one=one: pins(one, conv) == (3,))
                self.assertEqual(one.client.conversations[conv].kind, "direct")
            async with person(node.url, LISI, device="another") as late:
                await until("the sync tells it", lambda: conv in late.client.conversations)
                self.assertEqual(pins(late, conv), (3,))
