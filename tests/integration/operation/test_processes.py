"""Two web processes behind Debian's nginx with the configuration that the product prints: one killed costs only its own sessions."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from dashboard.services.operation.proxy import COOKIE, nginx_configuration
from dashboard.settings import PROJECT
from tests.loopback import DIRECT, answers, free_ports
from tests.nginx import NGINX, running_nginx
from tests.tiny import make_tiny_database

_SESSIONS = 20


def _wait(done: Callable[[], bool], seconds: float = 240) -> None:
    until = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.3)


def _is_ready(port: int) -> bool:
    return answers(f"http://127.0.0.1:{port}/health/ready")


@contextmanager
def _two_processes(folder: Path) -> Iterator[tuple[subprocess.Popen[str], dict[int, int]]]:
    """Yield ``serve --processes 2`` and the process number by port."""
    first = free_ports(2)
    environment = {
        **os.environ,
        "REPORTING_DATABASE_URL": make_tiny_database(f"duckdb:///{folder / 'reporting.duckdb'}"),
        "WORKSPACE_DATABASE_URL": f"sqlite:///{folder / 'workspace.sqlite'}",
    }
    command = [sys.executable, "-m", "dashboard", "serve", "--processes", "2", "--port", str(first)]
    log = folder / "serve.log"
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=output, stderr=subprocess.STDOUT, text=True)
        try:
            _wait(lambda: _is_ready(first) and _is_ready(first + 1))
            children = {int(port): int(number) for port, number in re.findall(r"^(\d+): (\d+)$", log.read_text(encoding="utf-8"), re.M)}
            assert set(children) == {first, first + 1}
            yield process, children
        finally:
            process.terminate()
            process.wait(timeout=40)


class _Browser:
    """What a browser does: takes the cookie, keeps a websocket, asks for runs."""

    def __init__(self, address: str) -> None:
        self.address = address
        with DIRECT.open(f"{address}/", timeout=30) as answer:
            self.cookie = str(answer.headers["Set-Cookie"]).partition(";")[0]
        self.open = ExitStack()
        self.socket = self.connected()

    def connected(self) -> ClientConnection:
        url, headers = self.address.replace("http://", "ws://") + "/_stcore/stream", {"Cookie": self.cookie}
        made = connect(url, origin=self.address, subprotocols=["streamlit"], max_size=None, additional_headers=headers)  # type: ignore[arg-type, list-item]
        return self.open.enter_context(made)

    def run(self) -> None:
        message = BackMsg()
        message.rerun_script.page_name = "people"
        self.socket.send(message.SerializeToString())
        while True:
            data = self.socket.recv(timeout=120)
            if ForwardMsg.FromString(data if isinstance(data, bytes) else data.encode()).WhichOneof("type") == "script_finished":
                return

    def is_open(self) -> bool:
        try:
            self.socket.ping().wait(20)
        except ConnectionClosed:
            return False
        return True


def _sessions(port: int) -> int:
    with DIRECT.open(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        return int(float(re.search(r"^dashboard_sessions (\S+)$", answer.read().decode(), re.M)[1]))  # type: ignore[index]


@pytest.mark.skipif(not NGINX.exists(), reason="nginx is not installed (apt-get install nginx-light)")
def test_a_killed_process_costs_only_its_own_sessions(tmp_path: Path) -> None:
    with _two_processes(tmp_path) as (_supervisor, children), running_nginx(sorted(children)) as address:
        browsers = [_Browser(address) for _ in range(_SESSIONS)]
        assert len({each.cookie for each in browsers}) == _SESSIONS
        for each in browsers[:4]:
            each.run()
        killed, other = sorted(children)
        shares = {port: _sessions(port) for port in children}
        assert sum(shares.values()) == _SESSIONS
        assert all(shares.values()), "both take their part"

        os.kill(children[killed], signal.SIGKILL)

        _wait(lambda: sum(not each.is_open() for each in browsers) == shares[killed])
        assert _sessions(other) == shares[other], "nobody else lost a socket, and with it what was typed"
        lost = [each for each in browsers if not each.is_open()]
        for each in lost:
            each.socket = each.connected()
        lost[0].run()
        assert all(each.is_open() for each in browsers)
        _wait(lambda: _is_ready(killed))
        # Metrics are not told through the gateway.
        with pytest.raises(urllib.error.HTTPError, match="403"):
            DIRECT.open(f"{address}/metrics", timeout=30)
        for each in browsers:
            each.open.close()


def test_the_configuration_keeps_browsers_with_their_process_and_their_secrets() -> None:
    plain = nginx_configuration([8501, 8502])
    assert "server 127.0.0.1:8501" in plain
    assert "server 127.0.0.1:8502" in plain
    assert "Secure" not in plain
    secure = nginx_configuration([8501], name="dash.county.example", listen="443", certificate="/etc/ssl/a.pem", key="/etc/ssl/a.key")
    assert "listen 443 ssl;" in secure
    assert "ssl_certificate_key /etc/ssl/a.key;" in secure
    assert f"{COOKIE}=$request_id; Path=/; HttpOnly; SameSite=Lax; Secure" in secure
    assert "server_name dash.county.example;" in secure
