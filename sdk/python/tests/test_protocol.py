"""What docs/PROTOCOL.md says, tried at the raw socket: the places where a reader would have to guess."""

from __future__ import annotations

import asyncio
import contextlib
import json
import unittest
from collections.abc import AsyncIterator
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from hongyan import Http, RequestError

from .server import LISI, PASSWORD, PATIENCE_SECONDS, WANGWU, ZHANGSAN, server, until

Frame = dict[str, Any]
OURS = "hongyan.v1.json"


class Wire:
    """One connection, frame by frame."""

    def __init__(self, connection: ClientConnection):
        self.connection = connection
        self.pushes: list[Frame] = []
        self._req = 0

    async def say(self, text: str) -> None:
        await self.connection.send(text)

    async def next(self) -> Frame:
        frame: Frame = json.loads(await asyncio.wait_for(self.connection.recv(), PATIENCE_SECONDS))
        return frame

    async def answer(self, req: int | None) -> Frame:
        """The answer to a request. Pushes that come before it are put aside."""
        while True:
            frame = await self.next()
            if frame["type"] not in ("entry", "receipt", "bye") and frame.get("req") == req:
                return frame
            self.pushes.append(frame)

    async def ask(self, kind: str, **fields: Any) -> Frame:
        self._req += 1
        await self.say(json.dumps({"type": kind, "req": self._req, **fields}))
        return await self.answer(self._req)

    async def push(self) -> Frame:
        return self.pushes.pop(0) if self.pushes else await self.next()

    async def send(self, client_id: str, text: str, **fields: Any) -> Frame:
        return await self.ask("send", client_id=client_id, body={"type": "text", "text": text}, **fields)

    async def edit(self, client_id: str, seq: int, text: str) -> Frame:
        body = {"type": "text", "text": text}
        return await self.ask("edit", conv=1, seq=seq, client_id=client_id, body=body)

    async def log(self) -> list[Frame]:
        entries: list[Frame] = (await self.ask("history", conv=1, after=0))["entries"]
        return entries


@contextlib.asynccontextmanager
async def wire(url: str, token: str, *subprotocols: str) -> AsyncIterator[Wire]:
    address = url.replace("http", "ws", 1) + "/v1/ws"
    offered = [Subprotocol(name) for name in subprotocols] or None
    async with connect(address, subprotocols=offered, compression=None, ping_interval=None, proxy=None) as connection:
        made = Wire(connection)
        welcome = await made.ask("hello", token=token)
        assert welcome["type"] == "welcome", welcome
        yield made


async def signed_in(url: str, login: str, device: str = "test") -> Http:
    http = Http(url)
    await http.login(login, PASSWORD, device=device)
    return http


def token(http: Http) -> str:
    assert http.token is not None
    return http.token


