"""转诊流向 on small counties: whole, with one source missing, with nothing, with one flow, with hostile names, from links."""

import base64
import io
import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import openpyxl
import pandas as pd
import pytest

from dashboard.analysis.small_counts import Guard, People
from dashboard.analysis.suppression import COVERED, few
from dashboard.services.common.database import EMPTY
from dashboard.ui.kit.flow_map import clicked_place
from dashboard.ui.kit.tables import ExportSource, TableColumn, export_frame, guarded, workbook
from tests.integration.packages import small_county
from tests.kept import KeptCounties
from tests.pages.conftest import OpenApp, heads, texts
from tests.tiny import HOSTILE_NAMES

MakeCounty = Callable[..., str]
CLAIMS = {"flow": "claims", "month": "2025-01"}
RECORDS = {"flow": "referrals", "month": "2025-01"}


@pytest.fixture
def county(kept_counties: KeptCounties) -> MakeCounty:
    """Return ``county(without=…, change=…)``: the URL of a small county without some tables, its frames changed first."""

    def make(*without: str, change: Callable[[dict[str, pd.DataFrame]], None] | None = None) -> str:
        tables = {name: frame for name, frame in small_county().items() if name not in without}
        if change:
            change(tables)
        return kept_counties.loaded(tables)

    return make


def deck(app) -> dict:
    """The map as the browser gets it."""
    return json.loads(app.get("deck_gl_json_chart")[0].proto.json)


def layer(app, name: str) -> list[dict]:
    """Return the rows of the layer ``name``; arcs lie in one for each colour."""
    parts = [each["data"] for each in deck(app)["layers"] if each["id"].partition("@")[0].rstrip("0123456789") == name]
    return [row for part in parts for row in part]


def test_referral_records_first_with_their_map_and_legend(open_app: OpenApp, county: MakeCounty) -> None:
    app = open_app("referrals", county(), **RECORDS)
    assert not app.exception
    assert not app.error
    assert app.title[0].value.startswith("上转多、下转少：每上转 100 人只有 50 人转回基层")
    assert [(row["o"], row["d"]) for row in layer(app, "arcs")] == [("site:H1", "site:C1"), ("site:C1", "site:H1")]
    assert "上转 12" in texts(app)
    assert not deck(app).get("mapProvider")
    assert len(app.get("deck_gl_json_chart")[0].proto.json) < 1_000_000


def test_where_residents_are_treated_is_another_view(open_app: OpenApp, county: MakeCounty) -> None:
    app = open_app("referrals", county(), **CLAIMS)
    assert not app.error
    assert app.title[0].value == "就诊 13 人次，其中县域外 \\<5 人次"
    assert {row["o"] for row in layer(app, "arcs")} <= {"town:T1", "town:T2"}
    assert "上转 12" not in texts(app)


def test_without_referrals_the_page_says_so_and_shows_claims(open_app: OpenApp, county: MakeCounty) -> None:
    app = open_app("referrals", county("fact_referral"), month="2025-01")
    assert not app.error
    assert any("没有转诊记录" in info.value for info in app.info)
    assert "就诊 13 人次" in app.title[0].value


def test_without_claims_the_page_says_so_and_shows_referrals(open_app: OpenApp, county: MakeCounty) -> None:
    app = open_app("referrals", county("fact_claim"), **RECORDS)
    assert not app.error
    assert any("没有医保结算数据" in info.value for info in app.info)
    assert layer(app, "arcs")


def test_without_either_source_the_page_says_what_to_load(open_app: OpenApp, county: MakeCounty) -> None:
    app = open_app("referrals", county("fact_referral", "fact_claim"), month="2025-01")
    assert not app.error
    assert [info.value for info in app.info if "fact\\_referral" in info.value]
    assert not app.get("deck_gl_json_chart")


def test_one_flow_only(open_app: OpenApp, county: MakeCounty) -> None:
    def one(tables: dict[str, pd.DataFrame]) -> None:
        tables["fact_referral"] = tables["fact_referral"].head(1)

    app = open_app("referrals", county(change=one), **RECORDS)
    assert not app.error
    assert [row["hover"].splitlines()[0] for row in layer(app, "arcs")] == ["东卫 → 一院（上转）"]


