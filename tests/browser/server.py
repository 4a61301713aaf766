"""The app as a subprocess on a free port, and a Chromium that may talk to nobody else."""

import atexit
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Request

from tests.loopback import answers, free_port

PROJECT = Path(__file__).resolve().parent.parent.parent
CHROMIUM = Path("/usr/bin/chromium")
_START_SECONDS = 120
_QUIET_MILLISECONDS = 400
_POLLING = 50  # milliseconds; with every frame, which is the default, there would be no frame without work
# A map drawn without a graphics card on two busy cores takes its time; nothing is judged by how long it takes.
_PATIENCE = 150_000
_QUIET = """([call, enough]) => {
  const now = performance.now();
  const ended = document.querySelector('[data-testid="stApp"][data-test-script-state="notRunning"]');
  const bare = [...document.querySelectorAll('[data-testid="stDeckGlJsonChart"]')].some((map) => !map.querySelector('canvas'));
  const busy = !ended || bare || document.querySelector('[data-testid="stSkeleton"]');
  if (busy || window.quiet?.call !== call) window.quiet = {call, since: now};
  return now - window.quiet.since >= enough;
}"""


# What follows the width of the window has followed it: charts are as wide as their place, and so are maps. Streamlit draws no chart
# narrower than 150 pixels, whatever its place.
_FITTED = """() => {
  const width = (node) => node.getBoundingClientRect().width;
  const charts = [...document.querySelectorAll('[data-testid="stPlotlyChart"]')].filter((chart) => width(chart) > 0);
  const maps = [...document.querySelectorAll('[data-testid="stDeckGlJsonChart"]')].filter((map) => width(map) > 0);
  const wide = (place, drawn) => drawn && Math.abs(width(drawn) - Math.max(width(place), 150)) <= 2;
  return charts.every((chart) => wide(chart, chart.querySelector('svg.main-svg')))
    && maps.every((map) => wide(map, map.querySelector('canvas')));
}"""
_NEXT_FRAME = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
# Whatever asks for another host is refused by the browser itself. Not by an interceptor of Playwright's: that would switch the cache off.
_ARGUMENTS = ("--no-sandbox", "--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1")


def is_healthy(address: str) -> bool:
    """Return whether an app answers at ``address``."""
    return answers(f"{address}/_stcore/health", seconds=2)


class _Seed:
    """The process of ``tests.browser.seed``, asked one thing at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.browser.seed"], cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "ARROW_DEFAULT_MEMORY_POOL": "system"},  # the others have threads, which do not come along into a fork
        )  # fmt: skip
        atexit.register(self._end)

    def ask(self, **what: object) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def _end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)


_seed = cache(_Seed)
_running: dict[str, int] = {}


def process_of(address: str) -> int:
    """Return the id of the process of the app at ``address``, started by ``running_app``."""
    return _running[address]


def processor_seconds(address: str) -> float:
    """Return the processor time that the app at ``address``, started by ``running_app``, has taken so far."""
    user, system = Path(f"/proc/{process_of(address)}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running_app(
    database_url: str | None = None,
    log: Path | None = None,
    module: str = "dashboard.ui.frame.server",
    port: int | None = None,
    start_seconds: int = _START_SECONDS,
    **variables: str,
) -> Iterator[str]:
    """Start ``module`` on ``database_url`` (default: the settings) and yield its address; stop it at the end.

    ``port``: one that nobody listens on, by default any such. ``start_seconds``: how long it may take until it answers. ``variables`` are
    put into its environment.
    """
    port = port or free_port()
    address = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", **variables}
    if database_url:
        environment["REPORTING_DATABASE_URL"] = database_url
    seed = _seed()
    process = seed.ask(module=module, arguments=["--port", str(port)], environment=environment, log=str(log or os.devnull))
    try:
        deadline = time.monotonic() + start_seconds
        while not is_healthy(address):
            if seed.ask(ask=process) or time.monotonic() > deadline:
                raise RuntimeError("the app did not start" + (f", see {log}" if log else ""))
            time.sleep(0.1)
        _running[address] = process
        yield address
    finally:
        _running.pop(address, None)
        seed.ask(end=process)


def launched(playwright: Playwright) -> Browser:
    """Return a Chromium that reaches this machine only."""
    return playwright.chromium.launch(executable_path=CHROMIUM, args=list(_ARGUMENTS))


def launched_on(playwright: Playwright, folder: str) -> BrowserContext:
    """Return a Chromium that reaches this machine only and keeps in ``folder`` what a reader's own browser keeps on its disk."""
    return playwright.chromium.launch_persistent_context(folder, executable_path=CHROMIUM, args=list(_ARGUMENTS), locale="zh-CN")


class Visit:
    """One browser page with what it asked of other hosts and what its console complained about.

    ``context``: one that was ``left`` before, whose cache still holds the program's files; by default one of its own. ``patience``: how
    many milliseconds a page may take until it is drawn.
    """

    def __init__(
        self,
        browser: Browser | None,
        *,
        width: int = 1366,
        height: int = 768,
        theme: str = "light",
        context: BrowserContext | None = None,
        patience: int = _PATIENCE,
    ) -> None:
        self._patience = patience
        if context is None:
            assert browser is not None
            context = browser.new_context(locale="zh-CN")
        self.context = context
        self.page: Page = self.context.new_page()
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        self.outside: list[str] = []
        self.console_errors: list[str] = []
        self._origins: set[str] = set()
        self.context.on("request", self._asked)
        self.page.on("websocket", lambda socket_: self._note(socket_.url))
        self.page.on("console", lambda message: self.console_errors.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.console_errors.append(str(error)))

    def _asked(self, request: Request) -> None:
        self._note(request.url)

    def _note(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob") and parts.hostname != "127.0.0.1":
            self.outside.append(url)

    def open(self, address: str) -> Page:
        """Open ``address`` and wait until the script has run and everything is drawn."""
        parts = urlsplit(address)
        self._origins.add(f"{parts.scheme}://{parts.netloc}")
        self.page.goto(address)
        self.settle()
        return self.page

    def resize(self, width: int, height: int) -> None:
        """Give the window another size and wait until everything has followed it."""
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.evaluate(_NEXT_FRAME)
        self.page.wait_for_function(_FITTED, polling=_POLLING)
        self.page.evaluate(_NEXT_FRAME)

    def settle(self) -> None:
        """Wait until the app has run no script and shown neither skeleton nor bare map for a while.

        For a while, because a run asked for by a click may not have begun yet.
        """
        self.page.wait_for_function(_QUIET, arg=[time.monotonic(), _QUIET_MILLISECONDS], timeout=self._patience, polling=_POLLING)
        self.page.evaluate("() => document.fonts.ready")

    def cut_choices(self) -> list[str]:
        """Return what select boxes show only in part."""
        found: list[str] = self.page.evaluate(
            """() => [...document.querySelectorAll('[data-testid="stSelectbox"] input')]
                .filter((field) => field.scrollWidth > field.clientWidth + 1).map((field) => field.value)"""
        )
        return found

    def leave(self) -> BrowserContext:
        """Close the pages, forget what they kept in the browser but for the cache, and return the context for another visit."""
        keeper = self.context.new_page()
        session = self.context.new_cdp_session(keeper)
        for page in self.context.pages:
            if page is not keeper:
                page.close()
        for origin in self._origins:
            session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "cookies,local_storage,indexeddb"})
        self.context.remove_listener("request", self._asked)
        keeper.close()
        return self.context

    def close(self) -> None:
        """Close the page and its context."""
        self.context.close()
