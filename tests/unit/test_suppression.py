"""Small counts stay hidden, also from someone who subtracts."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dashboard.analysis.suppression import small, suppressed, suppressed_list

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
