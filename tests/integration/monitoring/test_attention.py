"""One set of states: page, Overview, wall and report name the same alerts."""

import datetime
from pathlib import Path

import pytest

from dashboard.analysis.periods import Grain, Period
from dashboard.documents.content import Table
from dashboard.services.cockpit.answer import cockpit_of
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.filters import Filters
from dashboard.services.monitoring.attention import attention, beside_the_fund, of_scheme
from dashboard.services.monitoring.watch import Step, standing, watched
from dashboard.services.monitoring.wording import alert_title, matter_detail, matter_title
from dashboard.services.reports.parts import Brief
from dashboard.services.reports.work import attention_part
from dashboard.workspace import open_workspace
from tests.integration.monitoring.conftest import JUNE


def _named(matters):
    return {(alert.rule_id, alert.unit) for matter in matters for alert in matter.alerts}


@pytest.mark.parametrize("month", [JUNE, datetime.date(2025, 5, 1)])
def test_page_overview_and_report_name_the_same_alerts(database: ReportingDatabase, tmp_path: Path, month: datetime.date) -> None:
    page, left = standing(watched(database, month))
    assert left == 0
    assert {alert.step for alert in page} >= {Step.OPEN}
    period = Period(Grain.MONTH, month)
    matters = attention(database, period)
    assert _named(matters) == {(alert.rule_id, alert.unit) for alert in page}
    brief = Brief(database, open_workspace(f"sqlite:///{tmp_path / 'w.sqlite'}"), Filters(period))
    tables = [block for section in attention_part(brief).sections for block in section.blocks if isinstance(block, Table)]
    assert [row[1] for row in tables[0].rows] == [matter_title(matter, "zh", 10) for matter in matters]
    year = attention(database, Period(Grain.YEAR_TO_DATE, month))
    assert _named(year) == _named(matters), "the state is that of the last month, whatever the period"


def test_the_wall_names_them_too(database: ReportingDatabase) -> None:
    cockpit = cockpit_of(database)
    assert cockpit is not None
    assert _named(cockpit.attention) == {(alert.rule_id, alert.unit) for alert in standing(watched(database, cockpit.period.last))[0]}
    assert cockpit.attention
    for each in cockpit.communities:
        own = standing(watched(database, cockpit.period.last), each.community.code)[0]
        assert _named(each.attention) == {(alert.rule_id, alert.unit) for alert in own}


def test_many_of_one_rule_are_one_line_and_few_are_told_as_the_page_tells_them(database: ReportingDatabase) -> None:
    matters = attention(database, Period(Grain.MONTH, JUNE))
    single = next(matter for matter in matters if matter.rule_id == "overfull_beds")
    assert matter_title(single) == alert_title(single.alerts[0]) == "一院 病床使用率过高（加床） 104.2%"
    assert (single.community, single.institution, single.scheme) == ("A", "H1", "")
    silent = next(matter for matter in matters if matter.rule_id == "silence")
    assert matter_title(silent) == "1 个报送单位未报本期：西卫"
    assert matter_detail(silent) == "用到它们的值标 ○，不判达标"


def test_the_fund_is_left_out_beside_its_panel_and_a_scheme_keeps_its_own(database: ReportingDatabase) -> None:
    matters = attention(database, Period(Grain.MONTH, JUNE))
    assert {matter.rule.kind for matter in beside_the_fund(matters)} <= {matter.rule.kind for matter in matters} - {"overspend"}
    assert of_scheme(matters, None) == matters
    assert of_scheme(matters, "resident") == tuple(matter for matter in matters if matter.scheme == "resident")
