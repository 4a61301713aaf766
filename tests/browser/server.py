"""The app as a subprocess on a free port, and a Chromium that may talk to nobody else."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Route

PROJECT = Path(__file__).resolve().parent.parent.parent
CHROMIUM = Path("/usr/bin/chromium")
_START_SECONDS = 120
_QUIET_MILLISECONDS = 400
_QUIET = """([call, enough]) => {
  const now = performance.now();
  const ended = document.querySelector('[data-testid="stApp"][data-test-script-state="notRunning"]');
  const bare = [...document.querySelectorAll('[data-testid="stDeckGlJsonChart"]')].some((map) => !map.querySelector('canvas'));
  const busy = !ended || bare || document.querySelector('[data-testid="stSkeleton"]');
  if (busy || window.quiet?.call !== call) window.quiet = {call, since: now};
  return now - window.quiet.since >= enough;
}"""


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_healthy(address: str) -> bool:
    """Return whether an app answers at ``address``."""
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


@contextmanager
def running_app(database_url: str | None = None, log: Path | None = None, module: str = "dashboard.ui.server") -> Iterator[str]:
    """Start ``module`` on ``database_url`` (default: the settings) and yield its address; stop it at the end."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    if database_url:
        environment["REPORTING_DATABASE_URL"] = database_url
    command = [sys.executable, "-m", module, "--port", str(port)]
    with log.open("wb") if log else Path(os.devnull).open("wb") as output:
        process = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            deadline = time.monotonic() + _START_SECONDS
            while not is_healthy(address):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("the app did not start" + (f", see {log}" if log else ""))
                time.sleep(0.1)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=20)


class Visit:
    """One browser page with what it asked of other hosts and what its console complained about."""

    def __init__(self, browser: Browser, *, width: int = 1366, height: int = 768, theme: str = "light") -> None:
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if theme == "dark" else "light", locale="zh-CN"
        )
        self.page: Page = self.context.new_page()
        self.outside: list[str] = []
        self.console_errors: list[str] = []
        self.context.route("**/*", self._guard)
        self.page.on("websocket", lambda socket_: self._note(socket_.url))
        self.page.on("console", lambda message: self.console_errors.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.console_errors.append(str(error)))

    def _note(self, url: str) -> bool:
        parts = urlsplit(url)
        if parts.scheme in ("data", "blob") or parts.hostname == "127.0.0.1":
            return True
        self.outside.append(url)
        return False

    def _guard(self, route: Route) -> None:
        if self._note(route.request.url):
            route.continue_()
        else:
            route.abort()

    def open(self, address: str) -> Page:
        """Open ``address`` and wait until the script has run and everything is drawn."""
        self.page.goto(address)
        self.settle()
        return self.page

    def settle(self) -> None:
        """Wait until the app has run no script and shown neither skeleton nor bare map for a while.

        For a while, because a run asked for by a click may not have begun yet.
        """
        self.page.wait_for_function(_QUIET, arg=[time.monotonic(), _QUIET_MILLISECONDS], timeout=60_000)
        self.page.evaluate("() => document.fonts.ready")

    def cut_choices(self) -> list[str]:
        """Return what select boxes show only in part."""
        found: list[str] = self.page.evaluate(
            """() => [...document.querySelectorAll('[data-testid="stSelectbox"] input')]
                .filter((field) => field.scrollWidth > field.clientWidth + 1).map((field) => field.value)"""
        )
        return found

    def close(self) -> None:
        """Close the page and its context."""
        self.context.close()
