import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.projection import (
    CELL,
    UNIT,
    Errors,
    YearEnd,
    cell_growth,
    expected_months,
    measured_errors,
    project_year_end,
    simulated_rest,
)

LAST = [8.0, 7.0, 9.0, 9.0, 10.0, 10.0, 9.0, 9.0, 10.0, 10.0, 11.0, 12.0]
NO_ERRORS = Errors(0.0, 0.0, 0.0)


def year_end(this_year: list[float], last_year: list[float], *, expected: float = 0.0, errors: Errors = NO_ERRORS) -> YearEnd | None:
    """Project a county of one unit."""
    rest = simulated_rest(np.array([expected]), errors).sum(axis=1)
    return project_year_end(this_year, last_year, recorded=sum(this_year), expected=expected, rest=rest)


def test_without_errors_there_is_no_spread() -> None:
    result = year_end([1.1 * month for month in LAST[:10]], LAST, expected=30.0)
    assert result is not None
    assert result.total == pytest.approx(1.1 * sum(LAST[:10]) + 30)
    assert (result.low, result.high) == pytest.approx((result.total, result.total))
    assert result.growth == pytest.approx(1.1)


def test_the_interval_is_the_5th_to_the_95th_percentile_of_the_simulated_years() -> None:
    result = year_end([10.0, 11.0, 12.0], [10.0] * 12, expected=99.0, errors=Errors(0.03, 0.02, 0.06))
    assert result is not None
    deviation = math.sqrt(0.03**2 + 0.02**2 + 0.06**2)  # 0.07 in the log
    bounds = [33 + 99 * math.exp(sign * 1.644854 * deviation - deviation**2 / 2) for sign in (-1, 1)]
    assert (result.low, result.high) == pytest.approx(bounds, rel=0.003)
    rest = simulated_rest(np.array([99.0]), Errors(0.03, 0.02, 0.06))
    assert rest.mean() == pytest.approx(99.0, rel=0.005), "mean one: the projection itself does not move"


def test_complete_year_is_its_own_total() -> None:
    result = year_end(LAST, [2.0] * 12)
    assert result is not None
    assert (result.total, result.low, result.high) == (sum(LAST), sum(LAST), sum(LAST))
    assert result.growth == pytest.approx(sum(LAST) / 24)


def test_complete_year_without_last_year_has_no_growth() -> None:
    result = year_end(LAST, [])
    assert result is not None
    assert math.isnan(result.growth)


@pytest.mark.parametrize(
    ("this_year", "last_year"),
    [
        ([1.0, 2.0], LAST),
        ([1.0, 2.0, 3.0], LAST[:11]),
        ([1.0, 2.0, 3.0], [0.0, *LAST[1:]]),
        ([1.0, math.nan, 3.0], LAST),
        ([1.0] * 12 + [2.0], LAST),
    ],
)
def test_too_little_to_project(this_year: list[float], last_year: list[float]) -> None:
    assert year_end(this_year, last_year) is None


def months_of(units: dict[str, list[float]], year: int, people: float = 10.0) -> pd.DataFrame:
    """Rows by unit and month: money as given, encounters in proportion."""
    found = [
        (unit, "resident", pd.Timestamp(year, month, 1), people * paid, paid, paid)
        for unit, amounts in units.items()
        for month, paid in enumerate(amounts, start=1)
    ]
    return pd.DataFrame(found, columns=[*UNIT, "month", "encounters", "total_cost", "fund_paid"])


COMING = pd.Series([100.0] * 9)


def test_errors_by_hand() -> None:
    # One unit: ratios 1.0, 1.1, 1.2 scatter 0.1/1.1 around their mean; nine equal months to come.
    now, before = months_of({"A": [10.0, 11.0, 12.0]}, 2025), months_of({"A": [10.0] * 3}, 2024)
    found = measured_errors(now, before, COMING)
    assert found is not None
    quantiles = 2.919986 / 1.644854  # Student with 2 degrees of freedom against the normal, 95th percentile
    assert found.county == pytest.approx(0.1 / 1.1 * math.sqrt(1 / 9 + 1 / 3) * (1 + 0.6 * 3) * quantiles, rel=1e-5)
    assert (found.volume, found.cost) == (0, 0)


