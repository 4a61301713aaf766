"""The cockpit through AppTest: the page ``cockpit`` and ``?kiosk=1`` draw it in place of everything else; nothing to fill in."""

import datetime
import html
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.services.common import reporting
from dashboard.ui.cockpit.html import colour_variables
from dashboard.ui.kit.theme import DARK, LIGHT
from tests.integration.packages import small_county
from tests.kept import KeptCounties
from tests.pages.conftest import ENTRY, OpenApp
from tests.quality_county import county as quality_county
from tests.tiny import HOSTILE_NAMES, make_tiny_database


def component(app: AppTest, name: str) -> dict[str, Any]:
    """Return the data of the component ``name`` of the cockpit."""
    for element in app.get("bidi_component"):
        proto = element.proto
        if name in proto.component_name:
            return json.loads(proto.json)
    raise AssertionError(name)


def cockpit(app: AppTest) -> dict[str, Any]:
    assert not app.exception
    assert not app.error
    return component(app, "cockpit_screen")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_cockpit_stands_alone(open_app: OpenApp, lang: str) -> None:
    app = open_app(kiosk="1", lang=lang)
    data = cockpit(app)
    assert [scene["id"] for scene in data["scenes"]] == [
        "cockpit",
        *(f"community-C{n}" for n in range(1, 6)),
        "map",
        "budget",
        "quality",
        "contracts",
        "monitoring",
    ]
    assert data["message"] is None
    assert data["head"]["demonstration"]
    assert not app.selectbox
    assert not app.title
    assert component(app, "cockpit_pulse")["good"] is True


@pytest.mark.parametrize(("day", "state"), [(datetime.date(2025, 11, 20), ""), (datetime.date(2026, 6, 1), "warning")])
def test_old_data_carry_the_colour_of_a_warning(open_app: OpenApp, monkeypatch: pytest.MonkeyPatch, day: datetime.date, state: str) -> None:
    monkeypatch.setattr(reporting, "today", lambda: day)
    head = cockpit(open_app(kiosk="1"))["head"]
    assert head["state"] == state
    assert head["through"].startswith("!") == bool(state)


def test_page_and_parameter_lead_to_the_same(open_app: OpenApp) -> None:
    assert cockpit(open_app("cockpit"))["scenes"] == cockpit(open_app(kiosk="1"))["scenes"]


def test_address_chooses_scene_theme_and_rest(open_app: OpenApp) -> None:
    data = cockpit(open_app(kiosk="1", scene="budget", theme="light", rotate="0"))
    assert (data["start"], data["rotate"], data["notes"]) == ("budget", False, [])
    assert data["colours"] == colour_variables(LIGHT)
    data = cockpit(open_app(kiosk="1", scene="community-C9"))
    assert (data["start"], data["rotate"]) == ("", True)
    assert "community-C9" in data["notes"][0]
    assert data["colours"] == colour_variables(DARK)


def test_each_panel_says_what_it_lacks(open_app: OpenApp, tmp_path: Path) -> None:
    url = make_tiny_database(f"duckdb:///{tmp_path / 'county.duckdb'}", ("独家医共体",), demonstration=False)
    data = cockpit(open_app(url=url, kiosk="1"))
    assert data["head"]["demonstration"] == ""
    scenes = {scene["id"]: scene["html"] for scene in data["scenes"]}
    for words in ("没有转诊数据", "没有床位数据", "没有共享中心数据", "没有需要关注的事项"):
        assert words in scenes["cockpit"]
    assert "总额预算" in scenes["budget"]


def test_the_share_of_the_fund_used_carries_the_mark_of_the_time_as_on_the_overview(open_app: OpenApp, kept_counties: KeptCounties) -> None:
    url = kept_counties.loaded(small_county())
    scenes = {scene["id"]: scene["html"] for scene in cockpit(open_app(url=url, kiosk="1"))["scenes"]}
    for scene in ("cockpit", "community-A"):
        cards = scenes[scene].split('class="cards"')[1].split('class="column"')[0]
        assert "时序 25.0%" in cards
        assert "无公布目标" in cards  # other cards say so, this one is read against the time


def test_names_become_no_markup(open_app: OpenApp, tmp_path: Path) -> None:
    url = make_tiny_database(f"duckdb:///{tmp_path / 'hostile.duckdb'}", HOSTILE_NAMES)
    scenes = cockpit(open_app(url=url, kiosk="1"))["scenes"]
    assert any(html.escape(HOSTILE_NAMES[0]) in scene["html"] for scene in scenes)
    for scene in scenes:
        assert "<script" not in scene["html"]
        assert "<a " not in scene["html"]


def test_missing_database_is_told(open_app: OpenApp, tmp_path: Path) -> None:
    data = cockpit(open_app(url=f"duckdb:///{tmp_path / 'none.duckdb'}", kiosk="1"))
    assert data["scenes"] == []
    assert "还没有报表数据库" in data["message"]["what"]


def test_empty_database_is_told(open_app: OpenApp, tmp_path: Path) -> None:
    url = make_tiny_database(f"duckdb:///{tmp_path / 'empty.duckdb'}", facts=False)
    assert "还没有任何月份" in cockpit(open_app(url=url, kiosk="1"))["message"]["what"]


def test_database_away_keeps_the_picture(use_database: Callable[[str], None], tmp_path: Path) -> None:
    file = tmp_path / "reporting.duckdb"
    use_database(make_tiny_database(f"duckdb:///{file}"))
    app = AppTest.from_file(str(ENTRY), default_timeout=60)
    app.query_params["kiosk"] = "1"
    before = cockpit(app.run())
    file.rename(tmp_path / "aside.duckdb")
    after = cockpit(app.run())
    assert after["scenes"] == before["scenes"]
    assert component(app, "cockpit_pulse")["good"] is False


def test_costs_and_quality_have_their_scene(open_app: OpenApp, kept_counties: KeptCounties) -> None:
    url = kept_counties.written(quality_county())
    scene = next(scene for scene in cockpit(open_app(url=url, kiosk="1"))["scenes"] if scene["id"] == "quality")
    assert "三医院 外科" in scene["html"]
    assert "先查" in scene["finding"]
    assert "同病种" in scene["html"]
    without = next(scene for scene in cockpit(open_app(kiosk="1"))["scenes"] if scene["id"] == "quality")
    assert "没有费用与质量的数据" in without["html"]
    assert without["finding"] == ""
