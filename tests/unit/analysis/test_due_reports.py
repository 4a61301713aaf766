"""Who was due to report, against hand-made registers and a slow second implementation."""

from statistics import median

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.data_quality import expected_reports
from dashboard.analysis.reporting import due_reports

MONTHS = list(pd.date_range("2025-01-01", "2025-06-01", freq="MS"))
JUNE = [pd.Timestamp("2025-06-01")]
RULES = {"lookback": 12, "normal_share": 0.8}


def register(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["reporter", "kind", "opened_on", "closed_on"])


def returns(*rows: tuple[str, str, float], table: str = "beds") -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["reporter", "month", "amount"])
    return frame.assign(month=pd.to_datetime(frame["month"] + "-01"), table_name=table)


def told(frame: pd.DataFrame) -> dict[str, bool]:
    return dict(zip(frame["reporter"], frame["came"], strict=True))


def test_who_reported_before_is_due_and_weighs_what_it_usually_reports() -> None:
    due = due_reports(
        register(("H", "hospital", None, None), ("C", "centre", None, None)),
        returns(("H", "2025-04", 900.0), ("H", "2025-05", 1100.0), ("C", "2025-05", 10.0), ("C", "2025-06", 10.0)),
        JUNE,
        **RULES,
    )
    assert told(due) == {"H": False, "C": True}
    assert due.set_index("reporter")["usual"].to_dict() == {"H": 1000.0, "C": 10.0}


def test_a_new_member_of_a_kind_that_reports_is_due_from_its_opening_and_the_closed_one_no_longer() -> None:
    centres = [(f"C{number}", "centre", None, None) for number in range(8)]
    people = register(
        *centres, ("NEW", "centre", "2025-06-10", None), ("LATER", "centre", "2025-07-01", None), ("GONE", "centre", None, "2025-05-20")
    )
    came = returns(*[(code, "2025-05", 5.0) for code, *_ in centres], ("GONE", "2025-05", 5.0))
    assert set(told(due_reports(people, came, JUNE, **RULES))) == {code for code, *_ in centres} | {"NEW"}


def test_who_closes_on_the_first_was_open_that_day_in_both_lists_of_who_reports() -> None:
    people = register(("A", "centre", None, "2025-06-01"), ("B", "centre", None, "2025-05-31"), ("C", "centre", "2025-06-30", None))
    came = returns(("A", "2025-05", 5.0), ("B", "2025-05", 5.0), ("C", "2025-05", 5.0))
    assert set(told(due_reports(people, came, JUNE, **RULES))) == set(expected_reports(people, JUNE)["reporter"]) == {"A", "C"}


def test_a_kind_that_mostly_does_not_report_is_not_expected() -> None:
    people = register(*[(f"P{number}", "pharmacy", None, None) for number in range(10)])
    assert told(due_reports(people, returns(("P0", "2025-05", 1.0)), JUNE, **RULES)) == {"P0": False}


def test_in_the_first_month_of_a_county_only_those_who_report_are_expected() -> None:
    people = register(("A", "centre", None, None), ("B", "centre", None, None))
    assert told(due_reports(people, returns(("A", "2025-06", 1.0)), JUNE, **RULES)) == {"A": True}


@given(
    came=st.lists(st.tuples(st.sampled_from("ABCDE"), st.integers(1, 6)), max_size=25, unique=True),
    closed=st.dictionaries(st.sampled_from("ABCDE"), st.integers(1, 6), max_size=2),
)
def test_the_fast_way_agrees_with_the_slow_one(came: list[tuple[str, int]], closed: dict[str, int]) -> None:
    kinds = dict(zip("ABCDE", ("x", "x", "x", "y", "y"), strict=True))
    people = register(*[(code, kind, None, f"2025-{closed[code]:02}-15" if code in closed else None) for code, kind in kinds.items()])
    frame = returns(*[(code, f"2025-{month:02}", 1.0) for code, month in came])
    found = {(row.reporter, row.month.month): row.came for row in due_reports(people, frame, MONTHS, **RULES).itertuples()}
    slow = {}
    for month in range(1, 7):
        open_now = [code for code in kinds if closed.get(code, 12) >= month]
        before = {code for code, when in came if when < month}
        for code, kind in kinds.items():
            alike = [each for each in open_now if kinds[each] == kind]
            normal = bool(alike) and sum(each in before for each in alike) / len(alike) >= 0.8
            reports = (code, month) in came
            if reports or (code in open_now and (code in before or normal)):
                slow[code, month] = reports
    assert found == slow


@given(
    came=st.lists(
        st.tuples(
            st.sampled_from("ABCDE"), st.integers(1, 6), st.sampled_from([0.0, 1.0, 2.0, 7.0, float("nan")]), st.sampled_from(["v", "w"])
        ),
        max_size=25,
        unique_by=lambda row: (row[0], row[1], row[3]),
    )
)
def test_tables_asked_for_together_answer_as_each_alone_and_weigh_as_counted_by_hand(came: list[tuple[str, int, float, str]]) -> None:
    kinds = dict(zip("ABCDE", ("x", "x", "x", "y", "y"), strict=True))
    people = register(*[(code, kind, None, None) for code, kind in kinds.items()]).assign(name=list("abcde"))
    parts = {
        name: returns(*[(code, f"2025-{month:02}", size) for code, month, size, whose in came if whose == name], table=name)
        for name in "vw"
    }
    together = due_reports(people, pd.concat(parts.values()), MONTHS, **RULES)
    alone = [due_reports(people, rows, MONTHS, **RULES) for rows in parts.values()]
    order = ["table_name", "reporter", "month"]
    pd.testing.assert_frame_equal(
        together.sort_values(order, ignore_index=True), pd.concat(alone).sort_values(order, ignore_index=True), check_dtype=False
    )
    for row in together.itertuples():
        known = {code: [s for who, _month, s, name in came if (who, name) == (code, row.table_name) and s == s] for code in kinds}
        mean = {code: sum(sizes) / len(sizes) for code, sizes in known.items() if sum(sizes) > 0}
        alike = [mean[code] for code in mean if kinds[code] == row.kind]
        expected = mean.get(row.reporter) or (median(alike) if alike else median(mean.values()) if mean else 1.0)
        assert row.usual == pytest.approx(expected)
        assert row.name == row.reporter.lower()


def test_nobody_to_report() -> None:
    assert due_reports(register(), returns(), JUNE, **RULES).empty
    assert due_reports(register(("A", "x", None, None)), returns(), [], **RULES).empty
    unweighed = due_reports(register(("A", "x", None, None)), returns(("A", "2025-06", float("nan"))), JUNE, **RULES)
    assert unweighed["usual"].tolist() == [1.0]
