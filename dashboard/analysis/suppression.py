"""Small counts that must not be read off what is shown: hidden, and with them whatever they could be computed from.

A count of people or cases from 1 to ``smallest`` − 1 could point at a person, and is shown as "<smallest". Hiding it alone is not enough:
with its total and the other cells it can be computed. So further figures are hidden until, of every small count, at least
``LEAST_POSSIBLE`` whole numbers stay possible for a reader who knows everything that is shown: the other figures, every sum they stand
in, and what the labels say ("<5" is 1 to 4; a cell hidden to protect another is ``smallest`` or more, a total 1 or more). House rule
(docs/sources.md): 5 on screen, 10 on exports and the cockpit. A zero is not personal and stays visible.

The range of a hidden count is found exactly: by subtraction along each sum, then by linear programming over all of them together. For
tables with margins, also nested ones, the programme's corners are whole numbers (two families of nested sums make a network matrix), so
that its bounds are those of whole numbers too. Which figure is hidden next is the usual greedy choice, the smallest that helps (OWN).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.optimize import linprog
from scipy.sparse import block_array, csr_array
from scipy.sparse.csgraph import connected_components

from dashboard.analysis.sequences import counts

ON_SCREEN, ON_EXPORT = 5, 10
LEAST_POSSIBLE = 3
"""How many whole numbers must stay possible for a hidden count (all that the label allows where that is fewer)."""
COVERED = 0.5
"""Stands in a masked frame for a figure that is hidden only because another could be computed from it; no count is ever shown as it."""
TOTAL = "total"
TOLERANCE = 1e-6


def few(smallest: int) -> float:
    """Return what stands in a masked frame for a count from 1 to ``smallest`` − 1: the middle of the label, whatever the count is."""
    return smallest / 2


def small(values: pd.Series, smallest: int = ON_EXPORT) -> pd.Series:
    """Return which counts lie between 0 and ``smallest``, both excluded. Raises ValueError for negative counts."""
    known = counts(values, "values")
    return (known > 0) & (known < smallest)


def is_few(value: float, smallest: int = ON_SCREEN) -> bool:
    """Return whether one count lies between 0 and ``smallest``; a missing one does not."""
    return 0 < value < smallest


# Figures and their sums ------------------------------------------------------------------------------------------------


@dataclass
class Figures:
    """Figures that are shown or hidden, and the sums between them; filled by ``add`` and ``add_sum``, worked out by ``protect``."""

    smallest: int
    values: list[float] = field(default_factory=list)
    printed: list[bool] = field(default_factory=list)
    sums: list[tuple[np.ndarray, int]] = field(default_factory=list)
    unlabelled: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=bool))

    def add(self, values: Sequence[float] | np.ndarray, *, printed: bool = True) -> np.ndarray:
        """Add figures and return their positions. One that is not ``printed`` is a count that a reader could only compute."""
        start = len(self.values)
        known = np.nan_to_num(np.asarray(values, dtype=float))
        self.values.extend(known.tolist())
        self.printed.extend([printed] * len(known))
        return np.arange(start, len(self.values))

    def add_sum(self, members: np.ndarray, total: int) -> None:
        """Say that the figures at ``members`` add up to the one at ``total``."""
        self.sums.append((np.asarray(members), int(total)))

    def add_total(self, members: np.ndarray) -> int:
        """Add the sum of the figures at ``members`` as a figure that is shown elsewhere, and return its position."""
        total = int(self.add([sum(self.values[member] for member in members)])[0])
        self.add_sum(members, total)
        return total

    def protect(self) -> np.ndarray:
        """Return which figures must be hidden (see the module), those that are not printed among them.

        ``unlabelled`` then says which small totals must not even say that they are small.
        """
        if self.smallest < 1:
            raise ValueError("smallest: must be at least 1")
        search = _Protection(self)
        hidden = search.run()
        self.unlabelled = search.unlabelled
        return hidden


class _Protection:
    """The search of ``Figures.protect``: what is hidden so far, and what a reader could conclude from the rest."""

    def __init__(self, figures: Figures) -> None:
        self.values = np.asarray(figures.values, dtype=float)
        self.printed = np.asarray(figures.printed, dtype=bool)
        self.smallest = figures.smallest
        self.small = (self.values > 0) & (self.values < figures.smallest)
        self.hidden = self.small | ~self.printed
        whole = figures.smallest > 2 and bool((self.values == self.values.round()).all())
        self.low = np.where(self.small & self.printed, 1.0 if whole else 0.0, np.where(self.printed, float(figures.smallest), 0.0))
        self.high = np.where(self.small & self.printed, figures.smallest - (1.0 if whole else 0.0), np.inf)
        self.unlabelled = np.zeros(len(self.values), dtype=bool)
        self.roomy = np.zeros(len(self.values), dtype=bool)
        self.binding: dict[int, list[int]] = {}
        for _members, total in figures.sums:  # a total may be hidden without its label, however small it is
            self.low[total] = min(self.low[total], 1.0 if whole else 0.0)
        self.room = min(LEAST_POSSIBLE, max(figures.smallest - 1, 2)) - 1
        self.lines = [(np.append(members, total), np.append(np.ones(len(members)), -1.0)) for members, total in figures.sums]
        self.of: list[list[int]] = [[] for _value in self.values]
        for number, (members, _signs) in enumerate(self.lines):
            for member in members:
                self.of[member].append(number)

    def run(self) -> np.ndarray:
        """Hide further figures until every small one is safe; first by single sums, which is cheap, then by all of them together."""
        if not self.small.any():
            return self.hidden
        self._protect_lines(dict.fromkeys(line for count in np.flatnonzero(self.small) for line in self.of[count]))
        while found := self._narrow_by_programme():
            # Several at a time where there are many: each round costs some linear programmes.
            hid = [choice for count in found[: 1 + len(found) // 4] if (choice := self._hide_beside(count)) is not None]
            if not hid:
                break
            self._protect_lines(dict.fromkeys(line for choice in hid for line in self.of[choice]))
        return self.hidden

    def _protect_lines(self, lines: Iterable[int]) -> None:
        """Hide further figures of each sum of ``lines``, and of those that share them, until no sum alone tells too much."""
        waiting = dict.fromkeys(lines)
        while waiting:
            line = next(iter(waiting))
            choice = self._cover([line]) if self._narrow_in(line) else None
            if choice is None:
                del waiting[line]
            else:
                waiting |= dict.fromkeys(self.of[choice])

    def _narrow_in(self, line: int) -> bool:
        """Return whether a sum alone leaves a small count too little room, or its hidden figures are one, or few people together."""
        members, low, high = self._ranges(line, self.low, self.high)
        parts = members[members != self.lines[line][0][-1]]
        alone = len(members) == 1 or (len(parts) == len(members) and self.values[parts].sum() < self.smallest)
        if len(members) and alone and self.printed[self.lines[line][0]].all():
            return True
        width = np.minimum(high, self.high[members]) - np.maximum(low, self.low[members])
        return bool((self.small[members] & (width < self.room - TOLERANCE)).any())

    def _ranges(self, line: int, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the hidden figures of a sum with the range that the sum leaves each of them."""
        members, signs = self.lines[line]
        gone = self.hidden[members]
        known = float((signs[~gone] * self.values[members[~gone]]).sum())
        members, signs = members[gone], signs[gone]
        least = np.where(signs > 0, low[members], -high[members])
        most = np.where(signs > 0, high[members], -low[members])
        # signs · x = −known: what the others at most (least) take away is what this one at least (most) is.
        rest_most, rest_least = _without_each(most), _without_each(least)
        first, second = -known - rest_most, -known - rest_least
        return members, np.where(signs > 0, first, -second), np.where(signs > 0, second, -first)

    def _narrow_by_programme(self) -> list[int]:
        """Return small counts that all sums together leave too little room (linear programmes, many counts at a time).

        A count that has room keeps it: whatever else is hidden only adds tables that a reader must think possible.
        """
        asked = [int(count) for count in np.flatnonzero(self.small & ~self.roomy) if len(self.of[count]) > 1]
        if not asked:
            return []
        programme, together = _Programme(self), asked
        while together:  # many at a time: each solution is a table that a reader must think possible
            programme.reach(together)
            still = [count for count in together if programme.width(count) < self.room - TOLERANCE]
            if len(still) == len(together):
                break
            together = still
        for apart in programme.independent(together) if len(together) > 1 else ():  # one alone was just asked
            programme.reach(apart)
        narrow = [count for count in together if programme.width(count) < self.room - TOLERANCE]
        self.roomy[[count for count in asked if count not in narrow]] = True
        self.binding = {count: programme.binding[count] for count in narrow}
        return narrow

    def _hide_beside(self, count: int) -> int | None:
        """Hide the smallest figure of the sums that hold ``count`` in, or further along hidden ones; None when there is none.

        A figure of any other sum would give it no room: what it could be beside is told without it.
        """
        reached, edge, lines = {count}, [count], self.binding.get(count, [])
        while edge:
            choice = self._cover(lines)
            if choice is not None:
                return choice
            lines = list(dict.fromkeys(line for figure in edge for line in self.of[figure]))
            found = {int(member) for line in lines for member in self.lines[line][0] if self.hidden[member]} - reached
            reached |= found
            edge = sorted(found)
        return self._cover(lines)

    def _cover(self, lines: list[int]) -> int | None:
        """Hide one more figure of ``lines`` and return it; None when there is none.

        First goes what the label of a small total tells ("<5" for a sum of four "<5" makes each of them 1), then figures.
        """
        for line in lines:
            total = int(self.lines[line][0][-1])
            if self.small[total] and self.printed[total] and np.isfinite(self.high[total]):
                self.high[total] = np.inf
                self.unlabelled[total] = True
                return total
        choice = self._choice(lines)
        if choice is not None:
            self.hidden[choice] = True
        return choice

    def _choice(self, lines: list[int]) -> int | None:
        """Return the smallest visible part of ``lines``, else the smallest visible total."""
        parts, totals = [], []
        for line in lines:
            members, _signs = self.lines[line]
            visible = members[~self.hidden[members] & (self.values[members] > 0)].tolist()
            totals += [member for member in visible if member == members[-1]]
            parts += [member for member in visible if member != members[-1]]
        return int(min(parts or totals, key=lambda figure: self.values[figure])) if parts or totals else None


