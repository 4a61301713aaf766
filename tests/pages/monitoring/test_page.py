from collections.abc import Callable

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.catalogue.monitoring import judged_by, monitoring_rules
from dashboard.services.common.actions import list_actions, save_action
from dashboard.services.common.workspace import current_workspace
from dashboard.services.monitoring.handling import list_handlings
from dashboard.store.importing.loader import load_package
from dashboard.ui.kit.messages import escaped
from dashboard.ui.monitoring import alerts
from tests.components import attention_lines
from tests.integration.packages import write_csv_package
from tests.monitoring_county import monitoring_county
from tests.pages.conftest import OpenApp, OpenLine, texts


@pytest.fixture(scope="module")
def county_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("monitoring")
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    assert load_package(write_csv_package(folder / "package", monitoring_county()), url).accepted
    return url


def _findings(app: AppTest) -> str:
    return "\n".join(line["title"] for _key, _place, line in attention_lines(app) if line["opens"])


def test_the_title_says_what_was_checked_and_what_became_of_the_alerts(open_app: OpenApp, county_url: str) -> None:
    app = open_app("monitoring", url=county_url, month="2025-06")
    assert not app.exception
    assert not app.error
    assert "项检查，预计" in texts(app)
    assert "新发 2 项，持续 1 项，解除 1 项" in app.title[0].value
    assert "一院 病床使用率过高（加床） 104.2%" in _findings(app)
    assert escaped("本月解除：二院 病床使用率过高（加床）") in texts(app)
    assert escaped("自身 ✕ 同行 —") in texts(app)


def test_a_click_opens_what_is_behind_an_alert(open_app: OpenApp, open_line: OpenLine, county_url: str) -> None:
    app = open_app("monitoring", url=county_url, month="2025-06")
    open_line(app, "一院 病床使用率过高（加床）")
    assert not app.exception
    assert escaped("看哪一家的月份") in [box.label for box in app.selectbox]


def test_in_english_and_for_one_community(open_app: OpenApp, county_url: str) -> None:
    app = open_app("monitoring", url=county_url, lang="en", community="二", month="2025-06")
    assert not app.exception
    assert not app.error
    assert "checks this month" in texts(app)
    assert "Bed occupancy above capacity 104" not in _findings(app)
    assert "Contract fulfilment behind the year" in _findings(app)


def test_a_county_with_little_is_not_told_that_all_is_well(open_app: OpenApp) -> None:
    app = open_app("monitoring")
    assert not app.exception
    assert not app.error
    assert "0 项检查" in app.title[0].value or "运行监测" in app.title[0].value


def _action_form() -> None:
    import datetime

    from dashboard.services.common.database import open_database
    from dashboard.services.monitoring.watch import watched
    from dashboard.ui.monitoring.actions import action_form

    answer = watched(open_database(), datetime.date(2025, 6, 1))
    action_form(answer.alerts[0], answer, None)


def test_an_action_is_written_and_judged_by_the_same_rule(use_database: Callable[[str], None], open_app: OpenApp, county_url: str) -> None:
    use_database(county_url)
    form = AppTest.from_function(_action_form, default_timeout=30).run()
    form.text_area[0].set_value("分流到分院")
    form.button[0].click().run()
    assert any("行动不完整" in error.value for error in form.error)
    assert form.text_area[0].value == "分流到分院"
    form.text_input[0].set_value("李伟")
    form.date_input[0].set_value("2025-07-01")
    form.button[0].click().run()
    assert not form.error
    saved = list_actions(current_workspace())
    assert [(each.content.owner, each.content.measure) for each in saved] == [("李伟", "分流到分院")]
    limits = judged_by(monitoring_rules()[saved[0].content.rule])
    assert saved[0].content.judged_by == limits, "the county may change its rule; what was agreed is judged by this"
    app = open_app("monitoring", url=county_url, month="2025-06")
    assert escaped("行动 1 项未完成，1 项逾期") in texts(app)
    assert escaped("同一规则：新发") in texts(app)
    far = limits.model_copy(update={"on": limits.on + 1_000, "off": limits.off + 1_000})
    save_action(current_workspace(), saved[0].content.model_copy(update={"judged_by": far}), author=None, over=saved[0])
    told = texts(open_app("monitoring", url=county_url, month="2025-06"))
    assert escaped("已不在预警，与措施相符 · 按定措施时的界限") in told


def test_an_outlier_of_a_rule_without_an_indicator_opens_the_months_of_its_rule(
    open_app: OpenApp, open_line: OpenLine, county_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Points and shares of optional tables are checked too: they have no number of the catalogue to open."""
    name = next(name for name, rule in monitoring_rules().items() if rule.indicator is None and rule.kind == "points")
    row = {"rule": name, "unit": "H1", "unit_name": "一院", "community": "A", "value": 9.0, "own": 4.2, "peers": 1.0, "both": False}
    monkeypatch.setattr(alerts, "outlier_rows", lambda _frame, _answer: pd.DataFrame([row]))
    app = open_app("monitoring", url=county_url, month="2025-06")
    assert not app.error
    open_line(app, "一院", "outlier")
    assert not app.exception
    assert not app.error
    assert escaped("开 > 6.0 分 连续 1 月") in texts(app), "not who did not report: points have nothing to do with it"


def _handling_form() -> None:
    import datetime

    from dashboard.services.common.database import open_database
    from dashboard.services.monitoring.watch import watched
    from dashboard.ui.monitoring.handling import handling_form

    answer = watched(open_database(), datetime.date(2025, 6, 1))
    handling_form(next(each for each in answer.alerts if each.unit == "H1"), answer)


def test_an_alert_is_put_off_with_a_reason_and_counted(use_database: Callable[[str], None], open_app: OpenApp, county_url: str) -> None:
    use_database(county_url)
    form = AppTest.from_function(_handling_form, default_timeout=30).run()
    form.radio[0].set_value("snoozed")
    form.button[0].click().run()
    assert any("处置不完整" in error.value for error in form.error)
    form.text_area[0].set_value("扩建在做")
    form.button[0].click().run()
    assert not form.error
    said = list_handlings(current_workspace())
    assert [(each.content.answer, each.content.reason) for each in said] == [("snoozed", "扩建在做")]
    app = open_app("monitoring", url=county_url, month="2025-06")
    assert "新发 1 项，持续 1 项，解除 1 项；暂缓或关闭 1 项" in texts(app)
    assert escaped("：扩建在做") in texts(app)
    assert [key for key, _place, _line in attention_lines(app)].count("monitoring") == 2
