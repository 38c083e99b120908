"""One's own view of a conversation: on two devices, and as the log goes on."""

from __future__ import annotations

import unittest

from hongyan import FOR_EVER, RequestError, View
from hongyan.book import Book
from hongyan.views import Viewed
from hongyan.wire import Member, Position, Summary, User

from .person import person
from .server import LISI, ZHANGSAN, server, until
from .test_machines import ME, OTHER, message


class Standing(unittest.TestCase):
    def test_the_log_ends_parts_of_a_view(self) -> None:
        muted = View(1, muted_until=61, hidden=5, archived=5)
        self.assertEqual(muted.after_message(5, 60), muted)
        self.assertEqual(muted.after_message(6, 60), View(1, muted_until=61, archived=5))
        self.assertEqual(muted.after_message(6, 61), View(1, muted_until=61))
        self.assertEqual(View(1, marked_unread=0).at_position(0), View(1, marked_unread=0))
        self.assertEqual(View(1, marked_unread=3).at_position(4), View(1))

    def test_of_two_views_the_later_stays_whatever_comes_first(self) -> None:
        book = Book()
        book.me = User(ME, "me")

        def page(head: int, unread: int, view: View | None) -> Summary:
            members = (Member(ME, 0, 0), Member(OTHER, 0, 0))
            return Summary(1, "direct", head, unread, Position(), 2, members, (), view=view)

        book.known(page(2, 2, View(2, muted_until=9)))
        self.assertEqual((book.total_unread, book.total_muted(8), book.total_muted(9)), (2, 2, 0))
        self.assertIsNone(book.viewed(Viewed(1, View(1, pinned=1))))
        book.viewed(Viewed(1, View(3, hidden=2)))
        self.assertEqual(book.known(page(2, 2, View(2, muted_until=9))).view, View(3, hidden=2))
        self.assertEqual(book.total_unread, 0)
        kept = Summary.kept(book.conversations[1].write(), ME)
        self.assertEqual(kept.view, View(3, hidden=2))
        book.entry(message(1, 3))
        self.assertEqual((book.conversations[1].view, book.total_unread), (View(3), 3))
        # It was hidden before the message that has come.
        book.viewed(Viewed(1, View(4, hidden=2, pinned=7)))
        self.assertEqual(book.conversations[1].view, View(4, pinned=7))

    def test_what_is_cleared_is_not_unread(self) -> None:
        book = Book()
        book.me = User(ME, "me")
        members = (Member(ME, 0, 0), Member(OTHER, 0, 0))
        book.known(Summary(1, "direct", 5, 5, Position(), 2, members, ()))
        book.viewed(Viewed(1, View(1, cleared=3)))
        shown = book.conversations[1]
        self.assertEqual((shown.since, shown.unread), (4, 2))
        self.assertEqual(Summary.kept(shown.write(), ME).since, 4)
        book.viewed(Viewed(1, View(2, cleared=5)))
        book.entry(message(1, 6))
        self.assertEqual((book.conversations[1].since, book.total_unread), (6, 1))


class OnDevices(unittest.IsolatedAsyncioTestCase):
    async def test_a_view_is_the_same_on_all_devices(self) -> None:
        async with (
            server() as node,
            person(node.url, ZHANGSAN) as zhang,
            person(node.url, LISI, device="phone") as phone,
            person(node.url, LISI, device="laptop") as laptop,
        ):
            conv = (await zhang.client.send("在吗", to=phone.id)).conv
            for one in (phone, laptop):
                await until("it came", lambda one=one: one.client.total_unread == 1)
            view = await phone.client.set_view(conv, muted_until=FOR_EVER, pinned=5, draft="well", reply_to=1)
            self.assertEqual((view.rev, view.muted_until, view.pinned), (1, FOR_EVER, 5))
            assert view.draft is not None
            self.assertEqual((view.draft.text, view.draft.reply_to), ("well", 1))
            for one in (phone, laptop):
                await until("it is told", lambda one=one: one.client.conversations[conv].view == view)
            self.assertEqual((laptop.client.total_unread, laptop.client.total_muted()), (1, 1))
            await laptop.client.read(conv, 1)
            view = await laptop.client.set_view(conv, marked_unread=True, pinned=0, draft="")
            self.assertEqual(view, View(2, muted_until=FOR_EVER, marked_unread=1))
            await until("it is marked", lambda: phone.client.total_unread == 1)
            await phone.client.read(conv, 1)
            await until("it is read", lambda: laptop.client.total_unread == 0)
            self.assertIsNone(zhang.client.conversations[conv].view)
            await zhang.client.send("again", conv=conv)
            await until("it came", lambda: laptop.client.total_unread == 1)
            await phone.client.set_view(conv, cleared=2)
            await until("it is cleared", lambda: laptop.client.total_unread == 0)
            page = await laptop.client.history(conv)
            self.assertEqual((page.entries, page.since), ((), 3))
            with self.assertRaises(RequestError) as refused:
                await phone.client.set_view(999, pinned=1)
            self.assertEqual(refused.exception.code, "conversation_not_found")
