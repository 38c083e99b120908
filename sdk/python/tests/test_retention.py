"""What is not kept goes from what a client holds."""

from __future__ import annotations

import unittest

from hongyan.book import Book
from hongyan.wire import Floor, Listed

from .person import Person, person
from .server import LISI, ZHANGSAN, server, until


class Kept(unittest.IsolatedAsyncioTestCase):
    async def test_a_floor_that_rises_is_told_to_who_is_there_and_to_who_comes(self) -> None:
        async with (
            server(HONGYAN_RETENTION__LOOK_EVERY_SECONDS="1") as node,
            person(node.url, ZHANGSAN) as zhang,
            person(node.url, LISI) as li,
        ):
            conv = (await zhang.client.http.create_group("雁群", [li.id])).conv
            for text in ("one", "two", "three"):
                await zhang.client.send(text, conv=conv)
            await until("they came", lambda: li.texts == ["one", "two", "three"])
            await zhang.client.http.set_group(conv, keep_entries=2)

            def is_told(one: Person) -> bool:
                known = one.client.conversations[conv]
                kept = None if known.group is None else known.group.keep_entries
                return (known.floor, known.since, kept) == (3, 4, 2)

            await until("li hears of it", lambda: is_told(li))
            # Two entries stand above the floor; which of them are messages a sync tells.
            self.assertLessEqual(li.client.conversations[conv].unread, 2)
            page = await li.client.history(conv, after=0)
            self.assertEqual([entry.text for entry in page.entries], ["three", None])
            async with person(node.url, LISI) as later:
                await until("who comes is told", lambda: conv in later.client.conversations and is_told(later))
                self.assertEqual(later.client.conversations[conv].unread, 1)

    def test_an_older_page_brings_nothing_back(self) -> None:
        book = Book()
        listed = Listed(7, 9, unread=5, user=2, own_read=2, floor=3)
        shown = book.known(listed.summary(1))
        self.assertEqual((shown.since, shown.floor, shown.unread), (4, 3, 5))
        self.assertIsNone(book.floor(Floor(7, 3)))
        risen = book.floor(Floor(7, 8))
        assert risen is not None
        self.assertEqual((risen.since, risen.floor, risen.unread), (9, 8, 1))
        again = book.known(listed.summary(1))
        self.assertEqual((again.since, again.floor, again.unread), (9, 8, 1))
