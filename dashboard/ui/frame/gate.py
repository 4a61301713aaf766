"""The gate before everything that the server answers: who may ask, what is never taken, what is always said.

It refuses names that are not the server's (a foreign page that has its own name point here would otherwise read everything), requests that
another site's page makes, and whatever carries a body but a file for the page that loads data (``uploads.py``), from a page of this
server. What it lets through never makes Streamlit compare origins
itself, for which it would ask a service on the internet for this machine's address. Every answer carries the headers that keep it from
being framed, sniffed or fed with foreign content. Who somebody is, is judged at the door behind it (``door.py``).
"""

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.settings import settings

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_FORMS = ("/sign-in", "/sign-in/password", "/sign-in/device", "/sign-out")
_UPLOADS, _SOCKET = "_stcore/upload_file", "_stcore/stream"
_FILES = "/uploads/"
_POLICY_VIOLATION = 1008

# Streamlit writes styles into the page and makes scripts and workers of its own from blobs; nothing comes from or goes to another host.
CONTENT_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "media-src 'self' data: blob:",
        "frame-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Frame-Options": "SAMEORIGIN",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def host_names(text: str) -> frozenset[str]:
    """Return the names of a setting "a.example, *.b.example", in small letters."""
    return frozenset(name.strip().lower().rstrip(".").strip("[]") for name in text.split(",") if name.strip())


def host_name(netloc: str) -> str | None:
    """Return the name in ``name:port`` in small letters, IPv6 without brackets; None for anything that is not just that."""
    if any(character.isspace() or character in "/\\?#@," for character in netloc):
        return None
    try:
        parts = urlsplit(f"//{netloc}")
        _port = parts.port  # raises for a port that is none
    except ValueError:
        return None
    return parts.hostname.rstrip(".") if parts.hostname else None


def allowed_names(listening: str) -> frozenset[str]:
    """Return the names by which a server may be reached: those of the settings, its public address, and what it listens on."""
    chosen = settings()
    public = host_name(urlsplit(chosen.public_address).netloc) if chosen.public_address else None
    return host_names(chosen.allowed_hosts) | host_names(listening) | ({public} if public else set())


def _is_among(name: str, allowed: frozenset[str]) -> bool:
    return name in allowed or any(each.startswith("*.") and name.endswith(each[1:]) for each in allowed)


def _same_address(name: str, listening: str) -> bool:
    """Tell whether ``name`` is the very address that the connection came in on: an address cannot be made to point elsewhere."""
    try:
        here, asked = ipaddress.ip_address(listening), ipaddress.ip_address(name)
    except ValueError:
        return False
    mapped = here.ipv4_mapped if isinstance(here, ipaddress.IPv6Address) else None
    return asked in (here, mapped)


class Gate:
    """ASGI middleware. ``allowed`` are the names by which the server may be reached beside loopback and the address it is reached at.

    ``forms`` says whether the sign-in pages take what is posted to them, by a page of this very server.
    """

    def __init__(self, app: ASGIApp, allowed: frozenset[str] = frozenset(), *, forms: bool = False) -> None:
        self.app = app
        self.allowed = allowed
        self.forms = forms

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, with what Streamlit needs to know of it, or refuse it in words."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = [(name.lower(), value.decode("latin-1")) for name, value in scope["headers"]]
        refusal = self._refusal(scope, [text for name, text in headers if name == b"host"], _origins(headers))
        if refusal is not None:
            await _refuse(scope, receive, send, *refusal)
        elif scope["type"] == "websocket":
            await self.app(_with_public_name(scope, _origins(headers)), receive, _saying_headers(send, own_policy=False))
        else:
            await self.app(_without_origin(scope), receive, _saying_headers(send, own_policy=scope["path"].startswith("/sign-in")))

    def _refusal(self, scope: Scope, hosts: list[str], origins: list[str]) -> tuple[int, str] | None:
        """Return status and words of a refusal, None for what may pass."""
        listening = (scope.get("server") or ("", 0))[0]
        name = host_name(hosts[0]) if len(hosts) == 1 else None
        if name is None or not self._is_ours(name, listening):
            return 421, "本服务不以这个名称提供访问；请管理员把它写入 ALLOWED_HOSTS。\nThis name is not in ALLOWED_HOSTS of this server."
        if len(origins) > 1 or (origins and not self._may_ask(origins[0], hosts[0])):
            return 403, "拒绝来自其他网站的请求。\nRequests of other sites are refused."
        put = scope["type"] == "http" and scope["method"] == "PUT" and scope["path"].startswith(_FILES)
        posted = self.forms and scope["type"] == "http" and scope["method"] == "POST" and scope["path"] in _FORMS
        if (posted or put) and not origins:
            return 403, "拒绝不是本页发出的表单。\nOnly forms of this page are taken."
        if scope["type"] == "http" and not posted and not put and (scope["method"] not in _METHODS or _UPLOADS in scope["path"]):
            return 405, "本服务不接收上传。\nThis server takes no uploads."
        if scope["type"] == "websocket" and _SOCKET not in scope["path"]:
            return 404, "这里没有连接。\nThere is no socket here."
        return None

    def _is_ours(self, name: str, listening: str) -> bool:
        return name in LOOPBACK or _is_among(name, self.allowed) or _same_address(name, listening)

    def _may_ask(self, origin: str, host: str) -> bool:
        """Tell whether a page of ``origin`` may ask: the very host asked, or an allowed name where a gateway hides it."""
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https"):
            return False
        name = host_name(parts.netloc)
        return parts.netloc.lower() == host.lower() or (name is not None and _is_among(name, self.allowed))


def _origins(headers: list[tuple[bytes, str]]) -> list[str]:
    return [text for name, text in headers if name == b"origin"]


def _without_origin(scope: Scope) -> Scope:
    """Return the request without its origin, which has been judged: Streamlit would look for it on the internet."""
    return {**scope, "headers": [(name, value) for name, value in scope["headers"] if name.lower() != b"origin"]}


def _with_public_name(scope: Scope, origins: list[str]) -> Scope:
    """Return the handshake with the name that the browser knows as host, so that Streamlit sees one site."""
    if not origins:
        return scope
    name = urlsplit(origins[0]).netloc.encode("latin-1")
    return {**scope, "headers": [(key, name if key.lower() == b"host" else value) for key, value in scope["headers"]]}


def _saying_headers(send: Send, *, own_policy: bool) -> Send:
    """Put the headers on every answer; the sign-in pages (``own_policy``) have a stricter policy of contents."""

    async def answered(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.accept"):
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                if not (own_policy and name == "Content-Security-Policy" and name in headers):
                    headers[name] = value
        await send(message)

    return answered


async def server_fault(_request: Request, _error: Exception) -> Response:
    """Answer a request at which the server itself failed; the log has the details.

    It stands outside the gate, so it says the headers itself.
    """
    words = "服务出现内部错误，请稍后刷新重试；仍不行请告诉系统管理员。\nThe server failed at this request; please try again later."
    return PlainTextResponse(words, status_code=500, headers=HEADERS)


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, words: str) -> None:
    if scope["type"] == "websocket":
        await receive()
        if "websocket.http.response" not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            return
    # The rest of a body is not read: the connection ends with the answer.
    response = PlainTextResponse(words, status_code=status, headers={**HEADERS, "Connection": "close"})
    await response(scope, receive, send)
