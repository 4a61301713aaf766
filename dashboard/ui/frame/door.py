"""The door behind the gate: who has a session comes in, under their number and no other; everybody else is shown to the sign-in page.

It sees pages, the websocket, media and static files before Streamlit does. What it lets through carries a stamp that only this process
can write (``services/common/identity.py``); whatever looks like an identity is taken from requests on their way in. A session that ends
closes its websockets within seconds, in every tab. A media file goes to the sessions to which its address was told, and to no cache.
"""

import asyncio
import ipaddress
import logging
import re
import threading
from collections.abc import Awaitable, Callable
from urllib.parse import quote

from anyio import to_thread
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

from dashboard.errors import ProductError
from dashboard.newest import keep_newest
from dashboard.services.common.audit import record_refusal
from dashboard.services.common.identity import STAMP_HEADER, living_session, note_use, stamp, sweep
from dashboard.settings import settings
from dashboard.ui.frame.cookie import has_cookie, session_id_in, source_address

logger = logging.getLogger("dashboard")

ENDED = 4401
"""The code with which a websocket of an ended session is closed."""
_IDENTITY_HEADERS = re.compile(
    r"x-(remote|forwarded|auth|authenticated)-(user|email|groups|name|preferred-username|access-token).*|remote-user"
)
_STREAMLIT_SIGN_IN = ("/auth/", "/oauth2callback")
_METRICS = ("/_stcore/metrics", "/_stcore/script-health-check", "/metrics")
_FREE = ("/_stcore/health", "/health/live", "/health/ready", "/favicon.png", "/robots.txt")
_FREE_BELOW = ("/app/static/fonts/", "/api/v1/")  # the API has tokens of its own
_NO_PAGES = ("/media/", "/_stcore/", "/static/", "/app/", "/component/")
_MEDIA = re.compile(rb"/media/([0-9A-Za-z]{16,128}\.[0-9A-Za-z]{1,8})")
_SWEEP_SECONDS = 2.0
_MOST_FILES = 5_000
_MOST_OWNED = 20_000

Finder = Callable[[Scope], Awaitable[str | None]]
"""Finds the number of the living session of a request."""


class Told:
    """Which media files each session has been told the address of; of very many the newest."""

    def __init__(self) -> None:
        self._files: dict[str, dict[str, None]] = {}

    @property
    def sessions(self) -> set[str]:
        """The sessions that have been told of any."""
        return set(self._files)

    def note(self, session_id: str, message: bytes) -> None:
        """Note the addresses in a message on its way to the browser."""
        if b"/media/" not in message:
            return
        known = self._files.setdefault(session_id, {})
        for name in _MEDIA.findall(message):
            keep_newest(known, name.decode(), None, _MOST_FILES)

    def knows(self, session_id: str, name: str) -> bool:
        """Tell whether the session was told of the file ``name``."""
        return name in self._files.get(session_id, ())

    def forget(self, session_id: str) -> None:
        """Forget an ended session."""
        self._files.pop(session_id, None)


class Watch:
    """The open websockets by session; a loop closes those whose session has ended, and forgets what an ended session was told.

    It runs while there is any websocket, or any session that closed all its pages and lives on: a laptop shut without signing out.
    """

    def __init__(self) -> None:
        self._open: dict[str, set[asyncio.Event]] = {}
        self._task: asyncio.Task[None] | None = None
        self.told = Told()

    def enter(self, session_id: str) -> asyncio.Event:
        """Return the event that is set when the session ends."""
        event = asyncio.Event()
        self._open.setdefault(session_id, set()).add(event)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())
        return event

    def leave(self, session_id: str, event: asyncio.Event) -> None:
        """Take a closed websocket out."""
        events = self._open.get(session_id, set())
        events.discard(event)
        if not events:
            self._open.pop(session_id, None)

    def close(self, session_id: str) -> None:
        """Close the websockets of a session that has just ended."""
        self.told.forget(session_id)
        for event in self._open.get(session_id, set()):
            event.set()

    async def _run(self) -> None:
        while watched := self._open.keys() | self.told.sessions:
            await asyncio.sleep(_SWEEP_SECONDS)
            try:
                ended = await to_thread.run_sync(sweep, watched | self._open.keys())
            except ProductError as error:  # nobody is thrown out because the workspace is away; nobody new comes in either
                logger.warning("%s", error.text())
                continue
            for session_id in ended:
                self.close(session_id)


