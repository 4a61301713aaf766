"""The insurance page: opens with data, says what it lacks without, restores links, refuses wrong ones and keeps working."""

import contextlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.services.insurance.plan import Plan, link_text, read_link
from dashboard.settings import settings
from dashboard.ui.kit.messages import escaped
from dashboard.whatif.scenario import Scenario
from dashboard.workspace import Action, Kind, open_workspace
from tests.insured import make_insured_county
from tests.pages.conftest import texts

OpenApp = Callable[..., AppTest]


@pytest.fixture(scope="module")
def insured_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_insured_county(f"duckdb:///{tmp_path_factory.mktemp('insured') / 'reporting.duckdb'}")


@pytest.fixture(autouse=True)
def own_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSPACE_DATABASE_URL", f"sqlite:///{tmp_path / 'workspace.sqlite'}")
    settings.cache_clear()


# What each view says when it is drawn.
VIEWS = {
    "saved": "并排比较",
    "months": "个月实际支出",
    "indicators": "对指标的影响",
    "hospitals": "总点数比基线",
    "units": "按险种结算",
    "seek": "倒推",
    "optimise": "增速怎么分最好",
    "global": "全局敏感性",
    "ladder": "全部住院病例",
    "baseline": "基线怎么来的",
}


def shared(**values: float) -> str:
    """A link on the data of the small county."""
    return link_text(Plan(Scenario(id="current", name="分享", data_version="1", coefficients=values)))


def boards(app: AppTest) -> str:
    """Everything that the page's own components were given to draw."""
    return "\n".join(str(json.loads(element.proto.json)) for element in app.get("bidi_component"))


def test_opens_with_the_finding_in_the_title(open_app: OpenApp, insured_url: str) -> None:
    app = open_app("insurance", url=insured_url)
    assert not app.exception
    assert not app.error, texts(app)
    assert app.title[0].value.startswith("2025 年：全县")
    for title in ("预算从哪里来", "各医共体各险种结余 / 超支", "哪个系数最要紧", "方案对比", "盈亏平衡增速"):
        assert title in boards(app)


def test_what_is_of_the_whole_county_says_so_where_the_filters_ask_for_less(open_app: OpenApp, insured_url: str) -> None:
    assert "不随" not in texts(app := open_app("insurance", url=insured_url)) + boards(app)
    app = open_app("insurance", url=insured_url, community="C1", scheme="employee")
    assert "数字卡为全县合计 · 不随“医共体、险种”筛选" in texts(app).replace("\\", "")
    assert boards(app).count("不随“医共体、险种”筛选") == 2  # what matters most, scenarios
    assert boards(app).count("不随“医共体”筛选") == 1  # balances by community and scheme


def test_the_board_that_follows_a_slider_brings_what_the_panel_shows(open_app: OpenApp, insured_url: str) -> None:
    app = open_app("insurance", url=insured_url, plan=shared(extra_growth=0.03))
    found = [json.loads(each.proto.json) for each in app.get("bidi_component")]
    follow = next(each["follow"] for each in found if "follow" in each)
    assert follow == next(each["now"] for each in found if "now" in each)
    assert follow["values"]["extra_growth"]["value"] == 0.03
    assert follow["changed"] == 1
    assert "ladders" not in follow


def test_a_county_without_claims_is_told_what_to_load(open_app: OpenApp) -> None:
    app = open_app("insurance")
    assert not app.exception
    assert "没有医保结算数据" in texts(app)


def test_a_link_restores_the_plan(open_app: OpenApp, insured_url: str) -> None:
    app = open_app("insurance", url=insured_url, plan=shared(extra_growth=0.03, reserve=0.02))
    assert not app.exception
    assert not app.error, texts(app)
    assert app.session_state["insurance_plan"].scenario.coefficients == {"extra_growth": 0.03, "reserve": 0.02}
    assert read_link("".join(app.query_params["plan"])).scenario.coefficients == {"extra_growth": 0.03, "reserve": 0.02}


