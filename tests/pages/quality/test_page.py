"""The page 费用与质量 as a reader meets it: every section, both languages, counties that lack half of it, hostile names, small counts."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.store.scope import Scope
from dashboard.ui.kit.messages import escaped
from dashboard.ui.quality.page import SECTIONS
from tests.components import facts_shown, with_table
from tests.kept import KeptCounties
from tests.pages.conftest import OpenApp, texts
from tests.pages.frame.test_scope import become
from tests.quality_county import county, only_claims, only_quality, without
from tests.tiny import HOSTILE_NAMES
from tests.utilisation_county import MONTHS, Rows

OpenSection = Callable[..., AppTest]
MakeUrl = Callable[[Rows], str]


@pytest.fixture(scope="module")
def county_url(kept_counties: KeptCounties) -> str:
    return kept_counties.written(county())


@pytest.fixture
def url_of(kept_counties: KeptCounties) -> MakeUrl:
    return kept_counties.written


@pytest.fixture
def open_section(open_app: OpenApp, county_url: str) -> OpenSection:
    """Return ``open_section(code, url=…, **query)``: the page with this section chosen."""

    def run(code: str, url: str = county_url, **query: str) -> AppTest:
        return open_app("quality", url=url, quality=code, **query)

    return run


def _sound(app: AppTest) -> AppTest:
    assert not app.exception
    assert not app.error, [error.value for error in app.error]
    return app


@pytest.mark.parametrize("code", SECTIONS.labels)
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("grain", ["month", "ytd"])
def test_every_section_opens(open_section: OpenSection, code: str, lang: str, grain: str) -> None:
    assert _sound(open_section(code, lang=lang, grain=grain)).title[0].value


def test_the_stories_are_told_on_the_first_view(open_section: OpenSection) -> None:
    words = texts(_sound(open_section("all", grain="ytd")))
    assert escaped("县医院升得最多") in words
    assert escaped("三医院 外科超出偶然") in words
    assert escaped("二医院 结算 CMI 一年") in words
    assert escaped("偶然高过 95% 线预计") in words


def test_one_hospital_explains_itself_in_the_bridge(open_section: OpenSection) -> None:
    app = _sound(open_section("costs", cost_at="H1"))
    assert escaped("县医院次均 9,600 → 10,440 元：病种组合 +1,080，同病种 −240") in texts(app)


@pytest.mark.parametrize("by", ["institution", "community", "scheme", "department", "mdc", "group"])
def test_costs_can_be_seen_by_every_division(open_section: OpenSection, by: str) -> None:
    _sound(open_section("costs", cost_by=by))


def test_departments_are_told_where_the_county_counts_their_costs(open_section: OpenSection, url_of: MakeUrl) -> None:
    assert escaped("三医院 外科升得最多（+3,600 元/例）：同病种") in texts(_sound(open_section("costs", cost_by="department")))
    assert escaped("科室同病种比本院其他科室贵，超出偶然：县医院 内科、三医院 外科") in texts(_sound(open_section("drg", grain="ytd")))
    rows = county()
    rows["fact_discharge_group"] = [row | {"total_cost": None} for row in rows["fact_discharge_group"]]
    url = url_of(rows)
    lacking = escaped("没有分科室的费用：医保结算和财务月报都不分科室。")
    assert lacking in texts(_sound(open_section("costs", url=url, cost_by="department")))
    words = texts(_sound(open_section("drg", url=url)))
    assert lacking in words
    assert escaped("个科室：例数、难度与住院日") in words


def test_what_all_institutions_make_says_so_among_what_hospitals_make(open_section: OpenSection, url_of: MakeUrl) -> None:
    rows = county()
    rows["fact_outpatient"] = [
        {"institution_code": code, "month": month, "visits": 9_000, "infusion_visits": 900} for code in ("H1", "P1") for month in MONTHS
    ]
    app = _sound(open_section("care", url=url_of(rows)))
    said = [fact["beside"] for fact in facts_shown(app) if "含基层机构" in fact["beside"]]
    assert [words.startswith("9.6–10.4 · ") for words in said] == [True], "a tenth of 18,000 visits, centres among them"


@pytest.mark.parametrize("outcome", ["E15", "E13a", "E12c", "E10", "E13b"])
def test_every_outcome_can_be_compared(open_section: OpenSection, outcome: str) -> None:
    _sound(open_section("care", outcome=outcome, ward_at="H3"))


def test_primary_wards_are_compared_with_each_other_only(open_section: OpenSection) -> None:
    app = _sound(open_section("costs", peers="centre"))
    assert "东镇卫生院" in texts(app) or "东镇卫生院" in app.selectbox(key="cost_at").options


@pytest.mark.parametrize("switch", ["quality_bridge", "quality_changes", "quality_cost_funnel", "quality_prices"])
def test_every_chart_of_costs_is_a_table_too(open_section: OpenSection, switch: str) -> None:
    app = open_section("costs")
    _sound(with_table(app, switch))
    assert app.dataframe


@pytest.mark.parametrize(
    ("code", "words"),
    [("all", "医院次均"), ("costs", "医院次均"), ("care", "没有住院质量数据。"), ("drg", "二医院 结算 CMI 一年")],
)
def test_a_county_with_claims_only_gets_its_part(open_section: OpenSection, url_of: MakeUrl, code: str, words: str) -> None:
    assert escaped(words) in texts(_sound(open_section(code, url=url_of(only_claims()))))


@pytest.mark.parametrize(
    ("code", "words"),
    [("all", "质量三轴"), ("costs", "没有医保结算数据，费用不能按病种拆开。"), ("care", "质量三轴"), ("drg", "没有按病组的住院数据。")],
)
def test_a_county_with_quality_only_gets_its_part(open_section: OpenSection, url_of: MakeUrl, code: str, words: str) -> None:
    assert escaped(words) in texts(_sound(open_section(code, url=url_of(only_quality()))))


@pytest.mark.parametrize("code", SECTIONS.labels)
def test_wards_without_claims_have_difficulty_but_no_money(open_section: OpenSection, url_of: MakeUrl, code: str) -> None:
    _sound(open_section(code, url=url_of(without("fact_claim", "fact_finance"))))


@pytest.mark.parametrize("code", SECTIONS.labels)
def test_names_from_files_stay_text(open_section: OpenSection, url_of: MakeUrl, code: str) -> None:
    rows = county()
    for row, name in zip(rows["dim_institution"], HOSTILE_NAMES, strict=False):
        row["name"] = name
    rows["dim_disease_group"][0]["name"] = HOSTILE_NAMES[0]
    rows["dim_department"][1]["name"] = HOSTILE_NAMES[1]
    app = _sound(open_section(code, url=url_of(rows)))
    words = texts(app)
    assert HOSTILE_NAMES[0] not in words
    assert HOSTILE_NAMES[1] not in words


def test_small_counts_are_never_on_the_page(open_section: OpenSection, url_of: MakeUrl) -> None:
    rows = county()
    for row in rows["fact_discharge_group"]:
        if (row["institution_code"], row["department_code"]) == ("H1", "D2"):
            row["readmissions"] = 3
    shown = _sound(open_section("care", url=url_of(rows), ward_at="H1"))
    table = next(frame for frame in shown.dataframe if "出院例数" in frame.value.columns or "cases" in frame.value.columns)
    assert 3 not in table.value.to_numpy().ravel().tolist()


def test_the_tiny_county_without_any_of_it_is_told_what_is_missing(open_app: OpenApp) -> None:
    app = _sound(open_app("quality"))
    assert escaped("没有医保结算数据，费用不能按病种拆开。") in texts(app)


# What the reader may not see, and what is too little to say ---------------------------------------------------------------

COMPARING = ("同病种费用：", "外科", "都在偶然范围内，不排名", "先问", "事中", "事前", "病组下钻", "同病同价")
"""What is said only to who may see what compares everybody."""


@pytest.mark.parametrize("code", SECTIONS.labels)
@pytest.mark.parametrize("scope", [Scope(frozenset({"C1"}), None, None, 1), Scope(None, frozenset({"H1"}), None, 1)], ids=["C1", "H1"])
def test_readers_of_a_part_keep_their_own_part(open_section: OpenSection, monkeypatch: pytest.MonkeyPatch, code: str, scope: Scope) -> None:
    everybody = texts(open_section(code))
    assert any(escaped(words) in everybody for words in COMPARING)
    become(monkeypatch, scope)
    mine = texts(_sound(open_section(code)))
    assert escaped("不在您的数据范围内") in mine
    assert [words for words in COMPARING if escaped(words) in mine] == []
    own = {"all": "次均 9,600 → 10,440", "costs": "次均 9,600 → 10,440", "care": "质量三轴", "drg": "CMI（结算病例）"}
    assert escaped(own[code]) in mine


def test_some_institutions_are_not_called_by_the_name_of_all(open_section: OpenSection, monkeypatch: pytest.MonkeyPatch) -> None:
    become(monkeypatch, Scope(None, frozenset({"H1"}), None, 1))
    mine = texts(open_section("costs"))
    assert escaped("您范围内的医院次均 9,600") in mine
    assert escaped("部分之和不是医共体的数") in texts(open_section("costs", cost_by="community"))


def test_who_may_not_see_money_is_told_so_and_not_to_load_it(open_section: OpenSection, monkeypatch: pytest.MonkeyPatch) -> None:
    assert escaped("钱花在哪里") in texts(open_section("costs"))
    become(monkeypatch, Scope(None, None, frozenset(), 1))
    mine = texts(_sound(open_section("costs")))
    assert escaped("您没有财务栏目的授权") in mine
    assert "fact_finance）。" not in mine


def test_an_indicator_that_is_kept_back_says_why(open_section: OpenSection, monkeypatch: pytest.MonkeyPatch) -> None:
    become(monkeypatch, Scope(None, frozenset({"H1"}), None, 1))
    mine = texts(open_section("care"))
    assert escaped("县值会透露他人的数据") in mine
    assert escaped("没有数据，或不够稀少") not in mine


def test_nothing_judged_is_not_called_nothing_wrong(open_section: OpenSection) -> None:
    words = texts(_sound(open_section("costs", peers="centre")))
    assert escaped("数据太少，没有判断") in words
    drg = texts(_sound(open_section("drg", peers="centre", grain="month")))
    assert escaped("组内编码没有判断") in drg
    assert escaped("数据都太少，没有判断") in drg
    for said in ("没有机构", "：0 家", "0 项比较", "0 个够大"):
        assert escaped(said) not in words + drg


def test_nothing_is_compared_with_a_year_that_was_not_reported(open_section: OpenSection, url_of: MakeUrl) -> None:
    rows = county()
    rows["fact_inpatient_quality"] = [row for row in rows["fact_inpatient_quality"] if row["month"].year == 2025]
    rows["fact_bed"] = [row for row in rows["fact_bed"] if row["month"].year == 2025]
    words = texts(_sound(open_section("care", url=url_of(rows))))
    assert escaped("没有能与去年比较的") in words
    assert escaped("0 项与去年") not in words


def test_days_without_events_end_where_the_reports_end(open_section: OpenSection, url_of: MakeUrl) -> None:
    assert escaped("数据到 2025年10月") in texts(open_section("care"))
    rows = county()
    rows["fact_inpatient_quality"] = [row for row in rows["fact_inpatient_quality"] if row["month"].month not in (9, 10)]
    assert escaped("2024年11月 起没有缺报，数据到 2025年8月") in texts(open_section("care", url=url_of(rows)))


def test_groups_without_costs_stand_in_one_table(open_section: OpenSection, url_of: MakeUrl) -> None:
    app = _sound(open_section("drg", url=url_of(without("fact_claim", "fact_finance"))))
    columns = [set(frame.value.columns) for frame in app.dataframe]
    with_cmi = [names for names in columns if names & {"cmi", "CMI（结算病例）", "CMI"}]
    assert len(with_cmi) == 2
    assert sum(bool(names & {"unit_name", "科室"}) for names in with_cmi) == 1, "one of institutions, one of departments"
