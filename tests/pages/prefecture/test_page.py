"""The page 全市各县 as a reader meets it: twelve counties with a story, both languages, choices in the address, one county alone."""

import datetime
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.analysis.approval import COUNTY, Act
from dashboard.services.common.approvals import forget
from dashboard.services.common.database import open_database
from dashboard.services.common.workspace import current_workspace
from dashboard.services.prefecture.answer import everywhere, prefecture
from dashboard.services.prefecture.places import county_map
from dashboard.services.prefecture.wording import chance_finding, fund_finding, names_text
from dashboard.states import State
from dashboard.store.engine import writing_engine
from dashboard.store.schema import mart_county_fund, mart_county_measure
from dashboard.ui.kit.messages import escaped
from dashboard.ui.prefecture import map as page_map
from dashboard.workspace.county import CountyView, in_county
from tests.pages.conftest import OpenApp, heads, texts
from tests.prefecture_county import LATE, MONTHS, NAMES, NEWEST, OUTFLOW, code, make_prefecture


@pytest.fixture(scope="module")
def prefecture_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_prefecture(f"duckdb:///{tmp_path_factory.mktemp('prefecture_pages') / 'reporting.duckdb'}")


def test_the_story_stands_in_the_title_and_every_part_is_drawn(open_app: OpenApp, prefecture_url: str) -> None:
    app = open_app("prefecture", url=prefecture_url)
    assert not app.exception
    assert not app.error
    said = app.title[0].value.replace("\\", "")
    assert "白渡县的县域住院占比低于随机波动范围" in said
    assert "县预计超支" in said
    assert [head for head in heads(app) if "县并排" in head] == ["12 县并排：值、状态、名次和名次的 90% 区间"]
    assert any("地图" in head for head in heads(app))
    assert any("同规模比一比" in head for head in heads(app))
    assert any("个月走势：白渡县同比 ▼" in head for head in heads(app))
    assert "2025年末基金" in heads(app)
    assert "11 县已报齐" in texts(app)
    assert "竹浦县" in texts(app)


def test_indicator_and_county_come_from_the_address(open_app: OpenApp, prefecture_url: str) -> None:
    app = open_app("prefecture", url=prefecture_url, compared="B02", marked="P04")
    assert any(head.startswith("基层就诊率：") for head in heads(app))
    assert any("松岭县" in each.value for each in app.markdown)
    nonsense = open_app("prefecture", url=prefecture_url, compared="nothing", marked="nobody")
    assert [escaped("指标、县(市、区)") in each.value for each in nonsense.info if "无法识别" in each.value] == [True]
    assert any(head.startswith("县域住院占比：") for head in heads(nonsense))


