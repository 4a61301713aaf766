"""The fiscal page: opens with data, every section says what it is, a link restores the plan, a scenario is saved, exports open."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import formatting
from dashboard.services.common.database import open_database
from dashboard.services.common.directory import directory
from dashboard.services.common.plan import Plan, link_text
from dashboard.services.common.scenarios import save_plan
from dashboard.services.common.workspace import current_workspace
from dashboard.services.fiscal import together as together_module
from dashboard.services.fiscal.answer import MODEL, FiscalModel, fiscal_model
from dashboard.services.fiscal.together import together
from dashboard.settings import settings
from dashboard.ui.fiscal.export import scenario_workbook
from dashboard.ui.fiscal.page import SECTIONS
from dashboard.ui.kit.tables import ExportSource
from dashboard.whatif.scenario import Scenario
from tests.fiscal_county import make_fiscal_county
from tests.pages.conftest import texts

OpenApp = Callable[..., AppTest]
VIEWS = {
    "saved": "并排比较",
    "institutions": "各机构补偿与得失",
    "prices": "腾出多少、调入多少",
    "structure": "离目标的距离",
    "contracts": "各人群有效签约",
    "path": "逐年走到新办法",
    "seek": "倒推",
    "balance": "一张县账",
    "basis": "已停用的系数",
}


@pytest.fixture(scope="module")
def fiscal_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_fiscal_county(f"duckdb:///{tmp_path_factory.mktemp('fiscal') / 'reporting.duckdb'}")


@pytest.fixture(autouse=True)
def own_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSPACE_DATABASE_URL", f"sqlite:///{tmp_path / 'workspace.sqlite'}")
    settings.cache_clear()


def shared(**values: float) -> str:
    return link_text(Plan(Scenario(id="current", name="分享", data_version="1:2024", coefficients=values)))


def boards(app: AppTest) -> str:
    return "\n".join(str(json.loads(element.proto.json)) for element in app.get("bidi_component"))


def test_opens_with_the_finding_in_the_title(open_app: OpenApp, fiscal_url: str) -> None:
    app = open_app("fiscal", url=fiscal_url)
    assert not app.exception
    assert not app.error, texts(app)
    assert app.title[0].value.startswith("财政")
    for title in (
        "历史 → 新",
        "四方合计为零",
        "服务收入占比",
        "只付有效签约",
        "与医保推演的关系",
        "采购降幅 × 医保总额基数",
        "哪个系数最要紧",
    ):
        assert title in boards(app)


@pytest.mark.parametrize("part", list(SECTIONS.labels))
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_section_draws(open_app: OpenApp, fiscal_url: str, part: str, lang: str) -> None:
    app = open_app("fiscal", url=fiscal_url, fiscal_part=part, lang=lang)
    assert not app.exception
    assert not app.error, texts(app)
    if lang == "zh":
        assert VIEWS[part] in texts(app)


def test_a_county_without_books_is_told_what_to_load(open_app: OpenApp) -> None:
    app = open_app("fiscal")
    assert not app.exception


def test_a_link_restores_the_plan_and_the_other_reform_shows_its_own_fields(open_app: OpenApp, fiscal_url: str) -> None:
    app = open_app("fiscal", url=fiscal_url, measures=shared(markup_reform=1.0, transition_weight=0.6), fiscal_part="prices")
    assert app.session_state["fiscal_plan"].scenario.coefficients == {"markup_reform": 1.0, "transition_weight": 0.6}
    assert "逐院补偿率与兜底" in texts(app)
    assert "'idle': ['fee_quota_protected', 'purchase_cut', 'service_price_share']" in boards(app)


def test_a_retired_coefficient_is_told_and_the_rest_can_be_opened(open_app: OpenApp, fiscal_url: str) -> None:
    app = open_app("fiscal", url=fiscal_url, measures=shared(fiscal_backstop_share=0.9, transition_weight=0.6))
    assert "财政兜底比例" in texts(app)
    app.button(key="fiscal_adapt").click().run()
    assert app.session_state["fiscal_plan"].scenario.coefficients == {"transition_weight": 0.6}


def test_a_year_with_missing_months_is_annualised_only_when_asked(open_app: OpenApp, fiscal_url: str) -> None:
    app = open_app("fiscal", url=fiscal_url, fiscal_year="2025")
    assert "未年化" in texts(app)
    filled = open_app("fiscal", url=fiscal_url, fiscal_year="2025", fiscal_fill="filled")
    assert "10 个月年化" in texts(filled)


def test_a_scenario_is_saved_under_its_own_word(open_app: OpenApp, fiscal_url: str) -> None:
    app = open_app("fiscal", url=fiscal_url, measures=shared(transition_weight=1.0), fiscal_part="saved")
    assert "这里还没有方案" in texts(app)
    plan = app.session_state["fiscal_plan"]
    save_plan(current_workspace(), plan, model=MODEL, name="一步到位", author="甲", reason="试算", load_id=1)
    again = open_app("fiscal", url=fiscal_url, fiscal_part="saved")
    assert "已存方案 1 个" in texts(again)
    again.button(key="fiscal_open").click().run()
    assert again.session_state["fiscal_plan"].scenario.coefficients == {"transition_weight": 1.0}
    assert "这里还没有方案" in texts(open_app("insurance", url=fiscal_url, detail="saved"))


def test_the_title_and_the_card_tell_all_that_the_budget_spends(open_app: OpenApp, fiscal_url: str) -> None:
    app = open_app("fiscal", url=fiscal_url, measures=shared(markup_reform=1.0, service_price_rise=0.0, transition_weight=0.0))
    model = fiscal_model(open_database(fiscal_url))
    assert isinstance(model, FiscalModel)
    outcome = model.run(app.session_state["fiscal_plan"])
    assert outcome.prices is not None
    assert outcome.prices.backstop > 0
    assert outcome.change == 0
    more = formatting.money(outcome.input_change, "zh")
    assert app.title[0].value.startswith(f"财政多投 {more}")
    assert f"+{more}" in boards(app)
    assert "含财政兜底" in boards(app)


def test_the_community_filter_is_told_once_and_the_institutions_follow_it(open_app: OpenApp, fiscal_url: str) -> None:
    assert "不随“" not in texts(open_app("fiscal", url=fiscal_url))
    app = open_app("fiscal", url=fiscal_url, community="C1", fiscal_part="institutions")
    assert not app.exception
    assert texts(app).count("不随“医共体”筛选") == 1
    tables = [frame.value for frame in app.dataframe]
    assert [len(table) for table in tables[:1]] == [1]


def test_an_insurance_scenario_that_cannot_run_is_told_and_the_baseline_stands_in(open_app: OpenApp, fiscal_url: str) -> None:
    foreign = link_text(Plan(Scenario(id="current", name="旧", data_version="99", coefficients={"recapture_rate": 0.2})))
    app = open_app("fiscal", url=fiscal_url, budget=foreign, fiscal_part="balance")
    assert not app.exception
    assert "医保一侧没有算出" in boards(app)
    assert "医保基线（不变）" in boards(app)
    assert "没有算出" not in boards(open_app("fiscal", url=fiscal_url, fiscal_part="balance"))


def test_without_the_insurance_side_nothing_is_zero(open_app: OpenApp, fiscal_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.ui.fiscal.page.insurance_side", lambda *_rest: None)
    app = open_app("fiscal", url=fiscal_url, fiscal_part="balance")
    assert not app.exception
    assert "不知道，不是 0" in texts(app).replace("\\", "")
    grids = [json.loads(each.proto.json) for each in app.get("bidi_component")]
    grid = next(each for each in grids if each.get("alt") == "一张县账")
    assert str(grid).count("—") >= 10


def test_the_workspace_is_asked_once_and_not_by_a_slider(open_app: OpenApp, fiscal_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = together_module.list_saved
    monkeypatch.setattr(together_module, "list_saved", lambda *given, **more: (asked.append("x"), real(*given, **more))[1])
    app = open_app("fiscal", url=fiscal_url)
    assert not app.exception
    assert asked == ["x"]


def test_the_workbook_adds_up(fiscal_url: str) -> None:
    model = fiscal_model(open_database(fiscal_url))
    assert isinstance(model, FiscalModel)
    plan = model.start()
    outcome = model.run(plan)
    content = scenario_workbook(
        model, plan, outcome, together(model, outcome, None), directory(model.database), ExportSource("全县", model.database.version)
    )
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert {"输入", "机构", "价格改革", "签约费", "一张县账", "敏感性", "来源"} <= set(book.sheetnames)
    sheet = book["机构"]
    assert sheet["I2"].value == "=SUM(D2:H2)"
    assert sheet["J2"].value == "=I2-C2"
    balance = book["一张县账"]
    assert (balance["C2"].value, balance["E2"].value) == ("—", "—")  # no insurance side: unknown, not 0
    assert balance["B2"].value == together(model, outcome, None).fiscal["hospital"]
