"""Golden cases of scopes that no other file holds: the other end of a referral, an export's sheets, the findings of a load.

All twelve, and where each is held, are listed in docs/scope.md.
"""

import io
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from dashboard.analysis.periods import Grain, Period
from dashboard.catalogue.release import release_rules
from dashboard.documents.content import Report
from dashboard.services.common import indicators
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.filters import Filters
from dashboard.services.reports.report import ReportKind, ReportRequest, build_report, document
from dashboard.store.query import run_query
from dashboard.workspace import Workspace, open_workspace
from tests.integration.common.test_scope import scope
from tests.integration.common.test_scoped_services import database_of
from tests.scope_county import LAST, MONTHS, changed_outside, county

ONE = scope("C1")
INSIDE = {"H1", "P1", "Q1"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cases")


@pytest.fixture(scope="module")
def database(folder: Path) -> ReportingDatabase:
    return database_of(county(), folder, "county")


def test_case_6_the_other_end_of_a_referral_has_its_name_but_not_its_totals(database: ReportingDatabase) -> None:
    asked = {"first_month": MONTHS[0], "last_month": LAST, "disease_group": None}
    mine, every = (run_query(reader, "referrals/referral_flows", **asked) for reader in (database.under(ONE), database))
    ends = set(zip(mine["from_code"], mine["to_code"], strict=True))
    assert all(INSIDE & set(pair) for pair in ends)
    assert any(not set(pair) <= INSIDE for pair in ends), "the other ends are named"
    there = [frame.loc[frame["to_code"].eq("H2"), "cases"].sum() for frame in (mine, every)]
    assert 0 < there[0] < there[1], "what others sent there is not in it"


def sheets(database: ReportingDatabase, workspace: Workspace) -> dict[str, list[str]]:
    request = ReportRequest(ReportKind.ONE_PAGER, Filters(Period(Grain.MONTH, LAST), community="C1"), ("xlsx",))
    *_, report = build_report(database, workspace, request)
    assert isinstance(report, Report)
    book = openpyxl.load_workbook(io.BytesIO(document(report, "xlsx").content))
    return {
        sheet.title: [str(row) for row in sheet.iter_rows(values_only=True) if "生成" not in str(row) and "制作" not in str(row)]
        for sheet in book
    }


def test_case_7_an_export_holds_own_rows_in_every_sheet_and_says_whose_they_are(
    database: ReportingDatabase, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = release_rules().model_copy(update={"least_communities": 99})  # what the county releases of itself is not the point here
    monkeypatch.setattr(indicators, "release_rules", lambda: rules)
    changed = database_of(changed_outside(county(), ONE, frozenset({"population", "provider"})), folder, "changed")
    workspace = open_workspace(f"sqlite:///{folder / 'workspace.sqlite'}")
    mine, theirs = (sheets(each.under(ONE), workspace) for each in (database, changed))
    assert "数据范围" in "".join(next(iter(mine.values())))
    assert mine == theirs
    assert sheets(database, workspace) != sheets(changed, workspace), "who sees the county sees the change"


def test_case_11_the_record_of_loads_shows_nothing_of_others(folder: Path) -> None:
    told = {"load_id": 1, "number": 1, "severity": "warning", "rule": "range", "file": "fact_bed.csv", "line": 7, "value": "8,431 张"}
    arrived = {"table_name": "fact_bed", "reporter": "H2", "period": LAST, "first_load_id": 1, "last_load_id": 1}
    recorded = {"meta_finding": pd.DataFrame([told]), "meta_report": pd.DataFrame([arrived])}
    found = database_of(county() | recorded, folder, "loaded")
    month: dict[str, object] = {"first_month": MONTHS[0], "last_month": LAST}
    asked_for: list[tuple[str, dict[str, object]]] = [("data/findings", {}), ("data/arrivals", month)]
    for name, asked in asked_for:
        assert len(run_query(found, name, **asked)) == 1, name
        assert run_query(found.under(ONE), name, **asked).empty, name