def test_counties_that_no_boundary_is_known_of_are_named_below_the_map(
    open_app: OpenApp, prefecture_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = county_map(everywhere(open_database(prefecture_url)))
    known = {each: outline for each, outline in whole.outlines.items() if each not in (code(0), code(1))}
    monkeypatch.setattr(page_map, "county_map", lambda _database: replace(whole, outlines=known))
    app = open_app("prefecture", url=prefecture_url)
    assert f"地图上没有{NAMES[0]}、{NAMES[1]}" in texts(app).replace("\\", "")
    monkeypatch.setattr(page_map, "county_map", lambda _database: whole)
    assert "地图上没有" not in texts(open_app("prefecture", url=prefecture_url))


def test_a_ratio_of_money_has_no_limits_of_chance(open_app: OpenApp, prefecture_url: str) -> None:
    app = open_app("prefecture", url=prefecture_url, compared="F01")
    assert "金额之比不按人次随机波动" in texts(app).replace("\\", "")


def test_one_county_has_nothing_to_compare_and_is_not_offered(open_app: OpenApp) -> None:
    app = open_app("prefecture")
    assert "本库只有一个县" in texts(app)


def test_the_answer_tells_who_is_late_who_is_off_and_what_all_come_to(prefecture_url: str) -> None:
    answer = prefecture(everywhere(open_database(prefecture_url)), NEWEST)
    kept = answer.compared["B03"]
    assert answer.late.index.tolist() == [LATE]
    assert kept.table.loc[OUTFLOW, "state"] == State.BAD
    assert kept.table.loc[OUTFLOW, ["rank", "low", "high"]].tolist() == [11, 11, 11]
    assert kept.table.loc[LATE, "month"].date() == datetime.date(2025, 9, 1)
    assert kept.table.loc[LATE, ["rank", "low", "high"]].isna().all()
    assert kept.table.loc[LATE, "state"] == State.NEUTRAL
    assert answer.compared["F01"].funnel is None
    assert answer.comparisons()[0] == 44
    assert answer.fund.table.loc[LATE, "late"]
    over, left, net = answer.fund.sums()
    assert net == pytest.approx(left - over)
    assert chance_finding(answer, "F01") == ""
    assert "净缺" in fund_finding(answer.fund)


def test_many_names_are_counted() -> None:
    assert names_text(["甲", "乙"]) == "甲、乙"
    assert names_text(["甲", "乙", "丙", "丁"]) == "甲、乙、丙等 4 县"


def test_a_month_without_marts_says_how_to_make_them(open_app: OpenApp, prefecture_url: str) -> None:
    app = open_app("prefecture", url=prefecture_url, month="2023-01")
    assert not app.exception


def _month(app: AppTest) -> str:
    return str(next(box.value for box in app.selectbox if box.key == "month"))


def test_the_months_are_those_of_all_counties_whichever_is_in_view(open_app: OpenApp, prefecture_url: str) -> None:
    """It opens with the newest month that most of them have: the county in view may be the one that is late."""
    for county in (LATE, OUTFLOW):
        app = open_app("prefecture", url=prefecture_url, county=county)
        assert _month(app) == f"{NEWEST:%Y-%m}"
        assert "竹浦县" in texts(app)
    assert _month(open_app(url=prefecture_url, county=LATE)) == "2025-09"


def test_a_month_that_few_have_yet_is_offered_and_not_opened_with(open_app: OpenApp, tmp_path: Path) -> None:
    url = make_prefecture(f"duckdb:///{tmp_path / 'reporting.duckdb'}")
    early = [code(place) for place in range(3)]
    engine = writing_engine(url)
    with engine.begin() as connection:
        for mart in (mart_county_measure, mart_county_fund):
            connection.execute(mart.delete().where(mart.c.month == NEWEST, mart.c.county_code.not_in(early)))
    engine.dispose()
    app = open_app("prefecture", url=url)
    assert _month(app) == "2025-09"
    assert f"{NEWEST:%Y-%m}" in next(list(box.options) for box in app.selectbox if box.key == "month")


def test_how_many_counties_have_not_approved_is_told_of_all(open_app: OpenApp, prefecture_url: str) -> None:
    """Not whether the county in view has: a county that never approved a month is asked for none."""
    app = open_app("prefecture", url=prefecture_url)
    assert "审定" not in texts(app)
    with in_county(CountyView(OUTFLOW, frozenset({OUTFLOW}))):
        current_workspace().approvals.add(MONTHS[-3], Act.APPROVED, lambda _newest: [COUNTY], actor="王敏", reason="", data_version=1)
    forget()
    assert "初步：1 个县尚未县级审定" in texts(app.run())


def test_few_counties_have_a_title_without_limits_of_chance(open_app: OpenApp, tmp_path: Path) -> None:
    """Who is last, and what the funds come to; the lines stand under the short table, and which points are whose is said in colours."""
    url = make_prefecture(f"duckdb:///{tmp_path / 'reporting.duckdb'}", NAMES[:4])
    app = open_app("prefecture", url=url)
    said = app.title[0].value.replace("\\", "")
    assert said.startswith("东澜县的县域住院占比最低，8")
    assert "县预计超支" in said
    order = [next(place for place, head in enumerate(heads(app)) if words in head) for words in ("县并排", "个月走势", "地图", "同规模")]
    assert order == sorted(order)
    assert ":primary[●] 同规模" in texts(app)


def test_where_nothing_is_found_the_title_is_the_name_of_the_page(open_app: OpenApp, tmp_path: Path) -> None:
    url = make_prefecture(f"duckdb:///{tmp_path / 'reporting.duckdb'}", NAMES[:4])
    engine = writing_engine(url)
    with engine.begin() as connection:
        connection.execute(mart_county_fund.delete())
        connection.execute(mart_county_measure.delete().where(mart_county_measure.c.county_code != code(0)))
    engine.dispose()
    assert open_app("prefecture", url=url).title[0].value == "全市各县"


def test_the_county_in_view_is_no_choice_of_a_page_of_all(open_app: OpenApp, prefecture_url: str) -> None:
    for page, greyed in (("prefecture", True), ("overview", False)):
        app = open_app(page, url=prefecture_url, county=LATE)
        assert next(box for box in app.selectbox if box.key == "county").disabled is greyed
        assert next(box for box in app.selectbox if box.key == "county").value == LATE
