"""The wall in a browser: it fits at every size, turns, stays through outages, refreshes itself and asks nobody outside."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.store.loader import load_package
from tests.browser.conftest import OpenVisit
from tests.browser.server import running_app
from tests.browser.wall import LAYOUT, Server, wait_for, wall_state, write_plan
from tests.integration.packages import small_county, write_csv_package
from tests.tiny import HOSTILE_NAMES, make_tiny_database

SIZES = [(1920, 1080), (2560, 1440), (3840, 1080), (3840, 2160)]
SCENES = ["cockpit", "community-A", "map", "budget", "monitoring"]
ENGLISH = "?lang=en&"


@pytest.fixture(scope="module")
def county_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app on a county with every kind of data."""
    folder = tmp_path_factory.mktemp("wall")
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    assert load_package(write_csv_package(folder / "package", small_county()), url).accepted
    with running_app(url, folder / "server.log") as address:
        yield address


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server of the test's own with quick turns, on five communities."""
    workspace = f"sqlite:///{tmp_path / 'workspace.sqlite'}"
    write_plan(workspace, seconds=3)
    own = Server(make_tiny_database(f"duckdb:///{tmp_path / 'reporting.duckdb'}"), workspace, tmp_path / "server.log")
    own.start()
    yield own
    own.stop()


@pytest.mark.parametrize("query", ["?", "?theme=light&", ENGLISH])
def test_every_scene_fits_at_every_size(county_address: str, visit: OpenVisit, query: str) -> None:
    window = visit(width=1920, height=1080, theme="dark")
    for scene in SCENES:
        page = window.open(f"{county_address}/cockpit{query}rotate=0&scene={scene}")
        wait_for(page, lambda state, wanted=scene: state["scene"] == wanted)
        page.wait_for_timeout(1200)  # the fade between scenes
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(300)
            found = page.evaluate(LAYOUT)
            assert found["problems"] == [], (scene, width, height)
            assert found["smallest"] >= 25.8
    assert window.outside == []
    assert [error for error in window.console_errors if "404" not in error] == []


def test_wall_has_no_controls_and_says_what_it_stands_on(county_address: str, visit: OpenVisit) -> None:
    page = visit(width=1920, height=1080).open(f"{county_address}/?kiosk=1")
    state = wait_for(page, lambda state: state["scene"] == "cockpit")
    assert state["onTop"]
    assert state["markup"] == 0
    assert "数据截至 2025年3月" in state["period"]
    assert state["dots"] == ["总览", "一", "二", "转诊", "基金", "监测"]
    assert not page.locator('[data-testid="stSidebar"]').is_visible()


def test_scenes_turn_in_their_order_and_by_address(server: Server, visit: OpenVisit) -> None:
    page = visit(width=1920, height=1080).open(f"{server.address}/cockpit?scene=map")
    for scene in ("map", "budget", "monitoring", "cockpit", "community-C1"):
        wait_for(page, lambda state, wanted=scene: state["scene"] == wanted, 20)
    page = visit(width=1920, height=1080).open(f"{server.address}/cockpit?scene=budget&rotate=0")
    page.wait_for_timeout(7000)
    assert wall_state(page)["scene"] == "budget"


def test_unknown_scene_is_told(server: Server, visit: OpenVisit) -> None:
    page = visit(width=1920, height=1080).open(f"{server.address}/cockpit?scene=nonsense")
    assert "nonsense" in wait_for(page, lambda state: state["scene"] == "cockpit")["status"]


def test_database_away_and_back_and_a_new_load(server: Server, visit: OpenVisit, tmp_path: Path) -> None:
    file, aside = tmp_path / "reporting.duckdb", tmp_path / "aside.duckdb"
    page = visit(width=1920, height=1080).open(f"{server.address}/cockpit?rotate=0")
    before = wait_for(page, lambda state: "最近检查" in state["status"])
    file.rename(aside)
    away = wait_for(page, lambda state: state["interrupted"])
    assert "数据连接中断" in away["status"]
    assert "画面为" in away["status"]
    assert away["dots"] == before["dots"]
    aside.rename(file)
    wait_for(page, lambda state: not state["interrupted"])
    page.evaluate("() => { window.sameDocument = true; }")
    make_tiny_database(f"duckdb:///{tmp_path / 'next.duckdb'}", ("新一医共体", "新二医共体"))
    shutil.move(tmp_path / "next.duckdb", file)
    after = wait_for(page, lambda state: "新一" in state["dots"])
    assert after["scene"] == "cockpit"
    assert page.evaluate("() => window.sameDocument === true")  # no reload: the picture was only exchanged


def test_server_away_and_back(server: Server, visit: OpenVisit) -> None:
    window = visit(width=1920, height=1080)
    page = window.open(f"{server.address}/cockpit")
    wait_for(page, lambda state: "最近检查" in state["status"])
    server.stop()
    away = wait_for(page, lambda state: state["interrupted"])
    assert "数据连接中断" in away["status"]
    assert away["onTop"]  # over the framework's English dialogue
    turned = wait_for(page, lambda state: state["scene"] != away["scene"], 20)  # the last good picture goes on turning
    assert turned["interrupted"]
    server.start()
    wait_for(page, lambda state: not state["interrupted"] and "最近检查" in state["status"], 90)
    assert window.outside == []


def test_names_from_data_stay_text_on_the_wall(tmp_path: Path, visit: OpenVisit) -> None:
    workspace = f"sqlite:///{tmp_path / 'workspace.sqlite'}"
    own = Server(make_tiny_database(f"duckdb:///{tmp_path / 'hostile.duckdb'}", HOSTILE_NAMES), workspace, tmp_path / "server.log")
    own.start()
    try:
        window = visit(width=1920, height=1080)
        dialogs: list[str] = []
        window.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        page = window.open(f"{own.address}/cockpit?rotate=0&scene=community-C1")
        state = wait_for(page, lambda state: state["scene"] == "community-C1")
        assert HOSTILE_NAMES[0] in state["words"]
        assert state["dots"][1:6] == list(HOSTILE_NAMES)
        assert state["markup"] == 0
        assert dialogs == []
        assert window.outside == []
    finally:
        own.stop()


def test_wall_waits_for_a_database_that_comes_later(tmp_path: Path, visit: OpenVisit) -> None:
    workspace = f"sqlite:///{tmp_path / 'workspace.sqlite'}"
    write_plan(workspace, seconds=3)
    own = Server(f"duckdb:///{tmp_path / 'reporting.duckdb'}", workspace, tmp_path / "server.log")
    own.start()
    try:
        page = visit(width=1920, height=1080).open(f"{own.address}/cockpit")
        assert "还没有报表数据库" in wait_for(page, lambda state: "还没有" in state["words"])["words"]
        make_tiny_database(f"duckdb:///{tmp_path / 'made.duckdb'}")
        shutil.move(tmp_path / "made.duckdb", tmp_path / "reporting.duckdb")
        wait_for(page, lambda state: state["scene"] == "cockpit")
    finally:
        own.stop()
