"""The services of 资源配置 on a county computed by hand, and held against the catalogue's own indicators."""

import datetime
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from dashboard.analysis.allocation import Allocation, Infeasible
from dashboard.analysis.periods import Grain, Period
from dashboard.analysis.suppression import COVERED
from dashboard.catalogue.norms import norms
from dashboard.services.common.database import ReportingDatabase, open_database
from dashboard.services.common.indicators import indicator_values
from dashboard.services.resources.accessibility import NewSite, access, travel
from dashboard.services.resources.centres import ASKED, RequesterGuard, shared_centres
from dashboard.services.resources.equity import equity
from dashboard.services.resources.plan import Move, allocation_plan, holders, move_answer
from dashboard.services.resources.supply import (
    RESOURCES,
    Basis,
    against_norm,
    rate,
    resource_book,
    supply,
    town_amounts,
    unit_amounts,
    who_has,
)
from dashboard.services.resources.workforce import income_parity, sinking, structure
from tests.integration.county import BEDS_ONLY, ROWS, fill
from tests.integration.resources_county import RESOURCES_COUNTY

OCTOBER = datetime.date(2025, 10, 1)
PERIOD = Period(Grain.MONTH, OCTOBER)


def opened(path: Path, rows: Any) -> ReportingDatabase:
    url = f"duckdb:///{path / 'county.duckdb'}"
    fill(url, rows)
    return open_database(url)


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReportingDatabase]:
    database = opened(tmp_path_factory.mktemp("resources"), RESOURCES_COUNTY)
    yield database
    database.engine.dispose()


@pytest.fixture(scope="module")
def beds_only(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReportingDatabase]:
    database = opened(tmp_path_factory.mktemp("beds"), BEDS_ONLY)
    yield database
    database.engine.dispose()


# Supply ----------------------------------------------------------------------------------------------------------------


def test_amounts_of_institutions(county: ReportingDatabase) -> None:
    now = resource_book(county, OCTOBER).of_year()
    assert now.loc["H1", "beds"] == pytest.approx(100)
    assert now.loc["P1", "beds"] == pytest.approx(20)
    assert now.loc["P1", ["gps_qualified", "gps_registered", "gps_certified", "physicians"]].tolist() == [12, 8, 4, 12]
    assert now.loc["H1", ["equipment", "large_equipment", "ct"]].tolist() == [2, 1, 1]
    assert now.loc["P2", "equipment"] == 0
    assert now.loc[["P1", "P2", "S1"], ["centres", "stations"]].to_numpy().tolist() == [[1, 0], [1, 0], [0, 1]]
    assert "D1" not in now.index
    assert "X1" not in now.index


def test_equipment_counts_from_purchase_to_retirement(county: ReportingDatabase) -> None:
    book = resource_book(county, OCTOBER)
    assert book.years == (2024, 2025)
    assert book.of_year(2024).loc["H1", "ct"] == 2
    assert book.of_year(2025).loc["H1", "ct"] == 1


def test_a_missing_month_takes_the_newest_of_three(county: ReportingDatabase) -> None:
    december = resource_book(county, datetime.date(2025, 12, 1)).of_year()
    assert december.loc["H1", "beds"] == pytest.approx(100)
    assert resource_book(county, datetime.date(2026, 1, 1)).of_year().loc["H1", "beds"] != pytest.approx(100)


@pytest.mark.parametrize("level", ["county", "community", "town"])
@pytest.mark.parametrize("resource", ["beds", "physicians", "nurses", "gps_qualified", "gps_registered"])
def test_rates_are_the_catalogues_own(county: ReportingDatabase, level: Any, resource: str) -> None:
    units = unit_amounts(resource_book(county, OCTOBER), level, Basis.LOCATED)
    name = RESOURCES[resource].indicator
    values = indicator_values(county, level=level, period=PERIOD, indicators=(name,)).set_index("unit")["value"]
    ours = rate(units, resource)
    compared = [unit for unit in units.index if not math.isnan(values[unit])]
    assert compared
    assert [ours[unit] for unit in compared] == pytest.approx([values[unit] for unit in compared])


def test_bases_of_towns(county: ReportingDatabase) -> None:
    book = resource_book(county, OCTOBER)
    assert town_amounts(book, Basis.LOCATED)["beds"].to_dict() == pytest.approx({"T1": 120, "T2": 30})
    assert town_amounts(book, Basis.PRIMARY)["beds"].to_dict() == pytest.approx({"T1": 20, "T2": 0})
    # H1 serves community C1 (town T1 alone), H3 no community: it is told to both towns by residents.
    assert town_amounts(book, Basis.SHARED)["beds"].to_dict() == pytest.approx({"T1": 120 + 30 * 50 / 82, "T2": 30 * 32 / 82})


