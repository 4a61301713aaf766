"""The door alone, in front of an application that says what reached it."""

import asyncio
from typing import Any

import pytest
from starlette.types import ASGIApp
from streamlit.proto.BackMsg_pb2 import BackMsg

from dashboard.errors import DatabaseError
from dashboard.services.common import identity
from dashboard.services.common.identity import STAMP_HEADER, stamped
from dashboard.ui.frame import door as doors
from dashboard.ui.frame.door import ENDED, Door, Watch, own
from dashboard.ui.frame.sign_in_page import safe_return

SESSION = "a" * 64
MEDIA = "/media/0123456789abcdef0123.xlsx"


async def _finds(scope: Any) -> str | None:
    return SESSION if dict(scope["headers"]).get(b"cookie") == b"known" else None


class Reached:
    """An application that remembers what got through and answers it."""

    def __init__(self, says: bytes = b"ok") -> None:
        self.scopes: list[Any] = []
        self.heard: list[Any] = []
        self.says = says

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scopes.append(scope)
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.send", "bytes": self.says})
            while True:
                message = await receive()
                self.heard.append(message)
                if message["type"] == "websocket.disconnect":
                    return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": self.says})


def scope_of(path: str = "/", kind: str = "http", client: str = "127.0.0.1", **headers: str) -> dict[str, Any]:
    given = [(name.replace("_", "-").lower().encode(), value.encode()) for name, value in headers.items()]
    return {"type": kind, "method": "GET", "path": path, "query_string": b"", "client": (client, 1), "headers": given}


def ask(door: ASGIApp, scope: dict[str, Any]) -> list[Any]:
    answers: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request"} if scope["type"] == "http" else {"type": "websocket.disconnect"}

    async def send(message: Any) -> None:
        answers.append(message)

    asyncio.run(door(scope, receive, send))
    return answers


@pytest.fixture
def app() -> Reached:
    return Reached(b'{"url": "/media/0123456789abcdef0123.xlsx"}')


@pytest.fixture
def door(app: Reached) -> Door:
    return Door(app, find=_finds, sign_in=app)


def headers_of(answer: Any) -> dict[bytes, bytes]:
    return dict(answer["headers"])


def test_who_is_known_comes_in_under_a_stamp_of_this_process(door: Door, app: Reached) -> None:
    ask(door, scope_of(cookie="known", **{STAMP_HEADER: "forged", "X_Remote_User": "wulan", "X_Forwarded_Email": "a@b"}))
    (scope,) = app.scopes
    values = [value for name, value in scope["headers"] if name == STAMP_HEADER.encode()]
    assert [stamped(value.decode()) for value in values] == [SESSION]
    assert {name for name, _ in scope["headers"]} == {b"cookie", STAMP_HEADER.encode()}


def test_a_stamp_that_this_process_did_not_write_names_nobody() -> None:
    assert stamped(f"{SESSION}.{'0' * 64}") is None
    assert stamped("") is None
    assert stamped("ä.ö") is None


@pytest.mark.parametrize("path", [MEDIA, "/static/a.js", "/_stcore/host-config", "/", "/app/static/other.txt"])
def test_who_is_not_known_gets_nothing(door: Door, app: Reached, path: str) -> None:
    answers = ask(door, scope_of(path))
    assert app.scopes == []
    assert answers[0]["status"] == 401


def test_a_reader_of_a_page_is_led_to_sign_in_and_back(door: Door, app: Reached) -> None:
    scope = scope_of("/utilisation", accept="text/html") | {"query_string": b"month=2026-03&lang=en"}
    (start, *_rest) = ask(door, scope)
    assert (app.scopes, start["status"]) == ([], 303)
    assert headers_of(start)[b"location"] == b"/sign-in?next=%2Futilisation%3Fmonth%3D2026-03%26lang%3Den&lang=en"


@pytest.mark.parametrize(
    "path", ["/_stcore/health", "/app/static/fonts/a.woff2", "/sign-in", "/sign-out", "/sign-in/look.css", "/api/v1/units"]
)
def test_what_needs_no_session(door: Door, app: Reached, path: str) -> None:
    ask(door, scope_of(path))
    assert len(app.scopes) == 1


