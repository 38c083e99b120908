"""The state file, on a thread of its own: the loop never waits for the disk in place."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .storage import Changes, Kept, Storage


class Disk:
    """See the heading of the module."""

    def __init__(self, path: str | os.PathLike[str] | None):
        self._path = path
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hongyan-disk")
        self._storage: Storage | None = None

    @property
    def is_durable(self) -> bool:
        """Whether what is committed survives the program."""
        assert self._storage is not None
        return self._storage.is_durable

    async def open(self) -> Kept:
        """What is kept. Raises ``WrongState`` for a file that is none of this client's."""
        self._storage = storage = await self._run(Storage, self._path)
        kept: Kept = await self._run(storage.load)
        return kept

    async def commit(self, changes: Changes) -> None:
        """Write all of it, or nothing."""
        assert self._storage is not None
        await self._run(self._storage.commit, changes)

    async def erase(self) -> None:
        """Leave nothing of it."""
        storage, self._storage = self._storage, None
        assert storage is not None
        await self._run(storage.erase)

    async def close(self) -> None:
        storage, self._storage = self._storage, None
        if storage is not None:
            await self._run(storage.close)
        self._thread.shutdown(wait=False)

    async def _run(self, work: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)
