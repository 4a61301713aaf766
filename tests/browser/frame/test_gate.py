"""The running server as somebody meets it who means no good, and as a browser meets it under its own rules."""

import os
import socket
import subprocess
import sys
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.browser.conftest import OpenVisit
from tests.browser.server import running_app
from tests.tiny import make_tiny_database


@contextmanager
def recording_proxy() -> Iterator[tuple[str, list[bytes]]]:
    """What would go out to the internet goes here instead: the address for ``http_proxy`` and what was asked of it."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    caller, _where = listener.accept()
                except OSError:
                    return
                with caller:
                    caller.settimeout(2)
                    asked.append(caller.recv(200))
                    caller.sendall(b"HTTP/1.1 502 no\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked


def _proxies(address: str) -> dict[str, str]:
    return {
        "http_proxy": address,
        "https_proxy": address,
        "HTTP_PROXY": address,
        "HTTPS_PROXY": address,
        "no_proxy": "127.0.0.1",
        "NO_PROXY": "127.0.0.1",
    }


@pytest.fixture(scope="module")
def asked_outside() -> Iterator[list[bytes]]:
    with recording_proxy() as (address, asked), pytest.MonkeyPatch.context() as patch:
        for name, value in _proxies(address).items():
            patch.setenv(name, value)
        yield asked


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, asked_outside: list[bytes]) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("gate")
    url = make_tiny_database(f"duckdb:///{folder / 'reporting.duckdb'}")
    with running_app(url, folder / "server.log") as running:
        yield running


def _status(address: str, request: str) -> tuple[int, str]:
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname, parts.port), 10) as line:
        line.sendall(request.replace("\n", "\r\n").encode())
        answer = b""
        while b"\r\n\r\n" not in answer and (piece := line.recv(4096)):
            answer += piece
    return int(answer.split()[1]), answer.decode("latin-1")


def _greeting(host: str, origin: str | None) -> str:
    lines = [
        "GET /_stcore/stream HTTP/1.1",
        f"Host: {host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {b64encode(os.urandom(16)).decode()}",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: streamlit",
        *([f"Origin: {origin}"] if origin else []),
    ]
    return "\n".join(lines) + "\n\n"


def _handshake(address: str, host: str, origin: str | None) -> int:
    return _status(address, _greeting(host, origin))[0]


def test_foreign_names_and_origins_get_no_socket_and_nothing_is_asked_outside(address: str, asked_outside: list[bytes]) -> None:
    own = urlsplit(address).netloc
    port = urlsplit(address).port
    assert _handshake(address, own, address) == 101
    assert _handshake(address, f"localhost:{port}", f"http://localhost:{port}") == 101
    assert _handshake(address, f"evil.example:{port}", f"http://evil.example:{port}") == 421
    assert _handshake(address, f"evil.example:{port}", None) == 421
    assert _handshake(address, own, "http://evil.example") == 403
    for origin in ("http://evil.example", f"http://10.0.0.1:{port}", "null", "https://another.example:444"):
        assert _status(address, f"GET /_stcore/health HTTP/1.1\nHost: {own}\nOrigin: {origin}\n\n")[0] == 403
        assert _handshake(address, own, origin) == 403
    assert _status(address, f"GET /_stcore/health HTTP/1.1\nHost: {own}\nOrigin: {address}\n\n")[0] == 200
    assert asked_outside == []


def test_the_recorder_would_have_seen_streamlit_ask_outside() -> None:
    """The positive twin: without the gate a foreign origin makes Streamlit ask for this machine's address."""
    with recording_proxy() as (proxy, asked):
        code = "from streamlit.web.server.server_util import is_url_from_allowed_origins as f; print(f('http://evil.example'))"
        subprocess.run([sys.executable, "-c", code], env={**os.environ, **_proxies(proxy)}, check=True, capture_output=True, timeout=120)
        assert any(b"checkip" in each for each in asked)


def test_uploads_are_refused_before_they_are_read(address: str) -> None:
    own = urlsplit(address).netloc
    head = (
        f"PUT /_stcore/upload_file/a/b HTTP/1.1\nHost: {own}\nContent-Type: multipart/form-data; boundary=x\nContent-Length: 40000000\n\n"
    )
    assert _status(address, head)[0] == 405


def test_answers_carry_the_headers(address: str) -> None:
    own = urlsplit(address).netloc
    font = "/app/static/fonts/county-sans-sc-bold.woff2"
    asked = [
        f"GET {path} HTTP/1.1\nHost: {own}\n\n" for path in ("/", "/_stcore/health", "/nothing/here.js", "/media/gone.xlsx", font, "/..%2f")
    ]
    asked += [f"{method} / HTTP/1.1\nHost: {own}\n\n" for method in ("HEAD", "OPTIONS", "PUT", "TRACE")]
    asked += ["GET / HTTP/1.1\nHost: evil.example\n\n", _greeting(own, address), _greeting("evil.example", None)]
    asked.append(_greeting(own, address).replace("_stcore/stream", "elsewhere"))
    for request in asked:
        _code, answer = _status(address, request)
        for name in ("content-security-policy: ", "x-frame-options: SAMEORIGIN", "x-content-type-options: nosniff", "referrer-policy: "):
            assert name.lower() in answer.lower(), request


def test_a_server_that_listens_everywhere_answers_at_its_address_and_asks_nobody(tmp_path: Path) -> None:
    url = make_tiny_database(f"duckdb:///{tmp_path / 'reporting.duckdb'}")
    with recording_proxy() as (proxy, asked), pytest.MonkeyPatch.context() as patch:
        for name, value in _proxies(proxy).items():
            patch.setenv(name, value)
        patch.setenv("ADDRESS", "0.0.0.0")
        patch.setenv("OPEN_TO_ALL", "true")
        with running_app(url, tmp_path / "server.log") as address:
            port = urlsplit(address).port
            assert _handshake(address, f"127.0.0.1:{port}", address) == 101
            assert _handshake(address, f"192.0.2.7:{port}", f"http://192.0.2.7:{port}") == 421
        assert asked == []


def test_the_content_policy_stops_foreign_scripts(address: str, visit: OpenVisit) -> None:
    """The positive twin of what the layout of every page holds: nothing of ours is a word of the policy in the console."""
    opened = visit().open(address)
    with opened.expect_console_message(lambda message: "Content Security Policy" in message.text):
        opened.evaluate(
            "() => { const s = document.createElement('script'); s.src = 'https://evil.example/x.js'; document.body.append(s); }"
        )
