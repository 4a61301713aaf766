"""The golden lock on a real database: approve, be refused, unlock, load, and what every figure says meanwhile."""

import datetime
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import text

from dashboard.analysis.approval import COUNTY, Act, Standing, Tier, Unit
from dashboard.analysis.periods import Grain, Period
from dashboard.catalogue.reporting import ApprovalRules, reporting_rules
from dashboard.errors import DatabaseError
from dashboard.services.common.approvals import provisional_words, signed_months
from dashboard.services.common.counties import in_view
from dashboard.services.common.database import ReportingDatabase, open_database
from dashboard.services.common.freezing import UNCHANGED, changed_since, frozen_period
from dashboard.services.data import approval as service
from dashboard.services.data.approval import month_approval, sign
from dashboard.services.indicators.analytics import Units, analytics
from dashboard.services.overview.answer import headlines
from dashboard.services.overview.wording import incomplete_text, trouble_text
from dashboard.store.importing.loader import LoadReport, load_package
from dashboard.store.scope import Scope
from dashboard.workspace import Action, Workspace, WorkspaceError, open_workspace
from dashboard.workspace.acting import Person, acting_as
from dashboard.workspace.engine import transaction
from tests.integration.importing.test_counties import FIRST as FIRST_CODE
from tests.integration.importing.test_counties import SECOND as SECOND_CODE
from tests.integration.importing.test_counties import second_package
from tests.integration.packages import small_county, write_csv_package
from tests.kept import KeptCounties

JANUARY, FEBRUARY, MARCH = (datetime.date(2025, month, 1) for month in (1, 2, 3))
A, B = Unit(Tier.COMMUNITY, "A"), Unit(Tier.COMMUNITY, "B")
C1, H1, H2 = (Unit(Tier.INSTITUTION, code) for code in ("C1", "H1", "H2"))


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory, kept_counties: KeptCounties) -> str:
    return kept_counties.copied(f"duckdb:///{tmp_path_factory.mktemp('approval') / 'reporting.duckdb'}", small_county())


@pytest.fixture
def workspace(tmp_path: Path):
    opened = open_workspace(f"sqlite:///{tmp_path / 'workspace.sqlite'}")
    yield opened
    opened.close()


def _do(database: ReportingDatabase, workspace: Workspace, act: Act, *units: Unit, month: datetime.date = MARCH, **more: str):
    return sign(database, workspace, month, act, units, actor=more.get("actor", "王敏"), reason=more.get("reason", "核对无误"))


def _correction(folder: Path, url: str, workspace: Workspace, rows: list[tuple], scope: str | None = "reporter") -> LoadReport:
    frame = pd.DataFrame(rows, columns=["institution_code", "month", "visits", "emergency_visits"])
    package = write_csv_package(folder / "correction", {"fact_outpatient": frame})
    return load_package(package, url, scope=scope, signed=signed_months(workspace))  # type: ignore[arg-type]


