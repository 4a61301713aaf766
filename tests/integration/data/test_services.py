import datetime
from pathlib import Path

import pandas as pd
import pytest

from dashboard.analysis.approval import COUNTY, Signed, Tier, Unit
from dashboard.catalogue.overview import overview_plan
from dashboard.catalogue.performance import delivered_schemes
from dashboard.services.common.database import ReportingDatabase, open_database
from dashboard.services.data.approval import ApprovedOn
from dashboard.services.data.cell import report_cell
from dashboard.services.data.lineage import Uses, files_of, lineage, uses
from dashboard.services.data.records import _told
from dashboard.services.data.reports import CellState, reports
from dashboard.store.engine import writing_engine
from dashboard.store.importing.loader import load_package
from dashboard.store.schema import meta_report
from dashboard.workspace import Action, open_workspace
from tests.integration.packages import small_county, write_csv_package

MARCH = datetime.date(2025, 3, 1)


def _county(folder: Path) -> ReportingDatabase:
    """Three months of which one centre's March is missing; then February comes late for the centre, and March of the hospital in time."""
    tables = small_county()
    bed = tables["fact_bed"]
    tables["fact_bed"] = bed[bed["institution_code"] == "H1"]
    rows = tables["fact_outpatient"]
    tables["fact_outpatient"] = rows[~((rows["institution_code"] == "C1") & (rows["month"] == "2025-03-01"))]
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    assert load_package(write_csv_package(folder / "package", tables), url).accepted
    engine = writing_engine(url)
    with engine.begin() as connection:
        for code, month, arrived in (("C1", datetime.date(2025, 2, 1), "2025-03-25"), ("H1", MARCH, "2025-04-09")):
            where = (meta_report.c.reporter == code) & (meta_report.c.period == month) & (meta_report.c.table_name == "fact_outpatient")
            moment = pd.Timestamp(arrived).to_pydatetime()
            connection.execute(
                meta_report.update().where(where).values(first_load_id=9, first_loaded_at=moment, last_load_id=9, last_loaded_at=moment)
            )
    engine.dispose()
    return open_database(url)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> ReportingDatabase:
    return _county(tmp_path_factory.mktemp("data"))


def _state(cells: pd.DataFrame, code: str, month: str) -> CellState:
    row = cells[(cells["reporter"] == code) & (cells["month"] == pd.Timestamp(month))]
    return CellState(row["state"].item())


def test_who_is_expected_comes_from_the_register_and_each_cell_says_how_it_stands(database):
    answer = reports(database, "clinical", MARCH)
    cells = answer.cells
    assert set(cells["reporter"]) == {"H1", "H2", "C1"}
    assert _state(cells, "C1", "2025-03-01") is CellState.MISSING
    assert _state(cells, "C1", "2025-02-01") is CellState.LATE
    assert cells.loc[(cells["reporter"] == "C1") & (cells["month"] == pd.Timestamp("2025-02-01")), "days_late"].item() == 15
    assert _state(cells, "H1", "2025-01-01") is CellState.CAME
    assert _state(cells, "H2", "2025-01-01") is CellState.MISSING, "in the register, and nothing ever came"
    assert answer.months[0] == MARCH
    assert answer.next_due["fact_outpatient"] == (datetime.date(2025, 4, 10), 1, 3)


def test_the_four_dimensions_have_both_sides_and_judge_only_what_can_be_judged(database):
    table = reports(database, "clinical", MARCH).quality.set_index("dimension")
    assert table.loc["completeness", ["numerator", "denominator"]].tolist() == [2, 5]
    assert table.loc["timeliness", ["numerator", "denominator"]].tolist() == [1, 4]
    assert table.loc["correctness", "value"] == pytest.approx(1)
    assert pd.isna(table.loc["consistency", "value"]), "no rule of consistency speaks of these tables: not applicable, not passed"
    assert table.loc["consistency", "denominator"] == 0
    assert reports(database, "services", MARCH).quality.set_index("dimension").loc["consistency", "denominator"] > 0
    assert reports(database, "clinical", MARCH, "B").quality.set_index("dimension")["value"]["completeness"] == 0
    assert reports(database, "clinical", MARCH, "unknown") is None


def test_history_of_the_first_load_is_not_judged_for_time(database):
    table = reports(database, "services", datetime.date(2025, 1, 1)).quality.set_index("dimension")
    assert table["numerator"]["completeness"] == table["denominator"]["completeness"] == 2
    assert pd.isna(table["value"]["timeliness"])
    assert table["denominator"]["timeliness"] == 0


