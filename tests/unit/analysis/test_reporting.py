import math

import pandas as pd
import pytest

from dashboard.analysis.reporting import monthly_totals


def rows(**reports: dict[str, float | None]) -> pd.DataFrame:
    return pd.DataFrame(
        [(reporter, pd.Timestamp(f"{month}-01"), value) for reporter, months in reports.items() for month, value in months.items()],
        columns=["reporter", "month", "visits"],
    )


def test_complete_months_add_up_and_nothing_is_missing() -> None:
    totals = monthly_totals(rows(A={"2025-01": 10, "2025-02": 20}, B={"2025-01": 1, "2025-02": 2}), "visits")
    assert totals["total"].tolist() == [11, 22]
    assert totals["absent"].tolist() == [0, 0]
    assert totals["missing_share"].tolist() == [0, 0]


def test_a_missing_month_is_weighed_by_what_the_reporter_usually_brings() -> None:
    totals = monthly_totals(rows(A={"2025-01": 30, "2025-02": 30, "2025-03": 30}, B={"2025-01": 10, "2025-03": 10}), "visits")
    february = totals.loc["2025-02-01"]
    assert (february["total"], february["absent"], february["missing_share"]) == (30, 1, 0.25)


def test_a_figure_left_empty_is_a_missing_report() -> None:
    totals = monthly_totals(rows(A={"2025-01": 5, "2025-02": 5, "2025-03": 5}, B={"2025-01": 5, "2025-02": None, "2025-03": 5}), "visits")
    assert totals["absent"].tolist() == [0, 1, 0]


def test_reporters_that_open_or_close_are_not_missed() -> None:
    totals = monthly_totals(rows(A={"2025-01": 5, "2025-02": 5}, B={"2025-02": 1}, C={"2025-01": 1}), "visits")
    assert totals["absent"].tolist() == [0, 0]


def test_a_month_in_which_nobody_reported() -> None:
    totals = monthly_totals(rows(A={"2025-01": 5, "2025-03": 5}), "visits")
    assert math.isnan(totals["total"].iloc[1])
    assert totals["missing_share"].iloc[1] == 1
    apart = monthly_totals(rows(A={"2025-01": 5}, B={"2025-03": 5}), "visits")
    assert apart["absent"].iloc[1] == 0
    assert math.isnan(apart["missing_share"].iloc[1])


def test_nothing_gives_an_empty_frame() -> None:
    assert monthly_totals(rows(), "visits").empty


def test_wrong_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        monthly_totals(rows(A={"2025-01": -1}), "visits")
    with pytest.raises(ValueError, match="two rows"):
        monthly_totals(pd.concat([rows(A={"2025-01": 1}), rows(A={"2025-01": 2})]), "visits")
