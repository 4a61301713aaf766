import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.reconciliation import DriftRule, drift

MONTHS = pd.date_range("2023-08-01", periods=27, freq="MS")


def _table(**series: list[float]) -> pd.DataFrame:
    return pd.DataFrame(series, index=MONTHS)


def test_three_months_outside_the_own_past_are_drift_and_one_is_not() -> None:
    calm = [1.00, 1.02] * 12
    table = _table(
        drifts=[*calm, 1.20, 1.25, 1.27], once=[*calm, 1.01, 1.00, 1.27], falls=[*calm, 0.8, 0.8, 0.7], steady=[*calm, 1.0, 1.02, 1.0]
    )
    found = drift(table)
    assert found["drifting"].to_dict() == {"drifts": True, "once": False, "falls": True, "steady": False}
    assert found["run"].to_dict() == {"drifts": 3, "once": 1, "falls": 3, "steady": 0}
    assert found["side"].to_dict() == {"drifts": 1, "once": 1, "falls": -1, "steady": 0}
    # by hand: median 1.01, every distance 0.01, so 3 × 1.4826 × 0.01 = 0.0445; five per cent of 1.01 = 0.0505 is more
    assert found.loc["steady", ["usual", "low", "high"]].tolist() == pytest.approx([1.01, 0.9595, 1.0605])
    wide = drift(_table(wide=[1.0, 1.4] * 12 + [1.2, 1.2, 1.2]))
    assert wide.loc["wide", "high"] == pytest.approx(1.2 + 3 * 1.4826 * 0.2)


def test_what_has_no_past_or_no_present_is_not_judged() -> None:
    nothing = [np.nan] * 27
    table = _table(new=[*nothing[:20], *[1.0] * 7], gone=[*[1.0] * 26, np.nan], never=nothing)
    found = drift(table)
    assert not found["judged"].any()
    assert not found["drifting"].any()
    assert found["usual"].notna().to_dict() == {"new": False, "gone": True, "never": False}
    empty = drift(table.iloc[:0])
    assert empty["run"].tolist() == [0, 0, 0]
    assert not empty["judged"].any()


def test_a_month_without_a_ratio_ends_a_run() -> None:
    table = _table(hole=[*[1.0] * 23, 2.0, 2.0, np.nan, 2.0])
    assert drift(table).loc["hole", ["run", "drifting"]].tolist() == [1, False]
    assert drift(table, DriftRule(run_months=1)).loc["hole", "drifting"]


@given(st.floats(0.01, 100), st.lists(st.floats(0.5, 2), min_size=27, max_size=27))
def test_the_unit_of_a_ratio_does_not_matter(scale: float, values: list[float]) -> None:
    table = _table(one=values)
    first, second = drift(table), drift(table * scale)
    assert second["latest"]["one"] == pytest.approx(first["latest"]["one"] * scale)
    assert second["usual"]["one"] == pytest.approx(first["usual"]["one"] * scale)
