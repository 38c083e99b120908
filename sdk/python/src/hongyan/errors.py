"""What can go wrong, as exceptions."""

from __future__ import annotations

from .codes import CLOSE_REASONS


class HongyanError(Exception):
    """Anything that this package raises of its own."""


class RequestError(HongyanError):
    """The server refused a request."""

    def __init__(self, code: str, message: str = "", retry_after_ms: int | None = None, status: int | None = None):
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code
        """One of the error codes of docs/PROTOCOL.md."""
        self.message = message
        self.retry_after_ms = retry_after_ms
        self.status = status
        """The HTTP status, where the request went over HTTP."""


class Unreachable(HongyanError):
    """No answer came to a request over HTTP. Whether the server carried it out is not known."""


class Ended(HongyanError):
    """The connection was ended for good: the same token would end in the same way."""

    def __init__(self, code: int):
        self.code = code
        """The close code, from 4000 to 4099."""
        self.reason = CLOSE_REASONS.get(code, "terminal")
        super().__init__(f"{code} {self.reason}")


class Closed(HongyanError):
    """The client was closed before the answer came. With a state file, the request goes on in the next run."""


class WrongState(HongyanError):
    """The state file belongs to another user or server, is in use, or is of a newer version."""
