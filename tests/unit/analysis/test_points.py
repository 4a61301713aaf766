import numpy as np
import pandas as pd
import pytest

from dashboard.analysis.points import cycle_points, per_hundred


def test_golden_m6_points_per_hundred_staff() -> None:
    found = per_hundred(pd.DataFrame({"a": [18.0], "b": [1.0]}), pd.DataFrame({"a": [250.0], "b": [0.0]}))
    assert found["a"][0] == pytest.approx(7.2)
    assert np.isnan(found["b"][0])


def test_a_cycle_begins_with_the_first_points_and_ends_after_its_months() -> None:
    points = pd.DataFrame({"a": [0, 2, 1, 0, 3, 0], "new": [np.nan, np.nan, 0, 0, 1, np.nan]}, dtype=float)
    found = cycle_points(points, months=3)
    assert found["a"].tolist() == [0, 2, 3, 3, 3, 3]  # 2 + 1 + 0, then 3 begins a cycle of its own
    assert found["new"].isna().tolist() == [True, True, False, False, False, False]
    assert found["new"].tolist()[2:] == [0, 0, 1, 1]


@pytest.mark.parametrize(("points", "months"), [([-1.0], 12), ([1.0], 0)])
def test_a_bonus_or_a_cycle_of_nothing_is_refused(points: list[float], months: int) -> None:
    with pytest.raises(ValueError, match=r"negative|month"):
        cycle_points(pd.DataFrame({"a": points}), months)
