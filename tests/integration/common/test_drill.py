"""What is behind a number: small counts hide the same way in every panel, public figures and levels do not, and who was silent."""

import datetime
from pathlib import Path

import pandas as pd
import pytest

from dashboard.analysis.periods import Grain, Period
from dashboard.services.common.database import ReportingDatabase, open_database
from dashboard.services.common.drill import behind, months_of, reports_behind
from dashboard.services.common.filters import Level
from dashboard.services.monitoring.attention import attention
from dashboard.store.importing.loader import load_package
from tests.integration.packages import MONTHS, small_county, write_csv_package
from tests.twins import twin_county

MARCH = Period.parse("2025-03")


def _loaded(folder: Path, tables: dict[str, pd.DataFrame]) -> ReportingDatabase:
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    report = load_package(write_csv_package(folder / "package", tables), url)
    assert report.accepted, [finding.text() for finding in report.findings]
    return open_database(url)


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> ReportingDatabase:
    """Two communities of three hospitals; one hospital of A discharged three people in March, all others twenty or more."""
    tables = small_county()
    own = tables["dim_institution"].set_index("institution_code").loc["H1"]
    hospitals = pd.DataFrame(
        [own.to_dict() | {"institution_code": code, "name": code, "short_name": code, "community_code": code[0]} for code in _CODES]
    )
    tables["dim_institution"] = pd.concat([tables["dim_institution"], hospitals], ignore_index=True)
    rows = [
        (code, "D1", month, 3000, 2500, 3 if (code, month) == ("A1", MONTHS[-1]) else 20 + number, 200)
        for number, code in enumerate(_CODES)
        for month in MONTHS
    ]
    tables["fact_bed"] = pd.DataFrame(rows, columns=tables["fact_bed"].columns, dtype=object)
    return _loaded(tmp_path_factory.mktemp("few"), tables)


_CODES = ("A1", "A2", "A3", "B1", "B2", "B3")


@pytest.mark.parametrize("period", [MARCH, Period.parse("2025-03", Grain.QUARTER)], ids=["month", "quarter"])
def test_a_small_count_hides_alike_in_the_panels_of_county_and_community(few: ReportingDatabase, period: Period) -> None:
    whole, own = behind(few, "C05", period), behind(few, "C05", period, "A")
    march = pd.Timestamp("2025-03-01")

    def hidden(found: object) -> set[str]:
        months = found.months  # type: ignore[attr-defined]
        return set(months.loc[months["month"].eq(march) & months["denominator"].isna(), "unit"]) & set(_CODES)

    assert "A1" in hidden(whole)
    assert hidden(own) == {unit for unit in hidden(whole) if unit[0] == "A"}
    assert len(hidden(own)) == 2  # the community's sum would give it away
    assert months_of(own)["denominator"].iloc[-1:].isna().all()
    if period is MARCH:  # the list of the month says what the months say, no more and no less
        assert set(whole.parts.index[whole.parts["denominator"].isna()]) == hidden(whole)
    assert whole.parts.loc["B1", "denominator"] > 0


def test_a_few_staff_are_no_secret(tmp_path: Path) -> None:
    found = behind(_loaded(tmp_path, twin_county()), "A09", Period.parse("2025-01"))
    assert found.parts["numerator"].tolist() == [2, 2]
    assert found.hidden == 0


def test_the_level_of_a_page_narrows_institutions_and_nothing_else(few: ReportingDatabase) -> None:
    assert behind(few, "C01", MARCH, None, None, Level.PRIMARY).parts.empty
    assert set(behind(few, "C01", MARCH, None, None, Level.LEAD).parts.index) == set(_CODES)
    assert behind(few, "B01", MARCH, None, None, Level.LEAD).among is Level.ALL  # its parts are towns


def test_who_was_silent_since_when(tmp_path: Path) -> None:
    tables = twin_county()
    visits = tables["fact_outpatient"]
    tables["fact_outpatient"] = visits[~(visits["institution_code"].eq("C2") & visits["month"].ne(MONTHS[0]))]
    database = _loaded(tmp_path, tables)
    found = reports_behind(database, datetime.date(2025, 3, 1)).set_index(["unit", "table"])
    row = found.loc[("C2", "门急诊月报")]
    assert (row["came"], row["due"], bool(row["now"])) == (1, 3, True)
    assert [f"{month:%m}" for month in row["missing"]] == ["03", "02"]
    assert reports_behind(database, datetime.date(2025, 3, 1), "A").query("unit == 'C2'").empty
    assert reports_behind(database, datetime.date(2020, 3, 1)).empty


def test_a_missed_target_that_stands_on_a_few_people_is_not_named(tmp_path: Path) -> None:
    """Three admissions of community B's insured, all outside: neither the rate nor that it is the worst may be told."""
    found = attention(_loaded(tmp_path, small_county()), Period.parse("2025-02"))
    named = {item.rule.indicator: [alert.unit for alert in item.alerts] for item in found if item.rule.target}
    assert "B02" in named  # what is missed by enough people is
    assert "B" not in named.get("B01", [])
