"""The wall through AppTest: the page ``cockpit`` and ``?kiosk=1`` draw it in place of everything else; nothing to fill in."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.ui.kiosk_html import colour_variables
from dashboard.ui.theme import DARK, LIGHT
from tests.pages.conftest import ENTRY, OpenApp
from tests.tiny import HOSTILE_NAMES, make_tiny_database


def component(app: AppTest, name: str) -> dict[str, Any]:
    """Return the data of the component ``name`` of the wall."""
    for element in app.get("bidi_component"):
        proto = element.proto
        if name in proto.component_name:
            return json.loads(proto.json)
    raise AssertionError(name)


def wall(app: AppTest) -> dict[str, Any]:
    assert not app.exception
    assert not app.error
    return component(app, "kiosk_wall")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_wall_stands_alone(open_app: OpenApp, lang: str) -> None:
    app = open_app(kiosk="1", lang=lang)
    data = wall(app)
    assert [scene["id"] for scene in data["scenes"]] == [
        "cockpit",
        *(f"community-C{n}" for n in range(1, 6)),
        "map",
        "budget",
        "monitoring",
    ]
    assert data["message"] is None
    assert data["head"]["demonstration"]
    assert not app.selectbox
    assert not app.title
    assert component(app, "kiosk_pulse")["good"] is True


def test_page_and_parameter_lead_to_the_same(open_app: OpenApp) -> None:
    assert wall(open_app("cockpit"))["scenes"] == wall(open_app(kiosk="1"))["scenes"]


def test_address_chooses_scene_theme_and_rest(open_app: OpenApp) -> None:
    data = wall(open_app(kiosk="1", scene="budget", theme="light", rotate="0"))
    assert (data["start"], data["rotate"], data["notes"]) == ("budget", False, [])
    assert data["colours"] == colour_variables(LIGHT)
    data = wall(open_app(kiosk="1", scene="community-C9"))
    assert (data["start"], data["rotate"]) == ("", True)
    assert "community-C9" in data["notes"][0]
    assert data["colours"] == colour_variables(DARK)


def test_each_panel_says_what_it_lacks(open_app: OpenApp, tmp_path: Path) -> None:
    url = make_tiny_database(f"duckdb:///{tmp_path / 'county.duckdb'}", ("独家医共体",), demonstration=False)
    data = wall(open_app(url=url, kiosk="1"))
    assert data["head"]["demonstration"] == ""
    scenes = {scene["id"]: scene["html"] for scene in data["scenes"]}
    for words in ("没有转诊数据", "没有床位数据", "没有共享中心数据", "没有需要关注的事项"):
        assert words in scenes["cockpit"]
    assert "总额预算" in scenes["budget"]


def test_names_become_no_markup(open_app: OpenApp, tmp_path: Path) -> None:
    url = make_tiny_database(f"duckdb:///{tmp_path / 'hostile.duckdb'}", HOSTILE_NAMES)
    for scene in wall(open_app(url=url, kiosk="1"))["scenes"]:
        assert "<script" not in scene["html"]
        assert "<a " not in scene["html"]


def test_missing_database_is_told(open_app: OpenApp, tmp_path: Path) -> None:
    data = wall(open_app(url=f"duckdb:///{tmp_path / 'none.duckdb'}", kiosk="1"))
    assert data["scenes"] == []
    assert "还没有报表数据库" in data["message"]["what"]


def test_empty_database_is_told(open_app: OpenApp, tmp_path: Path) -> None:
    url = make_tiny_database(f"duckdb:///{tmp_path / 'empty.duckdb'}", facts=False)
    assert "还没有任何月份" in wall(open_app(url=url, kiosk="1"))["message"]["what"]


def test_database_away_keeps_the_picture(use_database: Callable[[str], None], tmp_path: Path) -> None:
    file = tmp_path / "reporting.duckdb"
    use_database(make_tiny_database(f"duckdb:///{file}"))
    app = AppTest.from_file(str(ENTRY), default_timeout=60)
    app.query_params["kiosk"] = "1"
    before = wall(app.run())
    file.rename(tmp_path / "aside.duckdb")
    after = wall(app.run())
    assert after["scenes"] == before["scenes"]
    assert component(app, "kiosk_pulse")["good"] is False
