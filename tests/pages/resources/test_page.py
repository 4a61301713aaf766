"""The page 资源配置: every section on a full and on poor counties, in both languages, with hostile names."""

import datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import formatting
from dashboard.analysis.periods import Period
from dashboard.services.common.database import open_database
from dashboard.services.resources.workforce import income_parity
from dashboard.store.engine import writing_engine
from dashboard.store.schema import meta_freshness, meta_load
from dashboard.ui.kit.messages import escaped
from dashboard.ui.resources.page import SECTIONS
from tests.integration.county import BEDS_ONLY, ROWS, Rows, fill
from tests.integration.resources_county import RESOURCES_COUNTY
from tests.pages.conftest import OpenApp, heads, texts

ONE_TOWN: Rows = {
    **{name: rows for name, rows in ROWS.items() if name in ("dim_county", "dim_department", "fact_bed", "fact_workforce")},
    "dim_community": ROWS["dim_community"][:1],
    "dim_town": [{"town_code": "T1", "name": "<script>alert(1)</script>", "community_code": "C1", "longitude": 120.0, "latitude": 30.0}],
    "dim_institution": [row for row in ROWS["dim_institution"] if row["institution_code"] in ("H1", "P1")],
    "fact_bed": [row for row in ROWS["fact_bed"] if row["institution_code"] in ("H1", "P1")],
    "fact_population": [row for row in ROWS["fact_population"] if row["town_code"] == "T1"],
}
COUNTIES: dict[str, Rows] = {"full": RESOURCES_COUNTY, "without_coordinates": ROWS, "one_town": ONE_TOWN, "beds_only": BEDS_ONLY}


# The heads of the cards of each section on the full county, in both languages.
SHOWN = {
    "supply": (
        ("各镇街缺多少、多多少", "床位：全县 1.83 张/千人", "历年水平"),
        ("What each town lacks", "Beds: County 1.83 beds", "Level over the years"),
    ),
    "people": (
        ("人员结构", "基层与牵头医院人均收入比", "编制与在岗", "1 个镇街本期没有任何帮扶"),
        ("Staff structure", "Income parity", "Establishment posts", "1 towns received no support"),
    ),
    "centres": (
        ("六类共享中心", "影像中心：谁申请、谁诊断", "互认率 75.0%"),
        ("Six kinds of shared centre", "Imaging: who requests", "recognition rate 75.0%"),
    ),
    "equity": (
        ("洛伦兹曲线：按人口 0.312，按面积 0.322", "历年变化", "1 个镇街资源少于人口", "不公平的 100% 在医共体之间"),
        ("Lorenz curve: by population 0.312, by area 0.322", "Change over the years", "1 of 2 towns", "100% of the inequality"),
    ),
    "access": (
        ("每位居民够得到多少床位", "假如在这里加一个点", "全县平均 1.83 张/千人"),
        ("Beds within reach", "What if a site were added", "County mean 1.83"),
    ),
    "plan": (("调多少，从哪里到哪里", "0 个镇街的配置或可及性会变"), ("How many to move", "Provision or accessibility changes in 0 towns")),
}


def with_load(path: Path, rows: Rows) -> str:
    url = f"duckdb:///{path / 'county.duckdb'}"
    fill(url, rows)
    engine = writing_engine(url)
    october = datetime.date(2025, 10, 1)
    with engine.begin() as connection:
        connection.execute(
            meta_load.insert(),
            {
                "load_id": 1, "package": "county", "checksum": "0" * 64, "data_kind": "county", "row_count": 1, "rejected_count": 0,
                "warning_count": 0, "data_through": october, "app_version": "0",
                "loaded_at": datetime.datetime(2025, 11, 3, 6, 10, tzinfo=datetime.UTC),
            },
        )  # fmt: skip
        span = {"table_name": "fact_bed", "load_id": 1, "row_count": 1, "first_period": datetime.date(2025, 1, 1), "last_period": october}
        connection.execute(meta_freshness.insert(), span)
    engine.dispose()
    return url


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return {name: with_load(tmp_path_factory.mktemp(name), rows) for name, rows in COUNTIES.items()}


def title(app: AppTest) -> str:
    return str(app.title[0].value)


@pytest.mark.parametrize("county", COUNTIES)
@pytest.mark.parametrize("section", SECTIONS.labels)
def test_every_section_opens(open_app: OpenApp, urls: dict[str, str], county: str, section: str) -> None:
    app = open_app("resources", url=urls[county], section=section)
    assert not app.exception
    assert not app.error
    assert title(app)
    if county == "full":
        assert all(any(head.startswith(words) for head in heads(app)) for words in SHOWN[section][0]), heads(app)
    else:  # what can be drawn, or why nothing can and what to do
        assert heads(app) or app.info