def test_institution_is_held_against_whom_it_serves(county: ReportingDatabase) -> None:
    units = unit_amounts(resource_book(county, OCTOBER), "institution", Basis.LOCATED)
    assert units.loc[["P1", "H2", "H3"], "population"].tolist() == [50_000, 32_000, 82_000]


def test_years_of_supply(county: ReportingDatabase) -> None:
    told = supply(county, OCTOBER, "gps_qualified", "county", Basis.LOCATED).set_index("year")
    assert told["population"].to_dict() == {2024: 80_000, 2025: 82_000}
    assert told["rate"][2025] == pytest.approx(12 / 8.2)


def test_who_has_a_resource_adds_up_to_its_located_amount(county: ReportingDatabase) -> None:
    whole = who_has(county, OCTOBER, "ct")
    assert whole.rows[["2024", "2025"]].loc["H1"].tolist() == [2, 1]
    assert whole.amount == unit_amounts(resource_book(county, OCTOBER), "county", Basis.LOCATED)["ct"].iloc[0]
    assert whole.rate == pytest.approx(whole.amount / whole.residents * 100_000)
    towns = resource_book(county, OCTOBER).directory.towns
    parts = [who_has(county, OCTOBER, "centres", None, str(town)) for town in towns.index]
    assert sum(part.amount for part in parts) == who_has(county, OCTOBER, "centres").amount
    community = str(towns["community_code"].iloc[0])
    assert 0 < who_has(county, OCTOBER, "centres", community).residents < whole.residents
    assert math.isnan(who_has(county, OCTOBER, "centres", None, "nowhere").rate)


def test_gaps_against_norms(county: ReportingDatabase) -> None:
    units = unit_amounts(resource_book(county, OCTOBER), "town", Basis.LOCATED)
    gps = against_norm(units, norms()["gps_qualified_xiacheng_2020"])
    assert gps["short"].to_dict() == {"T1": 13, "T2": 16}
    assert gps["over"].eq(0).all()
    stations = against_norm(units, norms()["stations_xiacheng"])
    assert stations["short"].to_dict() == {"T1": 9, "T2": 7}
    assert against_norm(units, norms()["centres_xiacheng"])["short"].eq(0).all()


def test_county_with_beds_only(beds_only: ReportingDatabase) -> None:
    book = resource_book(beds_only, OCTOBER)
    assert book.has("beds")
    assert not book.has("nurses")
    whole = unit_amounts(book, "county", Basis.LOCATED)
    assert whole["beds"].tolist() == pytest.approx([100])
    assert math.isnan(rate(whole, "beds").iloc[0])
    assert unit_amounts(book, "town", Basis.SHARED).empty
    assert structure(beds_only, OCTOBER) is None
    assert income_parity(beds_only, PERIOD) == ()
    assert not sinking(beds_only, PERIOD).reported
    assert shared_centres(beds_only, PERIOD) is None
    assert math.isnan(equity(beds_only, OCTOBER, "beds", Basis.LOCATED).newest["gini_population"])
    assert math.isnan(access(beds_only, OCTOBER, "beds", 30.0, "plain", 40.0).mean)


# People and centres ----------------------------------------------------------------------------------------------------


def test_structure_and_posts(county: ReportingDatabase) -> None:
    staff = structure(county, OCTOBER)
    assert staff is not None
    assert staff.quarter == datetime.date(2025, 10, 1)
    # Only H1 returned the fourth quarter.
    assert staff.shares("education")["share"].tolist() == [1.0]
    september = structure(county, datetime.date(2025, 9, 1))
    assert september is not None
    shares = september.shares("education").set_index(["tier", "code"])
    assert shares.loc[("primary", "college"), "headcount"] == 4
    assert shares.loc[("primary", "college"), "share"] == pytest.approx(4 / 15)
    assert september.posts.loc["P1", "use"] == pytest.approx(15 / 10)
    assert math.isnan(september.posts.loc["H1", "use"])


def test_sinking_by_town(county: ReportingDatabase) -> None:
    moved = sinking(county, PERIOD)
    assert moved.towns.loc["T1", ["qualified", "posted", "training_up", "ward_round", "sessions"]].tolist() == [2, 3, 1, 4, 4]
    assert moved.towns.loc["T2", "sessions"] == 0
    assert list(sinking(county, PERIOD, "C2").towns.index) == ["T2"]
    assert sorted(moved.flows["kind"]) == ["posting_down", "training_up", "ward_round"]