@pytest.mark.parametrize("path", ["/auth/login", "/auth/logout", "/oauth2callback"])
def test_streamlits_own_sign_in_is_closed(door: Door, app: Reached, path: str) -> None:
    for one in (door, Door(app)):
        assert ask(one, scope_of(path, cookie="known"))[0]["status"] == 404
    assert app.scopes == []


@pytest.mark.parametrize(
    ("client", "headers", "answered"),
    [
        ("127.0.0.1", {}, True),
        ("::1", {}, True),
        ("10.1.2.3", {}, False),
        ("127.0.0.1", {"X_Forwarded_For": "10.1.2.3"}, False),
        ("127.0.0.1", {"Forwarded": "for=10.1.2.3"}, False),
        ("", {}, False),
    ],
)
def test_metrics_are_for_this_machine(app: Reached, client: str, headers: dict[str, str], answered: bool) -> None:
    for one in (Door(app), Door(app, find=_finds, sign_in=app)):
        app.scopes.clear()
        ask(one, scope_of("/_stcore/metrics", client=client, **headers))
        assert bool(app.scopes) is answered


def test_a_file_goes_to_whom_it_was_told_and_into_no_cache(door: Door, app: Reached, monkeypatch: pytest.MonkeyPatch) -> None:
    refused: list[Any] = []
    monkeypatch.setattr(doors, "record_refusal", lambda *arguments: refused.append(arguments))
    assert ask(door, scope_of(MEDIA, cookie="known"))[0]["status"] == 403
    assert refused == [("/media", SESSION, "127.0.0.1")]
    ask(door, scope_of(kind="websocket", cookie="known"))
    (start, *_rest) = ask(door, scope_of(MEDIA, cookie="known"))
    assert (start["status"], headers_of(start)[b"cache-control"]) == (200, b"no-store, private")
    door.watch.close(SESSION)
    assert ask(door, scope_of(MEDIA, cookie="known"))[0]["status"] == 403


