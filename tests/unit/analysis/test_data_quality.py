import datetime

import pandas as pd
import pytest

from dashboard.analysis.data_quality import DIMENSIONS, ReportRule, expected_reports, quality

MONTHS = [datetime.date(2025, month, 1) for month in (4, 5, 6)]


def _register(count: int = 14) -> pd.DataFrame:
    return pd.DataFrame({"reporter": [f"R{number:02d}" for number in range(count)], "kind": "township"})


def _golden() -> tuple[pd.DataFrame, pd.DataFrame]:
    expected = expected_reports(_register(), MONTHS)
    arrived = expected.iloc[:39].assign(first_on=expected["due_on"] - pd.Timedelta(days=1))
    arrived.loc[arrived.index[:6], "first_on"] += pd.Timedelta(days=2)
    return arrived[["reporter", "month", "first_on"]], expected


def test_golden_grid_of_fourteen_centres_and_three_months() -> None:
    arrived, expected = _golden()
    assert len(expected) == 42
    table = quality(arrived, expected).set_index("dimension")
    assert table.index.tolist() == list(DIMENSIONS)
    assert table.loc["completeness", ["numerator", "denominator"]].tolist() == [39, 42]
    assert table.loc["completeness", "value"] == pytest.approx(0.92857, abs=5e-6)
    assert table.loc["timeliness", "value"] == pytest.approx(0.78571, abs=5e-6)
    assert table.loc[["correctness", "consistency"], "denominator"].tolist() == [0, 0]
    assert table.loc[["correctness", "consistency"], "value"].isna().all()


def test_a_rule_without_rows_is_not_applicable_and_the_others_have_both_sides() -> None:
    arrived, expected = _golden()
    findings = pd.DataFrame(
        {
            "kind": ["correctness", "correctness", "consistency"],
            "checked": [80, 20, 0],
            "failed": [3, 2, 0],
            "reporter": ["R00", "R01", "R00"],
        }
    )
    table = quality(arrived, expected, findings).set_index("dimension")
    assert table.loc["correctness", "value"] == pytest.approx(0.95)
    assert pd.isna(table.loc["consistency", "value"])
    with pytest.raises(ValueError, match="more often"):
        quality(arrived, expected, findings.assign(failed=100))
    each = quality(arrived, expected, findings, by=["reporter"])
    assert each[each["reporter"] == "R01"].set_index("dimension")["value"].to_dict() == pytest.approx(
        {"completeness": 1, "timeliness": 2 / 3, "correctness": 0.9}
    )


def test_who_opens_in_may_is_expected_from_may_and_who_closes_in_march_to_march() -> None:
    register = pd.DataFrame(
        {
            "reporter": ["new", "gone", "always", "outside"],
            "kind": ["a", "a", "b", "a"],
            "opened_on": [datetime.date(2025, 5, 20), None, None, None],
            "closed_on": [None, datetime.date(2025, 3, 10), None, None],
            "in_county": [True, True, None, False],
        }
    )
    months = pd.date_range("2025-02-01", "2025-06-01", freq="MS")
    expected = expected_reports(register, months)
    by_reporter = expected.groupby("reporter")["month"].agg(lambda dates: [date.month for date in dates])
    assert by_reporter.to_dict() == {"new": [5, 6], "gone": [2, 3], "always": [2, 3, 4, 5, 6]}
    assert expected["due_on"].iloc[0] == pd.Timestamp("2025-03-10")
    only = expected_reports(register, months, ReportRule(kinds=["b"], due_day=5))
    assert set(only["reporter"]) == {"always"}
    assert only["due_on"].iloc[0] == pd.Timestamp("2025-03-05")


def test_what_nobody_expected_or_nobody_dated_does_not_count() -> None:
    expected = expected_reports(_register(1), MONTHS)
    surprise = pd.DataFrame({"reporter": ["R00", "stranger"], "month": MONTHS[:2]})
    table = quality(surprise, expected).set_index("dimension")
    assert table.loc["completeness", ["numerator", "denominator"]].tolist() == [1, 3]
    assert table.loc["timeliness", "numerator"] == 0
    nobody = quality(surprise, expected.iloc[:0]).set_index("dimension")
    assert nobody["value"].isna().all()


def test_contradictions_are_refused() -> None:
    expected = expected_reports(_register(1), MONTHS)
    twice = pd.DataFrame({"reporter": ["R00", "R00"], "month": [MONTHS[0], MONTHS[0]]})
    with pytest.raises(ValueError, match="two reports"):
        quality(twice, expected)
    with pytest.raises(ValueError, match="due_day"):
        expected_reports(_register(1), MONTHS, ReportRule(due_day=31))