def test_without_any_coordinate_everything_but_the_map_works(open_app: OpenApp, county: MakeCounty) -> None:
    def lost(tables: dict[str, pd.DataFrame]) -> None:
        for name in ("dim_town", "dim_institution"):
            tables[name] = tables[name].drop(columns=["longitude", "latitude"])

    app = open_app("referrals", county(change=lost), **RECORDS)
    assert not app.error
    assert not app.get("deck_gl_json_chart")
    assert any("没有镇街边界" in info.value for info in app.info)
    assert "处无坐标" in texts(app)


def test_flows_of_an_institution_without_coordinates_are_counted_as_left_out(open_app: OpenApp, county: MakeCounty) -> None:
    def lost(tables: dict[str, pd.DataFrame]) -> None:
        institutions = tables["dim_institution"]
        institutions.loc[institutions["institution_code"] == "C1", ["longitude", "latitude"]] = None

    app = open_app("referrals", county(change=lost), **RECORDS)
    assert not app.error
    assert layer(app, "arcs") == []
    assert "1 处无坐标（东卫），2 条流向共 18 人次未画" in texts(app).replace("\\", "")


def test_a_month_without_flows_leaves_no_card_empty_without_a_word(open_app: OpenApp, county: MakeCounty) -> None:
    app = open_app("referrals", county(), flow="referrals", month="2025-03")
    assert not app.exception
    assert not app.error
    assert any("所选范围没有流向" in info.value for info in app.info)


def test_a_link_carries_the_focus_and_the_way_back_is_offered(open_app: OpenApp, county: MakeCounty) -> None:
    app = open_app("referrals", county(), **RECORDS)
    app.query_params["focus"] = "site:C1"
    app.run()
    assert app.title[0].value.startswith("东卫：")
    app.button("flow_back").click().run()
    assert not app.title[0].value.startswith("东卫：")
    assert "focus" not in app.query_params


def test_a_click_forgets_the_selection_of_the_browser(open_app: OpenApp, county: MakeCounty) -> None:
    app = open_app("referrals", county(), **RECORDS, focus="site:C1")
    before = {each["id"] for each in deck(app)["layers"] if each.get("pickable")}
    app.button("flow_back").click().run()
    assert before.isdisjoint({each["id"] for each in deck(app)["layers"] if each.get("pickable")})


@pytest.mark.parametrize(
    ("objects", "place"),
    [
        ({}, ()),
        ({"towns@3": [{"properties": {"code": "T1"}}]}, ("town:T1",)),
        ({"towns@3": [{"properties": {"code": "T1"}}], "arcs@3": [{"o": "site:A", "d": "site:B"}]}, ("site:A", "site:B")),
        ({"arcs@0": [{"o": "site:A", "d": "site:B"}], "sites@0": [{"code": "site:B"}]}, ("site:B",)),
        ({"sites@0": []}, ()),
    ],
)
def test_what_a_click_means(objects: dict[str, list[dict]], place: tuple[str, ...]) -> None:
    assert clicked_place(objects) == place


def test_an_unknown_focus_in_a_link_is_left_alone(open_app: OpenApp, county: MakeCounty) -> None:
    app = open_app("referrals", county(), **RECORDS)
    app.query_params["focus"] = "arc:site:H1>site:<script>"
    app.run()
    assert not app.error
    assert app.title[0].value.startswith("上转多")


@pytest.mark.parametrize("level", ["institution", "town", "community", "county"])
@pytest.mark.parametrize("comparison", ["none", "last_year", "previous"])
def test_every_level_and_comparison(open_app: OpenApp, county: MakeCounty, level: str, comparison: str) -> None:
    app = open_app("referrals", county(), **RECORDS)
    app.selectbox("flow_level").set_value(level)
    app.selectbox("compare").set_value(comparison).run()
    assert not app.exception
    assert not app.error
    if comparison == "none":
        assert "每上转 100 人只有 50 人转回基层" in app.title[0].value
        assert {"按月播放", "读图", "县域外十大病种"} <= set(heads(app))
    else:  # the map alone was drawn again
        assert not app.title
        assert "增减人次" in texts(app)


