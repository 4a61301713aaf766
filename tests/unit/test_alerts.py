import numpy as np
import pandas as pd
import pytest

from dashboard.analysis import alerts

MONTHS = pd.date_range("2025-01-01", periods=6, freq="MS")


def test_growth_names_only_units_above_the_limit_with_the_excess_as_impact() -> None:
    current = pd.Series({"a": 110.0, "b": 105.0, "c": 200.0, "d": 50.0, "e": np.nan})
    last = pd.Series({"a": 100.0, "b": 100.0, "c": 0.0, "d": 100.0, "e": 1.0})
    found = alerts.growth(current, last, 0.05, volume=pd.Series({"a": 30.0}))
    assert found.index.tolist() == ["a"]
    assert found.loc["a"].to_dict() == pytest.approx(
        {"value": 110, "reference": 100, "change": 0.1, "months": np.nan, "impact": 300}, nan_ok=True
    )


def test_growth_of_an_amount_has_the_amount_as_impact_and_sorts_by_it() -> None:
    found = alerts.growth(pd.Series({"a": 12.0, "b": 200.0}), pd.Series({"a": 10.0, "b": 100.0}), 0.05)
    assert found["impact"].to_dict() == {"b": 100.0, "a": 2.0}


def test_streak_counts_back_from_the_last_month_and_stops_at_a_gap() -> None:
    values = pd.DataFrame(
        {"idle": [0.9, 0.5, 0.4, 0.4, 0.4, 0.4], "gap": [0.4, 0.4, 0.4, np.nan, 0.4, 0.4], "fine": [0.6] * 6}, index=MONTHS
    )
    weights = pd.DataFrame(100.0, index=MONTHS, columns=values.columns)
    found = alerts.streak(values, weights, 0.6, months=3, side="below")
    assert found.index.tolist() == ["idle"]
    assert found.loc["idle", "months"] == 5
    assert found.loc["idle", "value"] == pytest.approx(0.42)
    assert found.loc["idle", "impact"] == pytest.approx(300 - 210)


def test_streak_above() -> None:
    values = pd.DataFrame({"full": [1.02, 1.04]}, index=MONTHS[:2])
    weights = pd.DataFrame({"full": [100.0, 300.0]}, index=MONTHS[:2])
    found = alerts.streak(values, weights, 1.0, months=2, side="above")
    assert found.loc["full", "impact"] == pytest.approx(14)


def test_streak_without_any_unit_is_an_empty_frame() -> None:
    assert alerts.streak(pd.DataFrame(index=MONTHS), pd.DataFrame(index=MONTHS), 0.6, months=2, side="below").empty


def test_gap_needs_distance_and_more_than_chance() -> None:
    numerator = pd.Series({"far": 20.0, "tiny": 0.0, "good": 450.0, "none": 0.0})
    denominator = pd.Series({"far": 100.0, "tiny": 2.0, "good": 1000.0, "none": 0.0})
    found = alerts.gap(numerator, denominator, 0.1)
    assert found.index.tolist() == ["far"]
    county = 470 / 1102
    assert found.loc["far", "reference"] == pytest.approx(county)
    assert found.loc["far", "impact"] == pytest.approx(county * 100 - 20)


def test_gap_of_a_single_unit_or_of_nothing_names_nobody() -> None:
    assert alerts.gap(pd.Series({"only": 1.0}), pd.Series({"only": 100.0}), 0.0).empty
    assert alerts.gap(pd.Series(dtype=float), pd.Series(dtype=float), 0.1).empty


def test_below_reference_is_an_exact_test() -> None:
    found = alerts.below_reference(
        pd.Series({"low": 38.0, "few": 1.0, "idle": 0.0}),
        pd.Series({"low": 100.0, "few": 3.0, "idle": 0.0}),
        pd.Series({"low": 0.6, "few": 0.6, "idle": 0.6}),
    )
    assert found.index.tolist() == ["low"]
    assert found.loc["low", "change"] == pytest.approx(-0.22)


def test_silent_names_a_unit_that_stopped_but_not_one_that_began() -> None:
    rows = [("stopped", month) for month in MONTHS[:5]] + [("hole", month) for month in MONTHS if month != MONTHS[3]] + [("new", MONTHS[4])]
    found = alerts.silent(pd.DataFrame(rows, columns=["unit", "month"]), last=MONTHS[-1])
    assert found["months"].to_dict() == {"stopped": 1.0, "hole": 1.0}


def test_silent_without_reports() -> None:
    assert alerts.silent(pd.DataFrame({"unit": [], "month": []}), last=MONTHS[-1]).empty


def test_below_reference_of_nothing_names_nobody() -> None:
    nothing = pd.Series(dtype=object)
    assert alerts.below_reference(nothing, nothing, nothing).empty
