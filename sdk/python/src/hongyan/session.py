"""Who the client is to the server.

Owns: the token, and where there is a password, the device that signs in with it.
Promises: a sign-in is kept before it is used.
Not here: when to sign in again (the engine).
"""

from __future__ import annotations

import contextlib
import secrets
import ssl as tls
from collections.abc import Mapping
from typing import Any

from .disk import Disk
from .errors import HongyanError
from .http import Http
from .storage import Changes


class Session:
    """See the heading of the module."""

    def __init__(
        self,
        server: str,
        *,
        token: str | None,
        login: str | None,
        password: str | None,
        device: str | None,
        name: str,
        ssl: tls.SSLContext | None,
    ):
        self.http = Http(server, token, ssl=ssl)
        self._is_given = token is not None
        self._login = login
        self._password = password
        self._name = name
        self._device = device
        self._device_secret: str | None = None
        self._is_begun = False
        """Whether this run has begun it."""

    @property
    def can_begin(self) -> bool:
        """Whether there is a password at hand."""
        return self._password is not None

    def restore(self, meta: Mapping[str, Any]) -> None:
        """Take up the session of an earlier run."""
        if not self._is_given and meta.get("login") == self._login:
            self.http.token = meta.get("token")
            self._device_secret = meta.get("device_secret")
        self._device = self._device or meta.get("device") or f"python-{secrets.token_hex(4)}"

    async def begin(self, disk: Disk) -> None:
        """Sign in."""
        assert self._login is not None
        assert self._password is not None
        begun = await self.http.login(
            self._login,
            self._password,
            device=self._device,
            client=self._name,
            device_secret=self._device_secret,
        )
        self._is_begun = True
        self._device_secret = begun.device_secret or self._device_secret
        session = {
            "login": self._login,
            "token": begun.token,
            "device": self._device,
            "device_secret": self._device_secret,
        }
        await disk.commit(Changes(meta=session))

    async def end(self) -> None:
        """Sign out, where this run has signed in."""
        if not self._is_begun:
            return
        self._is_begun = False
        with contextlib.suppress(HongyanError):  # It expires by itself.
            await self.http.logout()
