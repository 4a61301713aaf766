"""The program's own files on their way to a browser: compressed once, kept for good by whoever asked, and announced with the page.

Streamlit sends its scripts as they lie on the disk (a first visit is 10 MB) and its page names none of the parts that a page of ours
asks for only after its first message. Here a script is compressed when it is first asked for and kept in memory (a few MB), names that
carry a hash of their content may be kept for good, and every page says in a ``Link`` header what it will need, so that the browser
fetches and compiles it while the server still runs the page. A gateway that compresses finds it done.

What draws charts and maps is large, and evaluating it keeps the browser from drawing anything else. Its address therefore answers with a
few lines (``later.js``) that wait until the light part of the page is painted and only then load the script itself, which lies at the same
address with ``?drawn``. Pages, tests and prints know nothing of it: a chart is a chart.

Streamlit's page looks for its server below its own address first, and a page of ours lies at an address of its own: it would ask twice in
vain, complain and wait before it asks at the root. So the page is told where the root is.
"""

import gzip
import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import streamlit
from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.topics import PAGES, page_named
from dashboard.ui.kit.component import bundled

_STATIC: Final = Path(streamlit.__file__).parent / "static"
_TYPES: Final = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
_FOR_GOOD: Final = "public, max-age=31536000, immutable"
_FONTS: Final = "/app/static/fonts/"
_LEVEL: Final = 9
_DRAWN: Final = "../lib/src/components/"
"""Where Streamlit's manifest has the scripts of its elements."""
_EVERYWHERE: Final = (
    "elements/Html/Html.tsx",
    "widgets/BidiComponent/BidiComponent.tsx",
    "widgets/ButtonGroup/ButtonGroup.tsx",
    "elements/LinkButton/LinkButton.tsx",
    "widgets/Button/Button.tsx",
    "widgets/Selectbox/Selectbox.tsx",
)
"""What every page with figures draws, in the order in which it is needed."""
_DRAWN_BY: Final = {
    "chart": "elements/PlotlyChart/PlotlyChart.tsx",
    "map": "elements/DeckGlJsonChart/DeckGlJsonChart.tsx",
}
"""What draws the parts that a topic names in ``Page.draws``; all of these are large and come after the first picture."""
_DRAWN_QUERY: Final = "drawn"
_EXPORTS: Final = re.compile(r"export\{([^{}]+)\};?\s*$")
_A_DAY: Final = "public, max-age=86400"
_ENTRY: Final = b'<script type="module"'
_ROOT: Final = b'<script>window.__streamlit = { BACKEND_BASE_URL: new URL("/", window.location.href).href };</script>'
"""What stands before the page's first script: Streamlit reads the name when its own script begins."""
_CONDITIONS: Final = (b"if-none-match", b"if-modified-since", b"accept-encoding")
_HEADER: Final = 2_500
"""How long the header may be: gateways take 4 KB for all headers of an answer together."""


class Packed:
    """Files by their address, each compressed when it is first asked for; safe to ask from several threads."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = files
        self._packed: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def __contains__(self, address: str) -> bool:
        """Tell whether there is a file at ``address``."""
        return address in self._files

    def ready(self, address: str) -> bytes | None:
        """Return the compressed file when it lies in memory."""
        return self._packed.get(address)

    def of(self, address: str) -> bytes:
        """Return the compressed file, which is made when it is not there yet."""
        with self._lock:
            found = self._packed.get(address)
            if found is None:
                found = self._packed[address] = gzip.compress(self._files[address].read_bytes(), _LEVEL, mtime=0)
            return found


def program_files(folder: Path = _STATIC) -> dict[str, Path]:
    """Return Streamlit's scripts and styles by address. Their names carry a hash of their content."""
    return {f"/{path.relative_to(folder).as_posix()}": path for path in sorted((folder / "static").rglob("*")) if path.suffix in _TYPES}


@cache
def packed() -> Packed:
    """Return the program's files of this process."""
    return Packed(program_files())


@cache
def _manifest() -> dict[str, dict]:
    return json.loads((_STATIC / "manifest.json").read_text(encoding="utf-8"))


def scripts_of(elements: Iterable[str]) -> list[str]:
    """Return the addresses of the scripts that ``elements`` consist of and that the page itself does not name, each once.

    An element that this version of Streamlit does not have has none: it is loaded when it is needed, as all others.
    """
    manifest = _manifest()
    found: dict[str, None] = {}
    named = set(_closure("index.html", manifest))
    for element in elements:
        found |= dict.fromkeys(part for part in _closure(_DRAWN + element, manifest) if part not in named)
    return [f"/{manifest[part]['file']}" for part in found]


def _closure(entry: str, manifest: Mapping[str, dict]) -> list[str]:
    """Return ``entry`` and all that it imports, what is needed first in front."""
    found: dict[str, None] = {}

    def walk(name: str) -> None:
        if name in found or name not in manifest:
            return
        found[name] = None
        for part in manifest[name].get("imports", ()):
            walk(part)

    walk(entry)
    return list(found)


@cache
def held_back() -> dict[str, bytes]:
    """Return, by address, what is answered in place of each large script until it is asked for with ``?drawn``.

    A script of another form than those of this Streamlit is not held back.
    """
    waiting = bundled(Path(__file__).parent / "later.js")
    found = {}
    for part, element in _DRAWN_BY.items():
        entry = _manifest().get(_DRAWN + element)
        exports = _EXPORTS.search((_STATIC / entry["file"]).read_text(encoding="utf-8")) if entry else None
        if entry is None or exports is None:
            continue
        names = [name.rpartition(" as ")[2] for name in exports[1].split(",")]
        lines = [
            waiting,
            "await afterFirstPicture();",
            *(["await rareLetters();"] if part == "map" else []),
            f'const drawn = await import("./{Path(entry["file"]).name}?{_DRAWN_QUERY}");',
            f"export const {{ {', '.join(name for name in names if name != 'default')} }} = drawn;",
            "export default drawn.default;",
        ]
        found[f"/{entry['file']}"] = "\n".join(lines).encode()
    return found


