"""The gate alone, in front of an application that says what reached it."""

import asyncio
from typing import Any

import pytest
from starlette.requests import Request

from dashboard.services.common.serving import url_of
from dashboard.settings import settings
from dashboard.ui.frame.api_server import api_alone
from dashboard.ui.frame.gate import HEADERS, Gate, allowed_names, host_name, host_names, server_fault

_ALLOWED = host_names("dash.county.example, *.inside.example")


def _ask(
    path: str | None = None,
    *,
    kind: str = "http",
    method: str = "GET",
    listening: str = "127.0.0.1",
    extensions: tuple[str, ...] = (),
    **headers: str,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return what was answered and the scopes that got through."""
    reached: list[dict[str, Any]] = []
    answers: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        reached.append(scope)
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"ok"})
        else:
            await send({"type": "websocket.accept", "headers": []})

    async def receive() -> dict[str, Any]:
        return {"type": f"{kind}.connect" if kind == "websocket" else "http.request"}

    async def send(message: Any) -> None:
        answers.append(message)

    scope = {
        "type": kind,
        "method": method,
        "path": path or ("/_stcore/stream" if kind == "websocket" else "/"),
        "extensions": {name: {} for name in extensions},
        "server": (listening, 8501),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    asyncio.run(Gate(app, _ALLOWED)(scope, receive, send))
    return answers, reached


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    ("host", "listening", "passes"),
    [
        ("127.0.0.1:8501", "127.0.0.1", True),
        ("localhost:8501", "127.0.0.1", True),
        ("LOCALHOST", "127.0.0.1", True),
        ("[::1]:8501", "::1", True),
        ("dash.county.example", "10.1.2.3", True),
        ("a.inside.example:80", "10.1.2.3", True),
        ("10.1.2.3:8501", "10.1.2.3", True),
        ("10.1.2.3", "::ffff:10.1.2.3", True),
        ("10.9.9.9", "10.1.2.3", False),
        ("inside.example", "10.1.2.3", False),
        ("evil.example:8501", "127.0.0.1", False),
        ("localhost.evil.example", "127.0.0.1", False),
        ("evil.example@localhost", "127.0.0.1", False),
        ("localhost/evil", "127.0.0.1", False),
        ("localhost:port", "127.0.0.1", False),
        ("", "127.0.0.1", False),
    ],
)
def test_only_names_of_the_server_are_answered(kind: str, host: str, listening: str, passes: bool) -> None:
    answers, reached = _ask(kind=kind, listening=listening, host=host)
    assert bool(reached) is passes
    if not passes and kind == "http":
        assert answers[0]["status"] == 421
    if not passes and kind == "websocket":
        assert answers == [{"type": "websocket.close", "code": 1008}]


def test_a_request_without_host_is_refused() -> None:
    assert _ask()[1] == []


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    ("origin", "host", "passes"),
    [
        ("http://127.0.0.1:8501", "127.0.0.1:8501", True),
        ("https://dash.county.example", "127.0.0.1:8501", True),  # a gateway that does not hand on the name
        ("http://evil.example:8501", "127.0.0.1:8501", False),
        ("http://127.0.0.1:9999", "127.0.0.1:8501", False),
        ("null", "127.0.0.1:8501", False),
        ("http://evil.example", "dash.county.example", False),
        ("file://127.0.0.1:8501", "127.0.0.1:8501", False),
    ],
)
def test_pages_of_other_sites_are_refused(kind: str, origin: str, host: str, passes: bool) -> None:
    assert bool(_ask(kind=kind, host=host, origin=origin)[1]) is passes


def test_streamlit_never_has_to_compare_origins() -> None:
    """It would ask a service on the internet: a request reaches it without origin, a socket with one name for both."""
    _answers, (request,) = _ask(host="dash.county.example", origin="https://dash.county.example")
    assert b"origin" not in dict(request["headers"])
    _answers, (handshake,) = _ask(kind="websocket", host="10.1.2.3", listening="10.1.2.3", origin="https://dash.county.example")
    assert dict(handshake["headers"]) == {b"host": b"dash.county.example", b"origin": b"https://dash.county.example"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/_stcore/upload_file/a/b"),
        ("POST", "/_stcore/upload_file/a/b"),
        ("GET", "/below/_stcore/upload_file/a/b"),
        ("OPTIONS", "/_stcore/upload_file/a/b"),
        ("DELETE", "/_stcore/upload_file/a/b"),
        ("POST", "/"),
        ("PUT", "/media/x"),
    ],
)
def test_nothing_is_taken(method: str, path: str) -> None:
    answers, reached = _ask(path, method=method, host="localhost")
    assert reached == []
    assert answers[0]["status"] == 405


def test_files_are_taken_at_one_address_and_only_from_a_page_of_this_server() -> None:
    own = {"host": "localhost:8501", "origin": "http://localhost:8501"}
    assert _ask("/uploads/token/a.csv", method="PUT", **own)[1]
    for method, path, headers, status in (
        ("PUT", "/uploads/token/a.csv", {"host": "localhost:8501"}, 403),  # a form or a script of nobody
        ("PUT", "/uploads/token/a.csv", {**own, "origin": "http://evil.example"}, 403),
        ("POST", "/uploads/token/a.csv", own, 405),
        ("DELETE", "/uploads/token/a.csv", own, 405),
        ("PUT", "/other/uploads/a.csv", own, 405),
        ("PUT", "/_stcore/upload_file/a/b", own, 405),
    ):
        answers, reached = _ask(path, method=method, **headers)
        assert reached == []
        assert answers[0]["status"] == status


def test_every_answer_carries_the_headers_refusals_too() -> None:
    for host in ("localhost", "evil.example"):
        answers, _reached = _ask(host=host)
        said = {name.decode().lower(): value.decode() for name, value in answers[0]["headers"]}
        assert {name.lower(): value for name, value in HEADERS.items()}.items() <= said.items()
    assert "frame-ancestors 'self'" in said["content-security-policy"]
    assert "http:" not in said["content-security-policy"]
    assert "*" not in said["content-security-policy"]


def test_sockets_say_the_headers_too_and_are_refused_in_words() -> None:
    denial = ("websocket.http.response",)
    accepted, _reached = _ask(kind="websocket", host="localhost")
    refused, reached = _ask(kind="websocket", host="evil.example", extensions=denial)
    elsewhere, missed = _ask("/elsewhere", kind="websocket", host="localhost", extensions=denial)
    assert [reached, missed] == [[], []]
    assert [accepted[0]["type"], refused[0]["status"], elsewhere[0]["status"]] == ["websocket.accept", 421, 404]
    for answers in (accepted, refused, elsewhere):
        said = {name.decode().lower(): value.decode() for name, value in answers[0]["headers"]}
        assert {name.lower(): value for name, value in HEADERS.items()}.items() <= said.items()


def test_a_fault_of_the_server_says_the_headers_and_no_internals() -> None:
    answer = asyncio.run(server_fault(Request({"type": "http"}), ValueError("secret")))
    assert answer.status_code == 500
    assert {name.lower(): value for name, value in HEADERS.items()}.items() <= dict(answer.headers).items()
    assert b"secret" not in bytes(answer.body)


def test_the_start_and_end_of_the_server_pass() -> None:
    seen = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        seen.append(scope["type"])

    asyncio.run(Gate(app)({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert seen == ["lifespan"]


def test_names_are_read_as_browsers_write_them() -> None:
    assert host_names(" A.example. ,, *.B.example,[::1]") == {"a.example", "*.b.example", "::1"}
    assert host_name("A.Example.:80") == "a.example"
    assert host_name("[::1]:80") == "::1"
    assert host_name("a b") is None


@pytest.mark.parametrize(
    ("public", "name"),
    [("https://dash.county.example", "dash.county.example"), ("http://dash.county.example:8443", "dash.county.example"),
     ("https://[fd00::1]:8443", "fd00::1"), ("https://[fd00::1]", "fd00::1"), ("", None)],
)  # fmt: skip
def test_pages_and_api_answer_to_the_same_names(monkeypatch: pytest.MonkeyPatch, public: str, name: str | None) -> None:
    monkeypatch.setenv("PUBLIC_ADDRESS", public)
    monkeypatch.setenv("ALLOWED_HOSTS", "other.example")
    settings.cache_clear()
    try:
        expected = {"other.example", "10.0.0.5"} | ({name} if name else set())
        assert allowed_names("10.0.0.5") == expected
        (middleware,) = api_alone("10.0.0.5").user_middleware
        assert middleware.kwargs["allowed"] == expected
    finally:
        settings.cache_clear()


def test_an_address_of_version_six_stands_in_brackets() -> None:
    assert url_of("::1", 8501) == "http://[::1]:8501"
    assert url_of("127.0.0.1", 8501) == "http://127.0.0.1:8501"