def test_what_units_do_alike_is_the_countys_and_what_each_does_is_its_own() -> None:
    alike = {"A": [10.0, 11.0, 12.0], "B": [20.0, 22.0, 24.0]}
    against = {"A": [9.0, 10.0, 11.0], "B": [11.0, 10.0, 9.0]}
    before = {"A": [10.0] * 3, "B": [20.0] * 3}, {"A": [10.0] * 3, "B": [10.0] * 3}
    first = measured_errors(months_of(alike, 2025), months_of(before[0], 2024), COMING)
    second = measured_errors(months_of(against, 2025), months_of(before[1], 2024), COMING)
    assert first is not None
    assert second is not None
    assert first.county > 0
    assert (first.volume, first.cost) == pytest.approx((0, 0))
    assert second.county == 0
    assert second.volume > 0
    assert second.cost == pytest.approx(0), "encounters move with the money: all of it is volume"
    # The same money over steady encounters is all cost.
    steady = months_of(against, 2025).assign(encounters=50.0)
    third = measured_errors(steady, months_of(before[1], 2024).assign(encounters=50.0), COMING)
    assert third is not None
    assert third.volume == 0
    assert third.cost == pytest.approx(second.volume)


def test_nothing_to_measure() -> None:
    now, before = months_of({"A": [10.0, 11.0, 12.0]}, 2025), months_of({"A": [10.0] * 3}, 2024)
    assert measured_errors(now[now["month"] < "2025-03"], before[before["month"] < "2024-03"], COMING) is None, "two months"
    assert measured_errors(now, before, COMING.iloc[:0]) is None, "nothing to come"
    assert measured_errors(now.assign(fund_paid=0.0), before, COMING) is None, "no unit has spending in every month"


def test_a_unit_that_is_new_or_gone_is_not_compared() -> None:
    one, two = {"A": [10.0, 11.0, 12.0]}, {"A": [10.0, 11.0, 12.0], "B": [5.0, 6.0, 7.0]}
    alone = measured_errors(months_of(one, 2025), months_of(one, 2024), COMING)
    assert alone is not None
    assert measured_errors(months_of(two, 2025), months_of(one, 2024), COMING) == alone
    assert measured_errors(months_of(one, 2025), months_of(two, 2024), COMING) == alone


@pytest.mark.no_cover
@given(st.lists(st.floats(0.5, 2.0), min_size=3, max_size=11), st.floats(0.01, 1000.0))
def test_errors_do_not_depend_on_the_unit_of_money(ratios: list[float], unit: float) -> None:
    before = months_of({"A": LAST[: len(ratios)]}, 2024)
    now = months_of({"A": [ratio * base for ratio, base in zip(ratios, LAST, strict=False)]}, 2025)
    plain = measured_errors(now, before, COMING)
    scaled = measured_errors(*(frame.assign(fund_paid=unit * frame["fund_paid"]) for frame in (now, before)), unit * COMING)
    assert plain is not None
    assert scaled is not None
    assert scaled.county == pytest.approx(plain.county, rel=1e-6, abs=1e-12)


UNITS = 6


def _years(kind: str, rng: np.random.Generator) -> np.ndarray:
    """Return two years (month × unit) of seasonal totals whose growth drifts, or whose errors hang together from month to month.

    Half of the noise is shared by all units.
    """
    months = np.arange(24)[:, None]
    errors = rng.normal(0, 0.03, (24, UNITS)) + rng.normal(0, 0.03, (24, 1))
    if kind == "autocorrelation":
        for place in range(1, 24):
            errors[place] = 0.6 * errors[place - 1] + 0.8 * errors[place]
    level = np.cumsum(rng.normal(0.003, 0.012, (24, 1)), axis=0) if kind == "drift" else np.zeros((24, 1))
    return np.geomspace(20, 200, UNITS) * (1 + 0.12 * np.sin(2 * np.pi * months / 12)) * np.exp(level + errors)