def announced(page: str) -> str:
    """Return the ``Link`` header of the page called ``page``; empty for an address that is no page with figures.

    What would make it too long for a gateway is left out, the smallest scripts first.
    """
    entry = page_named(page) if page else PAGES[0]
    return "" if entry is None or not entry.filters else _announcing(entry.draws)


@cache  # by what pages draw, never by what somebody typed
def _announcing(draws: tuple[str, ...]) -> str:
    scripts = scripts_of([*_EVERYWHERE, *(_DRAWN_BY[part] for part in draws)])
    sizes = {address: (_STATIC / address.lstrip("/")).stat().st_size for address in scripts}
    kept: set[str] = set()
    room = _HEADER
    for address in sorted(scripts, key=lambda each: -sizes[each]):
        room -= len(_link(address)) + 2
        if room < 0:
            break
        kept.add(address)
    return ", ".join(_link(address) for address in scripts if address in kept)


def _link(address: str) -> str:
    late = address in held_back()
    return f"<{address}?{_DRAWN_QUERY}>; rel=modulepreload; fetchpriority=low" if late else f"<{address}>; rel=modulepreload"


def warm_files() -> None:
    """Compress what pages announce, and what the page itself names, before anybody asks."""
    manifest = _manifest()
    for part in _closure("index.html", manifest):
        packed().of(f"/{manifest[part]['file']}")
    for address in scripts_of((*_EVERYWHERE, *_DRAWN_BY.values())):
        packed().of(address)


class Files:
    """ASGI middleware behind the door: who may have a file is decided before it."""

    def __init__(self, app: ASGIApp, files: Callable[[], Packed] = packed) -> None:
        self.app = app
        self.files = files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the compressed file where there is one and the browser takes it; let anything else through."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        path, headers = scope["path"], Headers(scope=scope)
        if path in held_back() and scope.get("query_string", b"") != _DRAWN_QUERY.encode():
            # A day, not for good: the lines are ours and may change while the framework's name for the script does not.
            late = Response(held_back()[path], media_type=_TYPES[".js"], headers={"Cache-Control": _A_DAY})
            await late(scope, receive, send)
        elif path in self.files() and _takes_gzip(headers.get("accept-encoding", "")) and "range" not in headers:
            content = self.files().ready(path)
            if content is None:
                content = await to_thread.run_sync(self.files().of, path)
            await _answer(path, content)(scope, receive, send)
        elif path.startswith(_FONTS) and scope.get("query_string", b"").startswith(b"v="):
            await self.app(scope, receive, _with(send, "Cache-Control", _FOR_GOOD))
        elif "text/html" in headers.get("accept", ""):
            told = _Rooted(_with(send, "Link", announced(path.strip("/"))), packed_too=_takes_gzip(headers.get("accept-encoding", "")))
            await self.app(_whole(scope), receive, told)
        else:
            await self.app(scope, receive, send)


def _takes_gzip(accepted: str) -> bool:
    """Tell whether an ``Accept-Encoding`` header allows gzip."""
    for part in accepted.lower().split(","):
        name, _semicolon, weight = part.partition(";")
        if name.strip() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _answer(path: str, content: bytes) -> Response:
    return Response(
        content,
        media_type=_TYPES[Path(path).suffix],
        headers={"Content-Encoding": "gzip", "Cache-Control": _FOR_GOOD, "Vary": "Accept-Encoding"},
    )


def _whole(scope: Scope) -> Scope:
    """Return the request for a page so that it comes whole and plain: what lies in a browser's cache may be an older page of ours."""
    return {**scope, "headers": [(name, value) for name, value in scope["headers"] if name.lower() not in _CONDITIONS]}


class _Rooted:
    """Sends an answer on; where it is Streamlit's page, with the root told before its first script, compressed with ``packed_too``."""

    def __init__(self, send: Send, *, packed_too: bool) -> None:
        self.send = send
        self.packed_too = packed_too
        self.start: Message | None = None
        self.parts: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        """Take one message of the answer; a page is held until it is complete."""
        if message["type"] == "http.response.start" and _is_plain_page(message):
            self.start = message
        elif self.start is None:
            await self.send(message)
        else:
            self.parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                await self._send_whole(self.start, b"".join(self.parts))

    async def _send_whole(self, start: Message, page: bytes) -> None:
        told = page.replace(_ENTRY, _ROOT + _ENTRY, 1)
        headers = MutableHeaders(scope=start)
        if told != page:
            # They name the file as it lies on the disk.
            del headers["ETag"], headers["Last-Modified"]
        if page and self.packed_too:
            told = gzip.compress(told, mtime=0)
            headers["Content-Encoding"], headers["Vary"] = "gzip", "Accept-Encoding"
        if page:
            headers["Content-Length"] = str(len(told))
        await self.send(start)
        await self.send({"type": "http.response.body", "body": told})


def _is_plain_page(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    return start["status"] == 200 and headers.get("content-type", "").startswith("text/html") and "content-encoding" not in headers


def _with(send: Send, name: str, value: str) -> Send:
    """Put one header on an answer that holds something: never on a refusal or a missing file."""

    async def answered(message: Message) -> None:
        if value and message["type"] == "http.response.start" and message["status"] in (200, 304):
            MutableHeaders(scope=message)[name] = value
        await send(message)

    return answered
