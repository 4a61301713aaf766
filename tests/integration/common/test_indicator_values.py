import math

import pandas as pd
import pytest

from dashboard.analysis.indicators import COLUMNS
from dashboard.analysis.periods import Grain, Period
from dashboard.catalogue.loader import load_catalogue
from dashboard.errors import CatalogueError
from dashboard.services.common.database import ReportingDatabase, open_database
from dashboard.services.common.indicators import indicator_changes, indicator_series, indicator_values
from tests.integration.county import BEDS_ONLY, ROWS, fill, visits

OCTOBER = Period.parse("2025-10")


@pytest.fixture(scope="module")
def duckdb_county(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"duckdb:///{tmp_path_factory.mktemp('county') / 'reporting.duckdb'}"
    fill(url, ROWS)
    return url


@pytest.fixture(params=["duckdb", "postgresql"])
def county(request: pytest.FixtureRequest) -> ReportingDatabase:
    if request.param == "duckdb":
        return open_database(request.getfixturevalue("duckdb_county"))
    url = request.getfixturevalue("postgresql_url")
    fill(url, ROWS)
    return open_database(url)


@pytest.fixture
def database(duckdb_county: str) -> ReportingDatabase:
    return open_database(duckdb_county)


def row(frame: pd.DataFrame, indicator: str, unit: str) -> pd.Series:
    found = frame[(frame["indicator"] == indicator) & (frame["unit"] == unit)]
    assert len(found) == 1, f"{indicator} {unit}: {len(found)} rows"
    return found.iloc[0]


def value(frame: pd.DataFrame, indicator: str, unit: str) -> float:
    return float(row(frame, indicator, unit)["value"])


HAND_COMPUTED = {
    # insured: 600+250+50+900+40 in the county of 600+250+50+10+90+900+40+60 encounters, pharmacies left out
    ("county", "county", "B01"): 1840 / 2000 * 100,
    ("community", "C1", "B01"): 900 / 1000 * 100,
    ("town", "T2", "B01"): 940 / 1000 * 100,
    ("community", "C1", "B02"): 5000 / 7500 * 100,
    ("county", "county", "B03"): 90 / 100 * 100,
    ("county", "county", "B04"): 160 / 2000 * 100,
    ("county", "county", "B04a"): 70 / 2000 * 100,
    ("county", "county", "B04b"): 90 / 2000 * 100,
    ("county", "county", "B05"): 20 / 10 * 100,  # referred for an inpatient group, of the admissions outside
    ("county", "county", "B08"): 41 / 109,
    ("county", "county", "B09"): 150 / 170 * 100,
    ("institution", "H1", "B07b"): 41 / 300 * 100,
    ("institution", "H1", "B10"): 100.0,
    ("county", "county", "S05"): 12 / 310 * 100,
    ("institution", "H1", "C01"): 80.0,
    ("institution", "P1", "C01"): 50.0,
    ("community", "C1", "C01"): 2790 / 3720 * 100,  # recomputed from sums, not the mean of 80 and 50
    ("institution", "H1", "C02"): 2480 / 3100 * 100,
    ("institution", "H1", "E01"): 330 / 350,
    ("institution", "H1", "E06b"): 42.0,
    ("institution", "H1", "E17"): 189 / 300 * 100,
    ("institution", "H1", "E18"): 210 / 2_500 * 100,
    ("community", "C1", "E18"): 1_050 / 7_500 * 100,
    # population of 2025 for T2, of 2024 for T1, which has no newer one
    ("county", "county", "A01"): (3720 / 31) / 82,
    ("town", "T2", "F07"): 265_000 / 26_000,
    ("county", "county", "F08"): 100 / 66_000 * 100,
    ("county", "county", "F01"): 620_000 / 745_000 * 100,
    ("county", "county", "F02"): 80_000 / 620_000 * 100,
    ("county", "county", "F03"): 100.0,
    ("community", "C1", "F04a"): 490_000 / 6_000_000 * 100,
    ("community", "C1", "F04"): 490_000 / 500_000 * 100,
    ("community", "C2", "F05"): (250_000 - 265_000) / 250_000 * 100,
    ("county", "county", "F06"): 590_000 / 950_000 * 100,
    ("community", "C1", "F10b"): 450_000 / 5_000,
    ("institution", "H1", "E03"): (50 * 9_000 / (770_000 / 90)) / 50,
    ("institution", "H1", "D01"): 220_000 / 2_500,
    ("institution", "H1", "D03a"): (88 / 100 - 1) * 100,
    ("institution", "H1", "D04"): 9.0,
    ("institution", "H1", "D06"): 91.0,
    ("institution", "H1", "D07"): 40.0,
    ("institution", "H1", "D08"): 400.0,
    ("institution", "H1", "D10"): 40.0,
    # H1 has reported the fourth quarter, P1 not yet: each gives its latest
    ("county", "county", "A02"): 62 / 82,
    ("county", "county", "A04"): 12 / 8.2,
    ("county", "county", "A04a"): 8 / 8.2,
    ("community", "C1", "D14"): (330_000 / 15) / (3_000_000 / 50) * 100,
    ("institution", "P1", "A08"): 8 / 12 * 100,
    ("institution", "H1", "C08"): 2500 / (50 * 31 * 251 / 365),
    ("community", "C1", "G01"): 40.0,
    ("community", "C1", "G04"): 80.0,
    ("county", "county", "S08"): 50.0,
    ("county", "county", "S12"): 50.0,
    ("community", "C2", "S12"): 100.0,
}


def test_values_are_those_computed_by_hand(county: ReportingDatabase) -> None:
    for level in ("county", "community", "institution", "town"):
        frame = indicator_values(county, level=level, period=OCTOBER)
        assert list(frame.columns) == list(COLUMNS)
        for (its_level, unit, indicator), expected in HAND_COMPUTED.items():
            if its_level == level:
                assert value(frame, indicator, unit) == pytest.approx(expected, rel=1e-9), (indicator, unit)


def test_golden_bed_figures_of_a_year(county: ReportingDatabase) -> None:
    # 100 beds: 36,500 open, 31,025 occupied, 3,650 discharges, 29,930 discharge bed-days (docs/sources.md, worked examples)
    fixture = Period(Grain.YEAR_TO_DATE, Period.parse("2025-01").last)
    frame = indicator_values(county, level="institution", period=fixture, indicators=["C01", "C03", "C04", "C05", "C06"])
    assert value(frame, "C01", "H1") == pytest.approx(85.00)
    assert value(frame, "C05", "H1") == pytest.approx(8.20)
    assert value(frame, "C06", "H1") == pytest.approx(1.50)
    # turnover and working days are per bed: 36,500 bed-days reported over 31 days are 1,177.4 beds
    assert value(frame, "C03", "H1") == pytest.approx(36.5 * 31 / 365)
    assert value(frame, "C04", "H1") == pytest.approx(310.25 * 31 / 365)


def test_every_indicator_answers_at_every_level(county: ReportingDatabase) -> None:
    for level in ("county", "community", "institution", "town"):
        frame = indicator_values(county, level=level, period=Period(Grain.ROLLING_12, OCTOBER.last))
        assert set(frame["indicator"]) == set(load_catalogue().indicators)
        assert not frame["value"].abs().eq(math.inf).any()
        valued = frame["status"].isin(["ok", "incomplete"])
        assert frame.loc[valued, "value"].notna().all()
        assert frame.loc[~valued, "value"].isna().all()


def test_a_month_not_reported_makes_the_community_incomplete_and_the_institution_missing(database: ReportingDatabase) -> None:
    institutions = indicator_values(database, level="institution", period=OCTOBER, indicators=["G14"])
    assert row(institutions, "G14", "P2")["status"] == "missing_data"
    assert row(institutions, "G14", "P2")["missing"] == "fact_outpatient"
    assert row(institutions, "G14", "P1")["status"] == "ok"
    communities = indicator_values(database, level="community", period=OCTOBER, indicators=["B02"])
    assert row(communities, "B02", "C1")["status"] == "ok"
    second = row(communities, "B02", "C2")
    # the only primary institution did not report: its visits are missing, not 0
    assert second["status"] == "missing_data"
    assert (second["months_present"], second["months_expected"]) == (0, 1)
    county = indicator_values(database, level="county", period=OCTOBER, indicators=["B02", "G12", "D01"])
    assert row(county, "B02", "county")["status"] == "incomplete"
    # of the two primary institutions one reported
    assert (row(county, "B02", "county")["months_present"], row(county, "B02", "county")["months_expected"]) == (1, 2)


def test_a_missing_hospital_does_not_touch_what_is_measured_at_primary_level(duckdb_url: str) -> None:
    fill(duckdb_url, ROWS | {"fact_outpatient": [each for each in ROWS["fact_outpatient"] if each["institution_code"] != "P2"] + [
        visits("P2", "2025-09", 1), visits("P2", "2025-10", 700), visits("H2", "2025-08", 1)]})  # fmt: skip
    frame = indicator_values(open_database(duckdb_url), level="community", period=OCTOBER, indicators=["B02", "T20_14b"])
    assert row(frame, "T20_14b", "C2")["status"] == "missing_data"  # no staff reported
    assert row(frame, "T20_14b", "C2")["missing"] == "fact_workforce"
    assert row(frame, "B02", "C2")["status"] == "ok"


def test_a_column_nobody_filled_is_missing_and_a_zero_is_a_zero(database: ReportingDatabase) -> None:
    frame = indicator_values(database, level="institution", period=OCTOBER, indicators=["G14", "G12", "C06", "C01"])
    assert value(frame, "G14", "H1") == 0
    assert row(frame, "G14", "H2")["status"] == "missing_data"
    assert row(frame, "G12", "H1")["status"] == "missing_data"
    assert row(frame, "C06", "P1")["status"] == "zero_denominator"
    assert row(frame, "C01", "H2")["status"] == "zero_denominator"
    assert math.isnan(value(frame, "C01", "H2"))


def test_what_the_schema_lacks_and_what_has_no_meaning_at_a_level_say_so(database: ReportingDatabase) -> None:
    frame = indicator_values(database, level="institution", period=OCTOBER, indicators=["E08", "B01", "E01"])
    assert row(frame, "E08", "H1")["status"] == "not_in_schema"
    assert row(frame, "B01", "H1")["status"] == "not_at_level"
    assert row(frame, "E01", "P1")["status"] == "not_at_level"
    assert row(frame, "E01", "H2")["status"] == "missing_data"


def test_only_beds_still_gives_bed_indicators(duckdb_url: str) -> None:
    fill(duckdb_url, BEDS_ONLY)
    database = open_database(duckdb_url)
    frame = indicator_values(database, level="institution", period=OCTOBER)
    assert value(frame, "C01", "H1") == pytest.approx(80)
    assert row(frame, "D01", "H1")["missing"] == "fact_finance,fact_outpatient"
    county = indicator_values(database, level="county", period=OCTOBER, indicators=["C05", "B01"])
    assert value(county, "C05", "county") == pytest.approx(8)
    assert row(county, "B01", "county")["status"] == "missing_data"
    assert row(county, "B01", "county")["missing"] == "fact_claim"
    assert indicator_values(database, level="community", period=OCTOBER).empty
    assert list(indicator_values(database, level="community", period=OCTOBER).columns) == list(COLUMNS)


def test_filters_keep_one_community_and_one_scheme(database: ReportingDatabase) -> None:
    first = indicator_values(database, level="county", period=OCTOBER, indicators=["C01", "B01"], community="C1")
    assert value(first, "B01", "county") == pytest.approx(90)
    assert value(first, "C01", "county") == pytest.approx(75)
    units = indicator_values(database, level="institution", period=OCTOBER, indicators=["C01"], community="C2")
    assert set(units["unit"]) == {"H2", "P2"}
    employees = indicator_values(database, level="county", period=OCTOBER, indicators=["F07", "C01"], scheme="employee")
    assert value(employees, "F07", "county") == pytest.approx(200_000 / 15_000)
    assert value(employees, "C01", "county") == pytest.approx(75)


def test_changes_are_points_for_shares_and_percent_otherwise(database: ReportingDatabase) -> None:
    frame = indicator_changes(database, level="institution", period=OCTOBER, indicators=["D04", "D01", "C08"])
    share, cost = row(frame, "D04", "H1"), row(frame, "D01", "H1")
    assert share["last_year"] == pytest.approx(40)
    assert (share["change_last_year"], share["change_unit"]) == (pytest.approx(-31), "pt")
    assert cost["last_year"] == pytest.approx(100)
    assert (cost["change_last_year"], cost["change_unit"]) == (pytest.approx(-12), "%")
    assert cost["previous_status"] == "missing_data"
    assert math.isnan(cost["change_previous"])


def test_a_series_keeps_its_gaps(database: ReportingDatabase) -> None:
    frame = indicator_series(database, ["D01", "B02"], level="county", last=OCTOBER, months=13)
    visits = frame[frame["indicator"] == "B02"]
    assert frame["indicator"].iloc[0] == "D01"
    assert len(visits) == 13
    assert visits["month"].is_monotonic_increasing
    assert visits["value"].notna().sum() == 3
    assert visits["value"].iloc[-1] == pytest.approx(5000 / 8500 * 100)


def test_an_unknown_indicator_is_named(database: ReportingDatabase) -> None:
    with pytest.raises(CatalogueError, match="Z99"):
        indicator_values(database, level="county", period=OCTOBER, indicators=["Z99"])