def _covered(kind: str, known: int, rng: np.random.Generator) -> tuple[float, float]:
    """Return whether the county's total, and the share of the units' totals, lay inside the interval."""
    years = _years(kind, rng)
    this_year, last_year = years[12:], years[:12]
    by_unit = [{str(unit): frame[:known, unit].tolist() for unit in range(UNITS)} for frame in (this_year, last_year)]
    errors = measured_errors(months_of(by_unit[0], 2025), months_of(by_unit[1], 2024), pd.Series(last_year[known:].sum(axis=1)))
    assert errors is not None
    expected = last_year[known:].sum(axis=0) * this_year[:known].sum(axis=0) / last_year[:known].sum(axis=0)
    rest = simulated_rest(expected, errors)
    to_come = this_year[known:].sum(axis=0)
    low, high = np.percentile(rest, (5, 95), axis=0)
    county = np.percentile(rest.sum(axis=1), (5, 95))
    return float(county[0] <= to_come.sum() <= county[1]), float(((low <= to_come) & (to_come <= high)).mean())


@pytest.mark.no_cover
@pytest.mark.parametrize("kind", ["independent", "autocorrelation", "drift"])
@pytest.mark.parametrize("known", [4, 7, 10])
def test_the_interval_covers_simulated_years(kind: str, known: int) -> None:
    rng = np.random.default_rng(17)
    found = np.array([_covered(kind, known, rng) for _trial in range(120)]).mean(axis=0)
    assert found.min() >= 0.9, found


def rows(*cells: tuple[str, str, float, float, float], months: int = 3) -> pd.DataFrame:
    """Rows of one unit: (kind, place, encounters, cost, fund) a month."""
    columns = [*CELL, "month", "encounters", "total_cost", "fund_paid"]
    return pd.DataFrame(
        [("A", "resident", kind, place, month, *amounts) for kind, place, *amounts in cells for month in range(1, months + 1)],
        columns=columns,
    )


PRICES = {"outpatient": 0.02, "inpatient": 0.05}


def test_each_place_grows_by_its_own_trend_and_the_parts_multiply_to_what_was_recorded() -> None:
    primary, hospital, inpatient = ("outpatient", "primary"), ("outpatient", "county"), ("inpatient", "county")
    before = rows((*primary, 100, 1000, 600), (*hospital, 50, 2000, 1000), (*inpatient, 10, 9000, 6000))
    now = rows((*primary, 108, 1090, 660), (*hospital, 49, 1950, 960), (*inpatient, 10, 9600, 6500))
    found = cell_growth(now, before, PRICES).set_index(["service_kind", "place"])
    assert found["trend"].to_dict() == pytest.approx({primary: 0.08, hospital: -0.02, inpatient: 0})
    assert found.loc[primary, "fund_drift"] == pytest.approx(1.1 / (1.08 * 1.02))
    assert found.loc[inpatient, "cost_drift"] == pytest.approx(9600 / 9000 / 1.05)
    # The months compared, put through the model, come out as recorded; two months of twice the size as twice two thirds of them.
    again = expected_months(before, found.reset_index(), PRICES)
    assert again["fund_paid"].tolist() == pytest.approx([660 + 960 + 6500] * 3)
    ahead = before[before["month"] < 3].assign(fund_paid=lambda frame: 2 * frame["fund_paid"])
    assert expected_months(ahead, found.reset_index(), PRICES)["fund_paid"].sum() == pytest.approx(4 * (660 + 960 + 6500))


def test_new_cells_and_leaps_raise_the_whole_unit_so_that_nothing_recorded_is_lost() -> None:
    before = rows(("outpatient", "primary", 100, 1000, 600), ("outpatient", "county", 1, 10, 5))
    now = rows(("outpatient", "primary", 100, 1000, 600), ("outpatient", "county", 9, 90, 45), ("chronic", "primary", 20, 200, 150))
    found = cell_growth(now, before, PRICES)
    assert found["trend"].max() == 0.5, "nine times as many is cut at the steepest rise"
    assert expected_months(before, found, PRICES)["fund_paid"].tolist() == pytest.approx([600 + 45 + 150] * 3)


def test_a_cell_without_growth_goes_by_the_price_alone() -> None:
    nothing = pd.DataFrame(columns=[*CELL, "trend", "fund_drift"])
    found = expected_months(rows(("inpatient", "county", 1, 20, 10), ("pharmacy", "primary", 1, 2, 1), months=1), nothing, PRICES)
    assert found["fund_paid"].tolist() == pytest.approx([10 * 1.05 + 1.02])