_owned: dict[str, str] = {}
_owned_lock = threading.Lock()
_refused: dict[tuple[str, str | None], None] = {}


def own(streamlit_session: str, session_id: str) -> None:
    """Note that the state Streamlit keeps under ``streamlit_session`` belongs to a session: nobody else may take it up again."""
    with _owned_lock:
        keep_newest(_owned, streamlit_session, session_id, _MOST_OWNED)


class Door:
    """ASGI middleware behind ``Gate``. Without ``find`` (``SIGN_IN=none``) everybody is let in, and only identities are taken off."""

    def __init__(self, app: ASGIApp, find: Finder | None = None, sign_in: ASGIApp | None = None, watch: Watch | None = None) -> None:
        self.app = app
        self.find = find
        self.sign_in = sign_in
        self.watch = watch or Watch()
        self.told = self.watch.told

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, show it to the sign-in page, or refuse it in words."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        asked, scope = scope, _without_identity(scope)
        if path.startswith(_STREAMLIT_SIGN_IN):
            await _refuse(scope, receive, send, 404, "没有这个地址。\nThere is no such address.")
        elif path in _METRICS and not _from_this_machine(asked):
            await _refuse(scope, receive, send, 403, "只答应本机。\nAnswered on this machine only.")
        elif self.find is None:
            await self.app(scope, receive, _private(send) if path.startswith("/media/") else send)
        elif self.sign_in is not None and (path in ("/sign-in", "/sign-out") or path.startswith("/sign-in/")):
            await self.sign_in(asked, receive, send)
        elif path in _FREE or path in _METRICS or path.startswith(_FREE_BELOW):
            await self.app(scope, receive, send)
        else:
            await self._guarded(asked, scope, receive, send, self.find)

    async def _guarded(self, asked: Scope, scope: Scope, receive: Receive, send: Send, find: Finder) -> None:
        try:
            session_id = await find(asked)
        except ProductError as error:
            logger.warning("%s", error.text())
            await _refuse(scope, receive, send, 503, error.text() + "\n" + error.text("en"))
            return
        if session_id is None:
            await self._unknown(asked, receive, send)
        elif scope["type"] == "websocket":
            await self._talk(_resuming_own(_stamped(scope, session_id), session_id), receive, send, session_id)
        elif scope["path"].startswith("/media/"):
            await self._file(_stamped(scope, session_id), receive, send, session_id)
        else:
            if is_page(scope):
                note_use(session_id)
            await self.app(_stamped(scope, session_id), receive, send)

    async def _unknown(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Show a page's reader to the sign-in page, with the address to come back to; refuse anything else."""
        if has_cookie(scope):
            await to_thread.run_sync(_note_refused_cookie, scope)
        if not is_page(scope):
            await _refuse(scope, receive, send, 401, "请先登录。\nPlease sign in first.")
            return
        query = scope.get("query_string", b"").decode("latin-1")
        back = scope["path"] + (f"?{query}" if query else "")
        english = "&lang=en" if "lang=en" in query.split("&") else ""
        answer = RedirectResponse(f"/sign-in?next={quote(back, safe='')}{english}", status_code=303)
        answer.headers["Cache-Control"] = "no-store"
        await answer(scope, receive, send)

    async def _file(self, scope: Scope, receive: Receive, send: Send, session_id: str) -> None:
        if self.told.knows(session_id, scope["path"].removeprefix("/media/")):
            await self.app(scope, receive, _private(send))
        else:
            await to_thread.run_sync(record_refusal, "/media", session_id, source_address(scope))
            await _refuse(scope, receive, send, 403, "这个文件不是为您生成的。\nThis file was not made for you.")

    async def _talk(self, scope: Scope, receive: Receive, send: Send, session_id: str) -> None:
        """Let a websocket talk until its session ends."""
        ended = self.watch.enter(session_id)
        over = asyncio.ensure_future(ended.wait())

        async def heard() -> Message:
            message = asyncio.ensure_future(receive())
            await asyncio.wait({message, over}, return_when=asyncio.FIRST_COMPLETED)
            if over.done():
                message.cancel()
                await send({"type": "websocket.close", "code": ENDED})
                return {"type": "websocket.disconnect", "code": ENDED}
            heard_now = message.result()
            if _by_a_person(heard_now):
                note_use(session_id)
            return heard_now

        async def said(message: Message) -> None:
            if ended.is_set() and message["type"] == "websocket.send":
                return
            if message.get("bytes"):
                self.told.note(session_id, message["bytes"])
            await send(message)

        try:
            await self.app(scope, heard, said)
        finally:
            over.cancel()
            self.watch.leave(session_id, ended)


def _without_identity(scope: Scope) -> Scope:
    """Return the request without whatever claims an identity: nobody may say by a header who they are."""
    chosen = settings()
    taken = {STAMP_HEADER, chosen.proxy_user_header.lower(), chosen.proxy_secret_header.lower()}

    def claims(name: bytes) -> bool:
        text = name.lower().decode("latin-1")
        return text in taken or _IDENTITY_HEADERS.fullmatch(text) is not None

    kept = [(name, value) for name, value in scope["headers"] if not claims(name)]
    return {**scope, "headers": kept}


def _stamped(scope: Scope, session_id: str) -> Scope:
    return {**scope, "headers": [*scope["headers"], (STAMP_HEADER.encode(), stamp(session_id).encode())]}


def _resuming_own(scope: Scope, session_id: str) -> Scope:
    """Return a handshake that takes up no state but that of its own session: the third word of Streamlit's subprotocol names it."""
    headers = []
    for name, value in scope["headers"]:
        words = value.decode("latin-1").split(",")
        if name.lower() == b"sec-websocket-protocol" and len(words) > 2 and _owned.get(words[2].strip()) != session_id:
            headers.append((name, ",".join(words[:2]).encode("latin-1")))
        else:
            headers.append((name, value))
    protocols = list(scope.get("subprotocols", []))
    if len(protocols) > 2 and _owned.get(protocols[2].strip()) != session_id:
        protocols = protocols[:2]
    return {**scope, "headers": headers, "subprotocols": protocols}


def is_page(scope: Scope) -> bool:
    """Tell whether a browser asks for a page to show."""
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or scope["path"].startswith(_NO_PAGES):
        return False
    return "text/html" in HTTPConnection(scope).headers.get("accept", "")


def _by_a_person(message: Message) -> bool:
    """Tell whether a message comes of something somebody did, not of a clock in the page."""
    if not message.get("bytes"):
        return False
    back = BackMsg()
    try:
        back.ParseFromString(message["bytes"])
    except Exception:  # noqa: BLE001 - protobuf's own error class differs between its two implementations; Streamlit refuses it next
        return False
    return back.WhichOneof("type") == "rerun_script" and not back.rerun_script.is_auto_rerun


def _from_this_machine(scope: Scope) -> bool:
    """Tell whether this machine asks, and not for somebody else."""
    headers = {name.lower() for name, _ in scope["headers"]}
    if headers & {b"forwarded", b"x-forwarded-for", b"x-real-ip", b"x-forwarded-host"}:
        return False
    try:
        return ipaddress.ip_address(source_address(scope) or "").is_loopback
    except ValueError:
        return False


def _private(send: Send) -> Send:
    async def answered(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["Cache-Control"] = "no-store, private"
        await send(message)

    return answered


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, words: str) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": ENDED})
        return
    answer: Response = PlainTextResponse(words, status_code=status, headers={"Cache-Control": "no-store"})
    await answer(scope, receive, send)


def _note_refused_cookie(scope: Scope) -> None:
    """Note in the audit trail a cookie that opens nothing: forged ones once a minute and address, one of an ended session once an address.

    A tab that was left open asks again with its dead cookie for days.
    """
    address = source_address(scope)
    try:
        session_id = session_id_in(scope)
    except ProductError as error:  # the workspace is away: nobody comes in, and there is nowhere to note it
        logger.warning("%s", error.text())
        return
    if session_id is not None:
        with _owned_lock:
            if (session_id, address) in _refused:
                return
            keep_newest(_refused, (session_id, address), None, _MOST_OWNED)
    record_refusal("cookie", session_id, address, {"cookie": "forged" if session_id is None else "ended"})


async def session_by_cookie(scope: Scope) -> str | None:
    """Return the number of the living session whose cookie a request carries. Raises ``DatabaseError``."""
    return await to_thread.run_sync(_session_of, scope)


def _session_of(scope: Scope) -> str | None:
    session_id = session_id_in(scope)
    return session_id if session_id and living_session(session_id) is not None else None