@pytest.mark.parametrize("link", ["broken", shared(extra_growth=0.5), shared(k_min=1.2, k_max=0.9)])
def test_a_wrong_link_is_told_and_the_page_stands_at_the_baseline(open_app: OpenApp, insured_url: str, link: str) -> None:
    app = open_app("insurance", url=insured_url, plan=link)
    assert not app.exception
    assert len(app.error) == 1
    assert app.session_state["insurance_plan"].changed == 0
    app.run()
    assert not app.error, "told once"


def test_a_plan_on_other_data_waits_until_it_is_rebased(open_app: OpenApp, insured_url: str) -> None:
    app = open_app("insurance", url=insured_url, plan=shared(extra_growth=0.03))
    plan = app.session_state["insurance_plan"]
    foreign = replace(plan, scenario=plan.scenario.model_copy(update={"data_version": "77"}))
    app = open_app("insurance", url=insured_url, plan=link_text(foreign))
    assert app.session_state["insurance_plan"].changed == 0
    assert escaped("77") in texts(app)
    app.button(key="insurance_rebase").click().run()
    assert app.session_state["insurance_plan"].scenario.coefficients == {"extra_growth": 0.03}
    assert app.session_state["insurance_plan"].scenario.data_version == "1"


@pytest.mark.parametrize("view", list(VIEWS))
@pytest.mark.parametrize("reader", ["zh", "en"])
def test_every_view_draws(open_app: OpenApp, insured_url: str, view: str, reader: str) -> None:
    app = open_app("insurance", url=insured_url, lang=reader, plan=shared(recapture_rate=0.2))
    app.session_state["detail"] = view
    app.run()
    assert not app.exception
    assert not app.error, texts(app)
    assert reader == "en" or VIEWS[view] in texts(app)


def test_saving_and_opening_again(open_app: OpenApp, insured_url: str) -> None:
    app = open_app("insurance", url=insured_url, plan=shared(extra_growth=0.03))
    app.session_state["insurance_save_0"] = True
    app.session_state["detail"] = "saved"
    app.run()
    next(field for field in app.text_input if field.label == "名称").set_value("稳一点")
    next(button for button in app.button if button.label == "保存").click().run()
    assert not app.exception
    assert not app.error, texts(app)
    assert "已保存“稳一点”" in texts(app)
    app.button(key="insurance_open").click().run()
    assert app.session_state["insurance_plan"].scenario.name == "稳一点"
    app.text_input(key="insurance_list_author").set_value("李四")
    app.button(key="insurance_archive").click().run()
    with contextlib.closing(open_workspace(settings().workspace_database_url)) as workspace:
        assert workspace.list_documents(Kind.SCENARIO) == ()
        entry = next(each for each in workspace.audit.entries() if each.action == Action.ARCHIVE)
        assert entry.actor == "李四"


def test_a_plan_of_another_version_can_be_opened_without_what_is_unknown(open_app: OpenApp, insured_url: str) -> None:
    app = open_app("insurance", url=insured_url, plan=shared(extra_growth=0.03, coefficient_of_old=0.5, k_max=9.0))
    assert not app.exception
    assert app.session_state["insurance_plan"].changed == 0
    assert "coefficient_of_old" in texts(app).replace("\\", "")
    app.button(key="insurance_adapt").click().run()
    assert app.session_state["insurance_plan"].scenario.coefficients == {"extra_growth": 0.03}
    assert not any(button.key == "insurance_adapt" for button in app.button)


def test_names_from_the_data_stay_text(open_app: OpenApp, tmp_path: Path) -> None:
    url = make_insured_county(f"duckdb:///{tmp_path / 'hostile.duckdb'}", first_name="[x](http://evil.example)")
    app = open_app("insurance", url=url)
    assert not app.exception
    assert "[x](http://evil.example)" not in texts(app)
    assert "[x](http://evil.example)" in boards(app), "components set every text as text"