def test_filters_of_the_claims_view(open_app: OpenApp, county: MakeCounty) -> None:
    app = open_app("referrals", county(), **CLAIMS)
    app.selectbox("group").set_value("G2").run()
    assert "其中县域外 \\<5 人次" in app.title[0].value
    app.selectbox("group").set_value("all")
    app.selectbox("care").set_value("outpatient").run()
    assert not app.error
    app.selectbox("care").set_value("all")
    app.selectbox("direction").set_value("out").run()
    assert not app.error


def test_the_player_steps_through_months(open_app: OpenApp, county: MakeCounty) -> None:
    app = open_app("referrals", county(), **CLAIMS)
    assert not [head for head in heads(app) if "按月播放：" in head]
    app = open_app("referrals", county(), flow="claims", month="2025-03")
    app.button("flow_later").click().run()
    assert [head for head in heads(app) if "按月播放：2025年1月" in head]
    app.button("flow_later").click().run()
    assert [head for head in heads(app) if "按月播放：2025年2月" in head]
    app.button("flow_stop").click().run()
    assert not [head for head in heads(app) if "按月播放：" in head]


def test_how_the_map_is_drawn_runs_the_map_alone(open_app: OpenApp, county: MakeCounty) -> None:
    app = open_app("referrals", county(), **RECORDS)
    app.selectbox("measure").set_value("cost").run()
    assert not app.error
    assert "线宽 = 费用" in texts(app).replace("\\", "")
    assert not app.title  # neither header nor controls nor any other block
    app.run()
    assert "线宽 = 费用" in texts(app).replace("\\", "")
    assert app.title[0].value.startswith("上转多")


def test_the_player_plays_pauses_and_goes_back(open_app: OpenApp, county: MakeCounty) -> None:
    app = open_app("referrals", county(), flow="claims", month="2025-03")
    # Every run while it plays is a tick: the one that the press asks for shows the first month, the one after it the next.
    for press, told in (("flow_play", "2025年2月"), ("flow_play", "2025年2月"), ("flow_earlier", "2025年1月"), ("flow_stop", "")):
        app.button(press).click().run()
        assert not app.error
        app.run()
        assert [f"按月播放：{told}" in head for head in heads(app) if "按月播放" in head] == [bool(told)]


def test_nobody_goes_outside(open_app: OpenApp, county: MakeCounty) -> None:
    def stay(tables: dict[str, pd.DataFrame]) -> None:
        claims, institutions = tables["fact_claim"], tables["dim_institution"]
        inside = institutions.loc[institutions["in_county"].astype(bool), "institution_code"]
        tables["fact_claim"] = claims[claims["institution_code"].isin(inside)]

    app = open_app("referrals", county(change=stay), **CLAIMS)
    assert not app.error
    assert app.title[0].value.endswith("没有流向县域外")


def test_hostile_names_stay_text(open_app: OpenApp, county: MakeCounty) -> None:
    def rename(tables: dict[str, pd.DataFrame]) -> None:
        for number, (name, column) in enumerate(
            [
                ("dim_institution", "name"),
                ("dim_institution", "short_name"),
                ("dim_town", "name"),
                ("dim_disease_group", "name"),
                ("dim_community", "short_name"),
            ]
        ):
            tables[name][column] = [f"{HOSTILE_NAMES[number]}{row}" for row in range(len(tables[name]))]

    url = county(change=rename)
    for query in (RECORDS, CLAIMS):
        app = open_app("referrals", url, **query)
        assert not app.exception
        assert not app.error
        assert HOSTILE_NAMES[1] in json.dumps(deck(app), ensure_ascii=False)  # the map has them, as texts
        assert "<script>" not in texts(app)
        assert "](http" not in texts(app)


def test_in_english(open_app: OpenApp, county: MakeCounty) -> None:
    app = open_app("referrals", county(), lang="en", **RECORDS)
    assert not app.exception
    assert not app.error
    assert "Many up, few down" in app.title[0].value
    assert {"Play by month", "Reading the map", "Top ten disease groups out of county"} <= set(heads(app))


# Small counts ----------------------------------------------------------------------------------------------------------


