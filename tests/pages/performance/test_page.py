"""The performance page: weights live with their sum kept, every section on whole, sparse and hostile data, saving and conflict."""

import datetime
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.analysis.small_counts import UNGUARDED, Guard, People
from dashboard.analysis.weight_shift import dimension_weights
from dashboard.catalogue.performance import delivered_schemes
from dashboard.catalogue.scheme import Attainment, Scheme
from dashboard.errors import CatalogueError
from dashboard.services.common.workspace import current_workspace
from dashboard.services.performance.schemes import scheme_choices
from dashboard.ui.kit.messages import escaped
from dashboard.ui.kit.tables import export_frame, guarded
from dashboard.ui.performance.editor import (
    edited_gates,
    edited_indicators,
    edited_pools,
    gate_rows,
    indicator_rows,
    pool_rows,
    scaled_weights,
)
from dashboard.ui.performance.page import SECTIONS
from dashboard.ui.performance.sections import side_columns
from dashboard.ui.performance.shortfall import distance_to_full, sides_words
from dashboard.ui.performance.weights import edited
from dashboard.workspace import Kind
from tests.integration.county import BEDS_ONLY, Rows, fill, month
from tests.integration.performance.test_answer import ROWS
from tests.pages.conftest import OpenApp, texts
from tests.tiny import HOSTILE_NAMES

WORKING = "performance_working"
META: Rows = {
    "meta_load": [
        {
            "load_id": 3,
            "package": "p",
            "checksum": "0" * 64,
            "data_kind": "county",
            "row_count": 1,
            "rejected_count": 0,
            "warning_count": 0,
            "data_through": month("2025-10"),
            "loaded_at": datetime.datetime(2025, 11, 3, tzinfo=datetime.UTC),
            "app_version": "0",
        }
    ],
    "meta_freshness": [
        {"table_name": "fact_outpatient", "load_id": 3, "row_count": 8, "first_period": month("2025-09"), "last_period": month("2025-10")}
    ],
}


