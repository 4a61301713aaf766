"""Both sides of an indicator count the same people, the same days and what is still there."""

import calendar
import datetime
from typing import Any

import pandas as pd
import pytest

from dashboard.analysis.periods import Grain, Period
from dashboard.catalogue.loader import load_catalogue
from dashboard.services.common.database import ReportingDatabase, open_database
from dashboard.services.common.indicators import indicator_values
from dashboard.services.resources.supply import Basis, units_now
from dashboard.services.utilisation.beds import bed_use
from tests.integration.county import BEDS_ONLY, ROWS, bed, claim, fill, institution, month

OCTOBER = Period.parse("2025-10")
YEAR = Period(Grain.ROLLING_12, OCTOBER.last)


def values(database: ReportingDatabase, level: Any, period: Period, *names: str, **filters: str) -> pd.DataFrame:
    return indicator_values(database, level=level, period=period, indicators=names, **filters).set_index(["indicator", "unit"])


# A4: the scheme filter reaches both sides or none ----------------------------------------------------------------------


def test_an_indicator_of_which_the_scheme_filter_reaches_one_side_says_so(duckdb_url: str) -> None:
    fill(duckdb_url, ROWS)
    database = open_database(duckdb_url)
    without = values(database, "county", OCTOBER, "B05", "D15a", "D15b", "F07", "C01")
    filtered = values(database, "county", OCTOBER, "B05", "D15a", "D15b", "F07", "C01", scheme="resident")
    assert without.loc[["B05", "D15b"], "value"].notna().all()  # they would be seen
    for name in ("B05", "D15a", "D15b"):
        assert filtered.loc[(name, "county"), "status"] == "not_by_scheme"
        assert pd.isna(filtered.loc[(name, "county"), "value"])
    assert filtered.loc[("F07", "county"), "status"] == "ok"
    assert filtered.loc[("C01", "county"), "value"] == without.loc[("C01", "county"), "value"]


def test_no_indicator_mixes_one_scheme_with_all_of_them(duckdb_url: str) -> None:
    """Whatever the catalogue holds: with the filter a value is made of filtered sides only, or of unfiltered ones only."""
    fill(duckdb_url, ROWS)
    catalogue = load_catalogue()
    filtered = indicator_values(open_database(duckdb_url), level="county", period=OCTOBER, scheme="resident").set_index("indicator")
    for name, indicator in catalogue.indicators.items():
        follows = set()
        for measure_name, _years in indicator.measures:
            measure = catalogue.measures[measure_name]
            if measure.time == "calendar":
                continue
            by_scheme = measure.cube.startswith("claim") or measure.cube == "fund_budget" or measure.column == "insured"
            follows.add(by_scheme)
        if len(follows) > 1:
            assert filtered.loc[name, "status"] in ("not_by_scheme", "not_at_level"), name


# A5: closed institutions, months without report, later months ----------------------------------------------------------


def staff(code: str, quarter: str, heads: int) -> dict[str, Any]:
    return {
        "institution_code": code, "quarter": month(quarter), "category": "physician", "title": "none", "education": "bachelor",
        "age_band": "35_44", "sex": "female", "headcount": heads,
    }  # fmt: skip


@pytest.fixture
def moved(duckdb_url: str) -> ReportingDatabase:
    """P9 closed on 10 August; its staff, beds and contracts went to P1, which reports them from then on."""
    closed = institution("P9", "township_centre", role="member", community_code="C1", town_code="T1", closed_on=datetime.date(2025, 8, 10))
    contract = {"population_group": "all", "population": 1000}
    fill(
        duckdb_url,
        {
            **{name: ROWS[name] for name in ("dim_county", "dim_community", "dim_town", "fact_population")},
            "dim_institution": [*ROWS["dim_institution"], closed],
            "dim_department": [{"department_code": "D", "name": "内科"}],
            "fact_workforce": [
                staff("P1", "2025-04", 20),
                staff("P9", "2025-04", 12),
                staff("P1", "2025-07", 32),
                staff("P9", "2025-07", 12),
            ],
            "fact_bed": [
                *(bed("P9", f"2025-{number:02}", 10 * calendar.monthrange(2025, number)[1], 100, 5, 80) for number in (6, 7)),
                *(
                    bed("P1", f"2025-{number:02}", (20 if number < 8 else 30) * calendar.monthrange(2025, number)[1], 100, 5, 80)
                    for number in (6, 7, 8, 9)
                ),
            ],
            "fact_contract": [
                {"institution_code": "P9", "month": month("2025-07"), "contracted": 400, **contract},
                {"institution_code": "P1", "month": month("2025-07"), "contracted": 500, **contract},
                {"institution_code": "P1", "month": month("2025-09"), "contracted": 900, **contract},
            ],
        },
    )
    return open_database(duckdb_url)


