"""The program's own files: compressed, kept for good, announced with the page; what they answer is what lies on the disk."""

import asyncio
import gzip
import re
from pathlib import Path
from typing import Any

import pytest

from dashboard.topics import PAGES
from dashboard.ui.frame import files
from dashboard.ui.frame.files import Files, Packed, announced, program_files, scripts_of


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "static" / "js" / "a.0123abcd.js"
    path.parent.mkdir(parents=True)
    path.write_text("export const a = 1;\n" * 200, encoding="utf-8")
    (tmp_path / "static" / "picture.png").write_bytes(b"png")
    (tmp_path / "secret.js").write_text("no", encoding="utf-8")
    return path


def _ask(
    packed: Packed, path: str, *, method: str = "GET", status: int = 200, query: str = "", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body; what is let through is answered by "streamlit"."""
    answers: list[dict[str, Any]] = []

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": status, "headers": [(b"cache-control", b"no-cache")]})
        await send({"type": "http.response.body", "body": b"streamlit"})

    async def send(message: Any) -> None:
        answers.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }
    asyncio.run(Files(app, lambda: packed)(scope, receive, send))
    told = {name.decode(): value.decode() for name, value in answers[0]["headers"]}
    return answers[0]["status"], told, b"".join(each.get("body", b"") for each in answers[1:])


def test_a_script_comes_compressed_and_may_be_kept_for_good(script: Path, tmp_path: Path) -> None:
    packed = Packed(program_files(tmp_path))
    for _time in range(2):  # the second finds it in memory
        status, headers, body = _ask(packed, "/static/js/a.0123abcd.js", accept_encoding="gzip, deflate, br, zstd")
        assert status == 200
        assert headers["content-encoding"] == "gzip"
        assert headers["content-type"] == "text/javascript; charset=utf-8"
        assert headers["cache-control"] == "public, max-age=31536000, immutable"
        assert headers["vary"] == "Accept-Encoding"
        assert int(headers["content-length"]) == len(body) < script.stat().st_size / 10
        assert gzip.decompress(body) == script.read_bytes()


def test_a_head_request_is_told_the_same_length(script: Path, tmp_path: Path) -> None:
    packed = Packed(program_files(tmp_path))
    _status, headers, _body = _ask(packed, "/static/js/a.0123abcd.js", method="HEAD", accept_encoding="gzip")
    assert headers["content-length"] == str(len(gzip.compress(script.read_bytes(), 9, mtime=0)))


@pytest.mark.parametrize(
    "asked",
    [
        {"path": "/static/js/a.0123abcd.js"},
        {"path": "/static/js/a.0123abcd.js", "accept_encoding": "br"},
        {"path": "/static/js/a.0123abcd.js", "accept_encoding": "br, gzip;q=0"},
        {"path": "/static/js/a.0123abcd.js", "accept_encoding": "gzip", "range": "bytes=0-9"},
        {"path": "/static/js/a.0123abcd.js", "accept_encoding": "gzip", "method": "POST"},
        {"path": "/static/picture.png", "accept_encoding": "gzip"},
        {"path": "/secret.js", "accept_encoding": "gzip"},
        {"path": "/static/js/../../secret.js", "accept_encoding": "gzip"},
    ],
)
def test_everything_else_is_streamlits_to_answer(script: Path, tmp_path: Path, asked: dict[str, str]) -> None:
    assert script.exists()
    _status, headers, body = _ask(Packed(program_files(tmp_path)), **asked)  # type: ignore[arg-type]
    assert body == b"streamlit"
    assert headers == {"cache-control": "no-cache"}


def test_a_font_with_its_version_may_be_kept_for_good_and_without_not() -> None:
    packed = Packed({})
    font = "/app/static/fonts/county-sans-sc-bold.woff2"
    assert "immutable" in _ask(packed, font, query="v=1a2b")[1]["cache-control"]
    assert "immutable" not in _ask(packed, font)[1]["cache-control"]
    assert "immutable" not in _ask(packed, font, query="v=1a2b", status=404)[1]["cache-control"]


def test_a_page_announces_what_it_will_need() -> None:
    _status, headers, body = _ask(Packed({}), "/performance", accept="text/html,*/*")
    assert body == b"streamlit"
    assert headers["link"] == announced("performance")
    assert "BidiComponent." in headers["link"]
    assert "link" not in _ask(Packed({}), "/performance")[1]
    assert "link" not in _ask(Packed({}), "/performance", accept="text/html", status=303)[1]
    assert "link" not in _ask(Packed({}), "/people", accept="text/html")[1]
    assert "link" not in _ask(Packed({}), "/nothing", accept="text/html")[1]


@pytest.mark.parametrize("page", [page.name for page in PAGES if page.filters])
def test_what_is_announced_is_there_fits_a_gateway_and_is_not_named_by_the_page_itself(page: str) -> None:
    link = announced(page)
    addresses = [part.split(">")[0].lstrip("<").removesuffix("?drawn") for part in link.split(", ")]
    assert len(addresses) > 5
    assert len(set(addresses)) == len(addresses)
    assert set(addresses) <= set(program_files())
    assert len(link) <= 2_500
    shell = (files._STATIC / "index.html").read_text(encoding="utf-8")
    assert not [address for address in addresses if address in shell]


_PAGE = b'<head>\n<script type="module" src="./a.js"></script><script type="module" src="./b.js"></script></head>'


def _page(parts: list[bytes], encoding: bytes = b"", **headers: str) -> tuple[dict[str, str], bytes, dict[str, str]]:
    """Return headers and body of a page that comes in ``parts``, and what Streamlit was asked with."""
    answers: list[dict[str, Any]] = []
    asked: dict[str, str] = {}
    told = {"content-type": "text/html; charset=utf-8", "content-length": str(len(b"".join(parts))), "etag": "1", **headers}

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        asked.update({name.decode(): value.decode() for name, value in scope["headers"]})
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(name.encode(), value.encode()) for name, value in told.items()]}
        )
        for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def send(message: Any) -> None:
        answers.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    scope = {
        "type": "http", "method": "GET", "path": "/performance", "query_string": b"",
        "headers": [(b"accept", b"text/html"), (b"if-none-match", b"1"), (b"host", b"county"), (b"accept-encoding", encoding)],
    }  # fmt: skip
    asyncio.run(Files(app, lambda: Packed({}))(scope, receive, send))
    got = {name.decode(): value.decode() for name, value in answers[0]["headers"]}
    return got, b"".join(each.get("body", b"") for each in answers[1:]), asked


def test_a_page_is_told_where_its_root_is_before_its_first_script() -> None:
    headers, body, asked = _page([_PAGE[:20], _PAGE[20:]])
    before, script, after = body.partition(b'<script type="module"')
    assert before.startswith(b"<head>\n<script>window.__streamlit = { BACKEND_BASE_URL: ")
    assert script + after == _PAGE.removeprefix(b"<head>\n")
    assert int(headers["content-length"]) == len(body)
    # What a browser kept of the file as it lies on the disk is not this page.
    assert "etag" not in headers
    assert asked == {"accept": "text/html", "host": "county"}


def test_a_page_is_compressed_for_a_browser_that_takes_it() -> None:
    headers, body, _asked = _page([_PAGE], b"gzip, deflate, br, zstd")
    assert (headers["content-encoding"], headers["vary"], int(headers["content-length"])) == ("gzip", "Accept-Encoding", len(body))
    assert gzip.decompress(body) == _page([_PAGE])[1]


@pytest.mark.parametrize("headers", [{"content-encoding": "br"}, {"content-type": "text/plain"}])
def test_what_is_no_plain_page_goes_through_as_it_is(headers: dict[str, str]) -> None:
    told, body, _asked = _page([_PAGE], **headers)
    assert body == _PAGE
    assert told["etag"] == "1"


def test_the_root_is_told_to_the_page_of_this_streamlit_in_its_words() -> None:
    shell = (files._STATIC / "index.html").read_bytes()
    assert shell.count(files._ENTRY) == 1
    entry = re.search(rb'<script type="module"[^>]* src="\./([^"]+)"', shell)
    assert entry is not None
    script = (files._STATIC / entry[1].decode()).read_text(encoding="utf-8")
    assert "window.__streamlit" in script
    assert "BACKEND_BASE_URL" in script


def test_what_is_drawn_first_is_announced_and_no_more() -> None:
    assert announced("") == announced(PAGES[0].name)
    for page in PAGES:
        if page.filters:
            assert ("PlotlyChart." in announced(page.name)) == ("chart" in page.draws)
            assert ("DeckGlJsonChart." in announced(page.name)) == ("map" in page.draws)


def test_every_part_that_a_topic_may_name_is_one_of_this_streamlit() -> None:
    assert {part for page in PAGES for part in page.draws} <= set(files._DRAWN_BY)
    for element in (*files._EVERYWHERE, *files._DRAWN_BY.values()):
        assert files._DRAWN + element in files._manifest(), element
    assert scripts_of(["elements/Gone/Gone.tsx"]) == []


def test_what_every_visit_needs_lies_ready_before_anybody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    own = Packed(program_files())
    monkeypatch.setattr(files, "packed", lambda: own)
    files.warm_files()
    shell = (files._STATIC / "index.html").read_text(encoding="utf-8")
    named = [address for address in program_files() if f".{address}" in shell and address.endswith(".js")]
    assert len(named) > 20
    assert all(own.ready(address) for address in named)
    assert own.ready(next(address for address in program_files() if "/PlotlyChart." in address))


def test_a_large_script_is_held_back_until_it_is_asked_for_with_its_query() -> None:
    packed = Packed(program_files())
    for name, own in (("PlotlyChart.", "PlotlyChart"), ("DeckGlJsonChart.", "DeckGlJsonChart")):
        address = next(each for each in program_files() if f"/{name}" in each and each.endswith(".js"))
        status, headers, body = _ask(packed, address, accept_encoding="gzip")
        assert status == 200
        assert headers["content-type"] == "text/javascript; charset=utf-8"
        assert headers["cache-control"] == "public, max-age=86400"
        text = body.decode()
        assert f'const drawn = await import(".{address.removeprefix("/static/js")}?drawn");' in text
        assert "\nawait afterFirstPicture();\n" in text
        assert ("\nawait rareLetters();\n" in text) == (own == "DeckGlJsonChart")  # a map writes on a canvas, once
        assert own in text.rpartition("export const {")[2]
        assert text.endswith("export default drawn.default;")
        _status, headers, body = _ask(packed, address, query="drawn", accept_encoding="gzip")
        assert "immutable" in headers["cache-control"]
        assert gzip.decompress(body) == program_files()[address].read_bytes()


def test_every_name_that_others_take_from_a_large_script_is_handed_on() -> None:
    for address, text in files.held_back().items():
        handed = {name.strip() for name in text.decode().rpartition("export const {")[2].partition("}")[0].split(",")}
        taken = re.compile(rf"import\{{([^{{}}]*)\}}from[`\"']\./{re.escape(Path(address).name)}[`\"']")
        for path in program_files().values():
            for names in taken.findall(path.read_text(encoding="utf-8")):
                assert {name.partition(" as ")[0].strip() for name in names.split(",")} <= handed, path.name


def test_what_is_announced_of_a_large_script_is_the_script_itself_and_not_urgent() -> None:
    parts = announced("performance").split(", ")
    assert [part for part in parts if "PlotlyChart." in part] == [
        part for part in parts if "?drawn>" in part and "fetchpriority=low" in part
    ]


def test_addresses_that_strangers_type_are_not_kept() -> None:
    kept = files._announcing.cache_info().currsize
    for number in range(20):
        assert announced(f"api/v1/nothing{number}") == ""
    assert files._announcing.cache_info().currsize == kept
