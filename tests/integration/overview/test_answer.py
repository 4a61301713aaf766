"""The Overview's services on a county computed by hand: two communities, two hospitals, two years."""

import datetime
import math

import pandas as pd
import pytest

from dashboard.analysis.periods import Period
from dashboard.analysis.targets import Standing
from dashboard.services.common.database import ReportingDatabase, open_database
from dashboard.services.monitoring.attention import attention
from dashboard.services.overview.answer import bed_picture, dimension_strip, headlines, referral_balance
from dashboard.services.overview.fund import fund_progress
from dashboard.store.importing.loader import load_package
from tests.integration.packages import small_county, write_csv_package

TWO_YEARS = pd.date_range("2024-01-01", "2025-09-01", freq="MS").strftime("%Y-%m-%d")
SEPTEMBER = Period.parse("2025-09")
YEAR_TO_DATE = Period.parse("2025-09", "ytd")


def _claims() -> pd.DataFrame:
    """Fund of community A: 100 a month in 2024, 110 in 2025; of community B: 100 and 90."""
    rows = [
        (town, "resident", hospital, "inpatient", "G1", month, 40, 2 * fund, fund, fund)
        for month in TWO_YEARS
        for town, hospital, growth in (("T1", "H1", 110), ("T2", "X1", 90))
        for fund in [growth if month >= "2025" else 100]
    ]
    names = "town_code scheme institution_code service_kind disease_group_code month encounters total_cost fund_paid patient_paid"
    return pd.DataFrame(rows, columns=names.split())


def _beds() -> pd.DataFrame:
    """H1 is full in September 2025 (102 %), H2 was idle for five months."""
    rows = []
    for month in TWO_YEARS:
        days = pd.Period(month, "M").days_in_month
        full = month == "2025-09-01"
        rows.append(("H1", "D1", month, 10 * days, 306 if full else 9 * days, 40, 280))
        rows.append(("H2", "D1", month, 30 * days, (15 if month >= "2025-05" else 24) * days, 10, 200))
    columns = "institution_code department_code month open_bed_days occupied_bed_days discharges discharged_bed_days"
    return pd.DataFrame(rows, columns=columns.split())


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> ReportingDatabase:
    folder = tmp_path_factory.mktemp("overview")
    tables = {name: frame for name, frame in small_county().items() if name.startswith("dim_")}
    tables["fact_claim"] = _claims()
    tables["fact_bed"] = _beds()
    budgets = [("A", "resident", 2025, 1, 1, 1200), ("B", "resident", 2025, 1, 1, 1200)]
    tables["fact_fund_budget"] = pd.DataFrame(budgets, columns=["community_code", "scheme", "year", "base_cost", "fund_base", "budget"])
    referrals = [
        ("C1", "H1", "up", "G1", "2025-09-01", 10),
        ("H1", "C1", "down", "G1", "2025-09-01", 4),
        ("H2", "X1", "out", "G1", "2025-09-01", 3),
    ]
    tables["fact_referral"] = pd.DataFrame(referrals, columns=["from_code", "to_code", "direction", "disease_group_code", "month", "cases"])
    months = [month for month in TWO_YEARS if month != "2025-07-01"]
    tables["fact_outpatient"] = pd.DataFrame([("C1", month, 100) for month in months], columns=["institution_code", "month", "visits"])
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    report = load_package(write_csv_package(folder / "package", tables), url)
    assert report.accepted, report.findings[:3]
    return open_database(url)


def test_fund_progress_adds_up_and_projects(database: ReportingDatabase) -> None:
    answer = fund_progress(database, SEPTEMBER)
    first, second = answer.communities
    assert (first.name, first.budget, first.spent, first.time_progress) == ("一", 1200.0, 990.0, 0.75)
    assert first.execution == pytest.approx(0.825)
    assert first.year_end is not None
    assert first.year_end.total == pytest.approx(1.1 * 1200)
    assert first.projected_overspend == pytest.approx(120)
    assert second.projected_overspend == pytest.approx(-120)
    assert answer.county is not None
    assert answer.county.spent == pytest.approx(990 + 810)
    assert answer.county.budget == pytest.approx(2400)


