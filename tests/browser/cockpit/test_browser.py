"""The cockpit in a browser: it fits at every size, turns, stays through outages, refreshes itself and asks nobody outside."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.ui.cockpit.html import narrow_names
from tests.browser.cockpit_page import LAYOUT, Server, cockpit_state, wait_for, write_plan
from tests.browser.conftest import OpenVisit
from tests.browser.server import running_app
from tests.tiny import HOSTILE_NAMES, PLAIN_NAMES, make_tiny_database

SIZES = [(1920, 1080), (2560, 1440), (3840, 1080), (3840, 2160)]
SCENES = ["cockpit", "community-A", "map", "budget", "quality", "contracts", "monitoring"]
DARK, LIGHT, ENGLISH = "?", "?theme=light&", "?lang=en&"


@pytest.fixture(scope="module")
def restless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    """A server with quick turns and its database file, which tests exchange."""
    folder = tmp_path_factory.mktemp("restless")
    workspace, file = f"sqlite:///{folder / 'workspace.sqlite'}", folder / "reporting.duckdb"
    write_plan(workspace, seconds=3)
    own = Server(make_tiny_database(f"duckdb:///{file}"), workspace, folder / "server.log")
    own.start()
    yield own, file
    own.stop()


@pytest.fixture
def database_file(restless: tuple[Server, Path], tmp_path: Path) -> Iterator[Path]:
    """The database file of ``server``: five communities, after the test as before."""
    file = restless[1]
    shutil.copy(file, tmp_path / "kept.duckdb")
    yield file
    shutil.move(tmp_path / "kept.duckdb", file)


@pytest.fixture
def server(restless: tuple[Server, Path], database_file: Path) -> Server:
    """A server with quick turns on five communities."""
    return restless[0]


def exchange(file: Path, names: tuple[str, ...]) -> None:
    """Put a county of other names into the place of the database."""
    made = file.with_name("made.duckdb")
    make_tiny_database(f"duckdb:///{made}", names)
    shutil.move(made, file)


def sizes(query: str, scene: str) -> list[tuple[int, int]]:
    """Return the sizes to look at a scene in; a theme changes colours alone, so in the light each scene has one, and each size a scene."""
    return SIZES if query != LIGHT else [SIZES[SCENES.index(scene) % len(SIZES)]]


def test_in_the_light_every_size_is_looked_at() -> None:
    assert {size for scene in SCENES for size in sizes(LIGHT, scene)} == set(SIZES)


@pytest.mark.parametrize("query", [DARK, LIGHT, ENGLISH])
def test_every_scene_fits_at_every_size(county_address: str, visit: OpenVisit, query: str) -> None:
    window = visit(width=1920, height=1080, theme="dark")
    window.page.emulate_media(reduced_motion="reduce")  # scenes stand at once instead of fading in
    for scene in SCENES:
        page = window.open(f"{county_address}/cockpit{query}rotate=0&scene={scene}")
        wait_for(page, lambda state, wanted=scene: state["scene"] == wanted)
        for width, height in sizes(query, scene):
            window.resize(width, height)
            found = page.evaluate(LAYOUT)
            assert found["problems"] == [], (scene, width, height)
            assert found["smallest"] >= 25.8
    assert window.outside == []
    assert [error for error in window.console_errors if "404" not in error] == []


def test_cockpit_has_no_controls_and_says_what_it_stands_on(county_address: str, visit: OpenVisit) -> None:
    page = visit(width=1920, height=1080).open(f"{county_address}/?kiosk=1")
    state = wait_for(page, lambda state: state["scene"] == "cockpit")
    assert state["onTop"]
    assert state["markup"] == 0
    assert "数据截至 2025年3月" in state["period"]
    assert state["dots"] == ["总览", "一", "二", "转诊", "基金", "质量", "签约", "监测"]
    assert not page.locator('[data-testid="stSidebar"]').is_visible()


def test_scenes_turn_in_their_order_and_by_address(server: Server, visit: OpenVisit) -> None:
    held = visit(width=1920, height=1080).open(f"{server.address}/cockpit?scene=budget&rotate=0")
    wait_for(held, lambda state: state["scene"] == "budget")
    page = visit(width=1920, height=1080).open(f"{server.address}/cockpit?scene=map")
    for scene in ("map", "budget", "quality", "contracts", "monitoring", "cockpit", "community-C1"):
        wait_for(page, lambda state, wanted=scene: state["scene"] == wanted, 20)
    assert cockpit_state(held)["scene"] == "budget"  # while the other turned four times


def test_unknown_scene_is_told(server: Server, visit: OpenVisit) -> None:
    page = visit(width=1920, height=1080).open(f"{server.address}/cockpit?scene=nonsense")
    assert "nonsense" in wait_for(page, lambda state: state["scene"] == "cockpit")["status"]


def test_database_away_and_back_and_a_new_load(server: Server, database_file: Path, visit: OpenVisit) -> None:
    aside = database_file.with_name("aside.duckdb")
    page = visit(width=1920, height=1080).open(f"{server.address}/cockpit?rotate=0")
    before = wait_for(page, lambda state: "最近检查" in state["status"])
    database_file.rename(aside)
    away = wait_for(page, lambda state: state["interrupted"])
    assert "数据连接中断" in away["status"]
    assert "画面为" in away["status"]
    assert away["dots"] == before["dots"]
    aside.rename(database_file)
    wait_for(page, lambda state: not state["interrupted"])
    page.evaluate("() => { window.sameDocument = true; }")
    exchange(database_file, ("新一医共体", "新二医共体"))
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


def test_names_from_data_stay_text_on_the_cockpit(server: Server, database_file: Path, visit: OpenVisit) -> None:
    exchange(database_file, HOSTILE_NAMES)
    window = visit(width=1920, height=1080)
    dialogs: list[str] = []
    window.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page = window.open(f"{server.address}/cockpit?rotate=0&scene=community-C1")
    state = wait_for(page, lambda state: state["scene"] == "community-C1" and HOSTILE_NAMES[0] in state["words"])
    assert state["dots"][1:6] == narrow_names(HOSTILE_NAMES)
    assert state["markup"] == 0
    assert dialogs == []
    assert window.outside == []


def test_cockpit_waits_for_a_database_that_comes_later(tmp_path: Path, visit: OpenVisit) -> None:
    workspace = f"sqlite:///{tmp_path / 'workspace.sqlite'}"
    write_plan(workspace, seconds=3)
    own = Server(f"duckdb:///{tmp_path / 'reporting.duckdb'}", workspace, tmp_path / "server.log")
    own.start()
    try:
        page = visit(width=1920, height=1080).open(f"{own.address}/cockpit")
        assert "还没有报表数据库" in wait_for(page, lambda state: "还没有" in state["words"])["words"]
        exchange(tmp_path / "reporting.duckdb", PLAIN_NAMES)
        wait_for(page, lambda state: state["scene"] == "cockpit")
    finally:
        own.stop()


def test_the_first_scene_fits_with_long_and_equal_names(tmp_path: Path, visit: OpenVisit) -> None:
    url = make_tiny_database(
        f"duckdb:///{tmp_path / 'long.duckdb'}", ("人民医院医共体", "人民医院医共体", "第三人民医院", "第四人民医院", "中医院")
    )
    window = visit(width=1920, height=1080, theme="dark")
    window.page.emulate_media(reduced_motion="reduce")
    with running_app(url, tmp_path / "server.log") as address:
        page = window.open(f"{address}/cockpit?rotate=0")
        wait_for(page, lambda state: state["scene"] == "cockpit" and state["status"])
        for width, height in ((1920, 1080), (1366, 768), (1440, 900)):
            window.resize(width, height)
            assert page.evaluate(LAYOUT)["problems"] == [], (width, height)