class Document(unittest.IsolatedAsyncioTestCase):
    maxDiff = None

    async def asyncSetUp(self) -> None:
        self.node = await self.enterAsyncContext(server())
        self.url = self.node.url
        self.zhang = await signed_in(self.url, ZHANGSAN)
        self.li = await signed_in(self.url, LISI)
        self.li_id = (await self.li.me()).id
        self.phone = await self.enterAsyncContext(wire(self.url, token(self.zhang), OURS))

    async def enterAsyncContext(self, context: Any) -> Any:
        # unittest has it from Python 3.11 on.
        entered = await context.__aenter__()
        self.addAsyncCleanup(context.__aexit__, None, None, None)
        return entered

    def refused(self, answer: Frame, code: str) -> None:
        self.assertEqual((answer["type"], answer.get("code")), ("error", code), answer)

    # Transport.

    async def test_a_connection_without_the_subprotocol_is_served(self) -> None:
        self.assertEqual(self.phone.connection.subprotocol, OURS)
        async with wire(self.url, token(self.zhang)) as without:
            self.assertIsNone(without.connection.subprotocol)
        async with wire(self.url, token(self.zhang), "another", OURS) as both:
            self.assertEqual(both.connection.subprotocol, OURS)

    async def test_a_sign_in_ends_the_devices_earlier_session_whenever_it_arrives(self) -> None:
        again = await signed_in(self.url, ZHANGSAN)
        with self.assertRaises(ConnectionClosed) as closed:
            while True:
                await self.phone.next()
        assert closed.exception.rcvd is not None
        self.assertEqual((closed.exception.rcvd.code, closed.exception.rcvd.reason), (4004, "session_revoked"))
        self.assertEqual((await again.me()).login, ZHANGSAN)

    async def test_login_names_are_compared_without_regard_to_case(self) -> None:
        shouting = await signed_in(self.url, ZHANGSAN.upper(), "shouting")
        self.assertEqual((await shouting.user(LISI.upper())).id, self.li_id)

    async def test_people_are_found_by_a_part_of_their_name(self) -> None:
        for typed in ("李", "LI s", "ls", "si li"):
            found = await self.zhang.search_users(typed)
            self.assertEqual([user.user.id for user in found.users], [self.li_id], typed)
        (li,) = (await self.zhang.search_users("lis", limit=1)).users
        self.assertEqual([li.user.name[slice(*mark)] for mark in li.marks], ["李四"])
        self.assertEqual((await self.zhang.search_users("nobody")).users, [])
        with self.assertRaises(RequestError) as refused:
            await self.zhang.search_users("x" * 513)
        self.assertEqual(refused.exception.code, "too_large")

    # The envelope.

    async def test_a_field_given_twice_is_refused_if_it_is_known(self) -> None:
        await self.phone.send("a", "hello", to=self.li_id)
        known = '{"type":"read","req":50,"conv":1,"seq":1,"seq":1}'
        await self.phone.say(known)
        self.refused(await self.phone.answer(50), "bad_request")
        await self.phone.say('{"type":"read","req":51,"conv":1,"seq":1,"later":1,"later":2}')
        self.assertEqual((await self.phone.answer(51))["type"], "done")

    async def test_a_number_of_a_request_may_be_used_twice(self) -> None:
        await self.phone.send("a", "hello", to=self.li_id)
        for _ in range(2):
            await self.phone.say('{"type":"read","req":60,"conv":1,"seq":1}')
            self.assertEqual((await self.phone.answer(60))["type"], "done")

    async def test_an_ack_that_fails_is_known_by_its_req_alone(self) -> None:
        failed = await self.phone.ask("ack", conv=77, seq=1)
        self.refused(failed, "conversation_not_found")
        self.assertNotIn("conv", failed)

    # The log.

    async def test_a_superseded_edit_has_no_body_and_names_nothing_new(self) -> None:
        await self.phone.send("a", "one", to=self.li_id)
        await self.phone.edit("b", 1, "two")
        await self.phone.edit("c", 1, "three")
        message, superseded, last = await self.phone.log()
        self.assertEqual((message["body"]["text"], message["edited_by"]), ("three", 3))
        self.assertEqual((superseded.get("body"), superseded["target"]), (None, 1))
        self.assertNotIn("edited_by", superseded)
        self.assertEqual(last["body"]["text"], "three")

    async def test_a_recall_blanks_the_edits_too(self) -> None:
        await self.phone.send("a", "one", to=self.li_id)
        await self.phone.edit("b", 1, "two")
        await self.phone.ask("recall", conv=1, seq=1, client_id="c")
        for entry in (await self.phone.log())[:2]:
            self.assertNotIn("body", entry)
            self.assertEqual(entry["recalled_by"], 3)

    async def test_a_repetition_stands_for_what_was_changed_since(self) -> None:
        first = await self.phone.send("a", "one", to=self.li_id)
        edit = await self.phone.edit("b", 1, "two")
        again = await self.phone.send("a", "one", to=self.li_id)
        self.assertEqual({**again, "req": 0}, {**first, "req": 0})
        await self.phone.ask("recall", conv=1, seq=1, client_id="c")
        again = await self.phone.send("a", "one", to=self.li_id)
        self.assertEqual({**again, "req": 0}, {**first, "req": 0})
        again = await self.phone.edit("b", 1, "two")
        self.assertEqual({**again, "req": 0}, {**edit, "req": 0})
        self.refused(await self.phone.send("a", "another", to=self.li_id), "client_id_conflict")

    async def test_a_client_id_is_the_users_whatever_way_it_came(self) -> None:
        sent = await self.phone.send("a", "one", to=self.li_id)
        laptop = await signed_in(self.url, ZHANGSAN, "laptop")
        over_http = await laptop.send("one", to=self.li_id, client_id="a")
        self.assertEqual((over_http.seq, over_http.id), (sent["seq"], sent["id"]))
        async with wire(self.url, token(self.li), OURS) as other:
            self.assertEqual((await other.send("a", "mine", conv=1))["seq"], 2)

    async def test_only_messages_are_answered_edited_and_recalled(self) -> None:
        await self.phone.send("a", "one", to=self.li_id)
        await self.phone.edit("b", 1, "two")
        self.refused(await self.phone.send("c", "re", conv=1, reply_to=2), "entry_not_found")
        self.refused(await self.phone.edit("d", 2, "three"), "entry_not_found")
        self.refused(await self.phone.ask("recall", conv=1, seq=2, client_id="e"), "entry_not_found")
        await self.phone.ask("recall", conv=1, seq=1, client_id="f")
        self.assertEqual((await self.phone.send("g", "re", conv=1, reply_to=1))["type"], "sent")

    async def test_mentions_are_sorted_and_not_looked_up(self) -> None:
        await self.phone.send("a", "one", to=self.li_id, mentions=[999_999, self.li_id, 1002, self.li_id])
        self.assertEqual((await self.phone.log())[0]["mentions"], [self.li_id, 1002, 999_999])
        self.refused(await self.phone.send("b", "one", conv=1, mentions=[self.li_id] * 65), "too_large")

    # Staying up to date.

    async def test_a_sync_shows_who_is_in_a_conversation_that_was_first_seen_by_push(self) -> None:
        async with wire(self.url, token(self.li), OURS) as tablet:
            cursor = (await tablet.ask("sync"))["cursor"]
            await self.phone.send("a", "hello", to=self.li_id)
            push = await tablet.push()
            self.assertEqual((push["type"], push["seq"]), ("entry", 1))
            page = await tablet.ask("sync", cursor=cursor)
            (conversation,) = page["conversations"]
            self.assertEqual(conversation["conv"], push["conv"])
            self.assertIn("张三", [user["name"] for user in page["users"]])

    async def test_a_walk_goes_on_elsewhere_but_does_not_show_what_changed_since_it_began(self) -> None:
        wang_id = (await self.zhang.user(WANGWU)).id
        await self.phone.send("a", "first", to=self.li_id)
        await self.phone.send("b", "second", to=wang_id)
        page = await self.phone.ask("sync", limit=1)
        self.assertEqual((page["more"], page["conversations"][0]["conv"]), (True, 2))
        await self.phone.send("c", "third", conv=2)
        async with wire(self.url, token(self.zhang), OURS) as another:
            rest = await another.ask("sync", cursor=page["cursor"])
            self.assertEqual(([one["conv"] for one in rest["conversations"]], rest["more"]), ([1], False))
            since = await another.ask("sync", cursor=rest["cursor"])
            self.assertEqual([(one["conv"], one["head"]) for one in since["conversations"]], [(2, 2)])

    async def test_a_conversation_changes_with_its_members_positions(self) -> None:
        await self.phone.send("a", "hello", to=self.li_id)
        cursor = (await self.phone.ask("sync"))["cursor"]
        await self.li.read(1, 1)
        page = await self.phone.ask("sync", cursor=cursor)
        conversation = page["conversations"][0]
        self.assertIn({"user": self.li_id, "read": 1, "delivered": 1}, conversation["members"])
        self.assertEqual((conversation["me"], conversation["size"]), ({"read": 1, "delivered": 1}, 2))

    async def test_nothing_that_is_read_over_http_is_acked(self) -> None:
        await self.phone.send("a", "hello", to=self.li_id)
        cursor = (await self.phone.ask("sync"))["cursor"]
        await self.li.history(1)
        await self.li.request("GET", "/v1/conversations")
        # Acks gather for 100 ms. A later one of another user comes through, so an earlier one would have too.
        async with wire(self.url, token(self.zhang), OURS) as laptop:
            await self.li.send("hi", conv=1, client_id="x")
            await laptop.ask("ack", conv=77, seq=1)
            await self.phone.ask("ack", conv=77, seq=1)
        await until("the other's own message moved it", self.moved(cursor))

    def moved(self, cursor: str) -> Any:
        async def is_moved() -> bool:
            page = await self.phone.ask("sync", cursor=cursor)
            members = page["conversations"][0]["members"]
            position = next(one for one in members if one["user"] == self.li_id)
            self.assertIn(position["delivered"], (0, 2))
            return bool(position["delivered"] == 2)

        return is_moved

    async def test_a_page_counts_what_is_at_most_its_head(self) -> None:
        async with wire(self.url, token(self.li), OURS) as tablet:
            for n in range(3):
                await self.phone.send(f"{n}", "hello", to=self.li_id)
            for _ in range(3):
                self.assertEqual((await tablet.push())["type"], "entry")
            page = await tablet.ask("sync")
            (conversation,) = page["conversations"]
            self.assertEqual((conversation["head"], conversation["unread"]), (3, 3))

    # HTTP.

    async def test_pages_of_users(self) -> None:
        first = await self.zhang.users(limit=2)
        rest = await self.zhang.users(after=first[-1].id)
        self.assertEqual([user.name for user in first + rest], ["张三", "李四", "王五"])
        self.assertEqual(await self.zhang.users(after=rest[-1].id), [])
        with self.assertRaises(RequestError):
            await self.zhang.user("nobody")
        self.assertEqual(await self.zhang.request("GET", "/v1/users", query={"login": "nobody"}), {"users": []})


if __name__ == "__main__":
    unittest.main()
