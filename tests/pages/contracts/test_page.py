from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.services.common.workspace import current_workspace
from dashboard.services.contracts.plans import list_plans
from dashboard.store.importing.loader import load_package
from dashboard.ui.kit.messages import escaped
from tests.components import attention_lines
from tests.contracts_county import contracts_county
from tests.integration.packages import write_csv_package
from tests.pages.conftest import OpenApp, texts


def _url(folder: Path, **options: bool) -> str:
    return _loaded(folder, contracts_county(**options))


def _loaded(folder: Path, tables: dict[str, pd.DataFrame]) -> str:
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    assert load_package(write_csv_package(folder / "package", tables), url).accepted
    return url


@pytest.fixture(scope="module")
def county_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return _url(tmp_path_factory.mktemp("contracts"))


@pytest.fixture(scope="module")
def bare_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return _url(tmp_path_factory.mktemp("bare"), optional=False)


def test_the_page_says_who_signs_and_does_not_serve_and_what_to_check(open_app: OpenApp, county_url: str) -> None:
    app = open_app("contracts", url=county_url)
    assert not app.exception
    assert not app.error
    assert "履约为时序的" in app.title[0].value
    words = texts(app)
    assert escaped("签而不约：1 家中心少服务") in words
    assert escaped("只有材料给了数的方式才判") in words
    assert any("西卫" in line["title"] and line["opens"] for _key, _place, line in attention_lines(app))


def test_in_english_and_for_one_community(open_app: OpenApp, county_url: str) -> None:
    app = open_app("contracts", url=county_url, lang="en", community="一")
    assert not app.exception
    assert not app.error
    assert "of pace" in app.title[0].value
    assert escaped("No centre signs without serving") in texts(app)


def test_a_county_without_the_optional_columns_is_told_what_it_lacks(open_app: OpenApp, bare_url: str) -> None:
    app = open_app("contracts", url=bare_url)
    assert not app.exception
    assert escaped("fact_contract 填写 paid_people") in texts(app)
    assert escaped("画不出四分") in texts(app)


def test_what_did_not_come_is_unknown_and_no_good_news(open_app: OpenApp, tmp_path: Path) -> None:
    tables = contracts_county()
    del tables["fact_support"], tables["fact_public_health"]
    tables["fact_contract"] = tables["fact_contract"].assign(fulfilled=None)
    words = texts(open_app("contracts", url=_loaded(tmp_path, tables)))
    assert escaped("签而不约：—，现在不能判") in words
    assert escaped("近 12 个月没有 fact_support，相应方式不知道，显示 —。") in words
    assert escaped("没有签而不约的中心") not in words


def test_nobody_is_cleared_before_the_month_of_the_rule(open_app: OpenApp, county_url: str) -> None:
    words = texts(open_app("contracts", url=county_url, month="2025-03"))
    assert escaped("签而不约：—，现在不能判") in words


def test_a_county_without_contracts_is_told_what_to_load(open_app: OpenApp) -> None:
    app = open_app("contracts")
    assert not app.exception
    assert escaped("这个月没有签约数据。") in "\n".join(info.value for info in app.info)


def _help_plan() -> None:
    from dashboard.services.common.workspace import current_workspace
    from dashboard.services.contracts.plans import list_plans
    from dashboard.ui.contracts.sinking import help_plan_form

    help_plan_form("C1", "东卫", list_plans(current_workspace()).get("C1"))


def test_a_help_plan_is_written_and_read_again(use_database: Callable[[str], None], county_url: str) -> None:
    use_database(county_url)
    app = AppTest.from_function(_help_plan, default_timeout=30).run()
    app.text_area(key="help_plan_C1_aim").set_value("提高履约")
    app.text_area(key="help_plan_C1_tasks").set_value("驻点 | 昨天")
    app.button[0].click().run()
    assert any("任务的期限看不懂" in error.value for error in app.error)
    assert app.text_area(key="help_plan_C1_tasks").value == "驻点 | 昨天"
    app.text_area(key="help_plan_C1_tasks").set_value("驻点 | 2025-01-31 | 完成")
    app.button[0].click().run()
    assert not app.error
    plan = list_plans(current_workspace())["C1"].content
    assert (plan.aim, plan.tasks[0].what, plan.tasks[0].done) == ("提高履约", "驻点", True)
    assert app.text_area(key="help_plan_C1_tasks").value == "驻点 | 2025-01-31 | 完成"