def test_fund_of_a_scheme_nobody_is_in_says_what_is_missing(database: ReportingDatabase) -> None:
    answer = fund_progress(database, SEPTEMBER, "employee")
    assert (answer.communities, answer.county, answer.has_budget, answer.has_claims) == ((), None, False, False)


def test_headlines_of_the_county(database: ReportingDatabase) -> None:
    by_id = {headline.reading.indicator.id: headline for headline in headlines(database, SEPTEMBER)}
    visits = by_id["B01"].reading
    assert (visits.numerator, visits.denominator, visits.value) == (40, 80, 50.0)
    assert visits.standing is Standing.OFF
    occupancy = by_id["C01"].reading
    assert occupancy.value == pytest.approx(100 * (306 + 450) / 1200)
    assert occupancy.change_last_year == pytest.approx(63 - 82.5)
    assert len(by_id["C01"].series) == 13
    contracts = by_id["G02"].reading
    assert math.isnan(contracts.value)
    assert contracts.missing == "fact_contract"


def test_headlines_of_one_community(database: ReportingDatabase) -> None:
    by_id = {headline.reading.indicator.id: headline.reading for headline in headlines(database, SEPTEMBER, "A")}
    assert by_id["B01"].value == 100.0
    assert by_id["C01"].value == pytest.approx(102.0)


def test_strip_has_every_community_in_order(database: ReportingDatabase) -> None:
    rows = dimension_strip(database, SEPTEMBER)
    assert [(row.name, row.position) for row in rows] == [("一", 0), ("二", 1)]
    beds = {row.name: next(cell for cell in row.cells if cell.indicator.id == "C01") for row in rows}
    assert beds["二"].value == pytest.approx(50.0)
    assert beds["二"].standing is Standing.OFF


def test_referral_balance_counts_at_the_sender(database: ReportingDatabase) -> None:
    first, second = referral_balance(database, SEPTEMBER)
    assert (first.up, first.down, first.out, first.down_per_up) == (10, 4, 0, 0.4)
    assert (second.up, second.out) == (0, 3)
    assert math.isnan(second.down_per_up)


def test_bed_picture_keeps_more_than_full(database: ReportingDatabase) -> None:
    picture = bed_picture(database, SEPTEMBER)
    assert picture is not None
    full = next(point for point in picture.points if point.institution == "H1")
    assert full.occupancy == pytest.approx(102.0)
    assert full.turnover == pytest.approx(4 * 365 / 30)
    assert full.alos == pytest.approx(7.0)
    assert full.beds == pytest.approx(10.0)
    assert picture.compared == ()  # nobody else of its kind: it is not called idle beside a centre
    assert picture.idle == 0


def test_bed_picture_without_beds_is_none(database: ReportingDatabase) -> None:
    assert bed_picture(database, Period.parse("2020-01")) is None


def test_attention_finds_what_was_planted(database: ReportingDatabase) -> None:
    matters = attention(database, SEPTEMBER)
    found = {item.rule_id: item.alerts[0] for item in matters}
    assert found["projected_overspend"].unit_name == "一"
    assert found["projected_overspend"].effect == pytest.approx(120)
    assert found["idle_beds"].unit_name == "二院"
    assert (found["idle_beds"].since, found["idle_beds"].months) == (datetime.date(2025, 7, 1), 3)  # begun by the third month
    assert "overfull_beds" not in found, "one month is no alert"
    assert matters[0].rule.severity == "high"


def test_attention_of_one_community_leaves_the_other_out(database: ReportingDatabase) -> None:
    assert {item.community for item in attention(database, SEPTEMBER, "B")} == {"B"}


def test_growth_needs_a_complete_year_before(database: ReportingDatabase) -> None:
    assert "community_cost_growth" not in {item.rule_id for item in attention(database, YEAR_TO_DATE)}
