"""Small counts that must not be read off a table: primary suppression and the complementary one that protects it.

A count from 1 to ``smallest`` − 1 could point at a person. Hiding it alone is not enough: with its row's total and the other
cells it can be computed. ``suppressed`` therefore hides further cells until no hidden one can be found by subtracting along any
row or column, margins included. House rule (design.md §9): 5 on screen, 10 on exports and the wall; the algorithm is the usual
greedy one for two-way tables (grade OWN). It protects against subtraction along lines, not against linear programming over
the whole table; a zero is not personal and stays visible.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from dashboard.analysis.sequences import counts

ON_SCREEN, ON_EXPORT = 5, 10
TOTAL = "total"


def small(values: pd.Series, smallest: int = ON_EXPORT) -> pd.Series:
    """Return which counts lie between 0 and ``smallest``, both excluded. Raises ValueError for negative counts."""
    known = counts(values, "values")
    return (known > 0) & (known < smallest)


def suppressed(table: pd.DataFrame, smallest: int = ON_EXPORT) -> tuple[pd.DataFrame, pd.Series, pd.Series, bool]:
    """Return which cells and totals of a two-way table of counts must be hidden when its totals are shown too.

    Args:
        table: counts, one row per origin and one column per destination (any two classes); missing counts as 0.
        smallest: the smallest count that may be shown.

    Returns:
        ``(cells, row_totals, column_totals, grand_total)``: True where hidden. In every row and column, its total among them,
        either nothing is hidden, or at least two figures are, and the hidden cells of a line whose total is shown add up to
        at least ``smallest``. (Where a line holds no other figure above 0, its total is the second one.)

    Raises:
        ValueError: negative, infinite or non-numeric counts, or ``smallest`` below 1.
    """
    if smallest < 1:
        raise ValueError("smallest: must be at least 1")
    body = np.column_stack([counts(table[name], str(name)).fillna(0.0).to_numpy() for name in table.columns]) if table.size else None
    if body is None:
        nothing = pd.Series(False, index=table.index), pd.Series(False, index=table.columns)
        return table.astype(bool), *nothing, False
    whole = np.zeros((body.shape[0] + 1, body.shape[1] + 1))
    whole[:-1, :-1] = body
    whole[:-1, -1], whole[-1, :] = body.sum(axis=1), whole.sum(axis=0)
    whole[-1, -1] = body.sum()
    hidden = (whole > 0) & (whole < smallest)
    while sum(_protect(line, mask, smallest) for line, mask in _lines(whole, hidden)):
        pass
    return (
        pd.DataFrame(hidden[:-1, :-1], index=table.index, columns=table.columns),
        pd.Series(hidden[:-1, -1], index=table.index),
        pd.Series(hidden[-1, :-1], index=table.columns),
        bool(hidden[-1, -1]),
    )


def _lines(whole: np.ndarray, hidden: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield every row and column with its mask; the masks are views, so that hiding in one shows in the other."""
    for row in range(whole.shape[0]):
        yield whole[row], hidden[row]
    for column in range(whole.shape[1]):
        yield whole[:, column], hidden[:, column]


def _protect(line: np.ndarray, mask: np.ndarray, smallest: int) -> bool:
    """Hide one more figure of ``line`` (its total stands last) where what is hidden could be computed; tell whether it did."""
    if not mask.any():
        return False
    safe = mask.sum() >= 2 and (mask[-1] or line[:-1][mask[:-1]].sum() >= smallest)
    choices = np.flatnonzero(~mask & (line > 0))
    if safe or not len(choices):
        return False
    cells = choices[choices < len(line) - 1]
    pick = cells[np.argmin(line[cells])] if len(cells) else choices[-1]
    mask[pick] = True
    return True


def suppressed_list(values: pd.Series, smallest: int = ON_EXPORT) -> tuple[pd.Series, bool]:
    """Return which of ``values`` must be hidden in a list whose total is shown, and whether the total must be too.

    Raises:
        ValueError: as ``suppressed``.
    """
    cells, _rows, columns, _grand = suppressed(pd.DataFrame({TOTAL: values}), smallest)
    return cells[TOTAL], bool(columns[TOTAL])
