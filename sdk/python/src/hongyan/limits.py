"""Every bound of this package, with what happens beyond it."""

from __future__ import annotations

FRAME_BYTES_MAX = 4 * 1024 * 1024
"""One frame from the server. A larger one breaks the connection."""

ANSWER_WAIT_MS = 15_000
"""An unanswered request. Beyond it the connection is suspect, and another one is made."""

LOOK_AGAIN_MS = 250
"""While a long frame is coming, nothing else is overdue. How often to look whether it still comes."""

CONNECT_WAIT_MS = 15_000
"""From the first packet to the answer to the upgrade. Beyond it the attempt has failed."""

WELCOME_WAIT_MS = 15_000
"""From ``hello`` to ``welcome``. Beyond it the attempt has failed."""

SYNC_EVERY_MS = 15 * 60_000
"""A connection that never breaks syncs after so long. It finds the loss of a conversation's last push."""

OVERTAKEN_WAIT_MS = 200
"""How long a gap may close by itself, before what is missing is fetched."""

EARLY_PER_CONVERSATION_MAX = 256
"""Entries of one conversation kept aside until a gap is filled. Beyond it the highest is dropped and fetched later."""

EARLY_MAX = 2_048
"""The same over all conversations."""

FETCHES_MAX = 4
"""Requests for history at one time. The others wait their turn."""

HISTORY_PAGE = 200
"""Entries in a page of history."""

SYNC_PAGE = 50
"""Conversations in a page of sync."""

PAGE_MS = 2_000
"""How long a page may take. Pages follow what the link took in this time."""

PAGE_BYTES_FIRST = 8 * 1024
PAGE_BYTES_MIN = 2 * 1024
PAGE_BYTES_MAX = 1024 * 1024
"""A page of a link that was never measured, of the slowest one, and of the fastest: that is the server's own bound."""

PAGE_GROWTH = 64
"""A measure lets the next page grow so much, at most: a small page may have come from a buffer on the way."""

SLOW_PAGE_BYTES = 64 * 1024
"""A link whose pages are smaller is slow: it is asked for the list first, and then only for what is missing."""

SLOW_FETCHES_MAX = 2
"""Requests for history at one time over a slow link: one is on its way while the next is asked for."""

TELLING_BYTES = 1024
"""An answer of fewer bytes tells of the way there and back, and not of how much comes."""

LIST_ROW_BYTES = 100
LIST_ROWS_MIN = 10
LIST_ROWS_MAX = 200
"""A conversation of a list, in bytes, and the conversations in a page of one."""

TEXT_BYTES_MAX = 64 * 1024
"""The longest text."""

RECENT = 10
"""Entries of a conversation in a page of sync, and so where a recent start begins."""

SINCE_MAX = 2_048
"""Entries delivered while a page is waited for, to be counted on top of it. Beyond it the unread number may be too low
until the next sync."""

ACK_DELAY_MS = 50
"""How long an ack may wait for another frame to go with."""

ACKS_REMEMBERED_MAX = 256
"""Acks whose error would still be understood. Beyond it the oldest is forgotten: nearly none fails."""

ACK_ENTRIES = 32
"""An ack of so many entries waits for nothing."""

OUTBOX_MAX = 1_000
"""Requests in the outbox. Beyond it ``submit`` raises ``OutboxFull``."""

IN_FLIGHT_MAX = 16
"""Requests of the outbox without an answer. The others wait."""

UNTAKEN_MAX = 10_000
"""Events that the program has not taken. Beyond it nothing more is read from the socket."""

ANSWERED_MAX = 1_000
ANSWERED_BYTES_MAX = 8 * 1024 * 1024
ANSWERED_MS = 30 * 24 * 60 * 60_000
"""Answered messages of one's own, their text, and their age. Beyond it the one answered first is forgotten."""

NOWHERE = 2**53 - 1
"""A seq that no entry has."""

BACKOFF_BASE_MS = 500
BACKOFF_CAP_MS = 30_000
"""The n-th wait is random between nothing and the lesser of the cap and base times 2 to the n."""

BYE_CAP_MS = 300_000
"""The longest wait that a ``bye`` can ask for. A longer one counts as this."""

STABLE_MS = 10_000
"""A connection that was welcome for so long makes the failures before it count no more."""

WAKE_SPACING_MS = 500
"""A wake-up makes no attempt earlier than this after the one before."""

PING_INTERVAL_MS = 25_000
"""The interval until a server says another."""

PING_WAIT_MS = 10_000
"""The wait for a sign of life after a ping until a server says another."""

INTERVAL_MIN_MS = 1_000
INTERVAL_MAX_MS = 24 * 60 * 60_000
"""What a server may ask for. Anything else counts as the nearer of the two."""

TELLING_DIVISOR = 8
"""A quiet that falls short of the first interval by more than this part of it tells nothing of the network."""

BLAME_MS = 30_000
"""Back within this time after a ping without answer: the quiet was too long. Later: the network was gone."""

CLOCK_LATE_MS = 2_000
"""A verdict that is later than this is put off once: the process stood still, and what came may be unread."""

LOOK_MS = 2_000
"""To read it."""

DOUBT_FIRST_MS = 60 * 60_000
DOUBT_LATER_MS = 24 * 60 * 60_000
"""A failure is told of for an hour, and for a day once it is confirmed."""

NETWORKS_MAX = 16
"""Networks that the heartbeat remembers. Beyond it the one used longest ago is forgotten."""

MEMBERS_TOLD = 64
"""Members of a conversation up to which the server tells who they are. Of more, only how many."""
