"""AppTest on the whole app: the entry point, then a page by its name, on a database of this test's own."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, Protocol

import plotly.io as pio
import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest, local_script_runner

from dashboard.settings import PROJECT, settings
from dashboard.ui.kit import attention, charts, headlines
from dashboard.ui.kit.board import Drawing
from dashboard.ui.kit.messages import escaped
from tests.components import attention_lines, card_heads, definitions_shown, facts_shown, headline_rows
from tests.tiny import HOSTILE_NAMES, PLAIN_NAMES, make_tiny_database
from tests.workspaces import empty_workspaces_copied

ENTRY = PROJECT / "dashboard" / "app.py"
OpenApp = Callable[..., AppTest]
_PATIENCE = 150
"""Seconds for one run of a page: a busy machine is no failure."""


@pytest.fixture(scope="session", autouse=True)
def _packages_searched_once() -> Iterator[None]:
    """Streamlit searches every installed package for components whenever an AppTest is made: half of such a test's time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture(scope="package", autouse=True)
def _empty_workspaces(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The migrations run once, not before every page."""
    with empty_workspaces_copied(tmp_path_factory.mktemp("empty")):
        yield


@pytest.fixture(scope="session", autouse=True)
def _waits_without_asking() -> Iterator[None]:
    """An AppTest asks every millisecond whether its run has ended, and holds the run up each time: it waits for the thread instead."""

    def ended(runner: local_script_runner.LocalScriptRunner, timeout: float = 3) -> None:
        assert runner._script_thread is not None
        runner._script_thread.join(timeout)
        if not runner.script_stopped():
            runner.request_stop()
            runner.join()
            raise RuntimeError(f"the page was not drawn within {timeout} seconds")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local_script_runner, "require_widgets_deltas", ended)
        yield


@pytest.fixture(scope="session")
def tiny_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A county of five communities with ten months of visits, marked as demonstration."""
    return make_tiny_database(f"duckdb:///{tmp_path_factory.mktemp('tiny') / 'reporting.duckdb'}", PLAIN_NAMES)


@pytest.fixture(scope="session")
def hostile_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The same county with names that try to become markup."""
    return make_tiny_database(f"duckdb:///{tmp_path_factory.mktemp('hostile') / 'reporting.duckdb'}", HOSTILE_NAMES)


@pytest.fixture
def use_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[str], None]]:
    """Point the settings of this process at another reporting database, and a workspace of this test's own, until the test ends."""
    monkeypatch.setenv("WORKSPACE_DATABASE_URL", f"sqlite:///{tmp_path / 'workspace.sqlite'}")

    def use(url: str) -> None:
        monkeypatch.setenv("REPORTING_DATABASE_URL", url)
        settings.cache_clear()

    yield use
    settings.cache_clear()


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Return the figures that the pages of this test have drawn, as plain data: what the browser gets is made of nothing else."""
    found: list[dict[str, Any]] = []
    drawing = charts._drawing

    def noted(figure: Any, *asked: Any) -> Drawing | None:
        found.append(json.loads(pio.to_json(figure, validate=False, engine="json")))
        return drawing(figure, *asked)

    monkeypatch.setattr(charts, "_drawing", noted)
    return found


@pytest.fixture
def open_app(use_database: Callable[[str], None], tiny_url: str) -> OpenApp:
    """Return ``open_app(page, url=…, state=…, **query)``: the app run once with this address on ``page``, in a session of this state."""

    def run(page: str = "", url: str = tiny_url, state: Mapping[str, object] = MappingProxyType({}), **query: str) -> AppTest:
        use_database(url)
        app = AppTest.from_file(str(ENTRY), default_timeout=_PATIENCE)
        for key, value in state.items():
            app.session_state[key] = value
        for key, value in query.items():
            app.query_params[key] = value
        if page:
            # AppTest wants the path relative to the entry point's folder.
            app.switch_page(str(Path("..") / "pages" / f"{page}.py"))
        return app.run()

    return run


ClickIn = Callable[[AppTest, ModuleType, str, str, str, object], AppTest]


@pytest.fixture
def click_in(monkeypatch: pytest.MonkeyPatch) -> ClickIn:
    """Return ``click_in(app, module, drawn, key, name, value)``: the page after the browser told ``value`` as what was ``name``.

    ``module.drawn`` is the component, ``key`` which one of them. A browser tells before the page runs, here it is while it does.
    """

    def run(app: AppTest, module: ModuleType, drawn: str, key: str, name: str, value: object) -> AppTest:
        def tell(**given: Any) -> None:
            if given["key"] == key:
                st.session_state[key] = {name: value}
                given[f"on_{name}_change"]()

        with monkeypatch.context() as clicked:
            clicked.setattr(module, drawn, tell)
            return app.run()

    return run


OpenNumber = Callable[[AppTest, str], AppTest]


@pytest.fixture
def open_number(click_in: ClickIn) -> OpenNumber:
    """Return ``open_number(app, indicator)``: the page after a click on the glass beside that headline number."""

    def run(app: AppTest, indicator: str) -> AppTest:
        key = next(row["key"] for row in headline_rows(app) if indicator in {card["indicator"] for card in row["cards"]})
        return click_in(app, headlines, "_row", f"headlines_{key}", "behind", indicator)

    return run


class OpenLine(Protocol):
    """``open_line(app, words, within)``: the page after a click on the finding that holds ``words``, in the list ``within`` or in any."""

    def __call__(self, app: AppTest, words: str, within: str | None = None) -> AppTest: ...


@pytest.fixture
def open_line(click_in: ClickIn) -> OpenLine:
    """Return the fixture's function."""

    def run(app: AppTest, words: str, within: str | None = None) -> AppTest:
        found = [(key, place) for key, place, line in attention_lines(app) if words in line["title"] and line["opens"]]
        key, place = next(each for each in found if within in (None, each[0]))
        return click_in(app, attention, "_lines", f"attention_{key}", "opened", place)

    return run


def heads(app: AppTest) -> list[str]:
    """Return the heads of the cards in their order, as a reader sees them."""
    return [head["title"] for head in card_heads(app) if head["title"]]


def texts(app: AppTest) -> str:
    """Return all words of the main part and the sidebar, for "is it on the page" questions."""
    kinds = ("title", "header", "subheader", "markdown", "caption", "error", "info", "warning", "metric")
    shown = [str(getattr(element, "value", "")) for kind in kinds for element in app.get(kind)]
    shown += [escaped(head[part]) for head in card_heads(app) for part in ("title", "aside")]
    shown += [escaped(line[part]) for _key, _place, line in attention_lines(app) for part in ("title", "detail")]
    shown += [escaped(fact[part]) for fact in facts_shown(app) for part in ("name", "value", "beside")]
    return "\n".join([*shown, *map(escaped, definitions_shown(app))])