@pytest.mark.parametrize("section", SECTIONS.labels)
def test_every_section_in_english(open_app: OpenApp, urls: dict[str, str], section: str) -> None:
    app = open_app("resources", url=urls["full"], section=section, lang="en")
    assert not app.exception
    assert not app.error
    assert all(any(head.startswith(words) for head in heads(app)) for words in SHOWN[section][1]), heads(app)


def test_the_choice_of_centre_is_in_english(open_app: OpenApp, urls: dict[str, str]) -> None:
    app = open_app("resources", url=urls["full"], section="centres", lang="en")
    [switch] = [each for each in app.segmented_control if each.key == "centre"]
    assert not [name for name in switch.options if any("一" <= letter <= "鿿" for letter in name)]


def test_finding_names_what_is_short(open_app: OpenApp, urls: dict[str, str]) -> None:
    app = open_app("resources", url=urls["full"])
    assert "缺" in title(app)


def test_section_of_the_address_by_code_and_by_label(open_app: OpenApp, urls: dict[str, str]) -> None:
    by_code = open_app("resources", url=urls["full"], section="equity")
    by_label = open_app("resources", url=urls["full"], section="公平性")
    assert title(by_code) == title(by_label)
    assert "基尼" in title(by_code)


def test_nonsense_in_the_address_falls_back(open_app: OpenApp, urls: dict[str, str]) -> None:
    app = open_app("resources", url=urls["full"], section="<script>", resource="x", basis="'; --")
    assert not app.exception
    assert app.segmented_control(key="section").value == "supply"


def test_estimated_travel_is_labelled(open_app: OpenApp, urls: dict[str, str]) -> None:
    assert "直线距离估算" in texts(open_app("resources", url=urls["full"], section="access"))


def test_a_new_site_shows_its_change(open_app: OpenApp, urls: dict[str, str]) -> None:
    app = open_app("resources", url=urls["full"], section="access", counted="primary", minutes="10")
    assert "39.0%" in title(app).replace("\\", "")
    app.selectbox(key="site").set_value("T2").run()
    assert app.metric[0].value == "0.0%"
    assert not app.exception


def test_a_move_of_nothing_changes_nothing(open_app: OpenApp, urls: dict[str, str]) -> None:
    app = open_app("resources", url=urls["full"], section="plan")
    app.slider(key="units_beds").set_value(0).run()
    assert "数量为 0" in texts(app)


def test_an_infeasible_plan_is_explained(open_app: OpenApp, urls: dict[str, str]) -> None:
    app = open_app("resources", url=urls["full"], section="plan", mode="allocate", budget="0")
    app.number_input(key="fewest").set_value(5).run()
    assert "没有可行的方案" in title(app)
    assert not app.exception
    app.number_input(key="fewest").set_value(0).run()
    assert "受预算限制" in texts(app)


def test_what_is_missing_is_said(open_app: OpenApp, urls: dict[str, str]) -> None:
    words = texts(open_app("resources", url=urls["beds_only"]))
    assert "fact\\_population" in words
    assert "fact\\_workforce" in texts(open_app("resources", url=urls["beds_only"], section="people"))
    assert "fact\\_shared\\_service" in texts(open_app("resources", url=urls["beds_only"], section="centres"))


def test_definitions_name_the_norm_and_its_source(open_app: OpenApp, urls: dict[str, str]) -> None:
    words = texts(open_app("resources", url=urls["full"], resource="gps_registered")).replace("\\", "")
    assert "义政办发〔2020〕47号" in words
    assert "按“注册”全科医师计" in words


def test_the_finding_about_income_is_that_of_the_chosen_area(open_app: OpenApp, tmp_path: Path) -> None:
    wages = RESOURCES_COUNTY["fact_workforce"]
    more = [wages[0] | {"institution_code": "H2", "wage_income": 1_000_000}, wages[2] | {"institution_code": "P2", "wage_income": 190_000}]
    url = with_load(tmp_path, {**RESOURCES_COUNTY, "fact_workforce": [*wages, *more]})
    shares = {each.unit: formatting.percent(each.value / 100) for each in income_parity(open_database(url), Period.parse("2025-10"))}
    assert shares.keys() == {"county", "C1"}
    assert shares["county"] != shares["C1"]
    for area, address in (("county", {}), ("C1", {"community": "C1"})):
        assert escaped(shares[area]) in open_app("resources", url=url, section="people", **address).title[0].value
    assert escaped("人均收入") not in open_app("resources", url=url, section="people", community="C2").title[0].value