def test_shared_centres_agree_with_the_catalogue(county: ReportingDatabase) -> None:
    answer = shared_centres(county, PERIOD)
    assert answer is not None
    imaging = answer.centres.loc["imaging"]
    assert imaging["turnaround"] == pytest.approx((10 * 90 + 40 * 10) / 100)
    assert imaging["recognition"] == pytest.approx(0.75)
    values = indicator_values(county, level="county", period=PERIOD, indicators=("C12b", "C13")).set_index("indicator")["value"]
    assert values["C12b"] == pytest.approx(imaging["turnaround"])
    assert values["C13"] == pytest.approx(75)
    assert answer.silent == {"imaging": ()}
    only = shared_centres(county, PERIOD, "C1")
    assert only is not None
    assert only.centres.loc["imaging", "requests"] == 90


# Equity, access, plans -------------------------------------------------------------------------------------------------


def test_equity_of_two_towns(county: ReportingDatabase) -> None:
    answer = equity(county, OCTOBER, "beds", Basis.LOCATED)
    # 30 beds for 32,000 and 120 for 50,000: G = 1 − Σ W (V + V').
    poor_people, poor_beds = 32 / 82, 30 / 150
    expected = 1 - poor_people * poor_beds - (1 - poor_people) * (poor_beds + 1)
    assert answer.newest["gini_population"] == pytest.approx(expected)
    assert answer.theil_t.total == pytest.approx(answer.theil_t.between)
    assert answer.towns.loc["T1", "hrad_to_pad"] == pytest.approx((120 / 150) / (50 / 82))
    assert answer.years["year"].tolist() == [2024, 2025]


def test_access_is_estimated_from_distance(county: ReportingDatabase) -> None:
    near = access(county, OCTOBER, "beds", 10.0, "plain", 40.0)
    assert near.travel.estimated
    assert near.towns["access"].to_dict() == pytest.approx({"T1": 120 / 50, "T2": 30 / 32})
    assert near.without == 0
    assert near.mean == pytest.approx(150 / 82)
    far = access(county, OCTOBER, "beds", 90.0, "plain", 40.0)
    assert far.towns["access"].to_dict() == pytest.approx({"T1": 150 / 82, "T2": 150 / 82})
    primary = access(county, OCTOBER, "beds", 10.0, "plain", 40.0, Basis.PRIMARY)
    assert primary.without == pytest.approx(32 / 82)


def test_a_new_site_brings_access(county: ReportingDatabase) -> None:
    after = access(county, OCTOBER, "beds", 10.0, "plain", 40.0, Basis.PRIMARY, NewSite("T2", 16.0))
    assert after.without == 0
    assert after.towns["access"].to_dict() == pytest.approx({"T1": 0.4, "T2": 0.5})
    assert "new_site" not in after.sites.index


def test_supplied_travel_times_are_believed(tmp_path: Path) -> None:
    ways = [
        {"town_code": "T1", "institution_code": "H1", "minutes": 5},
        {"town_code": "T2", "institution_code": "H1", "minutes": 25},
        {"town_code": "T2", "institution_code": "P2", "minutes": 4},
        {"town_code": "T1", "institution_code": "P2", "minutes": 12},
    ]
    database = opened(tmp_path, {**RESOURCES_COUNTY, "dim_travel_time": ways})
    assert not travel(database, OCTOBER, 40.0).estimated
    plain = access(database, OCTOBER, "beds", 15.0, "plain", 40.0)
    assert plain.towns["access"].to_dict() == pytest.approx({"T1": 2.0, "T2": 0.0})
    assert plain.unplaced == pytest.approx(50)
    added = access(database, OCTOBER, "beds", 15.0, "plain", 40.0, added=NewSite("T2", 41.0))
    assert added.towns["access"].to_dict() == pytest.approx({"T1": 2.0 + 0.5, "T2": 0.5})
    database.engine.dispose()


def test_places_without_coordinates_reach_nothing(tmp_path: Path) -> None:
    database = opened(tmp_path, ROWS)
    answer = access(database, OCTOBER, "beds", 30.0, "gaussian", 40.0)
    assert answer.without == 1
    assert answer.unplaced == pytest.approx(120)
    database.engine.dispose()


