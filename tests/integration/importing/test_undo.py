"""What a package would change is told before, and the last load can be taken back, on both databases."""

import datetime
from pathlib import Path

import pandas as pd
import pytest

from dashboard.analysis.approval import COUNTY, Signed, Tier, Unit
from dashboard.errors import DatabaseError
from dashboard.store.importing.loader import Rehearsal, load_package
from dashboard.store.importing.undo import last_load, undo_last_load
from tests.integration.importing.test_loading import MONTHS, _frames, _grown, url  # noqa: F401 the fixture of both databases
from tests.integration.packages import small_county, write_csv_package
from tests.kept import KeptCounties

_TOLD = ("meta_load", "meta_load_file", "meta_load_left_out", "meta_freshness", "meta_finding")


def _correction(folder: Path) -> Path:
    tables = small_county()
    visits = tables["fact_outpatient"].query(f"month == '{MONTHS[1]}'").copy()
    visits.loc[visits["institution_code"] == "H1", "visits"] = 777
    visits.loc[visits["institution_code"] == "C1", "institution_code"] = "S1"
    claims = tables["fact_claim"].iloc[[1]].assign(total_cost="90000.00")
    return write_csv_package(folder, {"fact_outpatient": visits, "fact_claim": claims, "dim_institution": _grown()})


def test_the_difference_is_told_before_anything_is_written(url: str, tmp_path: Path, kept_counties: KeptCounties) -> None:  # noqa: F811
    kept_counties.copied(url, small_county())
    before = _frames(url)
    told: list[Rehearsal] = []
    there: list[bool] = []

    def look(rehearsal: Rehearsal) -> None:
        told.append(rehearsal)
        there.append(rehearsal.database_url is not None and _frames(rehearsal.database_url)["fact_outpatient"] != before["fact_outpatient"])

    report = load_package(_correction(tmp_path / "correction"), url, check_only=True, look=look)
    assert (report.checked, report.accepted, report.passed, report.load_id) == (True, False, True, None)
    assert _frames(url) == before
    assert there == [url.startswith("duckdb")]
    frame = told[0].difference.astype(object).where(told[0].difference.notna(), None)
    rows = {(row.table_name, row.reporter, row.period): (row.added, row.changed, row.removed, row.same) for row in frame.itertuples()}
    february = datetime.date(2025, 2, 1)
    rows = {(table, who, pd.Timestamp(when).date() if when is not None else None): counts for (table, who, when), counts in rows.items()}
    assert rows[("fact_outpatient", "H1", february)] == (0, 1, 0, 0)
    assert rows[("fact_outpatient", "S1", february)] == (1, 0, 0, 0)
    assert rows[("fact_outpatient", "C1", february)] == (0, 0, 1, 0)
    assert rows[("dim_institution", "", None)][:3] == (2, 1, 0)
    only_theirs = load_package(_correction(tmp_path / "correction"), url, check_only=True, scope="reporter", look=look)
    assert only_theirs.checked
    assert told[1].difference.query("table_name == 'fact_outpatient'")["removed"].sum() == 0


@pytest.mark.parametrize("scope", ["month", "reporter"])
def test_the_last_load_is_taken_back_and_that_is_on_record(url: str, tmp_path: Path, scope: str, kept_counties: KeptCounties) -> None:  # noqa: F811
    kept_counties.copied(url, small_county())
    before = _frames(url)
    assert not last_load(url).possible  # type: ignore[union-attr]
    assert load_package(_correction(tmp_path / "correction"), url, scope=scope).load_id == 2  # type: ignore[arg-type]
    assert _frames(url)["fact_outpatient"] != before["fact_outpatient"]
    assert last_load(url).possible  # type: ignore[union-attr]
    with pytest.raises(DatabaseError):
        undo_last_load(url, 1, "撤回")
    assert undo_last_load(url, 2, "撤回第 2 批") == 3
    after = _frames(url)
    for name, rows in before.items():
        if name not in _TOLD:
            assert after[name] == rows, name
    assert [row[0] for row in after["meta_load"]] == [1, 2, 3]
    assert {row[0] for row in after["meta_load_file"]} == {1, 2}
    assert after["meta_finding"], "what the load found stays on record with it"
    assert {row[0] for row in after["meta_finding"]} == {2}
    # A further load goes on from there.
    assert load_package(_correction(tmp_path / "again"), url).load_id == 4


_FEBRUARY, _MARCH = datetime.date(2025, 2, 1), datetime.date(2025, 3, 1)


def _signed(*units: tuple[datetime.date, Unit]) -> Signed:
    return Signed(units=frozenset(units), since=_FEBRUARY, version=1)


@pytest.mark.parametrize(
    ("unit", "scope", "named"),
    [
        (Unit(Tier.INSTITUTION, "H1"), "month", ["fact_outpatient H1 · 2025-02"]),
        (Unit(Tier.INSTITUTION, "S1"), "reporter", ["fact_outpatient S1 · 2025-02"]),
        # Its report of February went with the month: taking back would bring it again. The station reports with it, as with who it left.
        (Unit(Tier.INSTITUTION, "C1"), "month", ["fact_outpatient C1 · 2025-02", "fact_outpatient S1 · 2025-02"]),
        # A claim answers for where its town belongs, not for where it was treated.
        (Unit(Tier.COMMUNITY, "B"), "month", ["fact_claim T2 · 2025-02"]),
    ],
    ids=["changed", "added", "removed", "claims"],
)
def test_a_load_that_touched_a_month_signed_since_stays(
    url: str,  # noqa: F811
    tmp_path: Path,
    unit: Unit,
    scope: str,
    named: list[str],
    kept_counties: KeptCounties,
) -> None:
    kept_counties.copied(url, small_county())
    package = _correction(tmp_path / "correction")
    if "T2" in named[0]:
        claims = small_county()["fact_claim"]
        package = write_csv_package(tmp_path / "claims", {"fact_claim": claims[claims["month"] == MONTHS[1]].assign(total_cost="90000.00")})
    assert load_package(package, url, scope=scope).load_id == 2  # type: ignore[arg-type]
    before = _frames(url)
    with pytest.raises(DatabaseError) as refused:
        undo_last_load(url, 2, "撤回", _signed((_FEBRUARY, unit)))
    assert refused.value.where.split("；") == named
    assert "解锁" in refused.value.remedy()
    assert _frames(url) == before
    # What is signed but was not touched stands in nobody's way.
    assert undo_last_load(url, 2, "撤回", _signed((_MARCH, unit))) == 3


def test_nothing_is_taken_back_while_nobody_can_say_what_is_signed(url: str, tmp_path: Path, kept_counties: KeptCounties) -> None:  # noqa: F811
    kept_counties.copied(url, small_county())
    load_package(_correction(tmp_path / "correction"), url)
    before = _frames(url)
    unread = Signed(known=False)
    with pytest.raises(DatabaseError, match="读不到哪些月份已审定"):
        undo_last_load(url, 2, "撤回", unread)
    with pytest.raises(DatabaseError, match="读不到哪些月份已审定"):
        load_package(_correction(tmp_path / "again"), url, scope="reporter", signed=unread)
    assert _frames(url) == before
    with pytest.raises(DatabaseError, match="锁定的月份"):
        undo_last_load(url, 2, "撤回", _signed((_FEBRUARY, COUNTY)))