def test_golden_lock(loaded: str, workspace: Workspace, tmp_path: Path, kept_counties: KeptCounties) -> None:
    url = kept_counties.copied(f"duckdb:///{tmp_path / 'own.duckdb'}", small_county())
    database = open_database(url)
    _do(database, workspace, Act.APPROVED, C1, H1)
    _do(database, workspace, Act.WITHDRAWN, C1)
    _do(database, workspace, Act.APPROVED, C1)
    _do(database, workspace, Act.APPROVED, A)
    with pytest.raises(WorkspaceError, match="上级已经审定") as refused:
        _do(database, workspace, Act.WITHDRAWN, C1)
    assert "东卫 2025-03" in str(refused.value.where)

    report = _correction(tmp_path, url, workspace, [("C1", "2025-02-01", 301, 10), ("C1", "2025-03-01", 999, 10)])
    assert not report.accepted
    assert [(each.rule, each.file, each.line, each.value) for each in report.findings if each.severity == "error"] == [
        ("period_locked", "fact_outpatient.csv", 3, "C1 · 2025-03")
    ]
    assert _correction(tmp_path, url, workspace, [("C1", "2025-02-01", 305, 10)]).accepted, "a month that nobody signed"

    database = open_database(url)
    assert _do(database, workspace, Act.UNLOCKED, C1, reason="漏传两天") == (A, C1)
    assert _correction(tmp_path, url, workspace, [("C1", "2025-03-01", 999, 10)]).accepted
    march = Period(Grain.MONTH, MARCH)
    assert changed_since(open_database(url), 1, march).text() == "冻结后数据有改动：第 3 批更正 1 份、新增 0 份报表"
    assert changed_since(open_database(url), 3, march) == changed_since(open_database(url), 1, Period(Grain.MONTH, JANUARY)) == UNCHANGED
    assert frozen_period("month:2025-03") == march
    assert frozen_period(None) is frozen_period("someday:2025-03") is None
    now = month_approval(open_database(url), workspace, MARCH)
    assert (now.standings[C1], now.standings[H1], now.standings[A]) == (Standing.READY, Standing.APPROVED, Standing.WAITING)
    assert [(each.act, each.unit, each.reason) for each in now.acts[:2]] == [(Act.UNLOCKED, C1, "漏传两天"), (Act.UNLOCKED, A, "漏传两天")]
    trail = workspace.audit.entries(action=Action.UNLOCK_DATA)
    assert {(each.subject, each.details["period"], each.details["reason"]) for each in trail} == {
        ("C1", "2025-03", "漏传两天"), ("A", "2025-03", "漏传两天"),
    }  # fmt: skip


def test_a_whole_month_that_would_erase_somebody_signed_is_refused_too_and_everything_of_theirs_is_locked(
    loaded: str, workspace: Workspace, tmp_path: Path
) -> None:
    _do(open_database(loaded), workspace, Act.APPROVED, H1)
    report = _correction(tmp_path, loaded, workspace, [("C1", "2025-03-01", 310, 10)], scope="month")
    assert [(each.rule, each.value) for each in report.findings if each.severity == "error"] == [("locked_vanishes", "H1 · 2025-03")]
    tables = small_county()
    package = write_csv_package(
        tmp_path / "all",
        {
            "fact_equipment_use": tables["fact_equipment_use"].assign(month="2025-03-01"),
            "fact_workforce": tables["fact_workforce"],
            "fact_population": tables["fact_population"],
        },
    )
    report = load_package(package, loaded, scope="reporter", signed=signed_months(workspace))
    assert {(each.file, each.value) for each in report.findings if each.rule == "period_locked"} == {
        ("fact_equipment_use.csv", "E1 · 2025-03"), ("fact_workforce.csv", "H1 · 2025-01"),
    }, "its equipment, and the quarter that ends in March; not the towns, which are their community's"  # fmt: skip


def test_who_is_moved_to_another_community_stays_locked(loaded: str, workspace: Workspace, tmp_path: Path) -> None:
    database = open_database(loaded)
    _do(database, workspace, Act.APPROVED, C1, H1)
    _do(database, workspace, Act.APPROVED, A)
    tables = small_county()
    towns = tables["dim_town"]
    towns.loc[towns["town_code"] == "T1", "community_code"] = "B"
    claims = tables["fact_claim"]
    package = {"dim_town": towns, "fact_claim": claims[(claims["town_code"] == "T1") & (claims["month"] == "2025-03-01")]}
    report = load_package(write_csv_package(tmp_path / "moved", package), loaded, scope="reporter", signed=signed_months(workspace))
    assert not report.accepted
    assert {each.value for each in report.findings if each.rule == "period_locked"} == {"T1 · 2025-03"}
    moved = claims[(claims["institution_code"] == "H1") & (claims["month"] == "2025-03-01")].assign(town_code="T2")
    report = load_package(
        write_csv_package(tmp_path / "other", {"fact_claim": moved}), loaded, scope="reporter", signed=signed_months(workspace)
    )
    assert [each.value for each in report.findings if each.rule == "locked_vanishes"] == ["T1 · 2025-03"], "the hospital's are replaced"