def test_a_move_changes_density_gini_and_access(county: ReportingDatabase) -> None:
    answer = move_answer(county, OCTOBER, Move("beds", "H1", "P2", 20.0), Basis.LOCATED, "plain")
    assert answer.available == pytest.approx(100)
    assert answer.after.towns["amount"].to_dict() == pytest.approx({"T1": 100, "T2": 50})
    assert answer.after.gini < answer.before.gini
    assert answer.before.towns["amount"].sum() == pytest.approx(answer.after.towns["amount"].sum())
    everything = move_answer(county, OCTOBER, Move("beds", "H1", "P2", 1e6), Basis.LOCATED)
    assert everything.after.towns["amount"].to_dict() == pytest.approx({"T1": 20, "T2": 130})


def test_holders_are_led_by_the_largest(county: ReportingDatabase) -> None:
    who = holders(resource_book(county, OCTOBER), "beds")
    assert who.index[0] == "H1"
    assert "S1" not in who.index


def plan(county: ReportingDatabase, budget: float, fewest: float = 0.0, most: float | None = None) -> Any:
    norm = norms()["gps_qualified_xiacheng_2020"]
    return allocation_plan(county, OCTOBER, norm, Basis.LOCATED, 100_000.0, budget, fewest, most)


def test_budget_binds_and_the_worst_is_raised_first(county: ReportingDatabase) -> None:
    answer = plan(county, 1_000_000.0)
    assert isinstance(answer.result, Allocation)
    assert answer.result.unmet_before == pytest.approx(13 + 16)
    assert answer.result.total_unmet == pytest.approx(19)
    assert [limit.kind for limit in answer.result.binding] == ["budget"]
    assert answer.result.budget_price == pytest.approx(1 / 100_000)
    assert answer.towns["added"].to_dict() == pytest.approx({"T1": 1.4146, "T2": 8.5854}, abs=1e-4)
    assert answer.towns["after"].sum() == pytest.approx(answer.result.total_unmet)


def test_bounds_bind_or_make_it_infeasible(county: ReportingDatabase) -> None:
    capped = plan(county, 1e9, most=5.0)
    assert capped.towns["added"].tolist() == pytest.approx([5, 5])
    assert {limit.kind for limit in capped.result.binding} == {"upper"}
    poor = plan(county, 100_000.0, fewest=2.0)
    assert isinstance(poor.result, Infeasible)
    assert poor.result.shortfall == pytest.approx(300_000)
    crossed = plan(county, 1e9, fewest=6.0, most=5.0)
    assert isinstance(crossed.result, Infeasible)
    assert crossed.result.reason == "bounds"


def test_same_answers_on_postgresql(postgresql_url: str, county: ReportingDatabase) -> None:
    fill(postgresql_url, RESOURCES_COUNTY)
    other = open_database(postgresql_url)
    for level in ("county", "community", "town", "institution"):
        ours, theirs = (unit_amounts(resource_book(each, OCTOBER), level, Basis.SHARED) for each in (county, other))  # type: ignore[arg-type]
        columns = list(RESOURCES)
        assert theirs[columns].fillna(-1).to_numpy().tolist() == pytest.approx(ours[columns].fillna(-1).to_numpy(), abs=1e-9)
    assert sinking(other, PERIOD).towns.equals(sinking(county, PERIOD).towns)
    first, second = shared_centres(county, PERIOD), shared_centres(other, PERIOD)
    assert first is not None
    assert second is not None
    assert second.centres.to_numpy().tolist() == pytest.approx(first.centres.to_numpy())
    staff = structure(other, OCTOBER)
    assert staff is not None
    other.engine.dispose()


def test_flows_and_requesters_hide_the_same() -> None:
    """3 of 256 came without a report: what the list of flows hides for it, the sums beside it must not show."""
    flows = pd.DataFrame(
        {
            "requester_code": ["P1", "P2", "P3"], "provider_code": ["H1", "H1", "H1"], "requests": [256.0, 272.0, 298.0],
            "reports": [253.0, 251.0, 260.0], "recognised_results": [68.0, 90.0, 80.0], "repeated_results": [22.0, 30.0, 20.0],
        }
    )  # fmt: skip
    requesters = flows.drop(columns="provider_code").set_index("requester_code").assign(turnaround=30.0, recognition=0.7)
    for smallest in (5, 10):
        listed, summed = ASKED.hide(flows, smallest), RequesterGuard(flows).hide(requesters, smallest)
        assert COVERED in listed.frame.loc[0, ["requests", "reports"]].tolist()
        for name in ("requests", "reports"):
            assert summed.frame[name].tolist() == listed.frame[name].tolist(), "one flow each: the sums are the flows"
        assert summed.frame["turnaround"].isna().tolist() == summed.hidden["reports"].tolist()
