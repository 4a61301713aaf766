"""Small counts stay hidden, also from someone who subtracts."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linprog

from dashboard.analysis.small_counts import Guard, People, shown_order
from dashboard.analysis.suppression import COVERED, LEAST_POSSIBLE, Figures, few, small, suppressed, suppressed_list

tables = arrays(np.int64, st.tuples(st.integers(1, 5), st.integers(1, 5)), elements=st.one_of(st.integers(0, 15), st.integers(0, 200)))


def table(rows: list[list[int]]) -> pd.DataFrame:
    return pd.DataFrame(rows, index=[f"r{n}" for n in range(len(rows))], columns=[f"c{n}" for n in range(len(rows[0]))])


def test_small_counts() -> None:
    assert small(pd.Series([0, 1, 9, 10]), 10).tolist() == [False, True, True, False]
    with pytest.raises(ValueError, match="negative"):
        small(pd.Series([-1]))


def test_one_small_cell_hides_a_rectangle() -> None:
    cells, rows, columns, grand = suppressed(table([[3, 20, 30], [40, 50, 60], [70, 80, 90]]), 10)
    assert cells.to_numpy().tolist() == [[True, True, False], [True, True, False], [False, False, False]]
    assert not rows.any()
    assert not columns.any()
    assert not grand


def test_nothing_small_hides_nothing() -> None:
    cells, rows, columns, grand = suppressed(table([[10, 0], [0, 25]]), 10)
    assert not cells.to_numpy().any()
    assert not rows.any()
    assert not columns.any()
    assert not grand


def test_a_row_with_nothing_else_loses_its_total() -> None:
    cells, rows, _, _ = suppressed(table([[4, 0], [30, 40]]), 10)
    assert cells.loc["r0", "c0"]
    assert rows["r0"]
    assert not cells.loc["r0", "c1"]


def test_two_hidden_cells_that_are_tiny_together_need_a_third() -> None:
    cells, _rows, _columns, _grand = suppressed(table([[1, 1, 30], [20, 20, 20], [20, 20, 20]]), 10)
    assert cells.loc["r0"].all()


def test_list_with_its_total() -> None:
    hidden, total = suppressed_list(pd.Series([3, 12, 40], index=list("abc")))
    assert hidden.to_dict() == {"a": True, "b": True, "c": False}
    assert not total
    hidden, total = suppressed_list(pd.Series([3]))
    assert hidden.tolist() == [True]
    assert total


def test_empty_and_wrong_tables() -> None:
    cells, rows, columns, grand = suppressed(pd.DataFrame(index=["a"]), 10)
    assert cells.empty
    assert (rows.tolist(), columns.tolist(), grand) == ([False], [], False)
    with pytest.raises(ValueError, match="smallest"):
        suppressed(table([[1]]), 0)
    with pytest.raises(ValueError, match="c0"):
        suppressed(table([[-1]]))


@given(tables, st.integers(1, 12))
def test_no_hidden_figure_can_be_found_by_subtraction(counts: np.ndarray, smallest: int) -> None:
    frame = table(counts.tolist())
    cells, rows, columns, grand = suppressed(frame, smallest)
    whole = np.zeros((counts.shape[0] + 1, counts.shape[1] + 1))
    whole[:-1, :-1] = counts
    whole[:-1, -1], whole[-1, :-1], whole[-1, -1] = counts.sum(axis=1), counts.sum(axis=0), counts.sum()
    hidden = np.zeros_like(whole, dtype=bool)
    hidden[:-1, :-1], hidden[:-1, -1], hidden[-1, :-1], hidden[-1, -1] = cells, rows, columns, grand
    assert not ((whole > 0) & (whole < smallest) & ~hidden).any()
    assert not (hidden & (whole == 0)).any()
    for line, mask in [*zip(whole, hidden, strict=True), *zip(whole.T, hidden.T, strict=True)]:
        others = (line > 0) & ~mask
        if mask.any() and others.any():
            assert mask.sum() >= 2
            assert mask[-1] or line[:-1][mask[:-1]].sum() >= smallest


# What a reader can solve ------------------------------------------------------------------------------------------------


def room(shown: list[float], sums: list[tuple[list[int], int]], smallest: int) -> list[float]:
    """Return by figure how far apart the values lie that agree with all that is shown: two linear programmes for each hidden figure.

    ``shown`` are figures as printed: a number, ``few`` for "<smallest", ``COVERED``; ``sums`` are members and the total they add up to.
    The slow and separate way to what ``Figures.protect`` finds many at a time.
    """
    totals = {total for _members, total in sums}
    bounds = []
    for place, value in enumerate(shown):
        if value == COVERED:
            bounds.append((1.0 if place in totals else float(smallest), None))
        else:
            bounds.append((1.0, smallest - 1.0) if value == few(smallest) else (value, value))
    matrix = np.zeros((len(sums), len(shown)))
    for row, (members, total) in enumerate(sums):
        matrix[row, members], matrix[row, total] = 1.0, -1.0
    found = []
    for place, (low, high) in enumerate(bounds):
        if low == high:
            found.append(0.0)
            continue
        goal = np.eye(len(shown))[place]
        ends = [linprog(sign * goal, A_eq=matrix, b_eq=np.zeros(len(sums)), bounds=bounds) for sign in (1.0, -1.0)]
        assert ends[0].status == 0, "the true table must be possible"
        found.append(np.inf if ends[1].status == 3 else -ends[1].fun - ends[0].fun)
    return found


def printed(values: pd.Series, smallest: int) -> list[float]:
    """Check that no small figure is printed, and return the figures."""
    assert not ((values > 0) & (values < smallest) & (values != few(smallest)) & (values != COVERED)).any()
    return values.tolist()


def assert_nothing_can_be_solved(raw: list[float], shown: list[float], sums: list[tuple[list[int], int]], smallest: int) -> None:
    wanted = min(LEAST_POSSIBLE, smallest - 1) - 1
    for value, width in zip(raw, room(shown, sums, smallest), strict=True):
        if 0 < value < smallest:
            assert width >= wanted - 1e-6, (raw, shown)


def test_the_solver_of_these_tests_finds_what_can_be_solved() -> None:
    line = [([0, 1, 2], 3)]
    assert room([few(5), 12, 40, 55], line, 5)[0] == pytest.approx(0)  # 55 − 12 − 40
    assert room([few(10), few(10), 40, 58], line, 10)[:2] == pytest.approx([0, 0])  # two of at most 9 make 18
    assert room([few(5), few(5), 40, 42], line, 5)[:2] == pytest.approx([0, 0])  # two of at least 1 make 2
    assert room([few(5), COVERED, 40, 60], line, 5)[0] == pytest.approx(3)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=6), st.sampled_from([5, 10]))
@settings(max_examples=20)
def test_a_list_with_its_total_cannot_be_solved(values: list[int], smallest: int) -> None:
    told = Guard((People("cases"),)).hide(pd.DataFrame({"cases": values}), smallest)
    shown = [*printed(told.frame["cases"], smallest), told.totals["cases"]]
    assert_nothing_can_be_solved([*values, sum(values)], shown, [(list(range(len(values))), len(values))], smallest)


@given(arrays(np.int64, st.tuples(st.integers(1, 4), st.integers(1, 4)), elements=st.integers(0, 25)), st.sampled_from([5, 10]))
@settings(max_examples=12)
def test_a_table_with_margins_cannot_be_solved(counts: np.ndarray, smallest: int) -> None:
    rows, columns = counts.shape
    frame = pd.DataFrame([(r, c, counts[r, c]) for r in range(rows) for c in range(columns)], columns=["row", "column", "cases"])
    told = Guard((People("cases", within=(("row",), ("column",))),)).hide(frame, smallest)
    by_row, by_column = told.sums[("cases", ("row",))], told.sums[("cases", ("column",))]
    cells = rows * columns
    shown = [*printed(told.frame["cases"], smallest), *by_row.loc[range(rows)], *by_column.loc[range(columns)], told.totals["cases"]]
    raw = [*counts.ravel(), *counts.sum(axis=1), *counts.sum(axis=0), counts.sum()]
    sums = [([r * columns + c for c in range(columns)], cells + r) for r in range(rows)]
    sums += [([r * columns + c for r in range(rows)], cells + rows + c) for c in range(columns)]
    sums += [(list(range(cells, cells + rows)), len(raw) - 1), (list(range(cells + rows, cells + rows + columns)), len(raw) - 1)]
    assert_nothing_can_be_solved([float(value) for value in raw], shown, sums, smallest)


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 2), st.integers(0, 20)), min_size=1, max_size=8), st.sampled_from([5, 10]))
@settings(max_examples=12)
def test_groups_in_groups_cannot_be_solved(rows: list[tuple[int, int, int]], smallest: int) -> None:
    frame = pd.DataFrame(rows, columns=["community", "town", "cases"])
    told = Guard((People("cases", within=(("community",), ("community", "town"))),)).hide(frame, smallest)
    shown, raw, sums = printed(told.frame["cases"], smallest), frame["cases"].astype(float).tolist(), []
    for by in (("community",), ("community", "town")):
        places = []
        for key, value in told.sums[("cases", by)].items():
            members = [n for n, row in enumerate(rows) if (row[0] if len(by) == 1 else row[:2]) == key]
            sums.append((members, len(shown)))
            places.append(len(shown))
            shown.append(value)
            raw.append(sum(raw[member] for member in members))
        sums.append((places, -1))
    shown.append(told.totals["cases"])
    raw.append(float(frame["cases"].sum()))
    assert_nothing_can_be_solved(raw, shown, [(members, total % len(shown)) for members, total in sums], smallest)


def test_the_rest_of_a_whole_is_a_count_too() -> None:
    frame = pd.DataFrame({"cases": [500.0, 400.0, 300.0], "kept": [498.0, 300.0, 200.0]})
    frame["share"] = frame["kept"] / frame["cases"]
    told = Guard((People("cases"), People("kept", part_of="cases")), {"share": ("cases", "kept")}).hide(frame)
    assert told.hidden.loc[0].any()  # 500 − 498 are 2 people
    assert told.frame["share"].isna().iloc[0]
    assert told.totals == {"cases": 1200.0, "kept": 998.0}


def test_four_of_a_small_total_do_not_say_that_each_is_one() -> None:
    told = Guard((People("cases"),)).hide(pd.DataFrame({"cases": [1, 1, 1, 1]}))
    assert told.frame["cases"].tolist() == [few(5)] * 4
    assert told.totals == {"cases": COVERED}  # "<5" would


def test_seven_is_shown_and_four_is_not() -> None:
    shown = Guard((People("cases", totalled=False),)).hide(pd.DataFrame({"cases": [7, 4, 0, np.nan]})).frame["cases"]
    assert shown.tolist()[:3] == [7, few(5), 0]
    assert np.isnan(shown[3])


def test_what_is_hidden_does_not_depend_on_the_order_of_the_rows() -> None:
    frame = pd.DataFrame({"a": list("xxyyzz"), "b": list("pqpqpq"), "cases": [3, 20, 20, 9, 20, 2]})
    guard = Guard((People("cases", within=(("a",), ("b",))),))
    first, second = guard.hide(frame).hidden["cases"], guard.hide(frame.sort_values("cases")).hidden["cases"]
    pd.testing.assert_series_equal(first, second.sort_index())


def test_the_order_of_rows_tells_nothing_of_a_hidden_count() -> None:
    raw = pd.DataFrame({"name": list("cabd"), "cases": [40.0, 8.0, 7.0, 3.0]})
    shown = raw.assign(cases=[40.0, 8.0, COVERED, few(5)])
    assert shown_order(shown, raw, ["cases"], ["name"])["name"].tolist() == ["c", "a", "b", "d"]
    assert shown_order(shown.assign(cases=[40.0, COVERED, 7.0, few(5)]), raw, ["cases"], ["name"])["name"].tolist() == ["c", "b", "a", "d"]


def test_tables_that_have_nothing_in_common_are_each_protected_as_if_alone() -> None:
    counts = pd.DataFrame([[4, 4, 6], [8, 0, 1], [7, 8, 2]])
    alone, rows, columns, whole = suppressed(counts, 4)
    figures = Figures(4)
    tables = []
    for _ in range(2):
        cells = figures.add(counts.to_numpy().ravel()).reshape(counts.shape)
        totals = [*(figures.add_total(line) for line in cells), *(figures.add_total(line) for line in cells.T)]
        everything = figures.add_total(np.array(totals[:3]))
        figures.add_sum(np.array(totals[3:]), everything)
        tables.append([*cells.ravel(), *totals, everything])
    hidden = figures.protect()
    for table in tables:
        assert hidden[table].tolist() == [*alone.to_numpy().ravel(), *rows, *columns, whole]