ROUTES = pd.DataFrame(
    {"origin": list("aabb"), "destination": list("xyxy"), "cases": [3, 20, 40, 50], "share": [3 / 23, 20 / 23, 4 / 9, 5 / 9]}
)
ROUTE_COLUMNS = (
    TableColumn("origin", "从"),
    TableColumn("destination", "到"),
    TableColumn("cases", "人次", "people"),
    TableColumn("share", "占比", "percent"),
)
ROUTE_GUARD = Guard((People("cases", within=(("origin",), ("destination",))),), {"share": ("cases",)})


def test_the_browser_never_gets_a_small_count_nor_what_gives_it_away() -> None:
    shown = guarded(ROUTES, ROUTE_COLUMNS, ROUTE_GUARD)
    assert shown["cases"].tolist() == [few(5), COVERED, COVERED, COVERED]
    assert shown["share"].isna().all()
    alone = guarded(ROUTES, ROUTE_COLUMNS)
    assert alone["cases"].tolist() == [40, 50, few(5), COVERED]  # the kind alone protects a list whose sum is known


def test_exports_hide_small_counts_and_those_that_would_give_them_away() -> None:
    shown = export_frame(ROUTES, ROUTE_COLUMNS, ROUTE_GUARD)
    assert shown["cases"].tolist() == ["<10", "已隐藏", "已隐藏", "已隐藏"]
    assert shown["share"].isna().all()


def test_the_workbook_carries_the_words_among_the_numbers() -> None:
    content = workbook(ROUTES, ROUTE_COLUMNS, "流向", ExportSource("", EMPTY), ROUTE_GUARD)
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    assert [cell.value for cell in sheet["C"]] == ["人次", "<10", "已隐藏", "已隐藏", "已隐藏"]


def test_a_guarded_column_of_another_kind_is_refused() -> None:
    columns = [replace(column, kind="count") if column.name == "cases" else column for column in ROUTE_COLUMNS]
    with pytest.raises(ValueError, match="cases"):
        guarded(ROUTES, columns, ROUTE_GUARD)


# What the browser gets -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("cases", "seen"), [(7, True), (3, False)])
def test_a_small_count_of_a_disease_group_is_nowhere_in_what_is_sent(
    open_app: OpenApp, county: MakeCounty, figures: list[dict], cases: int, seen: bool
) -> None:
    def change(tables: dict[str, pd.DataFrame]) -> None:
        names = ["from_code", "to_code", "direction", "disease_group_code", "month", "cases", "closed_cases"]
        rows = [("C1", "H1", "up", "G1", "2025-01-01", 971, 971), ("H1", "X1", "out", "G1", "2025-01-01", cases, cases)]
        tables["fact_referral"] = pd.DataFrame(rows, columns=names)

    app = open_app("referrals", county(change=change), **RECORDS)
    assert not app.exception
    bars = {
        json.dumps(trace.get("name"), ensure_ascii=False): [*np.ravel(decoded(trace.get("x"))), *np.ravel(decoded(trace.get("y")))]
        for figure in figures
        for trace in figure["data"]
        if trace["type"] == "bar"
    }
    numbers = {abs(float(value)) for values in bars.values() for value in values if isinstance(value, (int, float, np.number))}
    assert (float(cases) in numbers) is seen
    legend = texts(app)
    assert ("县域外 7" in legend) is seen
    assert ("\\<5" in legend) is not seen
    sankeys = [trace for figure in figures for trace in figure["data"] if trace["type"] == "sankey"]
    widths = {value for trace in sankeys for value in decoded(trace["link"]["value"])}
    assert (float(cases) in {float(width) for width in widths}) is seen
    assert bool(arcs_with(app, cases)) is seen


def decoded(values) -> list:
    """Return the numbers of a trace, which Plotly may send packed."""
    if isinstance(values, dict):
        return np.frombuffer(base64.b64decode(values["bdata"]), dtype=values["dtype"]).tolist()
    return list(values) if values is not None else []


def arcs_with(app, cases: int) -> list[dict]:
    """Return the arcs whose hover tells ``cases``."""
    return [row for row in layer(app, "arcs") if f"{cases} 人次" in json.dumps(row, ensure_ascii=False)]
