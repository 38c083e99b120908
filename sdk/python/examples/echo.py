"""A bot that answers every message.

python examples/echo.py http://127.0.0.1:8080 lisi@gmail.com 1234
"""

from __future__ import annotations

import asyncio
import contextlib
import sys

from hongyan import Client, EntryEvent


async def main(server: str, login: str, password: str, state: str = "echo.state") -> None:
    async with Client.open(server, login=login, password=password, state=state, start="now") as client:
        async for event in client.events():
            # An event counts as handled when the loop asks for the next one.
            match event:
                case EntryEvent(entry) if entry.kind == "message" and entry.text is not None:
                    if client.me is None or entry.sender == client.me.id:
                        continue
                    # The same name for the same answer: handled twice after a crash, it is sent once.
                    answer_id = f"echo-{entry.conv}-{entry.seq}"
                    answer = f"You said: {entry.text}"
                    await client.submit(answer, conv=entry.conv, reply_to=entry.seq, client_id=answer_id)
                    await client.read(entry.conv, entry.seq)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(*sys.argv[1:]))