class _Programme:
    """The hidden figures as a linear programme: how far apart the tables lie that agree with everything shown."""

    def __init__(self, protection: _Protection) -> None:
        hidden, values = protection.hidden, protection.values
        self.position = np.full(len(values), -1)
        self.position[hidden] = np.arange(int(hidden.sum()))
        self.bounds = np.column_stack([protection.low[hidden], protection.high[hidden]])
        # The true table is one of them.
        self.least, self.most = values[hidden].copy(), values[hidden].copy()
        rows: list[int] = []
        columns: list[int] = []
        signs: list[float] = []
        self.right: list[float] = []
        self.lines: list[int] = []
        self.binding: dict[int, list[int]] = {}
        for number, (members, sign) in enumerate(protection.lines):
            gone = hidden[members]
            if gone.any():
                self.lines.append(number)
                rows += [len(self.right)] * int(gone.sum())
                columns += self.position[members[gone]].tolist()
                signs += sign[gone].tolist()
                self.right.append(-float((sign[~gone] * values[members[~gone]]).sum()))
        self.matrix = csr_array((signs, (rows, columns)), shape=(len(self.right), len(self.least)))
        joined = block_array([[None, self.matrix], [self.matrix.T, None]])
        self.chains = connected_components(joined, directed=False)[1]

    def reach(self, chosen: list[int]) -> None:
        """Push the sum of the ``chosen`` figures down and up as far as it goes, and keep how far each went and what held it there."""
        holding = np.zeros(len(self.lines), dtype=bool)
        for sign in (1.0, -1.0):
            goal = np.zeros(len(self.least))
            goal[self.position[chosen]] = sign
            answer = linprog(goal, A_eq=self.matrix, b_eq=self.right, bounds=self.bounds, method="highs")
            if answer.x is not None:  # without an answer nothing is proved, and the figure stays unsure
                self.least, self.most = np.minimum(self.least, answer.x), np.maximum(self.most, answer.x)
                holding |= np.abs(answer.eqlin.marginals) > TOLERANCE
        for figure in chosen:
            own = holding & (self.chains[: len(self.lines)] == self._chain(figure))
            self.binding[figure] = [self.lines[place] for place in np.flatnonzero(own)]

    def independent(self, chosen: list[int]) -> list[list[int]]:
        """Return the ``chosen`` figures in rounds of such that no chain of sums joins: each of a round goes as far as it would alone."""
        rounds: list[list[int]] = []
        taken: dict[int, int] = {}
        for figure in chosen:
            place = taken[self._chain(figure)] = taken.get(self._chain(figure), -1) + 1
            if place == len(rounds):
                rounds.append([])
            rounds[place].append(figure)
        return rounds

    def _chain(self, figure: int) -> int:
        return int(self.chains[len(self.lines) + self.position[figure]])

    def width(self, figure: int) -> float:
        """Return how far the values seen of a figure lie apart."""
        return float(self.most[self.position[figure]] - self.least[self.position[figure]])


