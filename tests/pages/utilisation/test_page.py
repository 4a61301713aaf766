from collections.abc import Callable
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.ui.kit import blocks
from dashboard.ui.kit.messages import escaped
from dashboard.ui.utilisation import pabon
from dashboard.ui.utilisation.page import SECTIONS
from tests.components import with_table
from tests.pages.conftest import OpenApp, heads, texts
from tests.tiny import HOSTILE_NAMES
from tests.utilisation_county import LAST, Rows, county, make_county, only_beds

OpenView = Callable[..., AppTest]
# The finding in the title of each view on the whole county, in both languages.
SHOWN = {
    "beds": ("病床使用率 101.8%，1 家超过 100%，1 家不到 60%", "Bed occupancy 101.8%, 1 above 100%, 1 below 60%"),
    "pabon": ("同类机构太少，不能画四象限", "Too few of a kind for the four sectors"),
    "peers": ("没有同级机构可比", "No peers to compare with"),
    "efficiency": ("各机构都在前沿上", "All institutions are on the frontier"),
    "equipment": ("设备使用率 50.0%：1 台闲置，1 台繁忙", "Equipment utilisation 50.0%: 1 devices idle, 1 busy"),
    "forecast": ("按使用率 85%，高峰月缺 34 张", "At 85% occupancy, peak month: 34 beds short"),
}


@pytest.fixture(scope="module")
def county_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_county(f"duckdb:///{tmp_path_factory.mktemp('pages') / 'reporting.duckdb'}", county())


@pytest.fixture(scope="module")
def beds_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_county(f"duckdb:///{tmp_path_factory.mktemp('beds') / 'reporting.duckdb'}", only_beds())


@pytest.fixture
def open_view(open_app: OpenApp, county_url: str) -> OpenView:
    """Return ``open_view(view, url=…, **query)``: the page with this view chosen."""

    def run(view: str, url: str = county_url, **query: str) -> AppTest:
        app = open_app("utilisation", url=url, **query)
        return app.segmented_control(key="use").set_value(view).run()

    return run


@pytest.mark.parametrize("view", SECTIONS.labels)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_view_opens(open_view: OpenView, view: str, lang: str) -> None:
    app = open_view(view, lang=lang)
    assert not app.exception
    assert not app.error
    assert SHOWN[view][lang == "en"] in str(app.title[0].value).replace("\\", "")


@pytest.mark.parametrize("view", SECTIONS.labels)
def test_every_view_says_what_a_county_with_only_beds_lacks(open_view: OpenView, beds_url: str, view: str) -> None:
    app = open_view(view, url=beds_url)
    assert not app.exception
    assert not app.error
    lacking = {
        "pabon": "缺少出院人数",
        "peers": "没有出院人数",
        "efficiency": "没有可比较的投入和产出",
        "equipment": "没有设备清单",
        "forecast": "没有足够的月份来预测总诊疗人次",
    }
    assert escaped(lacking.get(view, "病床使用率")) in texts(app)


@pytest.mark.parametrize("view", SECTIONS.labels)
def test_every_view_opens_without_any_table_of_its_own(open_view: OpenView, tmp_path: Path, view: str) -> None:
    rows = {name: each for name, each in county().items() if not name.startswith("fact_")}
    rows["fact_outpatient"] = county()["fact_outpatient"][:3]
    app = open_view(view, url=make_county(f"duckdb:///{tmp_path / 'empty.duckdb'}", rows))
    assert not app.exception
    assert not app.error
    assert app.info or view == "forecast"


@pytest.mark.parametrize("view", SECTIONS.labels)
def test_hostile_names_stay_text(open_view: OpenView, tmp_path: Path, view: str) -> None:
    rows: Rows = county()
    for table in ("dim_institution", "dim_department", "dim_equipment", "dim_equipment_type", "dim_community"):
        for row, name in zip(rows[table], HOSTILE_NAMES, strict=False):
            row["name"] = name
    app = open_view(view, url=make_county(f"duckdb:///{tmp_path / 'hostile.duckdb'}", rows))
    assert not app.exception
    assert not app.error
    assert "<script>alert" not in texts(app)
    if view == "efficiency":  # its head names an institution: a name would be seen
        assert escaped(HOSTILE_NAMES[0]) in texts(app)


