"""A cockpit to look at in a browser: a server that can be stopped and started again on its port, and what the cockpit shows."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Page

from dashboard.services.cockpit.answer import SETTING
from dashboard.workspace import Kind, open_workspace
from tests.browser.server import running_app
from tests.loopback import free_port

LAYOUT = (Path(__file__).parent / "cockpit_layout.js").read_text(encoding="utf-8")
_INSIDE = """() => {
  const host = [...document.querySelectorAll("*")].find((node) => node.shadowRoot && node.shadowRoot.querySelector(".screen"));
  if (!host) return null;
  const cockpit = host.shadowRoot.querySelector(".screen");
  const scene = cockpit.querySelector(".scene.on");
  return {
    scene: scene ? scene.dataset.scene : "",
    words: cockpit.innerText,
    status: cockpit.querySelector(".status").textContent,
    interrupted: cockpit.classList.contains("interrupted"),
    dots: [...cockpit.querySelectorAll(".dots li")].map((dot) => dot.textContent),
    onTop: cockpit.matches(":popover-open"),
    nodes: cockpit.querySelectorAll("*").length,
    markup: cockpit.querySelectorAll("script, a, img, iframe, input, button, select").length,
    period: cockpit.querySelector(".facts").textContent,
  };
}"""


def write_plan(workspace_url: str, *, seconds: int, check_seconds: int = 1, emphasis_seconds: int = 2) -> None:
    """Save a plan with short turns in a workspace of the test's own."""
    kinds = ("cockpit", "communities", "map", "budget", "quality", "contracts", "monitoring")
    scenes = [{"id": kind, "kind": kind, "name": kind, "name_en": kind, "seconds": seconds} for kind in kinds]
    plan = {"scenes": scenes, "check_seconds": check_seconds, "emphasis_seconds": emphasis_seconds}
    workspace = open_workspace(workspace_url)
    workspace.create(Kind.SETTING, "cockpit", plan, author=None, document_id=SETTING)
    workspace.close()


class Server:
    """The app on one port through stops and starts."""

    def __init__(self, database_url: str, workspace_url: str, log: Path) -> None:
        self._port = free_port()
        self.address = f"http://127.0.0.1:{self._port}"
        self._settings = (database_url, workspace_url, log)
        self._running = ExitStack()

    def start(self) -> None:
        """Start it and wait until it answers."""
        database, workspace, log = self._settings
        self._running.enter_context(running_app(database, log, port=self._port, WORKSPACE_DATABASE_URL=workspace))

    def stop(self) -> None:
        """Stop it; stopping twice does nothing."""
        self._running.close()


def cockpit_state(page: Page) -> dict[str, Any]:
    """Return what the cockpit shows; empty while there is none, or while the page reloads itself."""
    try:
        return page.evaluate(_INSIDE) or {}
    except Error:
        page.wait_for_load_state()
        return {}


def wait_for(page: Page, condition: Callable[[dict[str, Any]], bool], seconds: float = 60) -> dict[str, Any]:
    """Return the cockpit's state once ``condition`` holds for it."""
    deadline = time.monotonic() + seconds
    state: dict[str, Any] = {}
    while time.monotonic() < deadline:
        state = cockpit_state(page)
        if state and condition(state):
            return state
        page.wait_for_timeout(250)
    raise AssertionError(f"not within {seconds} s: {state.get('scene')} {state.get('status')}")