def test_what_a_closed_institution_had_ends_with_it(moved: ReportingDatabase) -> None:
    july, september = Period.parse("2025-07"), Period.parse("2025-09")
    assert values(moved, "county", july, "A02").loc[("A02", "county"), "numerator"] == 44  # both were open
    assert values(moved, "county", september, "A02").loc[("A02", "county"), "numerator"] == 32
    assert values(moved, "community", september, "A02").loc[("A02", "C1"), "numerator"] == 32
    # A quarter to September holds the July report of P9 too: it is not counted beside what P1 took over.
    quarter = values(moved, "county", Period(Grain.QUARTER, september.last), "G01")
    assert quarter.loc[("G01", "county"), "numerator"] == 900


def test_the_resources_page_counts_the_same_people_and_beds(moved: ReportingDatabase) -> None:
    for when, heads, beds in ((datetime.date(2025, 7, 1), 44, 30), (datetime.date(2025, 9, 1), 32, 30)):
        county = units_now(moved, when, "county", Basis.LOCATED).iloc[0]
        assert county["physicians"] == heads
        assert county["beds"] == pytest.approx(beds)


def test_a_month_without_report_is_not_a_month_without_beds(duckdb_url: str) -> None:
    """H1 reports eleven of twelve months: 100 beds, 80 occupied, 300 discharges each. February did not come."""
    months = [f"2024-{number:02}" for number in (11, 12)] + [f"2025-{number:02}" for number in (1, 3, 4, 5, 6, 7, 8, 9, 10)]
    days = {when: calendar.monthrange(int(when[:4]), int(when[5:]))[1] for when in months}
    fill(duckdb_url, BEDS_ONLY | {"fact_bed": [bed("H1", when, 100 * days[when], 80 * days[when], 300, 2_400) for when in months]})
    database = open_database(duckdb_url)
    found = values(database, "institution", YEAR, "C01", "C03", "C04", "C09")
    assert found.loc[("C03", "H1"), "value"] == pytest.approx(3_300 / 100)
    assert found.loc[("C04", "H1"), "value"] == pytest.approx(80 / 100 * sum(days.values()))
    assert found.loc[("C03", "H1"), "status"] == "incomplete"
    use = bed_use(database, YEAR)
    assert use is not None
    assert use.institutions.loc["H1", "turnover"] == pytest.approx(found.loc[("C03", "H1"), "value"])
    assert use.total["bed_working_days"] == pytest.approx(found.loc[("C04", "H1"), "value"])


def test_the_cost_index_of_a_month_stays_when_later_months_arrive(duckdb_url: str, tmp_path: Any) -> None:
    early = [
        claim("T1", "H1", "inpatient", "2025-03", 10, 50_000, 90_000),
        claim("T1", "H2", "inpatient", "2025-03", 10, 60_000, 110_000),
        claim("T1", "H2", "inpatient", "2025-02", 5, 20_000, 40_000),
        claim("T1", "H2", "inpatient", "2024-03", 5, 20_000, 400_000),  # more than twelve months ago
    ]
    later = [claim("T1", "H2", "inpatient", "2025-04", 100, 900_000, 3_000_000)]
    march = Period.parse("2025-03")
    answers = []
    for name, claims in (("early", early), ("late", early + later)):
        url = f"duckdb:///{tmp_path / name}.duckdb"
        fill(url, ROWS | {"fact_claim": claims, "agg_claim_month": []})
        answers.append(values(open_database(url), "institution", march, "E03").loc[("E03", "H1"), "value"])
    assert answers[0] == answers[1] == pytest.approx(90_000 / 10 / (240_000 / 25))