def test_occupancy_above_100_is_flagged_not_clipped(open_view: OpenView) -> None:
    app = open_view("beds", month="2025-10")
    assert escaped("1 家超过 100%") in app.title[0].value
    table = app.dataframe[0].value
    hospital = table[table["name"] == "县医院"].iloc[0]
    assert hospital["occupancy"] == pytest.approx(110)
    assert "超过 100%" in hospital["flag"]
    assert hospital["approved_beds"] == 140


def test_scheme_is_greyed_because_it_does_not_apply(open_view: OpenView) -> None:
    app = open_view("beds")
    assert app.selectbox(key="scheme").disabled
    assert not app.selectbox(key="level").disabled


def test_level_filter_keeps_primary_institutions(open_view: OpenView) -> None:
    app = open_view("beds", level="primary")
    assert app.dataframe[0].value["name"].tolist() == ["东镇卫生院"]


def test_drill_shows_the_departments_of_one_institution(open_view: OpenView) -> None:
    app = open_view("beds")
    app.selectbox(key="hospital").set_value("P1").run()
    assert not app.exception
    departments = app.dataframe[-1].value
    assert departments["name"].tolist() == ["内科"]


@pytest.mark.parametrize(
    ("view", "key"),
    [
        ("beds", "bed_trend"),
        ("beds", "bed_calendar"),
        ("pabon", "pabon"),
        ("pabon", "pabon_departments"),
        ("efficiency", "efficiency"),
        ("efficiency", "productivity"),
        ("equipment", "devices"),
        ("equipment", "device_map"),
        ("equipment", "positive"),
        ("forecast", "forecast_bed_days"),
        ("forecast", "forecast_visits"),
        ("forecast", "beds_needed"),
    ],
)
def test_every_chart_has_a_table_that_downloads(open_view: OpenView, view: str, key: str) -> None:
    app = open_view(view, lines="own")  # too few of a kind to compare with their median
    before = len(app.dataframe)
    with_table(app, key)
    assert not app.exception
    assert not app.error
    assert len(app.dataframe) == before + 1
    assert any(button.proto.id.endswith(f"download_{key}") for button in app.get("download_button"))


def test_beds_needed_follow_the_planned_occupancy(open_view: OpenView) -> None:
    app = open_view("forecast")
    first = app.title[0].value
    app.slider(key="planned").set_value(70).run()
    assert escaped("70%") in app.title[0].value
    assert app.title[0].value != first


def test_own_lines_of_the_quadrants(open_view: OpenView) -> None:
    app = open_view("pabon")
    assert "不能画四象限" in str(app.title[0].value)
    app.segmented_control(key="lines").set_value("own").run()
    app.slider(key="x_line").set_value(60).run()
    assert not app.exception
    assert not app.error
    assert "按自定参考：1 家使用率、周转都高，1 家都低" in heads(app)


