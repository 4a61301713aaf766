"""No two pages give one name two values: an odd county in every period; the demonstration county in tests/integration/demo."""

import calendar
import datetime

import pandas as pd
import pytest

from dashboard.analysis.periods import Grain, Period
from dashboard.services.common.database import ReportingDatabase, open_database
from tests.integration.county import ROWS, bed, fill, institution, month
from tests.one_number import SOURCES, contradictions, shown

MONTH = datetime.date(2025, 10, 1)


def _referral(sender: str, receiver: str, direction: str, cases: int) -> dict[str, object]:
    return {
        "from_code": sender, "to_code": receiver, "direction": direction, "disease_group_code": "G2", "month": MONTH, "cases": cases,
    }  # fmt: skip


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> ReportingDatabase:
    """A centre that refers to the other community, a sender of none, a closed centre whose staff is still in the last quarter, a hospital
    without its August report, wards that open late."""
    extra = [
        institution("P3", "township_centre", role="member", community_code="C1", town_code="T1", closed_on=datetime.date(2025, 9, 30)),
        institution("N1", "township_centre", town_code="T2"),
    ]
    beds = [
        bed("H2", f"2025-{number:02}", 50 * calendar.monthrange(2025, number)[1], 1000 + number, 90, 800) for number in (5, 6, 7, 9, 10)
    ]
    url = f"duckdb:///{tmp_path_factory.mktemp('odd') / 'reporting.duckdb'}"
    kept = [row for row in ROWS["fact_bed"] if row["institution_code"] != "H2"]
    staff = dict(ROWS["fact_workforce"][0]) | {"institution_code": "P3", "quarter": month("2025-07")}
    fill(
        url,
        ROWS
        | {
            "dim_institution": [*ROWS["dim_institution"], *extra],
            "fact_bed": [*kept, *beds],
            "fact_workforce": [*ROWS["fact_workforce"], staff],
            "fact_referral": [
                *ROWS["fact_referral"], _referral("P1", "H2", "up", 30), _referral("N1", "H2", "up", 12), _referral("H2", "P1", "down", 9),
            ],
        },
    )  # fmt: skip
    return open_database(url)


@pytest.mark.parametrize("grain", list(Grain))
def test_one_name_has_one_value(odd: ReportingDatabase, grain: Grain) -> None:
    found = shown(odd, Period(grain, MONTH))
    assert set(found["place"]) >= {"catalogue", "overview", "utilisation", "referrals"}
    told = found.groupby(["indicator", "unit"])["place"].nunique()
    assert (told > 1).sum() > 5  # the same things are told in several places
    assert contradictions(found).empty, contradictions(found).to_string()


def test_a_contradiction_would_be_seen() -> None:
    found = pd.DataFrame(
        [("catalogue", "B08", "C1", 0.21), ("referrals", "B08", "C1", 0.22), ("overview", "C01", "H1", 80.0)],
        columns=["place", "indicator", "unit", "value"],
    )
    assert contradictions(found)["indicator"].tolist() == ["B08", "B08"]
    assert len(SOURCES) >= 5