def test_a_number_leads_to_the_checksum_of_its_file_and_a_column_to_its_uses(database):
    answer = lineage(database, "B01")
    assert {source.table for source in answer.sources} == {"fact_claim"}
    assert len(answer.files) == 1
    assert len(answer.files["checksum"].iloc[0]) == 64
    found = uses("fact_bed", "open_bed_days", {scheme.name: scheme for scheme in delivered_schemes().values()})
    assert {"A01", "C01"} <= set(found.indicators)
    assert found.schemes
    assert {"总览", "床位与设备"} <= set(found.pages)
    assert found.alerts
    assert uses("fact_bed", "nothing", {}) == Uses((), (), (), (), ())
    assert len(files_of(answer, "fact_claim", MARCH)) == 1


@pytest.mark.parametrize("indicator", overview_plan().headlines)
def test_the_lineage_of_every_headline_card_reaches_a_checksum(database: ReportingDatabase, indicator: str) -> None:
    answer = lineage(database, indicator)
    tables = {source.table for source in answer.sources if source.table}
    assert tables
    for table in tables:
        found = files_of(answer, table, MARCH)
        assert len(found), table
        assert found["checksum"].str.fullmatch("[0-9a-f]{64}").all()
    assert all(source.query for source in answer.sources if source.table)


@pytest.fixture(scope="module")
def claims(tmp_path_factory: pytest.TempPathFactory) -> ReportingDatabase:
    """The history in one load; then March twice, the second time with a town that was missing; June never."""
    tables = small_county()
    whole = tables["fact_claim"]
    march = whole["month"] == "2025-03-01"
    folder = tmp_path_factory.mktemp("claims")
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    first = {**tables, "fact_claim": whole[~march], "fact_outpatient": tables["fact_outpatient"]}
    for name, package in (("first", first), ("second", {"fact_claim": whole[march & (whole["town_code"] == "T1")]})):
        assert load_package(write_csv_package(folder / name, package), url).accepted
    return open_database(url)


def test_claims_are_one_report_of_the_county_a_month_and_come_when_no_town_is_missing(claims: ReportingDatabase) -> None:
    answer = reports(claims, "claims", MARCH)
    cells = answer.cells.set_index("month")
    assert set(cells["reporter"]) == {"county"}
    assert cells.loc[pd.Timestamp("2025-02-01"), ["state", "parts"]].tolist() == [CellState.CAME, ()], "the history is not judged for time"
    assert cells.loc[pd.Timestamp(MARCH), ["state", "parts", "tables"]].tolist() == [CellState.MISSING, ("西镇",), ("fact_claim",)]
    assert answer.next_due == {"fact_claim": (datetime.date(2025, 4, 20), 0, 1)}
    assert answer.quality.set_index("dimension").loc["timeliness", ["numerator", "denominator"]].tolist() == [0, 1]
    assert reports(claims, "claims", MARCH, "A").cells["reporter"].eq("county").all(), "no part of it is a community's alone"


def test_claims_are_in_time_by_their_first_rows_and_approved_by_the_county(claims: ReportingDatabase, tmp_path: Path) -> None:
    url = f"duckdb:///{tmp_path / 'own.duckdb'}"
    (tmp_path / "own.duckdb").write_bytes(Path(str(claims.engine.url.database)).read_bytes())
    march = small_county()["fact_claim"].query("month == '2025-03-01'")
    assert load_package(write_csv_package(tmp_path / "again", {"fact_claim": march}), url).load_id == 3
    engine = writing_engine(url)
    with engine.begin() as connection:
        for load, day in ((2, "2025-04-18"), (3, "2025-05-02")):
            for side in ("first", "last"):
                where = meta_report.c[f"{side}_load_id"] == load
                connection.execute(meta_report.update().where(where).values({f"{side}_loaded_at": pd.Timestamp(day).to_pydatetime()}))
    engine.dispose()
    database = open_database(url)
    cells = reports(database, "claims", MARCH).cells.set_index("month")
    assert cells.loc[pd.Timestamp(MARCH), "state"] == CellState.CORRECTED
    assert reports(database, "claims", MARCH).quality.set_index("dimension").loc["timeliness", ["numerator", "denominator"]].tolist() == [
        1,
        1,
    ]
    signed = Signed(frozenset({(MARCH, COUNTY)}), since=MARCH, version=1)
    cells = reports(database.with_signed(signed), "claims", MARCH, None, ApprovedOn({(MARCH, "county"): 2})).cells.set_index("month")
    assert cells.loc[pd.Timestamp(MARCH), ["state", "provisional", "locked"]].tolist() == [CellState.CHANGED, False, True]
    workspace = open_workspace(f"sqlite:///{tmp_path / 'workspace.sqlite'}")
    row = report_cell(database, workspace, "claims", MARCH, "county", MARCH).iloc[0]
    workspace.close()
    assert (row["first_load_id"], row["last_load_id"], row["row_count"], row["file"]) == (2, 3, 2, "fact_claim.csv")