def test_only_the_own_month_may_be_signed_and_only_the_county_unlocks(loaded: str, workspace: Workspace) -> None:
    centre = open_database(loaded).under(Scope(frozenset({"A"}), frozenset({"C1"}), None, 1))
    person = Person("张磊", "zhang", None, frozenset({"write", "approve"}))
    with acting_as(person):
        assert _do(centre, workspace, Act.APPROVED, C1) == (C1,)
        for units, act in (((H1,), Act.APPROVED), ((A,), Act.APPROVED), ((C1,), Act.UNLOCKED)):
            with pytest.raises(WorkspaceError, match="范围"):
                _do(centre, workspace, act, *units)
    answer = month_approval(centre, workspace, MARCH)
    assert answer.own == frozenset({C1})
    assert answer.possible(Act.APPROVED) == answer.possible(Act.UNLOCKED) == ()
    assert answer.possible(Act.WITHDRAWN) == (C1,)
    with acting_as(replace(person, acts=frozenset({"write"}))), pytest.raises(WorkspaceError, match="角色"):
        _do(centre, workspace, Act.WITHDRAWN, C1)
    with pytest.raises(WorkspaceError, match="理由"):
        _do(centre, workspace, Act.WITHDRAWN, C1, reason=" ")
    assert workspace.approvals.acts()[0].account == "zhang"


