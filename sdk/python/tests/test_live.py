"""What is live: who is writing, to who looks."""

from __future__ import annotations

import asyncio
import unittest

from hongyan import PresenceEvent, TypingEvent, Typists, UserPresence

from .person import Person, person
from .server import LISI, ZHANGSAN, server, until


def typists(of: Person) -> list[Typists]:
    return [event.typists for event in of.events if isinstance(event, TypingEvent)]


class Live(unittest.IsolatedAsyncioTestCase):
    async def test_who_writes_is_told_to_who_looks_also_after_a_break(self) -> None:
        async with server() as node, person(node.url, ZHANGSAN) as zhang, person(node.url, LISI) as li:
            conv = (await zhang.client.http.create_group("雁群", [li.id])).conv
            await until("li is in it", lambda: conv in li.client.conversations)
            await zhang.client.watch(conv)

            async def write() -> None:
                while True:
                    li.client.typing(conv)
                    await asyncio.sleep(0.5)

            writing = asyncio.create_task(write())
            await until("zhang is told", lambda: Typists(conv, (li.id,)) in typists(zhang))
            await node.stop()
            await node.run()
            zhang.client.wake()
            li.client.wake()
            zhang.events.clear()
            await until("zhang is told again", lambda: Typists(conv, (li.id,)) in typists(zhang))
            writing.cancel()
            await until("it ends", lambda: typists(zhang)[-1:] == [Typists(conv, ())])

    async def test_who_is_there_is_told_to_who_looks_and_answered_to_who_asks(self) -> None:
        async with server() as node, person(node.url, ZHANGSAN) as zhang, person(node.url, LISI) as li:
            conv = (await zhang.client.send("在吗", to=li.id)).conv
            await zhang.client.watch(conv)

            def states() -> dict[int, str]:
                pushes = [event.presence for event in zhang.events if isinstance(event, PresenceEvent)]
                return {one.user: one.state for push in pushes if push.conv == conv for one in push.users}

            await until("both are there", lambda: states() == {zhang.id: "online", li.id: "online"})
            self.assertEqual(await zhang.client.presence([li.id]), [UserPresence(li.id, "online")])
            await li.client.http.set_presence(invisible=True)
            await until("li is not seen", lambda: states() == {zhang.id: "online", li.id: "offline"})
            self.assertEqual(await zhang.client.presence([li.id]), [UserPresence(li.id, "offline")])

    async def test_a_group_may_keep_from_new_members_what_was_said_before(self) -> None:
        async with server() as node, person(node.url, ZHANGSAN) as zhang, person(node.url, LISI) as li:
            http = zhang.client.http
            conv = (await http.create_group("雁群")).conv
            await http.set_group(conv, history="days", history_days=30)
            await http.set_group(conv, history="joining")
            await zhang.client.send("before", conv=conv)
            await http.add_members(conv, [li.id])
            await zhang.client.send("after", conv=conv)
            await until("it came", lambda: li.texts == ["after"])
            self.assertEqual([entry.seq for entry in li.entries], [5, 6])
            self.assertEqual((await li.client.history(conv)).since, 5)
            self.assertEqual(li.client.total_unread, 1)
