"""Ways into groups: links, and requests to be let in."""

from __future__ import annotations

import unittest

from hongyan import RequestError

from .person import person
from .server import LISI, WANGWU, ZHANGSAN, server, until


class Joining(unittest.IsolatedAsyncioTestCase):
    async def test_people_come_by_themselves(self) -> None:
        async with (
            server() as node,
            person(node.url, ZHANGSAN) as zhang,
            person(node.url, LISI) as li,
            person(node.url, WANGWU) as wang,
        ):
            http = zhang.client.http
            conv = (await http.create_group("雁群")).conv
            link = await http.make_link(conv, name="四月班", uses=1)
            seen = await li.client.http.look(token=link.token)
            self.assertEqual((seen.conv, seen.name, seen.size, seen.state), (conv, "雁群", 1, "outside"))
            self.assertEqual((await li.client.http.join(token=link.token)).state, "member")
            await until("li is in it", lambda: conv in li.client.conversations)
            await until("zhang is told", lambda: zhang.client.conversations[conv].size == 2)
            with self.assertRaises(RequestError) as refused:
                await wang.client.http.join(token=link.token)
            self.assertEqual(refused.exception.code, "dead_link")
            joiners = await http.joiners(conv, link.link)
            self.assertEqual([joiner.user for joiner in joiners.joiners], [li.id])
            listed = (await http.links(conv)).links[0]
            self.assertEqual((listed.token, listed.used, listed.works), (link.token, 1, False))
            await http.revoke_link(conv, link.link)
            self.assertEqual((await http.links(conv)).links, ())

            asks = await http.make_link(conv, approval=True)
            self.assertEqual((await wang.client.http.join(token=asks.token)).state, "waiting")
            self.assertEqual([own.state for own in await wang.client.http.own_requests()], ["waiting"])
            requests = (await http.join_requests(conv)).requests
            self.assertEqual([(one.user, one.link) for one in requests], [(wang.id, asks.link)])
            await http.approve(conv, wang.id)
            await until("wang is in it", lambda: conv in wang.client.conversations)
            await until("li is told", lambda: li.client.conversations[conv].size == 3)
            self.assertEqual(await wang.client.http.own_requests(), ())
