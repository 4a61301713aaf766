"""Bed indicators against the worked example of docs/sources.md, Pabon Lasso sectors, months in a row, the peer median."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.analysis.utilisation import (
    SECTORS,
    against_peers,
    bed_efficiency_index,
    bed_indicators,
    months_in_a_row,
    pabon_lasso,
    peer_opportunity,
    without_few,
)

GOLDEN = {"open_bed_days": [36500], "occupied_bed_days": [31025], "discharges": [3650], "discharged_bed_days": [29930], "days": [365]}


def beds(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame({name: columns.get(name, values) for name, values in GOLDEN.items()} | columns)


def test_golden_numbers_of_domain_c() -> None:
    row = bed_indicators(GOLDEN).iloc[0]
    assert row["occupancy"] == pytest.approx(85.00)
    assert row["turnover"] == pytest.approx(36.5)
    assert row["alos"] == pytest.approx(8.20)
    assert row["bed_working_days"] == pytest.approx(310.25)
    assert row["turnover_interval"] == pytest.approx(1.50)
    assert "approved_occupancy" not in row


def test_index_is_kept_and_other_columns_are_ignored() -> None:
    frame = beds(name=["x"], approved_bed_days=[31025]).set_axis(["ward"])
    result = bed_indicators(frame)
    assert result.index.tolist() == ["ward"]
    assert result.loc["ward", "approved_occupancy"] == pytest.approx(100.0)
    assert "name" not in result


def test_more_than_all_beds_is_not_clipped() -> None:
    row = bed_indicators(beds(occupied_bed_days=[40150])).iloc[0]
    assert row["occupancy"] == pytest.approx(110.0)
    assert row["turnover_interval"] == pytest.approx(-1.0)


@pytest.mark.parametrize(
    ("column", "missing"),
    [
        ("open_bed_days", {"occupancy", "turnover", "bed_working_days", "turnover_interval"}),
        ("days", {"turnover", "bed_working_days"}),
        ("discharges", {"alos", "turnover_interval"}),
    ],
)
def test_a_zero_denominator_gives_missing_not_zero_or_infinite(column: str, missing: set[str]) -> None:
    row = bed_indicators(beds(**{column: [0]})).iloc[0]
    assert set(row.index[row.isna()]) == missing
    assert np.isfinite(row.dropna()).all()


def test_a_missing_figure_makes_only_what_needs_it_missing() -> None:
    row = bed_indicators(beds(discharged_bed_days=[None])).iloc[0]
    assert row.index[row.isna()].tolist() == ["alos"]


def test_absent_columns_are_all_named() -> None:
    with pytest.raises(ValueError, match="discharges, days"):
        bed_indicators(beds().drop(columns=["discharges", "days"]))


def test_bed_efficiency_index() -> None:
    assert bed_efficiency_index([85.0, 90.0], [36.5, None], 85.0, 36.5).tolist() == pytest.approx([1.0, np.nan], nan_ok=True)
    assert bed_efficiency_index([85.0], [36.5], 0.0, 36.5).isna().all()


def test_pabon_lasso_sectors_by_their_definition() -> None:
    # I low/low, II low occupancy and high turnover, III high/high, IV high occupancy and low turnover.
    sectors = pabon_lasso(pd.Series({"a": 50, "b": 50, "c": 90, "d": 90}), [20, 60, 60, 20])
    assert sectors.to_dict() == {"a": "I", "b": "II", "c": "III", "d": "IV"}
    assert sectors.attrs == {"occupancy_line": 70.0, "turnover_line": 40.0}


def test_pabon_lasso_on_the_line_is_low() -> None:
    assert pabon_lasso([80, 80, 81, 81], [40, 41, 40, 41], 80, 40).tolist() == ["I", "II", "IV", "III"]
    assert pabon_lasso([80], [40]).tolist() == ["I"]


def test_pabon_lasso_lines_are_means_of_the_units_present() -> None:
    sectors = pabon_lasso([60, 80, None, 100], [20, 40, 1000, None])
    assert sectors.attrs == {"occupancy_line": 70.0, "turnover_line": 30.0}
    assert sectors[:2].tolist() == ["I", "III"]
    assert sectors[2:].isna().all()


def test_pabon_lasso_without_units() -> None:
    sectors = pabon_lasso([], [])
    assert len(sectors) == 0
    assert np.isnan(sectors.attrs["occupancy_line"])


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.floats(0, 200), st.floats(0, 200)), min_size=1), st.floats(0, 200), st.floats(0, 200))
def test_pabon_lasso_agrees_with_plain_comparisons(units: list[tuple[float, float]], x_line: float, y_line: float) -> None:
    sectors = pabon_lasso([x for x, _ in units], [y for _, y in units], x_line, y_line)
    for (x, y), sector in zip(units, sectors, strict=True):
        assert sector in SECTORS
        assert (x > x_line) == (sector in ("III", "IV"))
        assert (y > y_line) == (sector in ("II", "III"))


def test_months_in_a_row() -> None:
    months = [60, 55, 80, 50, None, 40, 70, 69]
    assert months_in_a_row(months, 70).tolist() == [1, 2, 0, 1, 0, 1, 0, 1]
    assert months_in_a_row(months, 54, "above").tolist() == [1, 2, 3, 0, 0, 0, 1, 2]
    assert months_in_a_row([], 70).tolist() == []
    with pytest.raises(ValueError, match="side"):
        months_in_a_row(months, 70, "beside")  # type: ignore[arg-type]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.one_of(st.none(), st.integers(0, 3))))
def test_months_in_a_row_against_a_plain_count(values: list[int | None]) -> None:
    expected, row = [], 0
    for value in values:
        row = row + 1 if value is not None and value > 1 else 0
        expected.append(row)
    assert months_in_a_row(values, 1, "above").tolist() == expected


def test_peer_opportunity_by_hand() -> None:
    # Two units of 10 beds over 100 days: ALOS 5 and 10, occupancy 50 % and 100 %; medians 7.5 days and 75 %.
    frame = pd.DataFrame(
        {
            "open_bed_days": [1000, 1000],
            "occupied_bed_days": [500, 1000],
            "discharges": [100, 100],
            "discharged_bed_days": [500, 1000],
            "days": [100, 100],
            "cost_per_bed_day": [10.0, 20.0],
        }
    )
    result = peer_opportunity(frame)
    assert result["median_alos"].tolist() == [7.5, 7.5]
    assert result["bed_days_freed"].tolist() == [-250, 250]
    assert result["beds_freed_by_occupancy"].tolist() == pytest.approx([10 - 5 / 0.75, 10 - 10 / 0.75])
    assert result["beds_freed"].tolist() == pytest.approx([0.0, 0.0])
    assert result["cost_freed"].tolist() == [-2500, 5000]


def test_a_unit_alone_among_its_peers_frees_nothing() -> None:
    frame = pd.concat([beds(), beds(discharged_bed_days=[14000]), beds(discharges=[0])], ignore_index=True)
    result = peer_opportunity(frame, peers=["county", "township", None])
    assert result["bed_days_freed"][:2].tolist() == pytest.approx([0.0, 0.0], abs=1e-9)
    assert result["beds_freed"][:2].tolist() == pytest.approx([0.0, 0.0], abs=1e-9)
    assert result.loc[2].isna().all()
    assert "cost_freed" not in result


def test_peer_opportunity_without_any_group_is_missing() -> None:
    beds = {"open_bed_days": [310], "occupied_bed_days": [248], "discharges": [31], "discharged_bed_days": [248], "days": [31]}
    assert peer_opportunity(beds, [None])["beds_freed"].isna().all()


def test_everybody_is_measured_by_the_median_of_its_own_kind() -> None:
    """Three centres of 20 beds beside three hospitals and a lone clinic: each against its kind, recomputed with plain loops."""
    values = pd.DataFrame(
        {"occupancy": [40.0, 50.0, 70.0, 80.0, 90.0, 100.0, 10.0], "turnover": [10, 20, 40, 30, 35, 50, 1]}, index=list("abcdefg")
    )
    kinds = dict(zip("abcdefg", ["centre"] * 3 + ["hospital"] * 3 + ["clinic"], strict=True))
    groups = pd.DataFrame({"narrow": kinds, "wide": {code: kind if kind != "clinic" else None for code, kind in kinds.items()}})
    groups["single_kind"] = groups["narrow"] != "clinic"
    found = against_peers(values, groups)
    for code in "abcdef":
        for name in values:
            peers = sorted(values.loc[[other for other in kinds if kinds[other] == kinds[code]], name])
            assert found.loc[code, name] == pytest.approx(values.loc[code, name] / peers[len(peers) // 2])
    assert found.loc["g"].isna().all()


def test_few_discharges_are_missing_with_what_they_follow_from() -> None:
    sums = pd.DataFrame({"discharges": [300.0, 4.0, 120.0], "open_bed_days": [3000.0, 600.0, 1500.0]}, index=["H1", "H2", "H3"])
    shown = without_few(sums)
    assert shown["few_discharged"]["H2"]
    assert shown["discharges"].isna().sum() >= 2, "one alone would follow from the total"
    assert shown.loc[~shown["few_discharged"], "discharges"].notna().all()
    whole = without_few(sums.assign(discharges=[300.0, 40.0, 120.0]))
    assert not whole["few_discharged"].any()
    assert whole["discharges"].tolist() == [300, 40, 120]
