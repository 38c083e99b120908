"""The client against a real server: what is sent arrives once and in order, whatever breaks."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import tempfile
import unittest
from pathlib import Path

from hongyan import (
    Client,
    Closed,
    Ended,
    Entry,
    EntryEvent,
    HistoryReplacedEvent,
    Http,
    OfflineEvent,
    RequestError,
    WrongState,
)

from .person import Person, person, user_id
from .server import LISI, PASSWORD, WANGWU, ZHANGSAN, network, server, until


def group(one: Person, conv: int) -> tuple[str, str, int] | None:
    """What a group is called for somebody, what this one is there, and how many members there are."""
    conversation = one.client.conversations.get(conv)
    if conversation is None or conversation.group is None:
        return None
    role = "left" if conversation.left else conversation.group.role
    return conversation.group.name, role, conversation.size


class Talking(unittest.IsolatedAsyncioTestCase):
    async def test_a_message_arrives_on_every_device(self) -> None:
        async with (
            server() as node,
            person(node.url, ZHANGSAN) as zhang,
            person(node.url, ZHANGSAN) as laptop,
            person(node.url, LISI) as li,
        ):
            sent = await zhang.client.send("hello", to=li.id)
            self.assertEqual(sent.seq, 1)
            for somebody in (zhang, laptop, li):
                await until("everybody has it", lambda one=somebody: one.texts == ["hello"])
                self.assertEqual(somebody.entries[0].client_id, sent.client_id)
                self.assertEqual(somebody.entries[0].sender, zhang.id)

    async def test_what_a_message_says_of_itself_comes_with_its_entry(self) -> None:
        async with server() as node, person(node.url, ZHANGSAN) as zhang, person(node.url, LISI) as li:
            sent = await zhang.client.send("it failed", to=li.id, topic="builds", expires_at=1, origin="ci")
            await zhang.client.http.send("and again", conv=sent.conv, topic="builds", expires_at=1, origin="ci")
            for one in (zhang, li):
                await until("both came", lambda one=one: len(one.entries) == 2)
                for entry in (*one.entries, *(await one.client.history(sent.conv)).entries):
                    self.assertEqual((entry.topic, entry.expires_at, entry.origin), ("builds", 1, "ci"))
            with self.assertRaises(RequestError) as refused:
                await zhang.client.send("too long", to=li.id, topic="x" * 65)
            self.assertEqual(refused.exception.code, "too_large")

    async def test_a_group_from_its_first_day_to_its_last(self) -> None:
        async with (
            server() as node,
            person(node.url, ZHANGSAN) as zhang,
            person(node.url, LISI) as li,
            person(node.url, WANGWU) as wang,
        ):
            http = zhang.client.http
            conv = (await http.create_group("雁群", [li.id], client_id="g1")).conv
            self.assertEqual((await http.create_group("雁群", [li.id], client_id="g1")).conv, conv)

            for one, role in ((zhang, "owner"), (li, "member")):
                await until("it is there", lambda one=one, role=role: group(one, conv) == ("雁群", role, 2))
            await li.client.http.add_members(conv, [wang.id])
            await http.set_role(conv, li.id, "admin")
            await http.set_group(conv, name="南飞")
            for one, role in ((zhang, "owner"), (li, "admin"), (wang, "member")):
                await until("all of it came", lambda one=one, role=role: group(one, conv) == ("南飞", role, 3))
            page = await wang.client.http.members(conv)
            self.assertEqual(page.roles, {zhang.id: "owner", li.id: "admin", wang.id: "member"})
            await wang.client.send("大家好", conv=conv)
            await until("it was said", lambda: "大家好" in zhang.texts and li.client.total_unread == 1)
            await li.client.http.remove_member(conv, wang.id)
            # What was the group's name can still be shown.
            await until("wang is told", lambda: group(wang, conv) == ("南飞", "left", 0))
            self.assertEqual(wang.client.total_unread, 0)
            with self.assertRaises(RequestError) as refused:
                await wang.client.send("still here?", conv=conv)
            self.assertEqual(refused.exception.code, "conversation_not_found")
            await until("they are two again", lambda: group(zhang, conv) == ("南飞", "owner", 2))
            await http.disband_group(conv)
            for one in (zhang, li):
                await until("it is over", lambda one=one: group(one, conv) == ("南飞", "left", 0))
            self.assertEqual(li.client.total_unread, 0)

    async def test_edit_recall_and_reply(self) -> None:
        async with server() as node, person(node.url, ZHANGSAN) as zhang, person(node.url, LISI) as li:
            first = await zhang.client.send("see you at 8", to=li.id, mentions=[li.id])
            await zhang.client.edit(first.conv, first.seq, "see you at 9")
            await li.client.send("fine", conv=first.conv, reply_to=first.seq)
            await zhang.client.recall(first.conv, first.seq)
            await until("all four came", lambda: len(li.entries) == 4)
            self.assertEqual([entry.kind for entry in li.entries], ["message", "edit", "message", "recall"])
            self.assertEqual(li.entries[0].mentions, (li.id,))
            self.assertEqual(li.entries[1].target, first.seq)
            self.assertEqual(li.entries[2].reply_to, first.seq)
            page = await li.client.history(first.conv, after=0)
            self.assertEqual([entry.text for entry in page.entries], [None, None, "fine", None])
            with self.assertRaises(RequestError) as refused:
                await zhang.client.edit(first.conv, first.seq, "too late")
            self.assertEqual(refused.exception.code, "recalled")

    async def test_unread_and_receipts_agree_with_the_server(self) -> None:
        async with server() as node, person(node.url, ZHANGSAN) as zhang, person(node.url, LISI) as li:
            sent = [await zhang.client.send(f"{n}", to=li.id) for n in range(5)]
            await zhang.client.recall(sent[3].conv, sent[3].seq)
            conv = sent[0].conv
            await until("li has counted", lambda: li.client.total_unread == 4 and len(li.entries) == 6)
            await until("zhang sees it delivered", lambda: position(zhang, conv, li.id) == (0, 6))
            await li.client.read(conv, 6)
            await until("li has none left", lambda: li.client.total_unread == 0)
            await until("zhang sees it read", lambda: position(zhang, conv, li.id) == (6, 6))
            page = await li.client.http.request("GET", "/v1/conversations")
            self.assertEqual(page["total_unread"], 0)

    async def test_people_are_known_when_a_push_is_the_first_that_one_hears_of_them(self) -> None:
        async with server() as node, person(node.url, LISI) as li, person(node.url, ZHANGSAN) as zhang:
            await zhang.client.send("hello", to=li.id)
            await until("the name is known", lambda: zhang.id in li.client.users)
            conversation = next(iter(li.client.conversations.values()))
            self.assertEqual({member.user for member in conversation.members or ()}, {zhang.id, li.id})

    async def test_a_new_name_is_told(self) -> None:
        async with server() as node, person(node.url, LISI) as li, person(node.url, ZHANGSAN) as zhang:
            await zhang.client.send("hello", to=li.id)
            await until("the name is known", lambda: zhang.id in li.client.users)
            await zhang.client.http.rename("张三丰")
            await until("li knows the new one", lambda: li.client.name_of(zhang.id) == "张三丰")
            await until("and zhang", lambda: zhang.client.me is not None and zhang.client.me.name == "张三丰")

    async def test_a_refused_message_says_why_and_the_next_one_goes(self) -> None:
        async with server() as node, person(node.url, ZHANGSAN) as zhang:
            with self.assertRaises(RequestError) as refused:
                await zhang.client.send("hello", to=424242)
            self.assertEqual(refused.exception.code, "user_not_found")
            lisi = await user_id(node.url, ZHANGSAN, LISI)
            self.assertEqual((await zhang.client.send("hello", to=lisi)).seq, 1)

    async def test_a_repetition_by_another_client_is_the_same_message(self) -> None:
        async with server() as node, person(node.url, ZHANGSAN) as zhang:
            lisi = await user_id(node.url, ZHANGSAN, LISI)
            first = await zhang.client.send("once", to=lisi, client_id="the-same")
            self.assertEqual(await zhang.client.http.send("once", to=lisi, client_id="the-same"), first)
            self.assertEqual(await zhang.client.send("once", to=lisi, client_id="the-same"), first)
            with self.assertRaises(RequestError) as refused:
                await zhang.client.send("twice", to=lisi, client_id="the-same")
            self.assertEqual(refused.exception.code, "client_id_conflict")


class Breaking(unittest.IsolatedAsyncioTestCase):
    async def test_nothing_is_lost_doubled_or_reordered_while_the_network_breaks(self) -> None:
        seed = int(os.environ.get("SEED", random.SystemRandom().getrandbits(32)))
        print(f"SEED={seed}")
        chance = random.Random(seed)
        async with (
            server() as node,
            network(node.url) as line,
            network(node.url) as other_line,
            person(line.url, ZHANGSAN) as zhang,
            person(other_line.url, LISI) as li,
        ):
            # What came before a client's first sync is history to it.
            await zhang.synced()
            await li.synced()
            number = 0
            for _ in range(12):
                pendings = []
                for _ in range(chance.randrange(1, 12)):
                    pendings.append(await zhang.client.submit(f"{number}", to=li.id))
                    number += 1
                for broken in (line, other_line):
                    match chance.randrange(4):
                        case 0:
                            broken.cut()
                            await asyncio.sleep(chance.random() / 10)
                            broken.mend()
                        case 1:
                            broken.cut_after(chance.randrange(4000))
                for pending in pendings:
                    await asyncio.wait_for(pending, 60)
            texts = [f"{n}" for n in range(number)]
            await until("all came", lambda: len(li.texts) >= number and len(zhang.texts) >= number)
            self.assertEqual(li.texts, texts)
            self.assertEqual(zhang.texts, texts)
            self.assertEqual(li.faults() + zhang.faults(), [])

    async def test_a_server_that_is_killed_and_started_again(self) -> None:
        async with server() as node, person(node.url, ZHANGSAN) as zhang, person(node.url, LISI) as li:
            number = 0
            for how in (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL):
                first = [await zhang.client.submit(f"{number + n}", to=li.id) for n in range(10)]
                await first[0]
                await node.stop(how)
                later = [await zhang.client.submit(f"{number + 10 + n}", to=li.id) for n in range(5)]
                await node.run()
                zhang.client.wake()
                for pending in (*first, *later):
                    await asyncio.wait_for(pending, 60)
                number += 15
            await until("all came", lambda: len(li.texts) >= number)
            self.assertEqual(li.texts, [f"{n}" for n in range(number)])
            self.assertTrue(any(isinstance(event, OfflineEvent) for event in zhang.events))

    async def test_silence_is_found_out(self) -> None:
        """The network swallows everything: an answer that does not come makes another connection."""
        async with server() as node, network(node.url) as line, person(line.url, ZHANGSAN) as zhang:
            lisi = await user_id(node.url, ZHANGSAN, LISI)
            await zhang.client.send("before", to=lisi)
            line.freeze()
            sent = await asyncio.wait_for(zhang.client.send("after", to=lisi), 60)
            self.assertEqual(sent.seq, 2)
            self.assertGreaterEqual(line.connections, 2)

    async def test_a_long_gap_is_filled(self) -> None:
        """700 messages while one is away: more than a page of sync, of history, and the window together."""
        async with (
            server() as node,
            network(node.url) as line,
            person(line.url, LISI) as li,
            person(node.url, ZHANGSAN) as zhang,
        ):
            await zhang.client.send("0", to=li.id)
            await until("the first came", lambda: li.texts == ["0"])
            line.cut()
            for start in range(1, 700, 50):
                many = [zhang.client.send(f"{n}", to=li.id) for n in range(start, min(start + 50, 700))]
                await asyncio.gather(*many)
            line.mend()
            li.client.wake()
            await until("all came", lambda: len(li.texts) >= 700)
            self.assertEqual(li.texts, [f"{n}" for n in range(700)])
            await until("all is acked", lambda: position(zhang, 1, li.id)[1] == 700)


class Restarting(unittest.IsolatedAsyncioTestCase):
    async def test_unsent_messages_survive_the_program(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            state = Path(folder) / "state"
            async with server() as node:
                lisi = await user_id(node.url, ZHANGSAN, LISI)
                async with network(node.url) as line:
                    async with Client.open(line.url, login=ZHANGSAN, password=PASSWORD, state=state) as client:
                        await client.send("0", to=lisi)
                        line.cut()
                        for n in range(1, 4):
                            await client.submit(f"{n}", to=lisi)
                    self.assertEqual(state.stat().st_mode & 0o777, 0o600)
                    line.mend()
                    async with person(line.url, ZHANGSAN, state=state) as zhang:
                        await until("nothing is pending", lambda: not zhang.client.pending())
                async with person(node.url, LISI) as li:
                    await until("all came", lambda: len(li.texts) == 4)
                    self.assertEqual(li.texts, ["0", "1", "2", "3"])

    async def test_a_program_that_is_killed_goes_on_where_it_was(self) -> None:
        """The program dies in the middle of handling 2: with a state file it gets 2 again, and nothing else."""
        with tempfile.TemporaryDirectory() as folder:
            state = Path(folder) / "state"
            async with server() as node, person(node.url, ZHANGSAN) as zhang:
                lisi = await user_id(node.url, ZHANGSAN, LISI)
                for n in range(3):
                    await zhang.client.send(f"{n}", to=lisi)
                handled = []

                async def handle(stop_at: str) -> None:
                    options = {"login": LISI, "password": PASSWORD, "state": state, "start": "everything"}
                    async with Client.open(node.url, **options) as client:  # type: ignore[arg-type]
                        async for event in client.events():
                            if not isinstance(event, EntryEvent):
                                continue
                            if event.entry.text == stop_at:
                                raise KeyError("a fault of the program's own")
                            handled.append(event.entry.text)
                            if event.entry.text == "5":
                                break

                with self.assertRaises(KeyError):
                    await asyncio.wait_for(handle("2"), 60)
                for n in range(3, 6):
                    await zhang.client.send(f"{n}", to=lisi)
                await asyncio.wait_for(handle("nothing"), 60)
                self.assertEqual(handled, ["0", "1", "2", "3", "4", "5"])

    async def test_a_conversation_that_began_while_one_was_away_comes_whole(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            state = Path(folder) / "state"
            async with server() as node:
                async with person(node.url, LISI, state=state) as li:
                    mine = li.id
                    await li.synced()
                async with person(node.url, ZHANGSAN) as zhang:
                    for n in range(30):
                        await zhang.client.send(f"{n}", to=mine)
                async with person(node.url, LISI, state=state) as li:
                    await until("all came", lambda: len(li.texts) >= 30)
                    self.assertEqual(li.texts, [f"{n}" for n in range(30)])

    async def test_a_state_file_is_one_users_and_one_programs(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            state = Path(folder) / "state"
            async with server() as node:
                async with person(node.url, ZHANGSAN, state=state):
                    with self.assertRaises(WrongState):
                        async with Client.open(node.url, login=ZHANGSAN, password=PASSWORD, state=state):
                            pass
                async with Client.open(node.url, login=WANGWU, password=PASSWORD, state=state) as wang:
                    with self.assertRaises(WrongState):
                        await asyncio.wait_for(wang.online(), 60)


class Restoring(unittest.IsolatedAsyncioTestCase):
    """An operator puts an older copy of the data back: what was acknowledged after it is gone from the server."""

    async def test_what_is_gone_is_sent_again_and_everything_is_shown_anew(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with (
                server() as node,
                person(node.url, ZHANGSAN, state=Path(folder) / "zhang") as zhang,
                person(node.url, LISI, state=Path(folder) / "li", start="everything") as li,
            ):
                for n in range(3):
                    await zhang.client.send(f"{n}", to=li.id)
                await until("all came", lambda: len(li.texts) == 3)
                await node.stop()
                copy = node.back_up()
                await node.run()
                for somebody in (zhang, li):
                    somebody.client.wake()
                conv = li.entries[0].conv
                for n in range(3, 6):
                    await zhang.client.send(f"{n}", conv=conv, reply_to=n - 1)
                gone = await zhang.client.send("recalled", conv=conv)
                await zhang.client.recall(conv, gone.seq)
                await until("all came", lambda: len(li.entries) == 8)
                await node.stop()
                node.put_back(copy)
                before = len(li.entries)
                await node.run()
                for somebody in (zhang, li):
                    somebody.client.wake()
                # The first message that follows shows that the log is shorter than what was held.
                await li.client.send("and now", to=zhang.id)
                await until("zhang is told", lambda: any(isinstance(e, HistoryReplacedEvent) for e in zhang.events))
                await until("li is told", lambda: any(isinstance(e, HistoryReplacedEvent) for e in li.events))
                texts = ["0", "1", "2", "3", "4", "5"]
                await until("all is there again", lambda: set(texts) <= set(anew(li)))
                self.assertEqual([text for text in anew(li) if text != "and now"], texts)
                seqs = {entry.text: entry.seq for entry in entries_anew(li)}
                replies = {entry.text: entry.reply_to for entry in entries_anew(li)}
                for n in range(3, 6):
                    # What it replied to may stand elsewhere now.
                    self.assertEqual(replies[f"{n}"], seqs[f"{n - 2}"])
                self.assertGreater(len(li.entries), before)
                log = await li.client.history(conv, after=0)
                self.assertNotIn("recalled", [entry.text for entry in log.entries])
                self.assertEqual(len({entry.client_id for entry in log.entries}), len(log.entries))
                await until("li has what there is", lambda: len(entries_anew(li)) == log.head)


def entries_anew(of: Person) -> list[Entry]:
    """What came since the history was replaced."""
    last = max(n for n, event in enumerate(of.events) if isinstance(event, HistoryReplacedEvent))
    return [event.entry for event in of.events[last:] if isinstance(event, EntryEvent)]


def anew(of: Person) -> list[str | None]:
    return [entry.text for entry in entries_anew(of) if entry.kind == "message"]


class Signing(unittest.IsolatedAsyncioTestCase):
    async def test_a_wrong_password_is_told(self) -> None:
        async with server() as node:
            with self.assertRaises(RequestError) as refused:
                async with Client.open(node.url, login=ZHANGSAN, password="wrong"):
                    pass
            self.assertEqual(refused.exception.code, "unauthenticated")

    async def test_a_session_that_is_ended_ends_the_client(self) -> None:
        async with server() as node:
            http = Http(node.url)
            begun = await http.login(ZHANGSAN, PASSWORD, device="lost")
            async with Client.open(node.url, token=begun.token) as client:
                lost = Person(client)
                await asyncio.wait_for(client.online(), 60)
                other = Http(node.url)
                await other.login(ZHANGSAN, PASSWORD, device="found")
                self.assertIn("lost", [session.device for session in await other.sessions()])
                await other.end_session(begun.session)
                await until("the loop has ended", lambda: lost.error is not None)
                assert isinstance(lost.error, Ended)
                self.assertEqual((lost.error.code, lost.error.reason), (4004, "session_revoked"))
                with self.assertRaises(Ended):
                    await client.send("hello", to=1)

    async def test_a_client_that_signed_in_itself_signs_in_again_and_out(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            state = Path(folder) / "state"
            async with server() as node:
                async with person(node.url, ZHANGSAN, state=state) as zhang:
                    session = (await zhang.client.http.sessions())[0]
                looking = Http(node.url)
                await looking.login(ZHANGSAN, PASSWORD, device="looking")
                await looking.end_session(session.session)
                # The token in the state file is worth nothing now. The client says so once, and then signs in anew.
                with self.assertRaises(Ended) as ended:
                    async with person(node.url, ZHANGSAN, state=state):
                        pass
                self.assertEqual(ended.exception.code, 4004)
                self.assertEqual(os.listdir(folder), [])
                async with person(node.url, ZHANGSAN, state=state) as zhang:
                    self.assertEqual(len(await looking.sessions()), 2)
                async with person(node.url, ZHANGSAN):
                    self.assertEqual(len(await looking.sessions()), 3)
                # Without a state file nobody could use the session again.
                self.assertEqual(len(await looking.sessions()), 2)

    async def test_a_device_that_was_signed_out_from_elsewhere_erases_what_it_kept(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            state = Path(folder) / "state"
            async with server() as node, network(node.url) as line:
                async with Client.open(line.url, login=ZHANGSAN, password=PASSWORD, state=state) as client:
                    lost = Person(client)
                    await asyncio.wait_for(client.online(), 60)
                    lisi = await user_id(node.url, ZHANGSAN, LISI)
                    await client.send("known here", to=lisi)
                    session = next(one for one in await client.http.sessions() if one.current)
                    self.assertTrue(os.listdir(folder))
                    other = Http(node.url)
                    await other.login(ZHANGSAN, PASSWORD, device="found")
                    await other.end_session(session.session)
                    await until("the loop has ended", lambda: lost.error is not None)
                    assert isinstance(lost.error, Ended)
                    self.assertEqual(lost.error.code, 4004)
                self.assertEqual(os.listdir(folder), [])

    async def test_a_session_that_was_replaced_keeps_what_it_has(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            state = Path(folder) / "state"
            async with server() as node:
                async with Client.open(
                    node.url, login=ZHANGSAN, password=PASSWORD, state=state, device="one"
                ) as client:
                    replaced = Person(client)
                    await asyncio.wait_for(client.online(), 60)
                    await Http(node.url).login(ZHANGSAN, PASSWORD, device="one")
                    await until("the loop has ended", lambda: replaced.error is not None)
                    assert isinstance(replaced.error, Ended)
                    self.assertEqual(replaced.error.code, 4001)
                self.assertTrue(os.listdir(folder))
                async with person(node.url, ZHANGSAN, state=state, device="one"):
                    pass

    async def test_strangers_who_guess_passwords_do_not_lock_a_known_device_out(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            state = Path(folder) / "state"
            async with server() as node:
                async with person(node.url, ZHANGSAN, state=state) as zhang:
                    session = (await zhang.client.http.sessions())[0]
                # The session is replaced, so the device has to sign in again. It keeps what shows that it did before.
                await Http(node.url).login(ZHANGSAN, PASSWORD, device=session.device)
                guesses = []
                for n in range(100):
                    with self.assertRaises(RequestError) as refused:
                        await Http(node.url).login(ZHANGSAN, f"guess {n}", device="stranger")
                    guesses.append(refused.exception.code)
                    if guesses[-1] == "rate_limited":
                        break
                self.assertEqual(guesses[-1], "rate_limited")
                async with person(node.url, ZHANGSAN, state=state):
                    pass

    async def test_closing_ends_the_loop_and_what_waits(self) -> None:
        async with server() as node, network(node.url) as line:
            lisi = await user_id(node.url, ZHANGSAN, LISI)
            async with Client.open(line.url, login=ZHANGSAN, password=PASSWORD) as client:
                listening = Person(client)
                line.cut()
                waiting = await client.submit("never", to=lisi)
            await asyncio.wait_for(listening.listening, 60)
            self.assertIsNone(listening.error)
            with self.assertRaises(Closed):
                await waiting


def position(of: Person, conv: int, user: int) -> tuple[int, int]:
    member = of.client.conversations[conv].member(user)
    return (member.read, member.delivered) if member is not None else (-1, -1)


if __name__ == "__main__":
    unittest.main()