def test_of_very_many_files_the_newest_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cockpit device has no end: what it is shown today must not be refused for what it was shown weeks ago."""
    monkeypatch.setattr(doors, "_MOST_FILES", 3)
    told = doors.Told()
    for number in range(9):
        told.note(SESSION, f"/media/{number:020}.png".encode())
    assert [number for number in range(9) if told.knows(SESSION, f"{number:020}.png")] == [6, 7, 8]


def test_what_a_session_was_told_is_forgotten_when_it_ends_without_a_page(app: Reached, monkeypatch: pytest.MonkeyPatch) -> None:
    """All its pages are closed and nobody signs out: the session rests until it is over, and its files with it."""
    monkeypatch.setattr(doors, "_SWEEP_SECONDS", 0.01)
    alive = [True]
    monkeypatch.setattr(doors, "sweep", lambda known: {} if alive[0] else dict.fromkeys(known, "idle"))

    async def receive() -> Any:
        return {"type": "websocket.disconnect"}

    async def send(_message: Any) -> None: ...

    async def talk() -> None:
        door = Door(app, find=_finds, watch=Watch())
        await door(scope_of(kind="websocket", cookie="known"), receive, send)
        await asyncio.sleep(0.05)
        assert door.told.sessions == {SESSION}, "it lives on"
        alive[0] = False
        for _ in range(200):
            await asyncio.sleep(0.01)
            if not door.told.sessions:
                return
        pytest.fail("still kept")

    asyncio.run(talk())


def test_of_very_many_states_the_oldest_is_given_up_and_not_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "_owned", {})
    monkeypatch.setattr(doors, "_MOST_OWNED", 2)
    for name in ("one", "two", "three"):
        own(name, SESSION)
    assert list(doors._owned) == ["two", "three"]


def test_with_sign_in_off_files_are_kept_in_no_cache_either(app: Reached) -> None:
    (start, *_rest) = ask(Door(app), scope_of(MEDIA, **{STAMP_HEADER: "forged"}))
    assert headers_of(start)[b"cache-control"] == b"no-store, private"
    assert app.scopes[0]["headers"] == []


def test_a_websocket_takes_up_no_state_but_its_own(door: Door, app: Reached) -> None:
    own("theirs", "b" * 64)
    own("mine", SESSION)
    for name, kept in (("theirs", False), ("unknown", False), ("mine", True)):
        scope = scope_of(kind="websocket", cookie="known", sec_websocket_protocol=f"streamlit, token, {name}")
        ask(door, scope | {"subprotocols": ["streamlit", "token", name]})
        reached = app.scopes[-1]
        words = dict(reached["headers"])[b"sec-websocket-protocol"].decode().split(",")
        assert (len(words) == 3) is kept
        assert (len(reached["subprotocols"]) == 3) is kept


def test_a_websocket_without_session_is_refused(door: Door, app: Reached) -> None:
    assert ask(door, scope_of(kind="websocket")) == [{"type": "websocket.close", "code": ENDED}]
    assert app.scopes == []


def test_a_session_that_ends_closes_its_websockets(app: Reached, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "_SWEEP_SECONDS", 0.01)
    monkeypatch.setattr(doors, "sweep", lambda known: dict.fromkeys(known, "out"))
    answers: list[Any] = []

    async def receive() -> Any:
        await asyncio.sleep(60)

    async def send(message: Any) -> None:
        answers.append(message)

    async def talk() -> None:
        door = Door(app, find=_finds, watch=Watch())
        await asyncio.wait_for(door(scope_of(kind="websocket", cookie="known"), receive, send), timeout=10)

    asyncio.run(talk())
    assert answers[-1] == {"type": "websocket.close", "code": ENDED}
    assert app.heard[-1] == {"type": "websocket.disconnect", "code": ENDED}


@pytest.mark.parametrize(("automatic", "used"), [(False, True), (True, False)])
def test_a_clock_in_the_page_is_no_use_of_a_session(door: Door, monkeypatch: pytest.MonkeyPatch, automatic: bool, used: bool) -> None:
    seen: list[str] = []
    monkeypatch.setattr(doors, "note_use", seen.append)
    message = BackMsg()
    message.rerun_script.query_string = "x"
    message.rerun_script.is_auto_rerun = automatic
    waiting = [{"type": "websocket.receive", "bytes": message.SerializeToString()}, {"type": "websocket.receive", "bytes": b"\xff"}]

    async def receive() -> Any:
        return waiting.pop(0) if waiting else {"type": "websocket.disconnect"}

    async def send(_message: Any) -> None: ...

    asyncio.run(door(scope_of(kind="websocket", cookie="known"), receive, send))
    assert bool(seen) is used


@pytest.mark.parametrize(
    ("address", "back"),
    [
        ("/utilisation?month=2026-03", "/utilisation?month=2026-03"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/sign-in?next=/", "/"),
        ("/sign-out", "/"),
        ("/a\nb", "/"),
        ("/" + "x" * 20_000, "/"),
        ("", "/"),
        (None, "/"),
    ],
)
def test_nobody_is_led_elsewhere_after_signing_in(address: str | None, back: str) -> None:
    assert safe_return(address) == back


def test_with_sign_in_off_everybody_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    assert identity.identity_of({STAMP_HEADER: "forged"}) is identity.EVERYBODY


def test_a_cookie_that_opens_nothing_is_noted_and_does_not_fill_the_trail(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    noted: list[Any] = []
    ended = "b" * 64
    monkeypatch.setattr(doors, "_refused", {})
    monkeypatch.setattr(doors, "record_refusal", lambda *given: noted.append(given))
    monkeypatch.setattr(doors, "session_id_in", lambda scope: ended if b"replayed" in dict(scope["headers"])[b"cookie"] else None)
    for _ in range(3):
        for client in ("10.0.0.1", "10.0.0.2"):
            ask(door, scope_of(client=client, cookie="county-session=replayed"))
            ask(door, scope_of(kind="websocket", client=client, cookie="county-session=replayed"))
    assert noted == [("cookie", ended, client, {"cookie": "ended"}) for client in ("10.0.0.1", "10.0.0.2")]
    noted.clear()
    ask(door, scope_of(cookie="county-session=forged"))
    assert noted == [("cookie", None, "127.0.0.1", {"cookie": "forged"})]
    noted.clear()
    ask(door, scope_of())
    ask(door, scope_of(cookie="other=1"))
    assert noted == []


def test_without_the_workspace_a_refused_cookie_is_refused_all_the_same(door: Door, app: Reached, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_scope: Any) -> str | None:
        raise DatabaseError("away", "wait")

    monkeypatch.setattr(doors, "session_id_in", away)
    assert ask(door, scope_of("/static/a.js", cookie="county-session=forged"))[0]["status"] == 401
    assert app.scopes == []
