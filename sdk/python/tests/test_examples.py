"""The README's example and the programs in `examples`, run as they stand there."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sys
import tempfile
import unittest
from collections.abc import AsyncIterator
from pathlib import Path

from .person import person
from .server import ENVIRONMENT, LISI, PASSWORD, ZHANGSAN, server, until

PACKAGE = Path(__file__).parents[1]


class Program:
    """A Python program, and what it says."""

    def __init__(self, process: asyncio.subprocess.Process):
        self.process = process
        self.said = ""
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        while data := await self.process.stdout.read(65536):
            self.said += data.decode()


@contextlib.asynccontextmanager
async def program(*arguments: str, folder: str, url: str) -> AsyncIterator[Program]:
    path = os.pathsep.join([str(PACKAGE / "src"), os.environ.get("PYTHONPATH", "")])
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-u", "-X", "utf8", *arguments),
        cwd=folder,
        env={**ENVIRONMENT, "HONGYAN_URL": url, "PYTHONPATH": path},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    running = Program(process)
    try:
        yield running
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


class Examples(unittest.IsolatedAsyncioTestCase):
    async def test_the_readme_s_example_answers(self) -> None:
        found = re.search(r"```python\n(.*?)```", (PACKAGE / "README.md").read_text(encoding="utf-8"), re.DOTALL)
        assert found is not None
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "example.py").write_text(found[1], encoding="utf-8")
            async with server() as node, person(node.url, ZHANGSAN) as zhang:
                lisi = (await zhang.client.http.user(LISI)).id
                await zhang.client.send("hello", to=lisi)
                async with program("example.py", folder=folder, url=node.url) as example:
                    await until("it answers", lambda: "You said: hello" in zhang.texts or gone(example))
                    await until("it says who wrote", lambda: "张三: hello" in example.said or gone(example))

    async def test_the_echo_bot_answers_once_whenever_it_is_killed(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with server() as node, person(node.url, ZHANGSAN) as zhang:
                lisi = (await zhang.client.http.user(LISI)).id
                await zhang.client.send("before its time", to=lisi)
                echo = (str(PACKAGE / "examples" / "echo.py"), node.url, LISI, PASSWORD)
                answers: list[str] = []
                for n in range(3):
                    async with program(*echo, folder=folder, url=node.url) as bot:
                        if n == 0:
                            # It begins with what comes after its first sync.
                            await until("it has begun", lambda: delivered(zhang.client.conversations, lisi) == 1)
                        await zhang.client.send(f"{n}", to=lisi)
                        answers.append(f"You said: {n}")
                        await until("it answers", lambda: set(answers) <= set(zhang.texts))
                        self.assertIsNone(bot.process.returncode, bot.said)
                    # Killed, and written to while it is away.
                    await zhang.client.send(f"{n} while away", to=lisi)
                    answers.append(f"You said: {n} while away")
                async with program(*echo, folder=folder, url=node.url):
                    await until("it answers", lambda: set(answers) <= set(zhang.texts))
                given = [text for text in zhang.texts if text is not None and text.startswith("You said")]
                self.assertEqual(given, answers)


def gone(one: Program) -> bool:
    if one.process.returncode is not None:
        raise AssertionError(one.said)
    return False


def delivered(conversations: object, user: int) -> int:
    assert isinstance(conversations, dict)
    positions = [one.member(user) for one in conversations.values()]
    return max((member.delivered for member in positions if member is not None), default=0)


if __name__ == "__main__":
    unittest.main()
