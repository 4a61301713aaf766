"""The record of loads: who, why, with what outcome; and every filter of it."""

import datetime
from pathlib import Path

import pytest

from dashboard.services.common.database import ReportingDatabase, open_database
from dashboard.services.data.records import Record, Wish, chosen, record
from dashboard.services.data.reports import judged_findings
from dashboard.store.importing.loader import load_package
from dashboard.store.importing.undo import undo_last_load
from dashboard.store.scope import Scope
from dashboard.workspace import Action, Workspace, open_workspace
from tests.integration.packages import MONTHS, small_county, write_csv_package
from tests.kept import KeptCounties


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory, kept_counties: KeptCounties) -> ReportingDatabase:
    """A whole county; February of the hospital, with a finding; taken back again."""
    folder = tmp_path_factory.mktemp("records")
    tables = small_county()
    url = kept_counties.copied(f"duckdb:///{folder / 'reporting.duckdb'}", tables)
    beds = tables["fact_bed"].query(f"month == '{MONTHS[1]}'").assign(occupied_bed_days=3300)
    assert load_package(write_csv_package(folder / "second", {"fact_bed": beds}), url).accepted
    assert undo_last_load(url, 2, "撤回第 2 批：second") == 3
    return open_database(url)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    opened = open_workspace(f"sqlite:///{tmp_path / 'workspace.sqlite'}")
    for subject, actor, details in (
        ("first", "王敏", {"result": "accepted", "load_id": 1, "rows": 90, "reason": "首报"}),
        ("broken", "李四", {"result": "refused", "rows": 3, "errors": 2, "reason": "更正"}),
        ("second", "李四", {"result": "accepted", "load_id": 2, "rows": 2, "reason": "床位更正"}),
    ):
        opened.audit.record(Action.LOAD, subject, actor=actor, details=details)
    opened.audit.record(Action.UNDO_LOAD, "second", actor="王敏", details={"undone": 2, "load_id": 3, "reason": "载错了"})
    return opened


def _packages(found: Record) -> list[str]:
    return list(found.loads["package"])


def test_every_load_says_who_why_and_what_became_of_it(database: ReportingDatabase, workspace: Workspace) -> None:
    whole = record(database, workspace)
    told = whole.loads.set_index("package")[["outcome", "person", "reason"]]
    assert told.loc["broken"].tolist() == ["refused", "李四", "更正"]
    assert told.loc["撤回第 2 批：second"].tolist() == ["undoing", "王敏", "载错了"]
    assert told.loc["second"].tolist() == ["taken_back", "李四", "床位更正"]
    assert whole.loads.set_index("package").loc["broken", ["row_count", "error_count"]].tolist() == [3, 2]
    assert whole.newest == 3
    assert whole.people == ("李四", "王敏")
    assert whole.months[0] >= datetime.date(2025, 3, 1)
    assert set(whole.findings["rule"]) >= {"beds_over_open"}
    assert set(whole.findings.loc[whole.findings["load_id"] == 2, "table_name"]) == {"fact_bed"}


def test_each_filter_keeps_what_it_says(database: ReportingDatabase, workspace: Workspace) -> None:
    whole = record(database, workspace)
    assert _packages(chosen(whole, Wish())) == _packages(whole)
    assert _packages(chosen(whole, Wish(outcome="refused"))) == ["broken"]
    assert set(_packages(chosen(whole, Wish(person="李四")))) == {"broken", "second"}
    assert set(chosen(whole, Wish(person="李四")).findings["load_id"]) == {2}
    beds = chosen(whole, Wish(table="fact_bed", month=datetime.date(2025, 2, 1)))
    assert set(beds.loads["load_id"]) == {1, 2}
    assert set(beds.files["table_name"]) == {"fact_bed"}
    march = chosen(whole, Wish(table="fact_bed", month=datetime.date(2025, 3, 1)))
    assert set(march.loads["load_id"]) == {1}, "the second file held February alone"
    assert set(chosen(whole, Wish(newest=True)).loads["load_id"]) == {3}
    assert chosen(whole, Wish(newest=True)).findings.empty
    rule = chosen(whole, Wish(rule="beds_over_open")).findings
    assert set(rule["rule"]) == {"beds_over_open"}
    assert len(chosen(whole, Wish(severity="warning")).findings) == len(whole.findings) > 0
    assert chosen(whole, Wish(severity="error")).findings.empty


def test_who_sees_a_part_of_the_county_is_not_told_what_was_refused(database: ReportingDatabase, workspace: Workspace) -> None:
    part = database.under(Scope(frozenset({"A"}), None, None, 0))
    assert "refused" not in set(record(part, workspace).loads["outcome"])


def test_what_was_taken_back_no_longer_speaks_of_the_data(database: ReportingDatabase) -> None:
    judged = judged_findings(database, ("fact_bed",))
    assert set(judged["load_id"]) == {1}
    assert judged.loc[judged["kind"] == "correctness", "failed"].sum() == 0
