"""The HTTP half of the protocol: signing in, the account, and sending without a connection.

Owns: one function for each route that a program needs. Nothing is repeated by itself.
Not here: acks. What is read over HTTP counts as delivered only when an `ack` says so on a socket.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import ssl as tls
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import RequestError, Unreachable
from .identity import new_client_id
from .joining import Asked, GroupOutside, JoinerPage, Link, Links, RequestPage
from .wire import Frame, History, MentionPage, Sent, User, UserPage, text_body

TIMEOUT_SECONDS = 30.0
"""One request. Beyond it ``Unreachable`` is raised."""

ANSWER_BYTES_MAX = 16 * 1024 * 1024
"""One answer. A longer one is refused."""


@dataclass(frozen=True, slots=True)
class Login:
    """A session that was just begun."""

    token: str
    session: int
    user: User
    expires_at: int
    device_secret: str | None = None
    """To be given at this device's next sign-in: then no stranger who guesses passwords can lock it out."""


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in device of the user."""

    session: int
    device: str
    client: str | None
    created_at: int
    seen_at: int
    expires_at: int
    current: bool


@dataclass(frozen=True, slots=True)
class FoundUser:
    """Somebody whom a search found."""

    user: User
    marks: tuple[tuple[int, int], ...]
    """The parts of the name that fit, as slices of it. None where the login name did."""


@dataclass(frozen=True, slots=True)
class FoundUsers:
    """Whom a search found."""

    users: list[FoundUser]
    """The best match first."""
    more: bool
    """There may be others; more letters find them."""


@dataclass(frozen=True, slots=True)
class Members:
    """A page of the members of a group."""

    roles: dict[int, str]
    """By user, ascending: ``member``, ``admin`` or ``owner``."""
    users: list[User]
    more: bool
    """There are others above the last one."""


class Http:
    """Requests to one server, with the token of one session."""

    def __init__(self, server: str, token: str | None = None, *, ssl: tls.SSLContext | None = None):
        self.server = server.rstrip("/")
        self.token = token
        handlers: list[urllib.request.BaseHandler] = []
        if ssl is not None:
            handlers.append(urllib.request.HTTPSHandler(context=ssl))
        if is_loopback(self.server):
            handlers.append(urllib.request.ProxyHandler({}))
        self._opener = urllib.request.build_opener(*handlers)

    async def login(
        self,
        login: str,
        password: str,
        *,
        device: str | None = None,
        client: str | None = None,
        device_secret: str | None = None,
    ) -> Login:
        """Begin a session, and use its token from here on.

        A sign-in ends the earlier session of the same ``device``. So do not repeat one whose answer was lost
        after another sign-in of that device.
        """
        asked = _present(login=login, password=password, device=device, client=client, device_secret=device_secret)
        answer = await self.request("POST", "/v1/login", body=asked)
        self.token = str(answer["token"])
        user, secret = User.of(answer["user"]), answer.get("device_secret")
        return Login(self.token, answer["session"], user, answer["expires_at"], secret)

    async def logout(self) -> None:
        """End this session. Its connections are closed."""
        await self.request("POST", "/v1/logout")

    async def me(self) -> User:
        """The user whom the token stands for."""
        return User.of((await self.request("GET", "/v1/me"))["user"])

    async def rename(self, name: str) -> User:
        """Change the name that others see."""
        return User.of((await self.request("PATCH", "/v1/me", body={"name": name}))["user"])

    async def change_password(self, current: str, new: str) -> None:
        """Change the password. The user's other sessions end."""
        await self.request("POST", "/v1/password", body={"current": current, "new": new})

    async def sessions(self) -> list[Session]:
        """The user's signed-in devices, the last used first."""
        answer = await self.request("GET", "/v1/sessions")
        return [
            Session(
                session=session["session"],
                device=session["device"],
                client=session.get("client"),
                created_at=session["created_at"],
                seen_at=session["seen_at"],
                expires_at=session["expires_at"],
                current=session["current"],
            )
            for session in answer["sessions"]
        ]

    async def end_session(self, session: int) -> None:
        """Sign another device out."""
        await self.request("DELETE", f"/v1/sessions/{session}")

    async def users(self, *, after: int | None = None, limit: int | None = None) -> list[User]:
        """A page of all users, by id. The one after the last is empty."""
        answer = await self.request("GET", "/v1/users", query=_present(after=after, limit=limit))
        return [User.of(user) for user in answer["users"]]

    async def search_users(self, typed: str, *, limit: int | None = None) -> FoundUsers:
        """The users whom these letters find: by name, pinyin, initials and, where the server shows them, login names.

        The best match stands first. Answers 20 users, or up to 50 where ``limit`` asks for them.
        """
        answer = await self.request("GET", "/v1/users", query=_present(q=typed, limit=limit))
        found = zip(answer["users"], answer["marks"], strict=True)
        users = [FoundUser(User.of(user), tuple((begin, end) for begin, end in marks)) for user, marks in found]
        return FoundUsers(users, answer["more"])

    async def user(self, login: str) -> User:
        """The user with this login name."""
        answer = await self.request("GET", "/v1/users", query={"login": login})
        if not answer["users"]:
            raise RequestError("user_not_found", "no such user", status=404)
        return User.of(answer["users"][0])

    async def send(
        self,
        text: str,
        *,
        to: int | None = None,
        conv: int | None = None,
        client_id: str | None = None,
        reply_to: int | None = None,
        mentions: Sequence[int] = (),
        mentions_all: bool = False,
        topic: str | None = None,
        expires_at: int | None = None,
        origin: str | None = None,
    ) -> Sent:
        """Append a message. To repeat it safely, give a ``client_id`` and use the same one again."""
        asked = _present(
            to=to,
            conv=conv,
            client_id=client_id or new_client_id(),
            body=text_body(text),
            reply_to=reply_to,
            mentions=list(mentions) or None,
            mentions_all=mentions_all or None,
            topic=topic,
            expires_at=expires_at,
            origin=origin,
        )
        return Sent.of(await self.request("POST", "/v1/messages", body=asked))

    async def edit(self, conv: int, seq: int, text: str, *, client_id: str | None = None) -> Sent:
        """Give one's own message another text."""
        asked = {"client_id": client_id or new_client_id(), "body": text_body(text)}
        return Sent.of(await self.request("PATCH", f"/v1/conversations/{conv}/entries/{seq}", body=asked))

    async def recall(self, conv: int, seq: int) -> Sent:
        """Blank one's own message."""
        return Sent.of(await self.request("DELETE", f"/v1/conversations/{conv}/entries/{seq}"))

    async def read(self, conv: int, seq: int) -> None:
        """Say that the user has read up to ``seq``."""
        await self.request("POST", f"/v1/conversations/{conv}/read", body={"seq": seq})

    async def history(
        self, conv: int, *, before: int | None = None, after: int | None = None, limit: int | None = None
    ) -> History:
        """A stretch of a conversation's log."""
        query = _present(before=before, after=after, limit=limit)
        return History.of(await self.request("GET", f"/v1/conversations/{conv}/entries", query=query))

    async def set_presence(self, *, last_seen: str | None = None, invisible: bool | None = None) -> None:
        """Say who sees when one was last there (``everybody`` or ``nobody``), and whether one is offline to all."""
        await self.request("PATCH", "/v1/me", body=_present(last_seen=last_seen, invisible=invisible))

    async def block(self, user: int) -> None:
        """Hear nothing more of a user in the conversation of the two, and let them see nothing of oneself."""
        await self.request("PUT", f"/v1/blocks/{user}")

    async def unblock(self, user: int) -> None:
        """Undo ``block``."""
        await self.request("DELETE", f"/v1/blocks/{user}")

    async def blocked(self, *, after: int | None = None, limit: int | None = None) -> UserPage:
        """Whom one has blocked: a page, by id."""
        return UserPage.of(await self.request("GET", "/v1/blocks", query=_present(after=after, limit=limit)))

    async def mentions(self, *, before: str | None = None, limit: int | None = None) -> MentionPage:
        """Messages that mention oneself, over all conversations, the newest first."""
        query = _present(before=before, limit=limit)
        return MentionPage.of(await self.request("GET", "/v1/mentions", query=query))

    async def react(self, conv: int, seq: int, value: str, *, on: bool = True) -> None:
        """Set a reaction to a message, or take it back."""
        await self.request("PUT" if on else "DELETE", _reaction(conv, seq, value))

    async def reactors(
        self, conv: int, seq: int, value: str, *, after: int | None = None, limit: int | None = None
    ) -> UserPage:
        """A page of those who set a reaction, by id."""
        query = _present(after=after, limit=limit)
        return UserPage.of(await self.request("GET", _reaction(conv, seq, value), query=query))

    async def create_group(self, name: str, users: Sequence[int] = (), *, client_id: str | None = None) -> Sent:
        """Make a group with these, at most 100. The answer's ``conv`` is the group; the caller is its owner."""
        return await self._change("POST", "/v1/groups", client_id, name=name, users=list(users))

    async def set_group(self, conv: int, *, client_id: str | None = None, **setting: str | int) -> Sent:
        """Change one setting of a group: ``name``, ``description``, ``post``, ``invite``, ``slow_s``, ``pin``,
        ``keep_days``, ``keep_entries`` or ``history``, the last with ``history_days`` where it is ``days``. What is not
        kept is gone for good."""
        return await self._change("PATCH", f"/v1/groups/{conv}", client_id, **setting)

    async def add_members(self, conv: int, users: Sequence[int], *, client_id: str | None = None) -> Sent:
        """Bring people into a group, at most 100 at a time."""
        return await self._change("POST", f"/v1/groups/{conv}/members", client_id, users=list(users))

    async def set_role(self, conv: int, user: int, role: str, *, client_id: str | None = None) -> Sent:
        """Give a member another role: ``member``, ``admin``, or ``owner``, which one is oneself no more then."""
        return await self._change("PATCH", f"/v1/groups/{conv}/members/{user}", client_id, role=role)

    async def remove_member(self, conv: int, user: int, *, client_id: str | None = None) -> Sent:
        """Put a member out of a group; with one's own id, leave it."""
        return await self._end(f"/v1/groups/{conv}/members/{user}", client_id)

    async def disband_group(self, conv: int, *, client_id: str | None = None) -> Sent:
        """End a group for everybody."""
        return await self._end(f"/v1/groups/{conv}", client_id)

    async def members(self, conv: int, *, after: int | None = None, limit: int | None = None) -> Members:
        """A page of the members of a group, by id."""
        query = _present(after=after, limit=limit)
        answer = await self.request("GET", f"/v1/groups/{conv}/members", query=query)
        roles = {member["user"]: member["role"] for member in answer["members"]}
        return Members(roles, [User.of(user) for user in answer["users"]], answer["more"])

    async def ban(self, conv: int, users: Sequence[int], *, client_id: str | None = None) -> Sent:
        """Ban people from a group, members or not: nobody brings them in any more."""
        return await self._change("POST", f"/v1/groups/{conv}/bans", client_id, users=list(users))

    async def unban(self, conv: int, user: int, *, client_id: str | None = None) -> Sent:
        """Let somebody be brought in again."""
        return await self._end(f"/v1/groups/{conv}/bans/{user}", client_id)

    async def bans(self, conv: int, *, after: int | None = None, limit: int | None = None) -> UserPage:
        """A page of those who are banned from a group, by id."""
        query = _present(after=after, limit=limit)
        return UserPage.of(await self.request("GET", f"/v1/groups/{conv}/bans", query=query))

    async def mute(self, conv: int, user: int, until: int, *, client_id: str | None = None) -> Sent:
        """Let a member of a group read and not write until a time, in milliseconds since 1970."""
        return await self._change("POST", f"/v1/groups/{conv}/mutes", client_id, user=user, until=until)

    async def unmute(self, conv: int, user: int, *, client_id: str | None = None) -> Sent:
        """Let a member write again."""
        return await self._end(f"/v1/groups/{conv}/mutes/{user}", client_id)

    async def mutes(self, conv: int) -> dict[int, int]:
        """The members of a group who may not write now, and until when."""
        answer = await self.request("GET", f"/v1/groups/{conv}/mutes")
        return {mute["user"]: mute["until"] for mute in answer["muted"]}

    async def make_link(
        self,
        conv: int,
        *,
        name: str | None = None,
        expires_at: int | None = None,
        uses: int | None = None,
        approval: bool = False,
        client_id: str | None = None,
    ) -> Link:
        """Make a link into a group. It lets in all who come, or ``uses`` of them, or has them ask (``approval``)."""
        body = _present(name=name, expires_at=expires_at, uses=uses, client_id=client_id or new_client_id())
        if approval:
            body["approval"] = True
        return Link.of(await self.request("POST", f"/v1/groups/{conv}/links", body=body))

    async def links(self, conv: int) -> Links:
        """The links of a group: admins see all, others their own."""
        return Links.of(await self.request("GET", f"/v1/groups/{conv}/links"))

    async def revoke_link(self, conv: int, link: int) -> None:
        """Take a link away: nobody can come by it any more."""
        await self.request("DELETE", f"/v1/groups/{conv}/links/{link}")

    async def joiners(self, conv: int, link: int, *, after: int | None = None, limit: int | None = None) -> JoinerPage:
        """A page of those who came in by a link, behind the entry ``after``."""
        query = _present(after=after, limit=limit)
        return JoinerPage.of(await self.request("GET", f"/v1/groups/{conv}/links/{link}/joiners", query=query))

    async def look(self, *, token: str | None = None, conv: int | None = None) -> GroupOutside:
        """What is to be seen of a group from outside: by a link, or of one that lets everybody ask."""
        body = _present(token=token, conv=conv)
        return GroupOutside.of(await self.request("POST", "/v1/join/look", body=body))

    async def join(self, *, token: str | None = None, conv: int | None = None, client_id: str | None = None) -> Asked:
        """Come into a group by a link, or ask for that: the answer's ``state`` is ``member`` or ``waiting``."""
        body = _present(token=token, conv=conv, client_id=client_id or new_client_id())
        return Asked.of(await self.request("POST", "/v1/join", body=body))

    async def own_requests(self) -> tuple[Asked, ...]:
        """One's own requests: those that wait, and those that were declined and may not be asked again yet."""
        answer = await self.request("GET", "/v1/requests")
        return tuple(Asked.of(asked) for asked in answer["requests"])

    async def join_requests(self, conv: int, *, after: int | None = None, limit: int | None = None) -> RequestPage:
        """A page of those who wait to be let into a group, by id. Admins may ask."""
        query = _present(after=after, limit=limit)
        return RequestPage.of(await self.request("GET", f"/v1/groups/{conv}/requests", query=query))

    async def approve(self, conv: int, user: int, *, client_id: str | None = None) -> Sent:
        """Let somebody in who asked."""
        return await self._change("POST", f"/v1/groups/{conv}/requests/{user}", client_id)

    async def decline(self, conv: int, user: int) -> None:
        """Let somebody not in who asked; with one's own id, ask no more."""
        await self.request("DELETE", f"/v1/groups/{conv}/requests/{user}")

    async def pin(self, conv: int, seq: int, *, client_id: str | None = None) -> Sent:
        """Pin a message for all members, in a conversation of two as well."""
        return await self._change("POST", f"/v1/conversations/{conv}/pins", client_id, seq=seq)

    async def unpin(self, conv: int, seq: int, *, client_id: str | None = None) -> Sent:
        """Take the pin from a message."""
        return await self._end(f"/v1/conversations/{conv}/pins/{seq}", client_id)

    async def _change(self, method: str, path: str, client_id: str | None, **asked: Any) -> Sent:
        body = {"client_id": client_id or new_client_id(), **asked}
        return Sent.of(await self.request(method, path, body=body))

    async def _end(self, path: str, client_id: str | None) -> Sent:
        query = {"client_id": client_id or new_client_id()}
        return Sent.of(await self.request("DELETE", path, query=query))

    async def is_healthy(self) -> bool:
        """Whether a message can be stored now."""
        try:
            await self.request("GET", "/v1/health")
        except (RequestError, Unreachable):
            return False
        return True

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Frame:
        """Any request. Raises ``RequestError`` for an error of the server, ``Unreachable`` without an answer."""
        return await asyncio.to_thread(self._request, method, path, query, body)

    def _request(
        self, method: str, path: str, query: Mapping[str, Any] | None, body: Mapping[str, Any] | None
    ) -> Frame:
        url = self.server + path
        if query:
            url += "?" + urllib.parse.urlencode(query)
        headers = {"Accept": "application/json"}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        data = None
        if body is not None:
            data = json.dumps(body, ensure_ascii=False).encode()
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(url, data=data, headers=headers, method=method)
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                return _object(answer.read(ANSWER_BYTES_MAX + 1))
        except urllib.error.HTTPError as error:
            with error:
                raise _refusal(error.code, error.read(ANSWER_BYTES_MAX)) from None
        except (OSError, urllib.error.URLError, ValueError) as error:
            raise Unreachable(f"{method} {path}: {error}") from error


def is_loopback(server: str) -> bool:
    """Whether a server's address is of this machine: no proxy stands between."""
    host = urllib.parse.urlsplit(server).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _reaction(conv: int, seq: int, value: str) -> str:
    return f"/v1/conversations/{conv}/entries/{seq}/reactions/{urllib.parse.quote(value, safe='')}"


def _present(**fields: Any) -> Frame:
    return {name: value for name, value in fields.items() if value is not None}


def _object(data: bytes) -> Frame:
    if len(data) > ANSWER_BYTES_MAX:
        raise ValueError("the answer is too long")
    if not data:
        return {}
    value = json.loads(data)
    if not isinstance(value, dict):
        raise ValueError("the answer is no object")
    return value


def _refusal(status: int, data: bytes) -> RequestError:
    try:
        error = _object(data)["error"]
        return RequestError(error["code"], error.get("message", ""), error.get("retry_after_ms"), status)
    except (ValueError, KeyError, TypeError):
        # Not the server's own words: a proxy's, perhaps.
        return RequestError("internal" if status >= 500 else "bad_request", f"HTTP status {status}", None, status)
