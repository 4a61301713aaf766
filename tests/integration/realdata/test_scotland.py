"""Real published bed tables through the profile that ships: a county with only beds works."""

import math
from pathlib import Path

import pandas as pd
import pytest

from dashboard.analysis.periods import Period
from dashboard.services.common.database import ReportingDatabase, open_database
from dashboard.services.common.indicators import indicator_values
from dashboard.services.overview.answer import bed_picture, headlines
from dashboard.settings import PROJECT
from dashboard.store.checks import check_database
from dashboard.store.importing.loader import load_package
from dashboard.store.importing.mapping import apply_profile
from dashboard.store.importing.profiles import shipped_profiles

SOURCE = PROJECT.parent / "shared" / "realdata" / "scotland_beds"
pytestmark = pytest.mark.skipif(not SOURCE.is_dir(), reason="the published tables of ../shared/realdata/scotland_beds are not here")
QUARTER = Period.parse("2021-06", "quarter")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> ReportingDatabase:
    folder: Path = tmp_path_factory.mktemp("scotland")
    for name in ("package", "unpacked"):
        (folder / name).mkdir()
    apply_profile(shipped_profiles()["scotland_beds"], SOURCE, folder / "package", folder / "unpacked")
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    assert load_package(folder / "package", url).accepted
    return open_database(url)


def _published() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Hospitals of the quarter as published: rows with a name, so without the totals of boards and country."""
    beds, stays = (pd.read_csv(SOURCE / f"input_{name}.csv") for name in ("beds", "stays"))
    beds = beds[(beds["Quarter"] == "2021Q2") & beds["LocationName"].notna()]
    stays = stays[(stays["Quarter"] == "2021Q2") & (stays["AdmissionType"] == "All Inpatients")]
    return beds.groupby("Location").sum(numeric_only=True), stays.groupby("Location").sum(numeric_only=True)


def test_occupancy_and_stay_of_every_hospital_are_the_published_ones(database: ReportingDatabase) -> None:
    beds, stays = _published()
    values = indicator_values(database, level="institution", period=QUARTER, indicators=("C01", "C05")).set_index(["indicator", "unit"])[
        "value"
    ]
    assert len(beds) > 30
    for hospital, row in beds.iterrows():
        expected = 100 * row["TotalOccupiedBeddays"] / row["AllStaffedBeddays"] if row["AllStaffedBeddays"] else math.nan
        assert values["C01", hospital] == pytest.approx(expected, nan_ok=True)
        if hospital in stays.index and stays.loc[hospital, "Stays"]:
            assert values["C05", hospital] == pytest.approx(stays.loc[hospital, "LengthOfStay"] / stays.loc[hospital, "Stays"])


def test_the_country_is_the_sum_of_its_hospitals(database: ReportingDatabase) -> None:
    beds, _ = _published()
    row = indicator_values(database, level="county", period=QUARTER, indicators=("C01",)).iloc[0]
    assert (row["numerator"], row["denominator"]) == (beds["TotalOccupiedBeddays"].sum(), beds["AllStaffedBeddays"].sum())


def test_the_overview_shows_beds_and_says_what_is_missing(database: ReportingDatabase) -> None:
    by_id = {headline.reading.indicator.id: headline.reading for headline in headlines(database, QUARTER)}
    assert by_id["C01"].value > 0
    assert by_id["B01"].status == "missing_data"
    picture = bed_picture(database, QUARTER)
    assert picture is not None
    assert len(picture.points) > 30


def test_check_finds_no_problem_only_what_is_not_there(database: ReportingDatabase) -> None:
    assert "problem" not in {str(result.level) for result in check_database(database.url)}