def test_a_clicked_bubble_opens_the_institution_that_it_names(open_view: OpenView, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: dict[str, Any] = {}

    def seen(figure: go.Figure, *, key: str, alt: str, on_pick: Callable[[int, int], None] | None = None) -> None:
        if key == "chart_pabon":
            drawn.update(names=[told[0] for told in figure.data[0].customdata], pick=on_pick)

    monkeypatch.setattr(blocks, "show_figure", seen)
    app = open_view("pabon", lines="own")
    offered = app.selectbox(key="hospital")
    assert [name.replace("\u2060", "") for name in offered.options] == drawn["names"]
    state: dict[str, str] = {}
    monkeypatch.setattr(pabon.st, "session_state", state)
    chosen = []
    for place in range(len(drawn["names"])):
        drawn["pick"](place, 0)
        chosen.append(state["hospital"])
    assert len(set(chosen)) == len(drawn["names"]) > 1
    assert chosen[0] == offered.value  # the first one offered is the one that the page opens with


def test_small_sample_is_warned_about(open_view: OpenView) -> None:
    assert "样本偏少" in open_view("efficiency").warning[0].value


def test_finance_missing_is_said(open_view: OpenView, tmp_path: Path) -> None:
    rows = county()
    centre = rows["dim_institution"][1]
    for code in ("P3", "P4"):
        rows["dim_institution"].append(centre | {"institution_code": code, "name": code})
        rows["fact_bed"] += [row | {"institution_code": code} for row in rows["fact_bed"] if row["institution_code"] == "P1"]
    rows.pop("fact_finance")
    app = open_view("peers", url=make_county(f"duckdb:///{tmp_path / 'nofinance.duckdb'}", rows))
    assert "没有财务月报" in texts(app)
    assert not app.exception


def test_view_and_choices_come_from_the_address(open_app: OpenApp, county_url: str) -> None:
    app = open_app("utilisation", url=county_url, use="equipment")
    assert not app.exception
    assert app.segmented_control(key="use").value == "equipment"


def test_nonsense_in_the_address_falls_back(open_app: OpenApp, county_url: str) -> None:
    app = open_app("utilisation", url=county_url, use="<script>", hospital="'; DROP TABLE x; --")
    assert not app.exception
    assert app.segmented_control(key="use").value == "beds"
    assert app.selectbox(key="hospital").value == "all"


# Two: the centre itself, and the next smallest, without which the first would follow from the total.
FEW = {
    "beds": ("2 家出院人数过少", "2 with few discharges"),
    "pabon": ("未画 2 家：出院人数过少", "2 not drawn: few discharges"),
    "peers": ("2 家出院人数过少", "2 with few discharges"),
}


@pytest.fixture(scope="module")
def few_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A county of which one centre discharged three people a year: neither its turnover nor its length of stay is shown."""
    rows = county()
    centre = rows["dim_institution"][1]
    for code in ("P3", "P4", "P5"):
        rows["dim_institution"].append(centre | {"institution_code": code, "name": f"{code}卫生院"})
        rows["fact_bed"] += [row | {"institution_code": code} for row in rows["fact_bed"] if row["institution_code"] == "P1"]
    for row in rows["fact_bed"]:
        if row["institution_code"] == "P5":
            row.update(discharges=0, discharged_bed_days=0, admissions=0)
            if row["month"] == LAST:
                row.update(discharges=3, discharged_bed_days=30, admissions=3)
    return make_county(f"duckdb:///{tmp_path_factory.mktemp('few') / 'reporting.duckdb'}", rows)


@pytest.mark.parametrize("view", FEW)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_few_discharges_hide_is_counted_and_explained(open_view: OpenView, few_url: str, view: str, lang: str) -> None:
    words = FEW[view][lang == "en"]
    app = open_view(view, url=few_url, month=f"{LAST:%Y-%m}", lang=lang)
    assert not app.exception
    assert not app.error
    assert escaped(words) in texts(app) or words in texts(app)


def test_hidden_departments_are_counted_too(open_view: OpenView, few_url: str) -> None:
    app = open_view("beds", url=few_url, month=f"{LAST:%Y-%m}")
    assert "个科室出院人数过少" not in texts(app)
    app.selectbox(key="hospital").set_value("P5").run()
    assert "1 个科室出院人数过少" in texts(app)


def test_a_selection_of_nothing_but_few_discharges_says_so(open_view: OpenView, tmp_path: Path) -> None:
    rows = county()
    for row in rows["fact_bed"]:
        row.update(discharges=1, discharged_bed_days=9, admissions=1)
    app = open_view("pabon", url=make_county(f"duckdb:///{tmp_path / 'few.duckdb'}", rows), month=f"{LAST:%Y-%m}")
    assert not app.exception
    assert "出院人数过少，不画四象限" in str(app.title[0].value)


@pytest.mark.parametrize("view", FEW)
def test_nothing_is_said_of_few_discharges_where_there_are_none(open_view: OpenView, view: str) -> None:
    assert "出院人数过少" not in texts(open_view(view, lines="own"))


def test_the_overview_says_how_many_institutions_its_picture_of_beds_leaves_out(open_app: OpenApp, few_url: str, county_url: str) -> None:
    assert "未画 " in texts(open_app("overview", url=few_url, month=f"{LAST:%Y-%m}"))
    assert "未画 " not in texts(open_app("overview", url=county_url))