def test_where_four_eyes_are_asked_for_nobody_signs_what_they_loaded(
    loaded: str, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = open_database(loaded)
    workspace.audit.record(Action.LOAD, "package", actor="王敏", details={"result": "accepted", "load_id": 1})
    rules = reporting_rules().model_copy(update={"approval": ApprovalRules(four_eyes=True)})
    monkeypatch.setattr(service, "reporting_rules", lambda: rules)
    with pytest.raises(WorkspaceError, match="谁载入谁不审定"):
        _do(database, workspace, Act.APPROVED, H1)
    assert _do(database, workspace, Act.APPROVED, H1, actor="陈静") == (H1,)


def test_who_loaded_is_read_once_however_many_are_signed(loaded: str, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """The trail of a county is long, and its units are hundreds."""
    read: list[str] = []
    known, arrivals = service.loaded_by, service.run_query
    monkeypatch.setattr(service, "loaded_by", lambda workspace: read.append("trail") or known(workspace))
    monkeypatch.setattr(service, "run_query", lambda database, name, **binds: read.append(name) or arrivals(database, name, **binds))
    rules = reporting_rules().model_copy(update={"approval": ApprovalRules(four_eyes=True)})
    monkeypatch.setattr(service, "reporting_rules", lambda: rules)
    workspace.audit.record(Action.LOAD, "package", actor="王敏", details={"result": "accepted", "load_id": 1})
    units = (C1, H1, A, H2, B, COUNTY)
    with pytest.raises(WorkspaceError, match="谁载入谁不审定"):
        _do(open_database(loaded), workspace, Act.APPROVED, *units)
    assert workspace.approvals.acts() == ()
    read.clear()
    assert _do(open_database(loaded), workspace, Act.APPROVED, *units, actor="陈静") == units
    assert (read.count("trail"), read.count("data/arrivals")) == (1, 1)


def test_everything_or_nothing_is_signed_and_nothing_is_ever_changed(loaded: str, workspace: Workspace) -> None:
    with pytest.raises(WorkspaceError, match="下级还没有"):
        _do(open_database(loaded), workspace, Act.APPROVED, C1, COUNTY)
    assert workspace.approvals.acts() == ()
    _do(open_database(loaded), workspace, Act.APPROVED, C1, H1, A, H2, B, COUNTY)
    assert month_approval(open_database(loaded), workspace, MARCH).standings[COUNTY] is Standing.APPROVED
    for statement in ("UPDATE data_approval SET reason = ''", "DELETE FROM data_approval"):
        with pytest.raises(DatabaseError), transaction(workspace._engine, writes=True) as connection:
            connection.execute(text(statement))


def test_figures_say_that_they_are_provisional_until_who_answers_for_them_has_signed(loaded: str, workspace: Workspace) -> None:
    database, march = open_database(loaded), Period(Grain.MONTH, MARCH)

    def marks(community: str | None = None) -> tuple[str, str]:
        now = database.with_signed(signed_months(workspace))
        reading = headlines(now, march, community, None, ("C01",))[0].reading
        assert ("初步" in incomplete_text(reading)) == ("◐" in reading.marks)
        return reading.marks, trouble_text(reading)

    assert "◐" not in marks()[0], "a county that approves nothing marks nothing"
    _do(database, workspace, Act.APPROVED, C1, H1)
    assert "◐" in marks()[0]
    assert "初步：2025年3月尚未县级审定" in marks()[1]
    assert "尚未医共体审定" in marks("A")[1]
    _do(database, workspace, Act.APPROVED, A)
    assert "◐" not in marks("A")[0]
    signed = signed_months(workspace)
    assert provisional_words(signed, march, None) == "◐ 初步：2025年3月尚未县级审定"
    assert provisional_words(signed, march, "A") == ""
    assert provisional_words(signed, Period(Grain.MONTH, FEBRUARY), None) == "", "nobody was ever asked for February"
    frame = analytics(database.with_signed(signed), ["C01"], ["202503", "202502"], Units(("county", "community", "institution"), {}, False))
    told = frame.set_index(["pe", "ou"])["provisional"]
    assert told["202503"].to_dict() == {"county": True, "A": False, "B": True, "H1": False, "H2": True, "C1": False, "S1": False}
    assert not told["202502"].any()
    _do(database, workspace, Act.APPROVED, H2, B, COUNTY)
    assert "◐" not in marks()[0]


def test_each_county_signs_for_itself(workspace: Workspace, tmp_path: Path, kept_counties: KeptCounties) -> None:
    """What was signed while there was one county stays that county's; neither is locked or made final by the other's."""
    file = tmp_path / "two.duckdb"
    url = kept_counties.copied(f"duckdb:///{file}", small_county())
    alone = open_database(url)
    _do(alone, workspace, Act.APPROVED, C1, H1, H2)
    _do(alone, workspace, Act.APPROVED, A, B, COUNTY)
    assert {each.county for each in workspace.approvals.acts()} == {None}
    assert load_package(write_csv_package(tmp_path / "second", second_package()), url, signed=signed_months(workspace)).accepted
    first, second = (in_view(open_database(url).with_signed(signed_months(workspace)), code) for code in (FIRST_CODE, SECOND_CODE))
    march = Period(Grain.MONTH, MARCH)
    assert provisional_words(first.signed, march, None) == "" == provisional_words(second.signed, march, None)
    assert first.signed.has(MARCH, COUNTY)
    assert not second.signed.has(MARCH, COUNTY)
    assert month_approval(first, workspace, MARCH).standings[COUNTY] is Standing.APPROVED
    assert month_approval(second, workspace, MARCH).standings[COUNTY] is Standing.WAITING
    assert month_approval(second, workspace, MARCH).acts == ()
    zc1, zh1, zh2 = (Unit(Tier.INSTITUTION, f"Z{each.code}") for each in (C1, H1, H2))
    _do(second, workspace, Act.APPROVED, zc1, zh1, zh2)
    assert provisional_words(in_view(second.with_signed(signed_months(workspace)), SECOND_CODE).signed, march, None) != ""
    _do(second, workspace, Act.APPROVED, Unit(Tier.COMMUNITY, "ZA"), Unit(Tier.COMMUNITY, "ZB"), COUNTY)
    assert _do(first, workspace, Act.UNLOCKED, C1, reason="漏传两天") == (COUNTY, A, C1)
    assert month_approval(first, workspace, MARCH).standings[COUNTY] is Standing.WAITING
    assert month_approval(second, workspace, MARCH).standings[COUNTY] is Standing.APPROVED

    def load(code: str) -> LoadReport:
        return _correction(tmp_path, url, workspace, [(code, "2025-03-01", 305, 10)])

    assert load("C1").accepted, "unlocked in its own county; the other's lock is no reason"
    refused = load("ZC1")
    assert [(each.rule, each.value) for each in refused.findings if each.severity == "error"] == [("period_locked", "ZC1 · 2025-03")]