def test_a_cell_leads_to_load_person_file_and_rows(database: ReportingDatabase, tmp_path: Path) -> None:
    workspace = open_workspace(f"sqlite:///{tmp_path / 'workspace.sqlite'}")
    workspace.audit.record(Action.LOAD, "package", actor="王敏", details={"result": "accepted", "load_id": 1})
    cell = report_cell(database, workspace, "clinical", MARCH, "H1", datetime.date(2025, 1, 1)).set_index("table_name")
    row = cell.loc["fact_outpatient"]
    assert (row["first_load_id"], row["first_by"], row["file"], row["row_count"], row["came"]) == (
        1,
        "王敏",
        "fact_outpatient.csv",
        1,
        True,
    )
    assert cell.loc["fact_bed", "row_count"] == 2
    missing = report_cell(database, workspace, "clinical", MARCH, "C1", MARCH).set_index("table_name").loc["fact_outpatient"]
    assert (missing["came"], missing["row_count"]) == (False, 0)
    workspace.close()


def test_what_comes_after_an_approval_was_changed_after_the_lock_and_the_grid_knows_who_waits(database: ReportingDatabase) -> None:
    february = datetime.date(2025, 2, 1)
    approved = ApprovedOn({(MARCH, "H1"): 1, (february, "H1"): 9})
    signed = Signed(frozenset({(february, COUNTY), (MARCH, Unit(Tier.INSTITUTION, "H1"))}), since=february, version=3)
    answer = reports(database.with_signed(signed), "clinical", MARCH, None, approved)
    cells = answer.cells.set_index(["reporter", "month"])
    assert cells.loc[("H1", pd.Timestamp(MARCH)), "state"] == CellState.CHANGED
    assert cells.loc[("H1", pd.Timestamp(february)), "state"] == CellState.CAME
    assert cells.loc[("H1", pd.Timestamp(MARCH)), ["provisional", "locked"]].tolist() == [True, True], "its community has not signed"
    assert cells.loc[("C1", pd.Timestamp(february)), ["provisional", "locked"]].tolist() == [True, True]
    assert cells.loc[("C1", pd.Timestamp("2025-01-01")), ["provisional", "locked"]].tolist() == [False, False]
    assert answer.by_month[february][2]
    assert not answer.by_month[MARCH][2]
    untouched = reports(database, "clinical", MARCH).cells
    assert not untouched["provisional"].any()
    assert CellState.CHANGED not in set(untouched["state"])


def test_the_history_of_the_dimensions_is_by_month_and_by_load_and_by_reporter(database: ReportingDatabase) -> None:
    answer = reports(database, "clinical", MARCH)
    history = answer.trend.set_index(["dimension", "place"])["value"]
    assert history["completeness", "2025-03"] == pytest.approx(2 / 5)
    assert pd.isna(history["timeliness", "2025-01"])
    assert history["timeliness", "2025-03"] == pytest.approx(1 / 4)
    assert history["correctness", "1"] == pytest.approx(1)
    each = answer.by_reporter.set_index(["reporter", "dimension"])
    assert each.loc[("H2", "completeness"), ["numerator", "denominator"]].tolist() == [0, 24]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("C2 · 2025-12 · 3 · 62", "C2 · 2025-12 · <10 · 62"),
        ("3 · 2025-12 · 62", "3 · 2025-12 · 62"),
        ("7", "<10"),
        ("0", "0"),
        ("H1", "H1"),
    ],
)
def test_a_finding_tells_no_small_count(value: str, told: str) -> None:
    assert _told(value) == told


def test_a_cell_whose_table_came_in_several_files_names_them_and_counts_what_was_found_in_all(tmp_path: Path) -> None:
    tables = small_county()
    rows = tables.pop("fact_outpatient")
    package = write_csv_package(tmp_path / "package", tables | {"fact_outpatient": rows[rows["month"] == "2025-01-01"]})
    rows[rows["month"] != "2025-01-01"].to_csv(package / "fact_outpatient__2.csv", index=False)
    url = f"duckdb:///{tmp_path / 'reporting.duckdb'}"
    assert load_package(package, url).accepted
    workspace = open_workspace(f"sqlite:///{tmp_path / 'workspace.sqlite'}")
    cell = report_cell(open_database(url), workspace, "clinical", MARCH, "H1", MARCH).set_index("table_name")
    workspace.close()
    assert cell.loc["fact_outpatient", "file"] == "fact_outpatient.csv、fact_outpatient__2.csv"
    assert cell.loc["fact_outpatient", "row_count"] == 1