def _without_each(bounds: np.ndarray) -> np.ndarray:
    """Return for each bound the sum of all others; infinite ones stay exact."""
    endless = np.isinf(bounds)
    finite = np.where(endless, 0.0, bounds)
    others = endless.sum() - endless
    sign = np.sign(bounds[endless][0]) if endless.any() else 1.0
    return np.where(others > 0, sign * np.inf, finite.sum() - finite)


# Tables with margins ---------------------------------------------------------------------------------------------------


def suppressed(table: pd.DataFrame, smallest: int = ON_EXPORT) -> tuple[pd.DataFrame, pd.Series, pd.Series, bool]:
    """Return which cells and totals of a two-way table of counts must be hidden when its totals are shown too.

    Args:
        table: counts, one row per origin and one column per destination (any two classes); missing counts as 0.
        smallest: the smallest count that may be shown.

    Returns:
        ``(cells, row_totals, column_totals, grand_total)``: True where hidden.

    Raises:
        ValueError: negative, infinite or non-numeric counts, or ``smallest`` below 1.
    """
    if smallest < 1:
        raise ValueError("smallest: must be at least 1")
    if not table.size:
        nothing = pd.Series(False, index=table.index), pd.Series(False, index=table.columns)
        return table.astype(bool), *nothing, False
    body = np.column_stack([counts(table[name], str(name)).fillna(0.0).to_numpy() for name in table.columns])
    figures = Figures(smallest)
    cells = figures.add(body.ravel()).reshape(body.shape)
    rows = np.array([figures.add_total(line) for line in cells])
    columns = np.array([figures.add_total(line) for line in cells.T])
    whole = figures.add_total(rows)
    figures.add_sum(columns, whole)
    hidden = figures.protect()
    return (
        pd.DataFrame(hidden[cells], index=table.index, columns=table.columns),
        pd.Series(hidden[rows], index=table.index),
        pd.Series(hidden[columns], index=table.columns),
        bool(hidden[whole]),
    )


def suppressed_list(values: pd.Series, smallest: int = ON_EXPORT) -> tuple[pd.Series, bool]:
    """Return which of ``values`` must be hidden in a list whose total is shown, and whether the total must be too.

    Raises:
        ValueError: as ``suppressed``.
    """
    figures = Figures(smallest)
    cells = figures.add(counts(values, "values").fillna(0.0).to_numpy())
    total = figures.add_total(cells)
    hidden = figures.protect()
    return pd.Series(hidden[cells], index=values.index), bool(hidden[total])