@pytest.fixture(scope="module")
def county_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Two communities with visits, conduct, assessments and criteria; its version is recorded as a load."""
    url = f"duckdb:///{tmp_path_factory.mktemp('county') / 'reporting.duckdb'}"
    fill(url, {**ROWS, **META})
    return url


def only_first_community() -> Rows:
    """The county with C1, its town and its institutions alone."""
    gone = {"C2", "T2", "H2", "P2"}
    return {name: [row for row in rows if not gone & {str(value) for value in row.values()}] for name, rows in {**ROWS, **META}.items()}


def weights(app: AppTest) -> dict[str, float]:
    return dimension_weights(app.session_state[WORKING].scheme)


def move(app: AppTest, name: str, value: float, kind: str = "dimension") -> AppTest:
    """Do what the panel of sliders does; AppTest cannot reach into a component."""
    edited(app.session_state[WORKING], {"kind": kind, "id": name, "value": value, "drag": f"{name}-{value}", "serial": "s-1"})
    return app.run()


def follow(app: AppTest, query: dict[str, str]) -> AppTest:
    """Come back to the page by a link."""
    app.query_params.update(query)
    return app.run()


def drawings(app: AppTest) -> list[str]:
    """Return what the light drawings (ranking, money, strip, sliders) were given."""
    return [str(element.proto) for element in app.get("bidi_component") if element.proto.component_name != "connection"]


def panel_of(app: AppTest) -> Any:
    """Return what the panel of sliders was given."""
    return next(element.proto for element in app.get("bidi_component") if element.proto.component_name == "performance_weights")


def ranking_picture(app: AppTest) -> dict[str, Any]:
    """Return what the picture of the ranking was given."""
    found = [json.loads(element.proto.json) for element in app.get("bidi_component") if element.proto.component_name == "board"]
    return next(each for each in found if "follow" in each)


def show(app: AppTest, section: str) -> AppTest:
    return app.segmented_control(key=SECTIONS.key).set_value(section).run()


def quiet(app: AppTest) -> bool:
    return not app.exception and not app.error


def test_title_says_who_is_ahead(open_app: OpenApp, county_url: str) -> None:
    app = open_app("performance", url=county_url)
    assert quiet(app)
    assert any(word in app.title[0].value for word in ("稳居第一", "暂列第一", "分不出高下"))
    assert escaped("方案“浙江八类 2025.1”") in texts(app)
    assert escaped("权重为假设，待核实") in texts(app)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_section_opens(open_app: OpenApp, county_url: str, lang: str) -> None:
    app = open_app("performance", url=county_url, lang=lang)
    for section in SECTIONS.labels:
        assert quiet(show(app, section)), section


def test_every_section_opens_on_hostile_names(open_app: OpenApp, hostile_url: str) -> None:
    app = open_app("performance", url=hostile_url)
    for section in SECTIONS.labels:
        assert quiet(show(app, section)), section
        assert not any(name in texts(app) for name in HOSTILE_NAMES[:3])


def test_visits_only_says_that_nothing_can_be_scored(open_app: OpenApp, tiny_url: str) -> None:
    app = open_app("performance", url=tiny_url)
    assert quiet(app)
    assert "还没有可以计分的数据" in app.title[0].value


def test_indicators_whose_data_end_earlier_are_named_with_their_month(open_app: OpenApp, county_url: str, tmp_path: Path) -> None:
    assert "数据到" not in texts(open_app("performance", url=county_url))
    fresh = {**META["meta_freshness"][0], "table_name": "fact_contract", "last_period": month("2025-08")}
    url = f"duckdb:///{tmp_path / 'late.duckdb'}"
    fill(url, {**ROWS, **META, "meta_freshness": [*META["meta_freshness"], fresh]})
    told = [line for line in texts(open_app("performance", url=url)).splitlines() if "数据到 2025年8月：" in line]
    assert len(told) == 1
    assert "签约" in told[0]


def test_sources_of_scheme_and_pools_are_in_the_readers_language(open_app: OpenApp, county_url: str) -> None:
    told = texts(open_app("performance", url=county_url, lang="en"))
    assert "Eight points of appraisal" in told
    assert "八类考核重点" not in told
    assert "八类考核重点" in texts(open_app("performance", url=county_url))


def test_one_community(open_app: OpenApp, tmp_path: Path) -> None:
    url = f"duckdb:///{tmp_path / 'one.duckdb'}"
    fill(url, only_first_community())
    app = open_app("performance", url=url)
    assert "只有一个单位" in app.title[0].value
    for section in SECTIONS.labels:
        assert quiet(show(app, section)), section


def test_only_beds_and_no_community_says_what_is_missing(open_app: OpenApp, tmp_path: Path) -> None:
    url = f"duckdb:///{tmp_path / 'beds.duckdb'}"
    fresh = META["meta_freshness"][0] | {"table_name": "fact_bed"}
    fill(url, {**BEDS_ONLY, "meta_load": META["meta_load"], "meta_freshness": [fresh]})
    app = open_app("performance", url=url)
    assert quiet(app)
    assert "没有医共体名单" in texts(app)


def test_a_moved_weight_keeps_the_sum_and_changes_the_ranking(open_app: OpenApp, county_url: str) -> None:
    app = open_app("performance", url=county_url)
    before = ranking_picture(app)["marks"]
    move(app, "integrity", 40.0)
    assert quiet(app)
    assert sum(weights(app).values()) == pytest.approx(100)
    assert weights(app)["integrity"] == 40
    assert ranking_picture(app)["marks"] != before
    assert escaped("（有未保存的改动）") in texts(app)
    edited(app.session_state[WORKING], {"kind": "restore", "serial": "s-2"})
    app.run()
    assert ranking_picture(app)["marks"] == before
    assert weights(app)["integrity"] == 6


def test_the_picture_that_follows_a_slider_brings_what_the_panel_shows(open_app: OpenApp, county_url: str) -> None:
    app = open_app("performance", url=county_url)
    move(app, "integrity", 40.0)
    follow, panel = ranking_picture(app)["follow"], json.loads(panel_of(app).json)
    assert follow == panel["now"]
    assert follow["answer"] == "s-1"
    assert {group["id"]: group["value"] for group in follow["groups"]} == weights(app)


def test_a_hand_that_rests_changes_nothing(open_app: OpenApp, county_url: str) -> None:
    app = open_app("performance", url=county_url)
    move(app, "integrity", 40.0)
    scheme, answered = app.session_state[WORKING].scheme, app.session_state[WORKING].answered
    edited(app.session_state[WORKING], {"rest": True})
    assert (app.session_state[WORKING].scheme, app.session_state[WORKING].answered) == (scheme, answered)


def test_a_moved_indicator_leaves_its_dimension_as_it_is(open_app: OpenApp, county_url: str) -> None:
    app = move(open_app("performance", url=county_url), "B01", 10.0, "indicator")
    assert quiet(app)
    assert weights(app)["visits"] == pytest.approx(20)
    scheme = app.session_state[WORKING].scheme
    assert scheme.weights["B01"] == pytest.approx(10)
    assert scheme.weights["B02"] + scheme.weights["B03"] == pytest.approx(10)
    assert sum(scheme.weights.values()) == pytest.approx(100)


def test_one_drag_out_and_back_gives_the_weights_it_started_from(open_app: OpenApp, county_url: str) -> None:
    app = open_app("performance", url=county_url)
    working = app.session_state[WORKING]
    before = dict(working.scheme.weights)
    for value in (33.0, 71.0, 0.0, 6.0):
        edited(working, {"kind": "dimension", "id": "integrity", "value": value, "drag": "one", "serial": "s"})
    assert working.scheme.weights == pytest.approx(before)


@pytest.mark.parametrize(
    "edit",
    [
        {},
        {"kind": "dimension", "id": "nobody", "value": 3, "drag": "a"},
        {"kind": "dimension", "id": "integrity", "value": float("nan"), "drag": "a"},
        {"kind": "dimension", "id": "integrity", "value": "40", "drag": "a"},
        {"kind": "indicator", "id": ["B01"], "value": 3, "drag": "a"},
        {"kind": "bands", "id": "integrity", "value": 3, "drag": "a"},
    ],
)
def test_what_no_panel_can_have_sent_changes_nothing(open_app: OpenApp, county_url: str, edit: dict[str, object]) -> None:
    app = open_app("performance", url=county_url)
    working = app.session_state[WORKING]
    edited(working, edit)
    assert not working.edited
    edited(working, {"kind": "dimension", "id": "integrity", "value": 40, "drag": "a"})
    assert working.edited  # what the panel does send changes something


def test_another_scheme_brings_its_own_sliders(open_app: OpenApp, county_url: str) -> None:
    app = open_app("performance", url=county_url)
    app.selectbox(key="performance_choice").set_value("file:minimal_example").run()
    assert quiet(app)
    assert weights(app) == {"flow": 75, "contract": 25}
    move(app, "flow", 60.0)
    assert weights(app) == {"flow": 60, "contract": 40}


def test_weights_survive_a_visit_to_another_page(open_app: OpenApp, county_url: str) -> None:
    app = open_app("performance", url=county_url)
    move(app, "integrity", 40.0)
    app.switch_page("../pages/overview.py").run()
    app.switch_page("../pages/performance.py").run()
    assert quiet(app)
    assert weights(app)["integrity"] == 40


def test_a_link_restores_scheme_section_and_cell(open_app: OpenApp, county_url: str) -> None:
    query = {"evaluation": "file:minimal_example", "part": "trend", "unit": "C2", "dimension": "contract"}
    app = open_app("performance", url=county_url, **query)
    assert quiet(app)
    assert app.session_state["performance_choice"] == "file:minimal_example"
    assert app.session_state[SECTIONS.key] == "trend"
    assert app.session_state["performance_cell_unit"] == "C2"
    assert app.session_state["performance_cell_dimension"] == "contract"


def test_moved_weights_stand_in_the_link_and_survive_a_reload(open_app: OpenApp, county_url: str) -> None:
    app = open_app("performance", url=county_url)
    assert "weights" not in app.query_params
    move(app, "integrity", 40.0)
    link = {name: "".join(app.query_params[name]) for name in ("evaluation", "weights")}
    again = open_app("performance", url=county_url, **link)
    assert quiet(again)
    assert weights(again) == weights(app)
    assert weights(again)["integrity"] == 40


def test_weights_that_fit_no_scheme_are_told_and_left_alone(open_app: OpenApp, county_url: str) -> None:
    plain = weights(open_app("performance", url=county_url))
    app = open_app("performance", url=county_url, weights="nobody_12")
    assert not app.exception
    assert "链接里的权重不能用于这个方案" in app.error[0].value
    assert weights(app) == plain


def test_a_link_by_hand_to_what_is_not_there_opens_the_default(open_app: OpenApp, county_url: str) -> None:
    query = {"evaluation": "file:<b>", "part": "nowhere", "unit": "C9", "dimension": "x"}
    app = follow(open_app("performance", url=county_url), query)
    assert quiet(app)
    assert app.session_state["performance_choice"] == "file:zhejiang_2018_eight_groups"
    assert app.session_state[SECTIONS.key] == "gap"
    assert app.session_state["performance_cell_unit"] in ("C1", "C2")


def save(app: AppTest, name: str, author: str) -> AppTest:
    fields = {field.label: field for field in app.text_input}
    fields["方案名称"].set_value(name)
    fields["姓名"].set_value(author)
    fields["理由"].set_value("试行")
    return next(button for button in app.button if button.label == "保存为新版本").click().run()


def test_two_people_edit_one_scheme_the_second_is_told(open_app: OpenApp, county_url: str) -> None:
    first = show(open_app("performance", url=county_url), "versions")
    save(first, "本县方案", "甲")
    assert quiet(first)
    document = next(choice for choice in scheme_choices(current_workspace()) if choice.name == "本县方案")
    first.selectbox(key="performance_choice").set_value(document.key).run()

    second = open_app("performance", url=county_url)
    second.selectbox(key="performance_choice").set_value(document.key).run()
    show(second, "versions")
    move(second, "integrity", 20.0)
    move(first, "integrity", 30.0)
    save(show(first, "versions"), "本县方案", "甲")
    assert quiet(first)
    save(second, "本县方案", "乙")
    assert not second.exception
    assert "甲" in second.error[0].value
    assert "您的修改尚未保存" in second.error[0].value
    assert weights(second)["integrity"] == 20
    # Under another name it is kept beside the other's.
    save(second, "乙的方案", "乙")
    assert {document.name for document in current_workspace().list_documents(Kind.SCHEME)} == {"本县方案", "乙的方案"}


def test_a_formula_error_points_at_the_character(open_app: OpenApp, county_url: str) -> None:
    app = show(open_app("performance", url=county_url), "custom")
    app.text_input(key="performance_custom_numerator").set_value("visits + nothing").run()
    assert not app.exception
    assert app.code[0].value.splitlines()[1] == " " * 9 + "^"
    app.text_input(key="performance_custom_numerator").set_value("visits").run()
    app.text_input(key="performance_custom_name").set_value("人次").run()
    assert quiet(app)
    next(button for button in app.button if "U01" in button.label).click().run()
    assert [version.name for version in current_workspace().list_latest(Kind.INDICATOR)] == ["人次"]


def test_a_pool_that_cannot_pay_its_floor_is_explained(open_app: OpenApp, county_url: str) -> None:
    app = open_app("performance", url=county_url)
    app.number_input(key="performance_amount_subsidy").set_value(10).run()
    assert not app.exception
    assert "资金池不足" in app.error[0].value


def test_an_indicator_is_dropped_and_the_sliders_follow(open_app: OpenApp, county_url: str) -> None:
    app = show(open_app("performance", url=county_url), "versions")
    app.selectbox(key="performance_drop").set_value("conduct_points").run()
    next(button for button in app.button if button.label == "去掉，权重按比例补足").click().run()
    assert quiet(app)
    assert weights(app)["integrity"] == 0
    assert sum(weights(app).values()) == pytest.approx(100)
    app.selectbox(key="performance_add").set_value("G14").run()
    next(button for button in app.button if button.label == "加入，其余按比例让出").click().run()
    assert not app.exception
    assert sum(weights(app).values()) == pytest.approx(100)


def tell_scheme(app: AppTest) -> Scheme:
    return app.session_state[WORKING].scheme


def test_scoring_points_gates_and_pools_come_from_tables() -> None:
    scheme = delivered_schemes()["zhejiang_2018_eight_groups"]
    rows = [dict(row) for row in indicator_rows(scheme).to_dict("records")]
    assert edited_indicators(scheme, rows) == scheme
    rows[0] |= {"points": "70:0，92：100", "missing": "zero"}
    changed = edited_indicators(scheme, rows).indicators[0]
    assert changed.attainment.knots == ((70, 0), (92, 100))
    assert changed.missing == "zero"
    rows[0]["points"] = ""
    with pytest.raises(CatalogueError, match="attainment"):
        edited_indicators(scheme, rows)
    rows[0]["points"] = "70-100"
    with pytest.raises(CatalogueError, match="70-100"):
        edited_indicators(scheme, rows)

    gates = gate_rows(scheme).to_dict("records")
    demerit = {"id": None, "kind": "demerit", "name": "投诉", "measure": "complaint_cases", "points": 0.5, "maximum": 4.0}
    gates.append(dict.fromkeys(gates[0]) | demerit)
    found = edited_gates(scheme, [{name: None if value != value else value for name, value in row.items()} for row in gates]).gates
    assert found[0] == scheme.gates[0]
    assert (found[1].id, found[1].kind, found[1].points) == ("gate1", "demerit", 0.5)

    pools = pool_rows(scheme).to_dict("records")
    same = edited_pools(scheme, pools).pools
    assert [(pool.id, pool.kind, pool.steps, pool.floor) for pool in same] == [
        (pool.id, pool.kind, pool.steps, pool.floor) for pool in scheme.pools
    ]
    pools[0] |= {"kind": "bands", "steps": "60:0.5, 90:1", "floor": 12.5}
    first = edited_pools(scheme, pools).pools[0]
    assert [(step.minimum, step.coefficient) for step in first.steps] == [(60, 0.5), (90, 1)]
    assert first.floor == 125_000
    pools[0]["steps"] = "90:1, 60:0.5"
    with pytest.raises(CatalogueError, match="递增"):
        edited_pools(scheme, pools)


def test_weights_are_scaled_to_a_hundred_and_an_empty_table_stays() -> None:
    assert [row["weight"] for row in scaled_weights([{"weight": 1.0}, {"weight": 3.0}, {"weight": None}])] == [25, 75, 0]
    assert scaled_weights([{"weight": 0.0}]) == [{"weight": 0.0}]


def test_bands_are_edited_and_told_when_a_rule_breaks(open_app: OpenApp, county_url: str) -> None:
    app = show(open_app("performance", url=county_url), "versions")
    next(field for field in app.selectbox if field.label == "缺数据的处理").set_value("zero")
    next(button for button in app.button if button.proto.form_id == "performance_rules_form").click().run()
    assert quiet(app)
    assert tell_scheme(app).missing == "zero"


def test_a_grade_on_what_somebody_changed_meanwhile_is_told_and_the_form_stays(open_app: OpenApp, county_url: str) -> None:
    first = show(open_app("performance", url=county_url), "criteria")
    second = show(open_app("performance", url=county_url), "criteria")
    record(first, "甲的佐证")
    assert quiet(first)
    record(second, "乙的佐证")
    assert not second.exception
    assert second.error
    assert next(field for field in second.text_input if field.label == "佐证").value == "乙的佐证"
    record(second, "乙的佐证")
    assert quiet(second)
    entries = current_workspace().list_latest(Kind.ASSESSMENT)[0].content["entries"]
    assert entries[0]["evidence"] == "乙的佐证"


def record(app: AppTest, evidence: str) -> AppTest:
    next(field for field in app.text_input if field.label == "佐证").set_value(evidence)
    return next(button for button in app.button if button.label == "记录评定").click().run()


@pytest.mark.parametrize("grain", ["quarter", "ytd", "month"])
def test_trend_of_every_grain(open_app: OpenApp, county_url: str, grain: str) -> None:
    app = show(open_app("performance", url=county_url), "trend")
    app.segmented_control(key="performance_trend_grain").set_value(grain).run()
    assert quiet(app)
    assert "得分走势" in texts(app) or "变化最大" in texts(app)


def test_money_of_all_pools_adds_up(open_app: OpenApp, county_url: str) -> None:
    app = show(open_app("performance", url=county_url), "money")
    assert quiet(app)
    table = next(frame.value for frame in app.dataframe if "change_subsidy" in frame.value.columns)
    assert table["subsidy"].iloc[:-1].sum() == pytest.approx(60_000_000)
    assert table["subsidy"].iloc[-1] == pytest.approx(60_000_000)
    assert table["change"].iloc[-1] == pytest.approx(0, abs=0.01)


def test_small_counts_of_a_drill_are_hidden_with_what_follows_from_them() -> None:
    rows = pd.DataFrame({"name": ["甲", "乙", "丙"], "numerator": [3, 7, 40], "denominator": [100, 90, 80], "value": [3.0, 7.8, 50.0]})
    guard = Guard((People("numerator"), People("denominator")), {"value": ("numerator", "denominator")})
    columns = side_columns(rows, guard)
    assert [column.kind for column in columns] == ["people", "people", "number"]
    screen = guarded(rows, columns, guard)
    assert screen["numerator"].tolist() == [40, 0.5, 2.5]  # by name; 7 would give 3 away: the community's sum is known
    assert screen["value"].isna().tolist() == [False, True, True]
    export = export_frame(rows, columns, guard)
    assert export["numerator"].tolist() == [40, "<10", "<10"]
    assert export["value"].isna().tolist() == [False, True, True]


def test_money_and_averages_are_no_counts_of_people() -> None:
    rows = pd.DataFrame({"numerator": [3.25, 4.0], "denominator": [float("nan")] * 2, "value": [3.25, 4.0]})
    assert guarded(rows, side_columns(rows, UNGUARDED))["value"].tolist() == [3.25, 4.0]


def test_sides_of_a_rate_in_words() -> None:
    assert sides_words(45, 217) == "45 ÷ 217"
    assert sides_words(7, float("nan")) == "数量 7"
    assert "小于 5" in sides_words(3, 217, few=True)
    assert "3" not in sides_words(3, 217, few=True)


@pytest.mark.parametrize(
    ("direction", "points", "value", "expected"),
    [
        ("higher", [(75, 0), (90, 90), (95, 100)], 88.0, (95, 7)),
        ("higher", [(75, 0), (95, 100)], 96.0, None),
        ("lower", [(5, 100), (20, 0)], 8.0, (5, 3)),
        ("lower", [(5, 100), (20, 0)], 4.0, None),
        ("range", [(50, 0), (80, 100), (93, 100), (110, 0)], 70.0, (80, 10)),
        ("range", [(50, 0), (80, 100), (93, 100), (110, 0)], 100.0, (93, 7)),
        ("range", [(50, 0), (80, 100), (93, 100), (110, 0)], 85.0, None),
        ("higher", [(75, 0), (95, 100)], float("nan"), None),
    ],
)
def test_distance_to_full_score(
    direction: str, points: list[tuple[float, float]], value: float, expected: tuple[float, float] | None
) -> None:
    indicator = (
        delivered_schemes()["minimal_example"]
        .indicators[0]
        .model_copy(update={"direction": direction, "attainment": Attainment(points=tuple(points))})
    )
    assert distance_to_full(indicator, "target", value) == expected
    assert distance_to_full(indicator, "z", value) is None
