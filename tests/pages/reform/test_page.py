import datetime
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.analysis.periods import Grain, Period
from dashboard.documents.content import Table
from dashboard.services.common.database import open_database
from dashboard.services.common.filters import Filters
from dashboard.services.common.plan import Plan
from dashboard.services.common.scenarios import save_plan
from dashboard.services.common.workspace import current_workspace
from dashboard.services.insurance.answer import insurance_model
from dashboard.services.meeting.agendas import page_item
from dashboard.services.reform.questions import cards
from dashboard.services.reports.pack import item_part
from dashboard.services.reports.parts import Brief
from dashboard.store.importing.loader import load_package
from dashboard.ui.kit.messages import escaped
from dashboard.whatif.scenario import Scenario
from tests.fiscal_county import make_fiscal_county
from tests.integration.packages import write_csv_package
from tests.pages.conftest import OpenApp, texts
from tests.reform_county import reform_county

FORBIDDEN = ("导致", "证明", "caused", "prove")


@pytest.fixture(scope="module")
def county_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder: Path = tmp_path_factory.mktemp("reform")
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    assert load_package(write_csv_package(folder / "package", reform_county()), url).accepted
    return url


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_series_says_what_the_figures_are_consistent_with(open_app: OpenApp, county_url: str, lang: str) -> None:
    app = open_app("reform", url=county_url, lang=lang, community="A", since="2023年1月" if lang == "zh" else "Jan 2023", outcome="G12")
    assert not app.exception
    assert not app.error
    assert ("一致" if lang == "zh" else "consistent with") in app.title[0].value
    words = texts(app) + app.title[0].value
    assert escaped("没有事先登记" if lang == "zh" else "not registered") in words
    assert not [word for word in FORBIDDEN if word in words.replace(escaped('"caused by"'), "")]


def test_the_first_question_is_about_the_newest_reform_of_the_area(open_app: OpenApp, county_url: str) -> None:
    app = open_app("reform", url=county_url, community="A")
    asked = {each.label: each.value for each in app.selectbox}
    assert (asked["改革开始"], asked["变化的样子"]) == ("2023-01", "slope")


def test_differences_and_registered_questions_open(open_app: OpenApp, county_url: str) -> None:
    app = open_app("reform", url=county_url, study="differences")
    assert not app.exception
    assert "统一号源池" in app.title[0].value
    app = open_app("reform", url=county_url, study="registered")
    assert not app.exception
    assert escaped("还没有登记问题。") in "\n".join(info.value for info in app.info)


def test_a_county_without_a_calendar_is_told_what_to_load(open_app: OpenApp) -> None:
    app = open_app("reform", study="differences")
    assert not app.exception
    assert escaped("没有可比较的对照") in "\n".join(info.value for info in app.info)


def test_a_question_is_written_down_once_and_shown(open_app: OpenApp, county_url: str) -> None:
    app = open_app("reform", url=county_url, community="A")
    app.session_state["register_question"] = True
    app.run()
    next(field for field in app.text_input if field.label == "一句话的问题").set_value("统一号源池使预约上升")
    next(button for button in app.button if button.label == "登记").click().run()
    assert [card.content.sentence for card in cards(current_workspace())] == ["统一号源池使预约上升"]


# Stacking ----------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def both_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A county with the data of both what-ifs."""
    return make_fiscal_county(f"duckdb:///{tmp_path_factory.mktemp('both') / 'reporting.duckdb'}")


def save(url: str, name: str, model: str, **values: float) -> str:
    """Save a scenario of a what-if; return its document."""
    version = insurance_model(open_database(url)).baseline.data_version if model == "insurance" else "1:2024"  # type: ignore[union-attr]
    plan = Plan(Scenario(id="current", name=name, data_version=version, coefficients=values))
    return save_plan(current_workspace(), plan, model=model, name=name, author="甲", reason="", load_id=1).document_id


def grids(app: AppTest) -> str:
    return "\n".join(str(json.loads(element.proto.json)) for element in app.get("bidi_component"))


def test_without_saved_scenarios_there_is_nothing_to_stack(open_app: OpenApp, both_url: str) -> None:
    app = open_app("reform", url=both_url, study="stack")
    assert not app.exception
    assert escaped("还没有可以叠加的改革。") in "\n".join(info.value for info in app.info)


def test_a_conflict_waits_for_a_hand_and_the_link_brings_the_decision_back(
    open_app: OpenApp, both_url: str, use_database: Callable[[str], None]
) -> None:
    use_database(both_url)
    back, more = save(both_url, "回流两成", "insurance", recapture_rate=0.2), save(both_url, "回流三成", "insurance", recapture_rate=0.3)
    weight = save(both_url, "一步到位", "fiscal", transition_weight=1.0)
    stack = ";".join(f"{key}@2025-01~" for key in (back, more, weight))
    app = open_app("reform", url=both_url, study="stack", stack=stack)
    assert not app.exception
    assert not app.error, texts(app)
    assert app.title[0].value == "1 处硬冲突还没有选定，不能合计"
    assert "先上、后上和平均" not in texts(app)
    (decision,) = app.radio
    assert decision.value is None
    decision.set_value(more).run()
    assert not app.exception
    assert app.title[0].value.startswith("叠加 3 项改革：")
    assert "先上、后上和平均" in texts(app)
    assert "动同一笔钱" in texts(app)
    assert "一步到位 v1" in grids(app)
    shared = {name: "".join(app.query_params[name]) for name in ("stack", "settled")}
    assert more in shared["settled"]
    again = open_app("reform", url=both_url, study="stack", **shared)
    assert again.title[0].value == app.title[0].value
    turned = ";".join(reversed(shared["stack"].split(";")))
    other = open_app("reform", url=both_url, study="stack", stack=turned, settled=shared["settled"])
    assert other.title[0].value == app.title[0].value  # no order changes the total
    english = open_app("reform", url=both_url, study="stack", lang="en", **shared)
    assert not english.exception


def test_dates_are_told(open_app: OpenApp, both_url: str, use_database: Callable[[str], None]) -> None:
    use_database(both_url)
    half, later = save(both_url, "半年", "fiscal", transition_weight=1.0), save(both_url, "明年", "fiscal", history_floor=0.9)
    app = open_app("reform", url=both_url, study="stack", stack=f"{half}@2025-07~;{later}@2026-01~")
    assert not app.exception
    told = texts(app).replace("\\", "")
    assert "半年 v1：2025 年只生效 6 个月，仍按全年计" in told
    assert "明年 v1：2025 年不生效，没有计入" in told
    assert app.title[0].value.startswith("叠加 1 项改革")


def test_a_meeting_pack_holds_the_stack(both_url: str, use_database: Callable[[str], None]) -> None:
    use_database(both_url)
    weight = save(both_url, "一步到位", "fiscal", transition_weight=1.0)
    database = open_database(both_url)
    brief = Brief(database, current_workspace(), Filters(Period(Grain.MONTH, datetime.date(2025, 10, 1))), "zh")
    item = page_item("叠加", f"/reform?study=stack&stack={weight}%402025-01~")
    part = item_part(brief, item, 1)
    (section,) = part.sections
    assert section.message.startswith("叠加 1 项改革：")
    assert any(isinstance(block, Table) and block.key == "stack" for block in section.blocks)
    gone = item_part(brief, page_item("叠加", "/reform?study=stack&stack=nobody%402025-01~"), 1)
    assert "方案已不在" in str(gone.sections)
    questions = item_part(brief, page_item("问题", "/reform?study=registered"), 1)
    assert "还没有登记问题" in str(questions.sections)
