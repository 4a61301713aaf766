"""The performance page: weights live with their sum kept, every section on whole, sparse and hostile data, saving and conflict."""

import datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.services.performance_schemes import scheme_choices
from dashboard.services.workspace import current_workspace
from dashboard.ui.messages import escaped
from dashboard.ui.performance import SECTION_KEY, SECTIONS
from dashboard.workspace import Kind
from tests.integration.county import BEDS_ONLY, Rows, fill, month
from tests.integration.test_performance import ROWS
from tests.pages.conftest import OpenApp, texts
from tests.tiny import HOSTILE_NAMES

SLIDER = "performance_weight_"
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


def weights(app: AppTest) -> list[float]:
    return [slider.value for slider in app.slider if str(slider.key).startswith(SLIDER)]


def show(app: AppTest, section: str) -> AppTest:
    return app.segmented_control(key=SECTION_KEY).set_value(section).run()


def quiet(app: AppTest) -> bool:
    return not app.exception and not app.error


def test_title_says_who_is_ahead(open_app: OpenApp, county_url: str) -> None:
    app = open_app("performance", url=county_url)
    assert quiet(app)
    assert any(word in app.title[0].value for word in ("稳居第一", "分不出高下"))
    assert escaped("方案“浙江八类 2025.1”") in texts(app)
    assert escaped("权重为假设，待核实") in texts(app)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_section_opens(open_app: OpenApp, county_url: str, lang: str) -> None:
    app = open_app("performance", url=county_url, lang=lang)
    for section in SECTIONS:
        assert quiet(show(app, section)), section


def test_every_section_opens_on_hostile_names(open_app: OpenApp, hostile_url: str) -> None:
    app = open_app("performance", url=hostile_url)
    for section in SECTIONS:
        assert quiet(show(app, section)), section
        assert not any(name in texts(app) for name in HOSTILE_NAMES[:3])


def test_visits_only_says_that_nothing_can_be_scored(open_app: OpenApp, tiny_url: str) -> None:
    app = open_app("performance", url=tiny_url)
    assert quiet(app)
    assert "还没有可以计分的数据" in app.title[0].value


def test_one_community(open_app: OpenApp, tmp_path: Path) -> None:
    url = f"duckdb:///{tmp_path / 'one.duckdb'}"
    fill(url, only_first_community())
    app = open_app("performance", url=url)
    assert "只有一个单位" in app.title[0].value
    for section in SECTIONS:
        assert quiet(show(app, section)), section


def test_only_beds_and_no_community_says_what_is_missing(open_app: OpenApp, tmp_path: Path) -> None:
    url = f"duckdb:///{tmp_path / 'beds.duckdb'}"
    fresh = META["meta_freshness"][0] | {"table_name": "fact_bed"}
    fill(url, {**BEDS_ONLY, "meta_load": META["meta_load"], "meta_freshness": [fresh]})
    app = open_app("performance", url=url)
    assert quiet(app)
    assert "没有医共体名单" in texts(app)


def test_a_moved_weight_keeps_the_sum_and_changes_the_score(open_app: OpenApp, county_url: str) -> None:
    app = open_app("performance", url=county_url)
    before = app.get("plotly_chart")[0].proto.spec
    app.slider(key=f"{SLIDER}integrity").set_value(40.0).run()
    assert quiet(app)
    assert sum(weights(app)) == pytest.approx(100)
    assert app.slider(key=f"{SLIDER}integrity").value == 40
    assert app.get("plotly_chart")[0].proto.spec != before
    assert escaped("（有未保存的改动）") in texts(app)
    app.button(key="performance_restore").click().run()
    assert app.get("plotly_chart")[0].proto.spec == before
    assert app.slider(key=f"{SLIDER}integrity").value == 6


def test_another_scheme_brings_its_own_sliders(open_app: OpenApp, county_url: str) -> None:
    app = open_app("performance", url=county_url)
    app.selectbox(key="performance_choice").set_value("file:minimal_example").run()
    assert quiet(app)
    assert weights(app) == [75, 25]
    app.slider(key=f"{SLIDER}flow").set_value(60.0).run()
    assert weights(app) == [60, 40]


def test_weights_survive_a_visit_to_another_page(open_app: OpenApp, county_url: str) -> None:
    app = open_app("performance", url=county_url)
    app.slider(key=f"{SLIDER}integrity").set_value(40.0).run()
    app.switch_page("../pages/overview.py").run()
    app.switch_page("../pages/performance.py").run()
    assert quiet(app)
    assert app.slider(key=f"{SLIDER}integrity").value == 40


def save(app: AppTest, name: str, author: str) -> AppTest:
    fields = {field.label: field for field in app.text_input}
    fields["方案名称"].set_value(name)
    fields["保存人"].set_value(author)
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
    second.slider(key=f"{SLIDER}integrity").set_value(20.0).run()
    first.slider(key=f"{SLIDER}integrity").set_value(30.0).run()
    save(show(first, "versions"), "本县方案", "甲")
    assert quiet(first)
    save(second, "本县方案", "乙")
    assert not second.exception
    assert "甲" in second.error[0].value
    assert "您的修改尚未保存" in second.error[0].value
    assert second.slider(key=f"{SLIDER}integrity").value == 20
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
    assert app.slider(key=f"{SLIDER}integrity").value == 0
    assert sum(weights(app)) == pytest.approx(100)
    app.selectbox(key="performance_add").set_value("G14").run()
    next(button for button in app.button if button.label == "加入，其余按比例让出").click().run()
    assert not app.exception
    assert sum(weights(app)) == pytest.approx(100)
